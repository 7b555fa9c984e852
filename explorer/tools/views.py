"""What the page shows beside the picture: numbers, companions, film strips, receipts."""

from dataclasses import asdict, replace

import numpy as np
import torch

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.library import StillComputing
from explorer.knowledge.receipts import EFFECT, STEPS, in_words
from explorer.picture.latents import (
    away_of,
    find_direction,
    held_of,
    off_walk,
    place_of,
    step_of,
    ws_of,
)
from explorer.picture.model import Model
from explorer.picture.preview import shown
from explorer.picture.render import to_measure
from explorer.recipe import Edit, Noise, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.inside import check_layer
from gan.measure import Measurement
from gan.picture import contact_sheet

TILE = 64  # px: what is shown small fills no more
COMPANIONS = (101, 102, 103, 104, 105, 106, 107, 108)  # seeds


def start_of(recipe: Recipe) -> Recipe:
    """The same brain without edits, mixing, moved channels or other noise; the first of a walk."""
    walk = replace(recipe.walk, t=0) if recipe.walk else None
    return replace(
        recipe, edits=(), mix=None, walk=walk, noise=Noise(), hold=(), own=(), channels=()
    )


def readings(model: Model, recipe: Recipe, against: Recipe | None = None) -> list[dict]:
    """The measurements of a picture: value, change against another, place in the population.

    against: what changes are told against; None for the untouched brain. value: in the
    measurement's unit; change: in the population's standard deviations; below: per
    cent of the population with less, on a scale at the picture's place; real: the same of real
    slices, see reference.Place. None where it cannot be told, or not yet. why: there is no value, a
    sentence; else None.
    """
    ruler = model.library.ruler
    other = start_of(recipe) if against is None else against
    pictures = np.stack([to_measure(model, recipe), to_measure(model, other)])
    value, start = ruler.measure(pictures)
    try:
        population = model.library.population()
        place = place_of(model, recipe) if model.scale else None
        change, below = (value - start) / population.deviation, population.percentile(value, place)
    except StillComputing:
        change = below = np.full(len(value), np.nan)
    reals, height = model.library.reals, dict(zip(ruler.keys, value, strict=True)).get("height")
    places = reals.places(ruler.keys, value) if reals else [None] * len(value)
    return [
        {
            "key": m.key, "name": m.name, "unit": m.unit, "meaning": ruler.meaning(m),
            "value": _number(value[k]), "change": _number(change[k]), "below": _number(below[k]),
            "real": places[k] and asdict(places[k]),
            "why": None if np.isfinite(value[k]) else ruler.why_none(m, height),
        }
        for k, m in enumerate(ruler.measurements)
    ]  # fmt: skip


def differences(model: Model, before: Recipe, after: Recipe, most: int = 3) -> str:
    """A sentence on the measurements in which two pictures differ most.

    Raises StillComputing as long as the population is not there.
    """
    ruler, population = model.library.ruler, model.library.population()
    old, new = ruler.measure(np.stack([to_measure(model, recipe) for recipe in (before, after)]))
    moved = (new - old) / population.deviation
    order = np.argsort(-np.abs(np.nan_to_num(moved)))[:most]
    parts = [
        f"{m.name} {_written(old[k], m)} to {_written(new[k], m)} ({_signed(moved[k])} SD)"
        for k, m in ((k, ruler.measurements[k]) for k in order)
        if abs(moved[k]) >= 0.1
    ]
    return f"Measured: {'; '.join(parts)}." if parts else "None of the measurements changed much."


def _written(value: float, m: Measurement) -> str:
    return f"{value:z.{1 if m.unit else 2}f} {m.unit}".rstrip().replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+z.1f}".replace("-", "−")


def rarer_than(model: Model, recipe: Recipe) -> float:
    """Per cent of random brains at its place on a scale that are more typical: along the edits if
    there are any."""
    axes = [find_direction(model, recipe, edit.direction).vector for edit in recipe.edits]
    with torch.inference_mode():
        library, away, among = model.library, away_of(model, recipe), None
        if model.scale:  # where w may spread otherwise than elsewhere
            among = (library.brains_at(place_of(model, recipe)) - away).numpy()
        return library.gauge.rarer_than(ws_of(model, recipe) - away, axes, among)


def held(model: Model, recipe: Recipe) -> list[dict]:
    """What other sliders still move of the held measurements: [{"name", "left"}], in standard
    deviations, None where it cannot be measured."""
    with torch.inference_mode():
        found = held_of(model, recipe)
    left = found.left.items() if found else ()
    return [
        {"name": find_direction(model, recipe, key).name, "left": _number(x)} for key, x in left
    ]


