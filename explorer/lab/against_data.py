"""Entangled by the model, or simply so in people? Correlations of measurements, in one table.

Among real slices, among the model's brains, and along its sliders, in standard deviations of the
model's brains. Where the model's correlation is surely another than people's, it is marked.
"""

from dataclasses import dataclass

import numpy as np

from explorer.knowledge.library import Library
from explorer.knowledge.receipts import Receipt
from explorer.knowledge.reference import Reals
from explorer.lab.factors import Factors
from explorer.lab.regression import rest

DRAWS = 300
LEAST = 0.1  # a smaller difference of correlations is not marked
FEWEST = 100  # slices or brains that a correlation is told of
_NOTHING = 1e-12  # rounding: what the mirror undoes is exactly 0
_SIDED = ("rotation", "sides")  # change their sign in the mirror
MARKS = ("alike", "stronger", "weaker", "other way", "unknown")


@dataclass(frozen=True)
class Slider:
    """What one listed direction moves. aim: number of the factor it moves most surely, or of the
    measurement it was made for. moved: [K], standard deviations of each for one of the aim's (NaN
    where that is below 0.1 or unknown); expected: [K], what goes with it among the model's brains
    (their correlation), in people: among real slices."""

    key: str
    aim: int
    moved: np.ndarray
    expected: np.ndarray
    people: np.ndarray


@dataclass(frozen=True)
class Against:
    """Correlations [K, K], NaN where too few had both. real, model: Pearson's; intervals [K, K, 2].

    difference: model - real, with its interval. marks: [K][K], of MARKS: "stronger" where the model
    exaggerates. resampled: "people" or "slices", what the real ones' intervals rest on. slices:
    each once, mirrored or not; people: 0 where they are not known. equal: at equal height.
    """

    keys: tuple[str, ...]
    real: np.ndarray
    real_interval: np.ndarray
    model: np.ndarray
    model_interval: np.ndarray
    difference: np.ndarray
    difference_interval: np.ndarray
    marks: tuple[tuple[str, ...], ...]
    sliders: tuple[Slider, ...]
    slices: int
    people: int
    brains: int
    resampled: str
    equal: bool


