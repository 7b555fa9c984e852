"""Distances between two clouds of features: Frechet and kernel."""

import numpy as np


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """Frechet distance of the Gaussians fitted to two sets of features (Heusel 2017).

    |m1 - m2|^2 + tr(S1) + tr(S2) - 2 tr((S1 S2)^1/2); the last trace is the sum of the roots of
    the eigenvalues of S1^1/2 S2 S1^1/2, which is symmetric. real, fake: [N, D], [M, D].
    It shrinks with growing N, so compare only values of equal N, at least 5 D of them.
    """
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    S1, S2 = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, fake))
    values, vectors = np.linalg.eigh(S1)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ S2 @ root).clip(0)).sum()
    difference = real.mean(axis=0) - fake.mean(axis=0)
    return float(difference @ difference + np.trace(S1) + np.trace(S2) - 2 * cross)


def kernel_distance(
    real: np.ndarray, fake: np.ndarray, subsets: int = 50, seed: int = 0
) -> tuple[float, float]:
    """Kernel distance (KID): unbiased MMD^2 with k(x, y) = (x.y / D + 1)^3 (Binkowski 2018).

    Mean and standard deviation over random subsets of half the features, at most 1000. Zero on
    average for two samples of the same distribution, so it may come out a little negative.
    real, fake: [N, D], equally many.
    """
    if len(real) != len(fake):
        raise ValueError(f"sets of equal size are needed, got {len(real)} and {len(fake)}")
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    size = min(max(len(real) // 2, 2), 1000)
    random = np.random.default_rng(seed)
    values = []
    for _ in range(subsets):
        x, y = (s[random.choice(len(s), size, replace=False)] for s in (real, fake))
        within = sum((K.sum() - K.trace()) / (size * (size - 1)) for K in (_k(x, x), _k(y, y)))
        values.append(within - 2 * _k(x, y).mean())
    return float(np.mean(values)), float(np.std(values))


def _k(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3