def companions(model: Model, recipe: Recipe) -> np.ndarray:
    """Eight other brains with the same edits, side by side: uint8 [R, 8 R] (or with 3 colours), of
    large networks smaller."""
    plain = replace(off_walk(model, recipe), mix=None)
    others = [plain.with_seed(seed) for seed in COMPANIONS]
    return contact_sheet(np.stack([shown(model, other, TILE) for other in others]), len(others))


def film_strip(model: Model, recipe: Recipe, edit: Edit) -> np.ndarray:
    """This brain at -3 to +3 standard deviations along one direction: uint8 [R, 7 R], of large
    networks smaller."""
    layers = edit.layers or find_direction(model, recipe, edit.direction).layers or (0,)
    others = tuple(e for e in recipe.edits if e.direction != edit.direction)
    steps = [replace(recipe, edits=(*others, replace(edit, strength=s))) for s in STEPS]
    frames = [shown(model, step, TILE, layers[0]) for step in steps]
    return contact_sheet(np.stack(frames), len(frames))


def receipt_of(model: Model, recipe: Recipe, edit: Edit) -> dict:
    """What a direction (with the layers of the edit and what the recipe holds) does to others.

    Raises StillComputing as long as the population is not there.
    """
    direction = find_direction(model, recipe, edit.direction)
    if edit.layers:
        direction = replace(direction, layers=edit.layers)
    receipt = model.library.receipt(direction, step_of(model, recipe, direction))
    rows = [
        {
            "name": m.name, "effect": _number(receipt.effect[k]),
            "margin": _number(receipt.margin[k]), "agreement": _number(receipt.agreement[k]),
            "linearity": _number(receipt.linearity[k]), "counted": receipt.counted[k],
        }
        for k, m in enumerate(model.library.ruler.measurements)
        if m in model.library.ruler.usable
    ]  # fmt: skip
    rows.sort(key=lambda row: -abs(row["effect"] or 0))
    return {
        "name": in_words(direction, receipt, model.library.ruler.keys),
        "brains": receipt.brains, "rows": rows, "effect": EFFECT,
        "purity": _number(receipt.purity), "leakage": _number(receipt.leakage),
        "told": model.library.told,
    }  # fmt: skip


def shelf(model: Model) -> dict:
    """Every direction the page lists, in groups; `progress` < 1 while some are being found.

    {"progress": 0..1, "groups": {"measured": [{key, name, source, share, says}], ...}}
    """
    library = model.library
    groups = {"pca": library.pca, "sefa": library.sefa()}
    for name, layers in library.groups.items():
        groups[f"sefa-{name}"] = library.sefa(layers)[:5]
    progress, receipts = 1.0, {}
    try:
        groups = {"measured": library.measured(), **groups}
        receipts = library.receipts()
    except StillComputing as wait:
        progress = min(wait.progress, 0.99)

    def row(direction: Direction) -> dict:
        receipt = receipts.get(direction.key)
        return _row(direction, receipt and in_words(direction, receipt, library.ruler.keys))

    return {"progress": progress, "groups": {k: [row(d) for d in v] for k, v in groups.items()}}


def activation_rows(model: Model, layer: object) -> list[dict]:
    """The principal axes of a layer's feature maps, as `shelf` lists directions.

    Raises RecipeError where there is no such layer, StillComputing at first.
    """
    check_layer(model, layer)
    return [_row(direction, None) for direction in model.library.activations(layer)]


def _row(direction: Direction, says: str | None) -> dict:
    facts = {k: v for k, v in asdict(direction).items() if k != "vector"}
    return {**facts, "share": _number(direction.share), "says": says}


def mean_w(model: Model, recipe: Recipe) -> np.ndarray:
    """The w of a recipe, averaged over its layers: [w_dim]."""
    with torch.inference_mode():
        return ws_of(model, recipe)[0].mean(dim=0).numpy()


def w_of_seeds(model: Model, seeds: object, like: Recipe) -> np.ndarray:
    """w of a list of seeds without truncation, [n, w_dim]; raises RecipeError on anything else.

    like: a recipe of their class or condition.
    """
    if not isinstance(seeds, list) or not 0 < len(seeds) <= 100:
        raise RecipeError("groups: expected 1 to 100 seeds each")
    recipes = [
        Recipe(seed, psi=1, class_index=like.class_index, condition=like.condition)
        for seed in seeds
    ]
    return np.stack([mean_w(model, recipe) for recipe in recipes])


def _number(x: float) -> float | None:
    """For JSON, which has no NaN."""
    return float(x) if np.isfinite(x) else None
