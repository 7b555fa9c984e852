"""Frechet and kernel distance against known values and plain loops."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from train.quality.distances import frechet_distance, kernel_distance


def gaussian(n, mean, covariance, seed=0):
    """A sample with exactly this mean and covariance."""
    x = np.random.default_rng(seed).standard_normal((n, len(mean)))
    x -= x.mean(axis=0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    return x @ np.linalg.cholesky(covariance).T + mean


def test_frechet_distance_of_known_gaussians():
    """For variances 1, 4 against 9, 1 and means apart by (3, 4): 25 + (1-3)^2 + (2-1)^2."""
    a = gaussian(50, (0, 0), np.diag((1.0, 4.0)))
    b = gaussian(60, (3, 4), np.diag((9.0, 1.0)), seed=1)
    assert frechet_distance(a, b) == pytest.approx(25 + 4 + 1, abs=1e-9)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_agrees_with_the_matrix_root():
    random = np.random.default_rng(0)
    a = random.standard_normal((200, 5)) @ random.standard_normal((5, 5))
    b = random.standard_normal((200, 5)) @ random.standard_normal((5, 5)) + 1
    S1, S2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    d = a.mean(axis=0) - b.mean(axis=0)
    expected = d @ d + np.trace(S1 + S2 - 2 * sqrtm(S1 @ S2).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def plain_mmd(x, y):
    k = lambda a, b: (np.dot(a, b) / len(a) + 1) ** 3  # noqa: E731
    n = len(x)
    within = [
        sum(k(s[i], s[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
        for s in (x, y)
    ]
    return sum(within) - 2 * np.mean([[k(a, b) for b in y] for a in x])


def test_kernel_distance_agrees_with_the_loops():
    """Two of four chosen at a time: the mean over many subsets is the mean over all of them."""
    from itertools import combinations

    random = np.random.default_rng(0)
    x, y = random.standard_normal((4, 3)), random.standard_normal((4, 3)) + 0.5
    chosen = [list(c) for c in combinations(range(4), 2)]
    expected = np.mean([plain_mmd(x[a], y[b]) for a in chosen for b in chosen])
    mean, deviation = kernel_distance(x, y, subsets=4000)
    assert mean == pytest.approx(expected, abs=4 * deviation / np.sqrt(4000))


def test_kernel_distance_is_zero_on_average_for_equal_distributions():
    values = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        x, y = random.standard_normal((2, 60, 8))
        values.append(kernel_distance(x, y, subsets=5)[0])
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values)) < 3 * error
    assert min(values) < 0 < max(values)  # unbiased: it may fall below zero
    shifted = kernel_distance(x, y + 1, subsets=5)[0]
    assert shifted > 5 * np.std(values)


def test_kernel_distance_needs_equal_numbers():
    with pytest.raises(ValueError, match="equal size"):
        kernel_distance(np.zeros((3, 2)), np.zeros((4, 2)))
