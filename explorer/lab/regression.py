"""Directions of any space along which a factor rises, by ridge regression; the same rule in all.

As knowledge.directions.measured makes those of W that the page offers, but bare: only what is held
(the height) stays, so that it is the space that is judged.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import RidgeCV

HELD_OUT = 0.2
_POWERS = 4  # of what is held that are taken out
_RIDGES = np.geomspace(1, 1e5, 11)
_REGULARISATION = 1e-3  # of the mean variance


@dataclass(frozen=True)
class Line:
    """A direction. step: [M], one standard deviation of the space along it. r2: of what the codes
    foretell on the last fifth of the brains, beyond what is held. slope: how many standard
    deviations of the factor a step should bring."""

    step: np.ndarray
    r2: float
    slope: float


def direction(codes: np.ndarray, target: np.ndarray, held: np.ndarray | None = None) -> Line:
    """The smallest step, in units of the space's spread, that raises what the codes foretell of the
    target and leaves what they foretell of those held.

        d = C beta - C B^T (B C B^T)^-1 B C beta,    C: covariance of the codes, B: those held

    codes: [N, M]; target: [N] and held: [N, H] in standard deviations, NaN allowed.
    """
    codes = codes.astype(np.float64)
    scale = np.sqrt(codes.var(axis=0).mean())
    x = (codes - codes.mean(axis=0)) / max(scale, 1e-12)
    covariance = np.cov(x.T) + _REGULARISATION * np.eye(x.shape[1])
    beta, r2 = regress(x, target, held)
    step = covariance @ beta
    if held is not None and held.shape[1]:
        B = np.stack([regress(x, column)[0] for column in held.T])
        across = covariance @ B.T
        step = step - across @ np.linalg.lstsq(B @ across, B @ step, rcond=1e-9)[0]
    size = np.sqrt(step @ np.linalg.solve(covariance, step))  # in standard deviations
    if not size > 1e-12:
        return Line(np.zeros(len(step)), r2, 0.0)
    return Line(step / size * scale, r2, float(beta @ step / size))


def regress(
    x: np.ndarray, target: np.ndarray, held: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Ridge coefficients [M] and R^2 on the last fifth, both beyond what the powers of the held
    explain (Frisch, Waugh, Lovell). The penalty is the best in leave-one-out."""
    beta, values, foretold = judged(x, target, held)
    return beta, float(1 - ((values - foretold) ** 2).mean() / max(values.var(), 1e-12))


def judged(
    x: np.ndarray, target: np.ndarray, held: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `regress`: coefficients, and of the last fifth what is and what was foretold, [n] each."""
    held = np.empty((len(x), 0)) if held is None else held
    rows = np.isfinite(target) & np.isfinite(held).all(axis=1)
    learned = (np.arange(len(x)) < round(len(x) * (1 - HELD_OUT)))[rows]
    powers = [held[rows] ** p for p in range(1, _POWERS + 1)]
    nuisance = np.column_stack([np.ones(rows.sum()), *powers])
    both = np.column_stack([x[rows], target[rows]])
    both = both - nuisance @ np.linalg.lstsq(nuisance[learned], both[learned], rcond=None)[0]
    a, b = both[:, :-1], both[:, -1]
    beta = RidgeCV(alphas=_RIDGES, fit_intercept=False).fit(a[learned], b[learned]).coef_
    return beta, b[~learned], (a @ beta)[~learned]


def rest(values: np.ndarray, held: np.ndarray) -> np.ndarray:
    """values [N, K] beyond what the powers of the held [N, H] explain; NaN where either is."""
    found = np.full(values.shape, np.nan)
    known = np.isfinite(held).all(axis=1)
    for k in range(values.shape[1]):
        rows = known & np.isfinite(values[:, k])
        if rows.sum() < 2 * (1 + _POWERS * held.shape[1]):
            continue
        z = (held[rows] - held[rows].mean(axis=0)) / np.maximum(held[rows].std(axis=0), 1e-9)
        nuisance = np.column_stack([np.ones(len(z)), *(z**p for p in range(1, _POWERS + 1))])
        v = values[rows, k].astype(np.float64)
        found[rows, k] = v - nuisance @ np.linalg.lstsq(nuisance, v, rcond=None)[0]
    return found
