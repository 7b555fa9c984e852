"""What the lab's desk asks the server: what there is to compare, two standings, one side's view."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer.lab import comparison
from explorer.lab.axes import Axes
from explorer.lab.claims import Reading
from explorer.lab.comparison import Row, Standing
from explorer.lab.desk import side_of
from explorer.page.answers import answering, known, picture_source
from explorer.page.panels.mix import layer_name
from explorer.picture import variants
from explorer.picture.model import Model
from explorer.recipe.checks import RecipeError, as_table, short
from gan.checkpoint import CheckpointError


@dataclass(frozen=True)
class _Choice:
    """name: for people; open: the model of a page, None of a variant that is opened when asked."""

    name: str
    path: Path
    open: Model | None = None


def desk(model: Model, models: Sequence[Model] = ()) -> list[Callable[[object], dict]]:
    """All that the desk asks for. models: those that the program has opened."""
    choices = _choices([model, *models])

    def chosen(key: object) -> _Choice:
        if not isinstance(key, str) or key not in choices:
            raise RecipeError(f"desk: there is no network {short(key)}")
        return choices[key]

    def network(key: object) -> Model:
        choice = chosen(key)
        if choice.open:
            return choice.open
        try:
            return replace(variants.opened(choice.path), turns=model.turns)
        except CheckpointError as error:
            raise RecipeError(str(error)) from error

    @answering
    def networks(posted: object) -> dict:
        """{"networks": [{"key", "name"}], "left", "right": the keys to begin with}."""
        listed = [{"key": key, "name": choice.name} for key, choice in choices.items()]
        left, right = _first(choices, model)
        return {"networks": listed, "left": left, "right": right}

    @answering
    def standings(posted: object) -> dict:
        """What is kept of posted "left" and "right", and what follows from it; the layers that
        either has, and one to begin with that both have."""
        posted = as_table(posted, "posted")
        keys = [posted.get("left"), posted.get("right")]
        opened = [network(key) for key in keys]
        two = [
            comparison.standing_of(one, chosen(key).name)
            for one, key in zip(opened, keys, strict=True)
        ]
        claim, found = comparison.compare(*two), comparison.marks(*two)
        shallow, deep = sorted(one.config.num_ws for one in opened)
        return {
            "title": claim.title, "says": claim.says, "opposite": claim.opposite,
            "notes": list(claim.notes),
            "rows": [_row(row, found.get(row.label, "")) for row in comparison.rows(two)],
            "sides": [_side(one, standing, _told(two))
                      for one, standing in zip(opened, two, strict=True)],
            "layers": [layer_name(k, deep) for k in range(deep - 1)], "layer": shallow - 3,
        }  # fmt: skip

    @answering
    def view(posted: object) -> dict:
        """{"src", "map" or None, "low", "high", "peak"} of posted {"network", "seed", "psi",
        "strengths", "layer"}."""
        posted = as_table(posted, "posted")
        asked = [posted.get(name) for name in ("seed", "psi", "strengths", "layer")]
        side = side_of(network(posted.get("network")), *asked)
        return {
            "src": picture_source(side.picture),
            "map": None if side.map is None else picture_source(side.map),
            "low": known(side.low), "high": known(side.high), "peak": known(side.peak),
        }  # fmt: skip

    return [networks, standings, view]


def _choices(models: Sequence[Model]) -> dict[str, _Choice]:
    """Variants and models, each file once, by key; no two of one name."""
    there = {path.resolve(): _Choice(variants.name_of(path), path) for path in variants.variants()}
    for model in models:
        path = model.path.resolve()
        choice = there.get(path, _Choice(model.name, path))
        there[path] = replace(choice, open=choice.open or model)
    names = [choice.name for choice in there.values()]
    found = {}
    for number, choice in enumerate(there.values()):
        again = names[:number].count(choice.name)
        name = f"{choice.name} ({again + 1})" if again else choice.name
        found[str(number)] = replace(choice, name=name)
    return found


def _first(choices: dict[str, _Choice], model: Model) -> tuple[str, str]:
    """The keys that are shown at first: AdaIN beside the reference; without them another network
    beside the open one."""
    keys = {choice.name: key for key, choice in choices.items()}
    named = [keys.get(variants.NAMES[name]) for name in ("adain", variants.REFERENCE)]
    if None not in named:
        return named[0], named[1]
    here = next(key for key, choice in choices.items() if choice.open is model)
    return next((key for key in choices if key != here), here), here


def _told(standings: Sequence[Standing]) -> list[str]:
    """The rows of both tables: what an axis of at least one of the two tells."""
    there = [standing.axes for standing in standings if standing.axes]
    found = [
        name
        for axes in there
        for k, name in enumerate(axes.names)
        if any(known(float(e)) is not None for e in axes.effect[:, k])
    ]
    names = dict.fromkeys(name for axes in there for name in axes.names)  # in their order
    return [name for name in names if name in found]


def _side(model: Model, standing: Standing, told: Sequence[str]) -> dict:
    found = standing.magnitudes
    peaks = [str(Reading("", "", *layer.peak.times(1))) for layer in found.layers] if found else []
    return {
        "name": standing.name, "size": model.config.resolution, "whole": standing.whole,
        "architecture": model.config.architecture, "peaks": peaks,
        "brains": found.brains if found else 0, "effects": _effects(standing.axes, told),
    }  # fmt: skip


def _row(row: Row, mark: str) -> dict:
    return {
        "label": row.label, "mark": mark,
        "cells": [
            {"says": _says(reading, number), "number": number}
            for reading, number in zip(row.readings, row.numbers, strict=True)
        ],
    }  # fmt: skip


def _effects(axes: Axes | None, told: Sequence[str]) -> dict | None:
    """Measurements down, axes across; null where this network does not tell it."""
    if axes is None:
        return None
    nothing = [{"value": None, "margin": None}] * len(axes.effect)
    found = {
        name: [
            {"value": known(float(e)), "margin": known(float(m))}
            for e, m in zip(axes.effect[:, k], axes.margin[:, k], strict=True)
        ]
        for k, name in enumerate(axes.names)
    }
    rows = [{"name": name, "cells": found.get(name, nothing)} for name in told]
    return {"brains": axes.brains, "axes": len(axes.effect), "rows": rows}


def _says(reading: Reading | None, number: str) -> str:
    """Three kinds of cell: a figure, one of which nothing certain came out, one not made yet."""
    if reading:
        return str(reading)
    return comparison.TOO_LITTLE if number else "not measured yet"
