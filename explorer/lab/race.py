"""The entanglement race: the same change of one factor through Z, W, W+ and S; what else moves?

For each brain the step along each way is sought that moves the factor by +1 standard deviation of
the model's brains, as measured on the picture. Then the others are compared.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer.lab.codes import Brains
from explorer.lab.dependency import Dependency, dependency, leaks
from explorer.lab.factors import Factors
from explorer.lab.intervals import of_mean
from explorer.lab.ways import Way, pictures
from gan.generator import Generator

GOAL, TOLERANCE, TRIES = 1.0, 0.1, 7
_HALF = 0.5  # of the brains that a way through S must serve
Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows [n], steps [n] -> [n, K]


@dataclass(frozen=True)
class Arrival:
    """Where N brains came along one way. step: [N]; changes: [N, K], in standard deviations; NaN
    where not measured. reached: bool [N], whether the target moved by the goal, within 0.1."""

    step: np.ndarray
    changes: np.ndarray
    reached: np.ndarray


def reach(
    measure: Measure, start: np.ndarray, target: int, most: float, first: float,
    goal: float = GOAL, tolerance: float = TOLERANCE, tries: int = TRIES,
) -> Arrival:  # fmt: skip
    """Seek for each brain the step 0..most that moves the target by the goal.

    measure: factors of brains (by their rows) moved by steps, in standard deviations, NaN where one
    could not be measured; start: the same without a step, [N, K]. first: the step to try first.
    From there the step is doubled until the target is past, then halved or interpolated between; a
    picture on which it cannot be measured counts as past. The nearest that was measured is told.
    """
    N = len(start)
    low, high = np.zeros(N), np.full(N, np.nan)
    at_low, at_high = np.zeros(N), np.full(N, np.nan)
    step = np.full(N, min(max(first, 1e-3 * most), most))
    best, off = np.zeros(N), np.full(N, abs(goal))
    changes = np.where(np.isfinite(start), 0.0, np.nan)
    open_ = np.isfinite(start[:, target])
    off[~open_] = np.inf
    for _ in range(tries):
        rows = np.flatnonzero(open_)
        if not len(rows):
            break
        found = measure(rows, step[rows]) - start[rows]
        came = found[:, target]
        miss = np.abs(came - goal)
        better = np.isfinite(miss) & (miss < off[rows])
        hit = rows[better]
        best[hit], off[hit], changes[hit] = step[hit], miss[better], found[better]
        past = ~(came < goal)
        low[rows[~past]], at_low[rows[~past]] = step[rows[~past]], came[~past]
        high[rows[past]], at_high[rows[past]] = step[rows[past]], came[past]
        ended = (off[rows] <= tolerance) | (~past & (step[rows] >= most))
        open_[rows[ended]] = False
        step = _next(step, low, high, at_low, at_high, goal, most)
    return Arrival(best, changes, off <= tolerance)


def _next(step, low, high, at_low, at_high, goal, most) -> np.ndarray:
    """All [N]: twice as far while nothing is past, then between, straight but off the ends."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (goal - at_low) / (at_high - at_low)
    share = np.where(np.isfinite(share), np.clip(share, 0.15, 0.85), 0.5)
    return np.where(np.isnan(high), np.minimum(2 * step, most), low + share * (high - low))


@dataclass(frozen=True)
class Lane:
    """One way's result. leak: attribute dependency over the brains that reached the goal; share: of
    the brains that did. sizes: median step."""

    way: Way
    arrival: Arrival
    leak: Dependency
    share: float
    size: float


@dataclass(frozen=True)
class Race:
    """target: number of the factor; brains: N that the target could be measured on; lanes: by
    space. beside: (space, space) -> mean difference of the leaks (first minus second) over brains
    that reached it in both, its interval, and how many they are."""

    target: int
    brains: int
    lanes: dict[str, Lane]
    beside: dict[tuple[str, str], tuple[float, float, float, int]]


def run(
    generator: Generator, brains: Brains, start: np.ndarray, ways: list[Way], factors: Factors,
    target: int, report: Callable[[float], None] | None = None, **options,
) -> Race:  # fmt: skip
    """Race brains [N] whose factors are `start` [N, K], in standard deviations, along ways.

    Only those are taken on which the target was measured. options: as of `reach`.
    """
    taken = np.flatnonzero(np.isfinite(start[:, target]))
    brains, start = brains[taken], start[taken]
    lanes = {}
    for number, way in enumerate(ways):
        share = [number, 0.0]

        def measure(rows: np.ndarray, steps: np.ndarray, way=way, share=share) -> np.ndarray:
            found = []
            share[1] += (1 - share[1]) / 3  # how many tries there will be is not known
            for batch in pictures(generator, brains[rows], way, steps):
                found.append(factors.scaled(factors.read(batch)))
                if report:
                    report((share[0] + share[1]) / len(ways))
            return np.concatenate(found)

        arrival = reach(measure, start, target, way.most, _first(way), **options)
        lanes[way.space] = lane(way, arrival, target)
    return Race(target, len(taken), lanes, _beside(lanes, target))


def lane(way: Way, arrival: Arrival, target: int) -> Lane:
    reached = arrival.reached
    leak = dependency(arrival.changes[reached], target)
    size = float(np.median(arrival.step[reached])) if reached.any() else float("nan")
    return Lane(way, arrival, leak, float(reached.mean()) if len(reached) else 0.0, size)


def _first(way: Way) -> float:
    """The step that should do it, as far as the regression knows."""
    return GOAL / way.slope if np.isfinite(way.slope) and way.slope > 0 else way.most / 4


def _beside(lanes: dict[str, Lane], target: int) -> dict:
    each = {
        space: np.where(found.arrival.reached, leaks(found.arrival.changes, target), np.nan)
        for space, found in lanes.items()
    }
    found, spaces = {}, list(lanes)
    for i, a in enumerate(spaces):
        for b in spaces[i + 1 :]:
            difference = each[a] - each[b]
            both = difference[np.isfinite(difference)]
            mean = float(both.mean()) if len(both) else float("nan")
            found[a, b] = (mean, *of_mean(both), len(both))
    return found


def best_channels(
    generator: Generator, brains: Brains, start: np.ndarray, ways: list[Way], factors: Factors,
    target: int, report: Callable[[float], None] | None = None, **options,
) -> Way:  # fmt: skip
    """Of ways through S that bring half of the brains to the goal the one that leaks least; the one
    that brings most if none does. Brains: a dozen that do not race. options: as of `reach`."""
    tried = []
    for way in ways:
        found = run(generator, brains, start, [way], factors, target, report, **options).lanes["S"]
        tried.append(
            (found.share < _HALF, found.leak.mean if found.share >= _HALF else -found.share)
        )
    return ways[min(range(len(ways)), key=lambda i: tried[i])]
