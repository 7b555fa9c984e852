"""How well a sketch's small pictures stand for the whole ones: the same brains measured on both."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.lab.codes import Brains
from explorer.lab.factors import Factors
from explorer.lab.intervals import draws
from explorer.lab.ways import pictures
from gan.generator import Generator

_DRAWS = 400
_FEWEST = 30  # brains that a correlation is told of


@dataclass(frozen=True)
class Agreement:
    """small, whole: sizes in pixels; brains: how many; r: correlation of each factor between the
    two, [K], NaN where too few brains could be measured; intervals: [K, 2]."""

    small: int
    whole: int
    brains: int
    r: np.ndarray
    intervals: np.ndarray


def agreement(
    sketch: Generator, whole: Generator, brains: Brains, factors: Factors,
    report: Callable[[float], None] | None = None,
) -> Agreement:  # fmt: skip
    """Of brains at psi 1 with the stored noise."""
    tables, still = [], np.zeros(len(brains))
    for generator in (sketch, whole):
        rows = []
        for batch in pictures(generator, brains, None, still):
            rows.append(factors.read(batch))
            if report:
                report((len(tables) + sum(map(len, rows)) / len(brains)) / 2)
        tables.append(np.concatenate(rows))
    r, intervals = of_tables(*tables)
    sizes = sketch.config.resolution, whole.config.resolution
    return Agreement(*sizes, len(brains), r, intervals)


def of_tables(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of each column of a with that of b, both [N, K], over the rows where both are
    finite, and its percentile interval over rows drawn again: [K], [K, 2]."""
    r, intervals = np.full(a.shape[1], np.nan), np.full((a.shape[1], 2), np.nan)
    for k, pair in enumerate(np.stack([a, b], axis=2).transpose(1, 0, 2)):
        pair = pair[np.isfinite(pair).all(axis=1)]
        if len(pair) < _FEWEST or (np.ptp(pair, axis=0) == 0).any():
            continue
        some = [np.repeat(pair, weight, axis=0) for weight in draws(len(pair), _DRAWS)]
        with np.errstate(invalid="ignore"):
            found = [np.corrcoef(rows.T)[0, 1] for rows in some]
        r[k] = np.corrcoef(pair.T)[0, 1]
        intervals[k] = np.nanpercentile(found, [2.5, 97.5])
    return r, intervals
