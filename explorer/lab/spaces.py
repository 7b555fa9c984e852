"""How disentangled are Z, W, W+ and S? All metrics on the same brains, with the same predictors."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.lab.codes import (
    AXES,
    Codes,
    Groups,
    draw_brains,
    group_codes,
    joined,
    mix_brains,
    principal,
    s_codes,
    w_codes,
    z_codes,
)
from explorer.lab.dci import Dci, dci
from explorer.lab.factors import Factors
from explorer.lab.intervals import around, draws, usable
from explorer.lab.mig import Mig, mig
from explorer.lab.regression import judged, regress
from explorer.lab.sap import Sap, sap
from explorer.lab.separability import Separability, separability
from gan.generator import Generator

DRAWS = 50  # of the brains: enough for a standard deviation to a tenth


@dataclass(frozen=True)
class Score:
    """The metrics of one space along one kind of axes; share: of the space's variance that these
    hold. Separability does not depend on axes: it is that of the whole space."""

    space: str
    axes: str
    count: int
    share: float
    dci: Dci
    mig: Mig
    sap: Sap


@dataclass(frozen=True)
class Space:
    """One space. keys: of the factors; scores: for each kind of axes; separable: as a whole."""

    keys: tuple[str, ...]
    scores: tuple[Score, ...]
    separable: Separability


def plain_codes(generator: Generator, count: int) -> dict[str, Codes]:
    """Z, W and S of the model's first brains, own axes."""
    brains = draw_brains(generator, count)
    ws = generator.broadcast(brains.w)
    found = z_codes(generator, brains), w_codes(brains.w), s_codes(generator, ws)
    return {codes.space: codes for codes in found}


def mixed_codes(generator: Generator, count: int, groups: Groups) -> dict[str, Codes]:
    """W+ of mixed brains, a group each, own axes; see `lab.codes.mix_brains`."""
    return group_codes(mix_brains(generator, draw_brains(generator, count), groups), groups)


def group_axes(groups: dict[str, Codes], axes: int = AXES) -> tuple[Codes, Codes]:
    """W+ along the first principal axes of its groups, which share them evenly, and its own."""
    parts = list(groups.values())
    first = [principal(part, max(1, axes // len(parts))) for part in parts]
    return joined("W+", first), joined("W+", parts)


def score(
    whole: Codes, kinds: list[Codes], factors: Factors, table: np.ndarray | None = None,
    report: Callable[[float], None] | None = None, times: int = DRAWS,
) -> Space:  # fmt: skip
    """The metrics of a space along several kinds of axes, and its separability as a whole.

    table: [N, K] of its brains, if not the factors' own.
    """
    table = factors.table if table is None else table
    n = min(len(table), len(whole.values))
    table, scores = table[:n].astype(np.float64), []
    for number, kind in enumerate(kinds):
        values = kind.values[:n]
        step = 1 / (len(kinds) + 1)

        def tell(share: float, before=number * step, step=step) -> None:
            if report:
                report(before + share * step)

        told = dci(values, table, times=times, report=tell)
        gaps = mig(values, table, times=times), sap(values, table, times=times)
        scores.append(Score(kind.space, kind.axes, values.shape[1], kind.share, told, *gaps))
        tell(1.0)
    separable = separability(whole.values[:n], table, times=times)
    return Space(factors.keys, tuple(scores), separable)


def group_shares(groups: dict[str, Codes], factors: Factors, table: np.ndarray) -> np.ndarray:
    """R^2 of each factor from each group's w alone on held-out mixed brains, [G, K]; NaN for those
    that cannot be told."""
    found = np.full((len(groups), table.shape[1]), np.nan)
    for g, k, x, column in _each_group(groups, factors, table):
        found[g, k] = regress(x, column)[1]
    return found


def group_spans(
    groups: dict[str, Codes], factors: Factors, table: np.ndarray, times: int = 200
) -> np.ndarray:
    """95 % intervals of `group_shares` over the brains held out, not fitted anew: [G, K, 2]."""
    found = np.full((len(groups), table.shape[1], 2), np.nan)
    for g, k, x, column in _each_group(groups, factors, table):
        _, values, foretold = judged(x, column)
        drawn = [_r2(values, foretold, counts) for counts in draws(len(values), times)]
        share = _r2(values, foretold, np.ones(len(values)))
        found[g, k] = around(share, np.array(drawn), -np.inf)
    return found


def _each_group(groups: dict[str, Codes], factors: Factors, table: np.ndarray):
    """Number of the group and of the factor, the group's w in units of its spread, the factor."""
    scaled, told = factors.scaled(table), usable(table)
    for g, codes in enumerate(groups.values()):
        x = codes.values[: len(table)].astype(np.float64)
        x = (x - x.mean(axis=0)) / max(np.sqrt(x.var(axis=0).mean()), 1e-12)
        for k in np.flatnonzero(told):
            yield g, k, x, scaled[:, k]


def _r2(values: np.ndarray, foretold: np.ndarray, counts: np.ndarray) -> float:
    mean = np.average(values, weights=counts)
    wrong, spread = counts @ (values - foretold) ** 2, counts @ (values - mean) ** 2
    return float(1 - wrong / max(spread, 1e-12))
