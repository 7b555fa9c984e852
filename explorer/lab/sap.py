"""Separated attribute predictability (Kumar 2018): how far one code foretells better than the next.

S_ik = R^2 of factor k from code i alone, on a straight line;  SAP = mean over k of best - second
"""

from dataclasses import dataclass

import numpy as np

from explorer.lab.intervals import DRAWS, around, draws, usable


@dataclass(frozen=True)
class Sap:
    """sap with its interval [2]; gaps: of each factor [K]; scores: S, [M, K]; NaN for factors that
    could not be used, and for gaps of a single code."""

    sap: float
    interval: np.ndarray
    gaps: np.ndarray
    scores: np.ndarray
    brains: int


def sap(codes: np.ndarray, factors: np.ndarray, times: int = DRAWS, seed: int = 0) -> Sap:
    """codes: [N, M]; factors: [N, K], NaN where one was not measured.

    Interval: `times` draws of the brains, each fitted anew.
    """
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    (N, M), K = codes.shape, factors.shape[1]
    used = np.flatnonzero(usable(factors))
    scores, gaps = np.full((M, K), np.nan), np.full(K, np.nan)
    codes, values = codes - codes.mean(axis=0), factors[:, used]
    values = values - np.nanmean(values, axis=0) if len(used) else values
    scores[:, used] = _scores(codes, values, np.ones(N))
    if M > 1:
        gaps[used] = _gaps(scores[:, used])
    mean = float(gaps[used].mean()) if len(used) else float("nan")
    drawn = [
        _gaps(_scores(codes, values, counts.astype(float))).mean()
        for counts in draws(N, times if M > 1 and len(used) else 0, seed)
    ]
    return Sap(mean, around(mean, np.array(drawn)), gaps, scores, N)


def _scores(codes: np.ndarray, factors: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Squared correlation of each code with each factor, [M, K], over what was measured."""
    w = weight[:, None] * np.isfinite(factors)  # [N, K]
    v = np.nan_to_num(factors)
    n = np.maximum(w.sum(axis=0), 1e-12)
    c_mean, v_mean = codes.T @ w / n, (w * v).sum(axis=0) / n
    across = codes.T @ (w * v) / n - c_mean * v_mean
    c_var = (codes**2).T @ w / n - c_mean**2
    v_var = (w * v**2).sum(axis=0) / n - v_mean**2
    alive = (c_var > 1e-12 * np.maximum((codes**2).mean(axis=0), 1e-12)[:, None]) & (v_var > 0)
    return np.where(alive, across**2 / np.where(alive, c_var * v_var, 1), 0)


def _gaps(scores: np.ndarray) -> np.ndarray:
    second, first = np.partition(scores, -2, axis=0)[-2:]
    return first - second
