"""Linear separability (Karras 2019, section 4.2): does one flat cut of a space part the pictures?

    score = exp( mean over k of H(Y_k | X_k) ),   Y: above or below the median;  X: what an SVM says

1 where every cut is right, 2 where none tells anything. Not comparable with the paper's numbers:
there it is the sum over 40 attributes, of pictures that a classifier is sure of, and of the brains
that the SVM was fitted to.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.svm import LinearSVC

from explorer.lab.codes import turned
from explorer.lab.intervals import DRAWS, around, draws, usable

_FOLDS = 5
_C = 1e-3  # of the SVM: on thousands of brains what it was fitted to and what not agree best


@dataclass(frozen=True)
class Separability:
    """score with its interval [2]; entropies: H(Y|X) in nats, [K], and their intervals [K, 2]; NaN
    for factors that could not be used. right: share of cuts that are right, [K]."""

    score: float
    interval: np.ndarray
    entropies: np.ndarray
    entropy_intervals: np.ndarray
    right: np.ndarray
    brains: int


def separability(
    codes: np.ndarray, factors: np.ndarray, times: int = DRAWS, seed: int = 0
) -> Separability:
    """codes: [N, M]; factors: [N, K], NaN where one was not measured.

    Each brain is told by an SVM that was fitted to four fifths without it. Interval: draws of the
    brains with what was told of them; the SVMs are not fitted anew.
    """
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    N, K = len(codes), factors.shape[1]
    # An SVM does not mind a turn, and S has three times the axes of W and no more in them.
    x, _ = turned((codes - codes.mean(axis=0)) / np.maximum(codes.std(axis=0), 1e-12))
    entropies, right = np.full(K, np.nan), np.full(K, np.nan)
    spans, replicates = np.full((K, 2), np.nan), []
    for k in np.flatnonzero(usable(factors)):
        rows = np.flatnonzero(np.isfinite(factors[:, k]))
        y = factors[rows, k] > np.median(factors[rows, k])
        if y.all() or not y.any():
            continue
        told = _told(x[rows], y)
        entropies[k], right[k] = _conditional(y, told), (y == told).mean()
        drawn = [_conditional(y, told, counts[rows]) for counts in draws(N, times, seed)]
        spans[k] = around(entropies[k], np.array(drawn), 0, np.log(2))
        replicates.append(drawn)
    found = np.isfinite(entropies)
    score = float(np.exp(entropies[found].mean())) if found.any() else float("nan")
    drawn = np.exp(np.mean(replicates, axis=0)) if replicates else np.empty(0)
    return Separability(score, around(score, drawn, 1, 2), entropies, spans, right, N)


def _told(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What SVMs say of brains that they were not fitted to, bool [n]."""
    told, fold = np.zeros(len(y), bool), np.arange(len(y)) % _FOLDS
    for out in range(_FOLDS):
        rest = fold != out
        svm = LinearSVC(C=_C, dual=False, tol=1e-3, random_state=0)
        told[fold == out] = svm.fit(x[rest], y[rest]).predict(x[fold == out])
    return told


def _conditional(y: np.ndarray, told: np.ndarray, counts: np.ndarray | None = None) -> float:
    """H(Y|X) in nats."""
    weights = None if counts is None else counts.astype(float)
    joint = np.bincount(2 * told + y, weights, 4).reshape(2, 2)
    joint = joint / joint.sum()
    given = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    return float(-(joint * np.log(np.where(given > 0, given, 1))).sum())
