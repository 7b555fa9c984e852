"""Codes and factors whose metrics are known."""

import numpy as np

N, K = 2000, 5


def independent(seed=0, columns=K, rows=N):
    return np.random.default_rng(seed).standard_normal((rows, columns))


def axis_aligned(seed=0):
    """Each factor is one code: all metrics near their best."""
    codes = independent(seed)
    return codes, codes * np.linspace(0.5, 3, K) + 1


def rotated(seed=0):
    """Pairs of factors turned by 45 degrees against pairs of codes: each code serves two."""
    codes = independent(seed, 4)
    turn = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    return codes, np.concatenate([codes[:, :2] @ turn, codes[:, 2:] @ turn], axis=1)