def real_table(reals: Reals, keys: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Real slices [N, K] with columns as keys, NaN where one was not taken; whose each is, [N].

    Also whether that is known: where it is not every slice stands for itself.
    Where the model was shown mirrored slices too, they are here both ways, as it knows them.
    """
    reference = reals.reference
    columns = [reals.column(key) for key in keys]
    nothing = np.full(len(reals), np.nan)
    table = np.stack([nothing if c is None else c for c in columns], axis=1).astype(np.float64)
    people = np.asarray(reference.people)
    known = len(np.unique(people)) <= len(people) / 2  # as in train.quality.people
    if not known:
        people = np.arange(len(people))
    if reference.about.mirror:
        sign = np.where([key in _SIDED for key in keys], -1, 1)
        table, people = np.concatenate([table, table * sign]), np.concatenate([people, people])
    return table, people, known


def compare(
    keys: tuple[str, ...], real: np.ndarray, people: np.ndarray, model: np.ndarray,
    held: tuple[str, ...] = (), sliders: tuple[Slider, ...] = (), known: bool = True,
    mirrored: bool = False, times: int = DRAWS, seed: int = 0,
) -> Against:  # fmt: skip
    """real: [N, K]; people: whose each slice is, [N] (known: else rows of one slice, see
    `real_table`); model: [M, K].

    mirrored: whether `real` has each slice both ways. held: keys whose powers are taken out of all
    columns before (at equal height). Intervals: the bootstrap over people - all slices of a person
    come or stay away together - and over the model's brains.
    """
    if held:
        columns = [keys.index(key) for key in held]
        real, model = (_without(table, columns) for table in (real, model))
    random = np.random.default_rng(seed)
    whole = correlations(real), correlations(model)
    cells = _cells(people)
    drawn = [], []
    for _ in range(times):
        counts = np.bincount(random.integers(0, len(cells), len(cells)), minlength=len(cells))
        weight = np.zeros(len(real))
        for rows, n in zip(cells, counts, strict=True):
            weight[rows] = n
        drawn[0].append(correlations(real, weight))
        again = np.bincount(random.integers(0, len(model), len(model)), minlength=len(model))
        drawn[1].append(correlations(model, again.astype(float)))
    real_draws, model_draws = (np.array(d) for d in drawn)
    difference = whole[1] - whole[0]
    spans = [_span(d) for d in (real_draws, model_draws, model_draws - real_draws)]
    marks = tuple(
        tuple(
            _mark(whole[0][i, j], whole[1][i, j], spans[2][i, j], spans[0][i, j])
            for j in range(len(keys))
        )
        for i in range(len(keys))
    )
    return Against(
        keys, whole[0], spans[0], whole[1], spans[1], difference, spans[2], marks, sliders,
        len(real) // (2 if mirrored else 1), len(cells) if known else 0, len(model),
        "people" if known else "slices", bool(held),
    )  # fmt: skip


def correlations(table: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Pearson's r of columns of [N, K] over the rows that have both, [K, K]; weight: [N]."""
    found = np.isfinite(table).astype(float)
    v = np.where(found > 0, table, 0).astype(np.float64)
    v = v - np.where(found.any(axis=0), v.sum(axis=0) / np.maximum(found.sum(axis=0), 1), 0)
    v = v / np.maximum(np.sqrt((v**2 * found).mean(axis=0)), 1e-12) * found
    w = np.ones(len(table)) if weight is None else weight
    wf, wv = found * w[:, None], v * w[:, None]
    n = found.T @ wf
    safe = np.maximum(n, 1e-12)
    mean = wv.T @ found / safe  # [i, j]: of i over the rows that have j too
    across = wv.T @ v / safe - mean * mean.T
    square = (wv * v).T @ found / safe - mean**2
    both = square * square.T
    told = (found.T @ found >= FEWEST) & (both > 1e-12)
    r = across / np.sqrt(np.where(told, both, 1))
    return np.where(told, np.where(np.abs(r) < _NOTHING, 0.0, r), np.nan)


def _without(table: np.ndarray, held: list[int]) -> np.ndarray:
    found = rest(table, table[:, held])
    found[:, held] = np.nan
    return found


def _cells(people: np.ndarray) -> list[np.ndarray]:
    """Rows that come or stay away together."""
    order = np.argsort(people, kind="stable")
    _, first = np.unique(people[order], return_index=True)
    return np.split(order, first[1:])


def _span(drawn: np.ndarray) -> np.ndarray:
    """Percentile interval [..., 2] of draws [times, ...]; NaN where one is."""
    if not len(drawn):
        return np.full((*drawn.shape[1:], 2), np.nan)
    return np.moveaxis(np.percentile(drawn, [2.5, 97.5], axis=0), 0, -1)


def _mark(real: float, model: float, span: np.ndarray, around: np.ndarray) -> str:
    """What the model does with a correlation that people have."""
    if not np.isfinite(span).all():
        return "unknown"
    if abs(model - real) < LEAST or span[0] <= 0 <= span[1]:
        return "alike"
    if real * model < 0 and not around[0] <= 0 <= around[1] and abs(model) >= LEAST:
        return "other way"
    return "stronger" if abs(model) > abs(real) else "weaker"


def sliders_of(
    receipts: dict[str, Receipt], chosen: list[int], keys: tuple[str, ...], real: np.ndarray,
    model: np.ndarray,
) -> tuple[Slider, ...]:  # fmt: skip
    """Rows for the directions that have an aim. chosen: numbers of the receipts' measurements that
    are the factors; real, model: correlations [K, K]."""
    found = []
    for key, receipt in receipts.items():
        made_for = key.removeprefix("measured:")
        top = chosen.index(receipt.top) if receipt.top in chosen else None
        aim = keys.index(made_for) if made_for in keys else top
        if aim is None:
            continue
        effect = np.array(receipt.effect, float)[chosen]
        wanted = effect[aim]
        moved = effect / wanted if abs(wanted) >= LEAST else np.full(len(keys), np.nan)
        found.append(Slider(key, aim, moved, model[aim], real[aim]))
    return tuple(found)


def against_data(library: Library, factors: Factors, equal: bool = False) -> Against | None:
    """Of an open model; None where there are no real slices.

    equal: at equal height, without sliders. Receipts are waited for.
    """
    if library.reals is None:
        return None
    real, people, known = real_table(library.reals, factors.keys)
    both = library.reals.reference.about.mirror
    told = {"known": known, "mirrored": both}
    if equal:
        return compare(factors.keys, real, people, factors.table, factors.held, **told)
    chosen = [library.ruler.keys.index(key) for key in factors.keys]
    r, m = correlations(real), correlations(factors.table)
    rows = sliders_of(library.settled_receipts(), chosen, factors.keys, r, m)
    return compare(factors.keys, real, people, factors.table, sliders=rows, **told)
