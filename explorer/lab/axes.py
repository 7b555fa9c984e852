"""What one step along the first principal axes of w does, on many brains, and how much it leaks.

The effects are those of the receipts (see knowledge.receipts), without the way between the ends:

    effect      E_k = mean over brains of [m_k(+1) - m_k(-1)] / (2 sigma_k), brains at psi 0.7
    leak        mean |E_k| / |E_top| over the others, the mean over the axes that surely move one

and the leak's interval comes from drawing the brains again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import brains, summary_of
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import pictures_of
from explorer.lab.intervals import around, draws
from gan.generator import Generator

AXES = 5
_DRAWS = 400


@dataclass(frozen=True)
class Axes:
    """keys, names: of the measurements, [K]; effect, margin: [A, K], NaN where a quarter of the
    brains does not tell. leak: with its interval, NaN where no axis surely moves anything; told:
    how many do; brains: that all of it rests on."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    effect: np.ndarray
    margin: np.ndarray
    leak: tuple[float, float, float]
    told: int
    brains: int


def measure_axes(
    generator: Generator, axes: Sequence[Direction], population: Population, ruler: Ruler,
    count: int, report: Callable[[float], None] | None = None,
) -> Axes:  # fmt: skip
    """Move `count` brains by one step along each of the axes, both ways, and measure."""
    ws, changes = brains(generator, count), []
    for number, axis in enumerate(axes):

        def tell(share: float, number=number) -> None:
            if report:
                report((number + share) / len(axes))

        both = torch.cat([ws - axis.vector, ws + axis.vector])
        with np.errstate(all="ignore"):
            rows = [ruler.measure(batch) for batch in pictures_of(generator, both, tell)]
        low, high = np.split(np.concatenate(rows), 2)
        changes.append((high - low) / (2 * population.deviation))
    return of_changes(np.stack(changes), population, ruler)


def of_changes(changes: np.ndarray, population: Population, ruler: Ruler) -> Axes:
    """changes: of each measurement by one step, in standard deviations: [A, N, K]."""
    found = [summary_of(change) for change in changes]
    tops = {a: ranked[0] for a, one in enumerate(found) if (ranked := one.certain(population))}
    return Axes(
        tuple(m.key for m in ruler.measurements), tuple(m.name for m in ruler.measurements),
        np.stack([one.effect for one in found]), np.stack([one.margin for one in found]),
        leak_of(changes, tops), len(tops), changes.shape[1],
    )  # fmt: skip


def leak_of(changes: np.ndarray, tops: dict[int, int]) -> tuple[float, float, float]:
    """Mean leak of the axes `tops` names, each with the measurement it moves most, and its
    interval. changes: [A, N, K]."""
    if not tops:
        return float("nan"), float("nan"), float("nan")
    N = changes.shape[1]
    enough = np.isfinite(changes).sum(axis=1) >= N // 4  # [A, K]
    weights = [np.ones(N), *draws(N, _DRAWS)]
    means = np.array([_leak(changes, enough, tops, weight) for weight in weights])
    low, high = around(means[0], means[1:], 0.0, np.inf)
    return float(means[0]), float(low), float(high)


def _leak(changes, enough, tops, weight: np.ndarray) -> float:
    """weight: [N], how often each brain counts."""
    found = np.isfinite(changes)
    total = np.einsum("ank,n->ak", np.where(found, changes, 0), weight)
    size = np.abs(total / np.maximum(np.einsum("ank,n->ak", found, weight), 1))  # [A, K]
    ratios = []
    for axis, top in tops.items():
        others = np.delete(size[axis], top)[np.delete(enough[axis], top)]
        ratios.append(others.mean() / size[axis, top])
    return float(np.mean(ratios))
