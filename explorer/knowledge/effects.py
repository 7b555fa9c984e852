"""What moves what: the measured effects of many directions side by side.

Three questions are answered: which direction moves what, and what else; whether that else goes with
it in the model's own brains anyway; and which directions are all but the same.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explorer.knowledge.directions.activations import parse_key
from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.directions.own import as_direction
from explorer.knowledge.library import Library
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import Receipt
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, short
from gan.measure import Measurement

LEAST = 0.1  # standard deviations: a smaller effect needs no explanation
ALIKE = 0.5  # cosine from which two directions are told to be alike
_SOURCES = {"measured": "Anatomy", "pca": "PCA", "sefa": "SeFa", "activations": "Activations",
            "own": "Mine"}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A direction and what it was measured to do; None where it has not been measured yet."""

    direction: Direction
    name: str
    receipt: Receipt | None


def lines(library: Library, recipe: Recipe, source: object) -> list[Line]:
    """The directions of a source: "listed" (all that have kept receipts), "own" (the recipe's), or
    "act@5" (axes of layer 5's feature maps).

    Raises StillComputing until they are there, RecipeError where there is no such source.
    """
    if source == "listed":
        receipts = library.receipts()
        return [Line(d, _name(library, d), receipts[d.key]) for d in library.listed()]
    if source == "own":
        return [Line(d, d.name, None) for d in map(as_direction, recipe.own)]
    layers = library.generator.config.num_ws - 1
    layer = parse_key(f"act1@{str(source)[4:]}", layers) if str(source)[:4] == "act@" else None
    if layer is None:
        raise RecipeError(f"effects: there is no source {short(source)}")
    return [Line(d, d.name, None) for d in library.activations(layer)]


def line_of(library: Library, direction: Direction, measure: bool) -> Line:
    """A direction with its receipt: 112 pictures the first time, unless it is a listed one.

    Without `measure` those that are not listed have none. Raises StillComputing.
    """
    receipt = library.receipts().get(direction.key)
    if receipt is None and measure:
        receipt = library.receipt(direction)
    return Line(direction, _name(library, direction), receipt)


def _name(library: Library, direction: Direction) -> str:
    group = next((g for g, layers in library.groups.items() if layers == direction.layers), None)
    return f"{direction.name}, {group}" if group else direction.name


def correlation(population: Population, a: int, b: int) -> tuple[float, int]:
    """Pearson's r of two measurements over the model's brains, and how many had both.

    On a scale of classes in order over what differs at one place, as effects are counted.
    """
    pair = population.apart[:, [a, b]]
    return pearson(pair), int(np.isfinite(pair).all(axis=1).sum())


def pearson(pair: np.ndarray) -> float:
    """Correlation of two columns [N, 2] over the rows that have both; NaN where fewer than ten do,
    or one does not vary."""
    both = pair[np.isfinite(pair).all(axis=1)].astype(float)
    if len(both) < 10 or (both.std(axis=0) == 0).any():
        return float("nan")
    return float(np.corrcoef(both.T)[0, 1])


@dataclass(frozen=True)
class Beside:
    """What a direction moves besides what is wanted, in standard deviations of the population.

    r: correlation of the two in `brains` of the model's own brains. expected: what goes with the
    wanted effect there on average, r times it (regression in standard deviations). verdict: "none"
    (moves it by less than 0.1), "brains" (at least half of it is expected), "slider" (it is not),
    "unknown" (no correlation is known, or the wanted effect is below 0.1).
    """

    r: float
    brains: int
    wanted: float
    moved: float
    expected: float
    verdict: str


def beside(population: Population, receipt: Receipt, wanted: int, other: int) -> Beside:
    """Entangled by the slider, or correlated in the brains themselves? Numbers of measurements."""
    r, brains = correlation(population, wanted, other)
    first, second = receipt.effect[wanted], receipt.effect[other]
    expected = r * first
    if abs(second) < LEAST:
        verdict = "none"
    elif not np.isfinite(expected + second) or abs(first) < LEAST:
        verdict = "unknown"
    else:
        verdict = "brains" if abs(second - expected) <= abs(second) / 2 else "slider"
    return Beside(r, brains, first, second, expected, verdict)


