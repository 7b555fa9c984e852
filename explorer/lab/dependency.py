"""Attribute dependency (Wu 2021, StyleSpace, section 5): what else moves with what was wanted.

AD_t(x) = mean over k != t of E[ |change of factor k| / sigma_k ]   where |change of t| = x sigma_t
"""

from dataclasses import dataclass

import numpy as np

from explorer.lab.intervals import of_mean

_LEAST = 0.25  # standard deviations: a target that moved by less tells nothing


@dataclass(frozen=True)
class Dependency:
    """mean: AD with its interval over `brains`; factors: mean |change| of each factor [K], NaN for
    the target. Standard deviations, for each the target moves."""

    mean: float
    interval: tuple[float, float]
    factors: np.ndarray
    brains: int


def dependency(changes: np.ndarray, target: int) -> Dependency:
    """changes: [N, K] of each brain in standard deviations, NaN where a factor was not measured."""
    each = _others(changes, target)
    found = np.isfinite(each)
    factors = np.where(found, each, 0).sum(axis=0) / np.maximum(found.sum(axis=0), 1)
    factors = np.where(found.any(axis=0), factors, np.nan)
    means = _row_means(each)
    means = means[np.isfinite(means)]
    mean = float(means.mean()) if len(means) else float("nan")
    return Dependency(mean, of_mean(means), factors, len(means))


def leaks(changes: np.ndarray, target: int) -> np.ndarray:
    """Of each brain the mean |change| of the others for one standard deviation of the target, [N].

    NaN where the target moved by less than a quarter, or nothing else was measured.
    """
    return _row_means(_others(changes, target))


def _others(changes: np.ndarray, target: int) -> np.ndarray:
    """|change| of the others in units of the target's, [N, K]; NaN: the target, and what fails."""
    changes = np.abs(np.asarray(changes, float))
    size = changes[:, target]
    told = np.isfinite(size) & (size >= _LEAST)
    each = np.where(told[:, None], changes / np.where(told, size, 1)[:, None], np.nan)
    each[:, target] = np.nan
    return each


def _row_means(each: np.ndarray) -> np.ndarray:
    found = np.isfinite(each)
    total = np.where(found, each, 0).sum(axis=1)
    return np.where(found.any(axis=1), total / np.maximum(found.sum(axis=1), 1), np.nan)
