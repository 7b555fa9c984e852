"""Mutual information gap (Chen 2018): is each factor in one code, and in no second one?

    MIG = mean over k of [ I(c_1st; v_k) - I(c_2nd; v_k) ] / H(v_k)

with the two codes that tell most of factor k. Codes and factors are sorted into 20 bins. What bins
seem to tell of independent values by chance, about (B - 1)^2 / 2N, is measured on shuffled brains
and taken off both I and H, so that 1 stays 1 (as Vinh 2010 adjusts for chance). It is about the
axes of the codes: a rotation of the space changes it.
"""

from dataclasses import dataclass

import numpy as np

from explorer.lab.intervals import DRAWS, around, draws, usable

BINS = 20
BINNINGS = ("count", "width")
_SHUFFLES, _SHUFFLED = 5, 20  # times, and of how many codes: chance tells of all the same
_BEST = 10  # codes among which the draws look for the first two


@dataclass(frozen=True)
class Mig:
    """mig with its interval [2]; gaps: of each factor [K]; information: I / H, [M, K]; NaN for
    factors that could not be used, and for gaps of a single code."""

    mig: float
    interval: np.ndarray
    gaps: np.ndarray
    information: np.ndarray
    brains: int


def mig(
    codes: np.ndarray, factors: np.ndarray, bins: int = BINS, binning: str = "count",
    corrected: bool = True, times: int = DRAWS, seed: int = 0,
) -> Mig:  # fmt: skip
    """codes: [N, M]; factors: [N, K], NaN where one was not measured.

    binning: "count" (bins of equally many brains) or "width" (of equal width, as disentanglement_
    lib does with codes). corrected: whether chance is taken off. Interval: `times` draws of the
    brains, which look for the two best codes among the ten best of all brains.
    """
    if binning not in BINNINGS:
        raise ValueError(f"binning: {binning!r} is not one of {', '.join(BINNINGS)}")
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors, np.float64)
    (N, M), K = codes.shape, factors.shape[1]
    information, gaps = np.full((M, K), np.nan), np.full(K, np.nan)
    replicates, random = [], np.random.default_rng(seed)
    for k in np.flatnonzero(usable(factors)):
        rows = np.isfinite(factors[:, k])
        v = _binned(factors[rows, k][:, None], bins, binning)[:, 0]
        c = _binned(codes[rows], bins, binning)
        told, entropy = _information(c, v, bins)
        chance = 0.0
        if corrected:
            some = c[:, :_SHUFFLED]
            shuffled = (random.permutation(v) for _ in range(_SHUFFLES))
            chance = float(np.mean([_information(some, each, bins)[0] for each in shuffled]))
        information[:, k] = np.maximum(told - chance, 0) / max(entropy - chance, 1e-12)
        if M < 2:
            continue
        best = np.argsort(-told, kind="stable")[:_BEST]
        gaps[k] = _gap(information[:, k])
        drawn = []
        for counts in draws(N, times, seed):
            again, H = _information(c[:, best], v, bins, counts[rows])
            drawn.append(_gap(again) / max(H - chance, 1e-12))
        replicates.append(drawn)
    found = np.isfinite(gaps)
    mean = float(gaps[found].mean()) if found.any() else float("nan")
    drawn = np.array(replicates).mean(axis=0) if replicates else np.empty(0)
    return Mig(mean, around(mean, drawn), gaps, information, N)


def _gap(values: np.ndarray) -> float:
    second, first = np.partition(values, -2)[-2:]
    return float(first - second)


def _binned(values: np.ndarray, bins: int, binning: str) -> np.ndarray:
    """Numbers of bins, int [N, M]."""
    if binning == "width":
        low, high = values.min(axis=0), values.max(axis=0)
        found = (values - low) / np.maximum(high - low, 1e-300) * bins
        return np.minimum(found.astype(int), bins - 1)
    order = np.argsort(values, axis=0, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(len(values))[:, None], axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    # What is alike belongs into one bin: the first of its like decides.
    new = np.ones(values.shape, bool)
    new[1:] = ordered[1:] != ordered[:-1]
    first = np.maximum.accumulate(np.where(new, np.arange(len(values))[:, None], 0), axis=0)
    return np.take_along_axis(first, ranks, axis=0) * bins // len(values)


def _information(
    c: np.ndarray, v: np.ndarray, bins: int, counts: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """I(c_i; v) [M] and H(v), in nats, of bins c [n, M] and v [n]."""
    M = c.shape[1]
    cells = (np.arange(M) * bins + c) * bins + v[:, None]
    weights = None if counts is None else np.repeat(counts.astype(float), M)
    joint = np.bincount(cells.ravel(), weights, M * bins * bins).reshape(M, bins, bins)
    joint = joint / joint[0].sum()
    H_c, H_v = _entropy(joint.sum(axis=2)), _entropy(joint.sum(axis=1))
    return H_c + H_v - _entropy(joint.reshape(M, -1)), float(H_v[0])


def _entropy(p: np.ndarray) -> np.ndarray:
    """Of each row, in nats."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=1)