@dataclass(frozen=True)
class Alike:
    """Two directions that are all but the same edit. Numbers of lines.

    cosine: of the steps that are added to ws [num_ws, w_dim], so layers count; negative where one
    is the other backwards. effects: cosine of their measured effects; NaN where one has none.
    """

    first: int
    second: int
    cosine: float
    effects: float


def alike(found: Sequence[Line], num_ws: int, least: float = ALIKE) -> list[Alike]:
    """Pairs of directions that share most of their step, the likest first.

    The plain cosine. In units of w's spread (Mahalanobis) likeness follows axes that the pictures
    hardly show; over the bundled models it foretells less of how alike the effects are.
    """
    steps = torch.zeros(len(found), num_ws, len(found[0].direction.vector) if found else 0)
    for step, line in zip(steps, found, strict=True):
        first, end = line.direction.layers or (0, num_ws)
        step[first:end] = line.direction.vector
    cosines = _cosines(steps.flatten(1).double().numpy())
    pairs = [(int(i), int(j)) for i, j in np.argwhere(np.triu(np.abs(cosines), 1) >= least)]
    pairs.sort(key=lambda pair: -abs(cosines[pair]))
    known = [line.receipt.effect if line.receipt else () for line in found]
    effects = np.zeros((len(found), max(map(len, known), default=0)))
    for row, effect in zip(effects, known, strict=True):
        row[: len(effect)] = np.nan_to_num(effect)
    effects = _cosines(effects)
    return [Alike(i, j, float(cosines[i, j]), float(effects[i, j])) for i, j in pairs]


def _cosines(rows: np.ndarray) -> np.ndarray:
    """Of each row with each, [n, n]; NaN for a row of zeros."""
    with np.errstate(invalid="ignore"):
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


def table_csv(
    found: Sequence[Line], population: Population, measurements: Sequence[Measurement],
    side: int | None = None,
) -> str:  # fmt: skip
    """The measured lines as CSV, one for each direction, every column with its unit.

    An effect stands there twice: in standard deviations of the model's brains and in the
    measurement's own unit, both for one standard deviation of the slider. side: pixels of the
    pictures that were measured, where these are not the model's own.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    head = ["key", "direction", "source", "layers", "named", "purity [0..1]", "leakage"]
    for m in measurements:
        own = m.unit or "1"
        head += [f"{m.name}: effect [SD per SD]", f"{m.name}: effect [{own} per SD]",
                 f"{m.name}: 95 % interval [+- SD per SD]", f"{m.name}: brains",
                 f"{m.name}: agreement [% of brains]", f"{m.name}: linearity [R2]"]  # fmt: skip
    writer.writerow([*head, *(["measured at [px]"] if side else [])])
    for line in found:
        direction, receipt = line.direction, line.receipt
        if receipt is None:
            continue
        first, end = direction.layers or (None, None)
        layers = "all" if direction.layers is None else f"{first + 1}-{end}"
        row = [direction.key, _text(line.name), _SOURCES[direction.source], layers, receipt.name,
               _cell(receipt.purity), _cell(receipt.leakage)]  # fmt: skip
        deviation = population.deviation
        for k in range(len(measurements)):
            effect = receipt.effect[k]
            row += map(_cell, (effect, effect * deviation[k], receipt.margin[k],
                               receipt.counted[k], 100 * receipt.agreement[k],
                               receipt.linearity[k]))  # fmt: skip
        writer.writerow([*row, *([side] if side else [])])
    return text.getvalue()


def _cell(x: float) -> str:
    """Four digits; empty where there is nothing."""
    return f"{x:.4g}" if np.isfinite(x) else ""


def _text(name: str) -> str:
    """A user's name for a direction, which no spreadsheet may take for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
