"""95 % intervals by the bootstrap over brains (Efron 1979).

Brains are drawn again with replacement; a figure is computed on each draw. Everything here takes
draws as counts: how often each brain is in a draw.
"""

from collections.abc import Iterator

import numpy as np

DRAWS = 100
FEWEST = 200  # brains that a figure is told of


def draws(brains: int, times: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each brain is in a draw: `times` arrays int [brains], each of sum `brains`."""
    random = np.random.default_rng(seed)
    for _ in range(times):
        yield np.bincount(random.integers(0, brains, brains), minlength=brains)


def around(
    estimate: np.ndarray, replicates: np.ndarray, low: float = 0.0, high: float = 1.0
) -> np.ndarray:
    """estimate +- 1.96 standard deviations of its replicates, within low..high: [..., 2].

    For figures that a draw with repetitions biases (entropies, information, maxima): their
    replicates lie beside the estimate, but spread as it does. estimate: [...]; replicates:
    [times, ...].
    """
    estimate = np.asarray(estimate, float)
    replicates = np.asarray(replicates, float)
    if not len(replicates):
        return np.full((*estimate.shape, 2), np.nan)
    margin = 1.96 * replicates.std(axis=0, ddof=1 if len(replicates) > 1 else 0)
    return np.clip(np.stack([estimate - margin, estimate + margin], axis=-1), low, high)


def of_mean(values: np.ndarray, times: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Percentile interval of a mean over brains. values: [N], those that are not finite left out.

    NaN, NaN for fewer than two.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return float("nan"), float("nan")
    picked = np.random.default_rng(seed).integers(0, len(values), (times, len(values)))
    low, high = np.percentile(values[picked].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def usable(factors: np.ndarray) -> np.ndarray:
    """Which factors can be told of, bool [K]: measured on 200 brains and not always the same."""
    factors = np.asarray(factors, float)
    found = np.isfinite(factors)
    enough = found.sum(axis=0) >= FEWEST
    column = np.where(found, factors, np.nan)
    return np.array([
        bool(e) and np.ptp(c[np.isfinite(c)]) > 1e-9 * max(1.0, np.abs(c[np.isfinite(c)]).max())
        for e, c in zip(enough, column.T, strict=True)
    ])  # fmt: skip
