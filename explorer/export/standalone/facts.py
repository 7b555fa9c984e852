"""What a page without a server knows of its model: names and ranges, directions, noise, means."""

import re
from dataclasses import dataclass

import numpy as np

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.receipts import Receipt, in_words
from explorer.picture.latents import check, find_direction
from explorer.picture.model import Model
from explorer.recipe import MAX_SEED, Recipe
from explorer.recipe.checks import RecipeError
from explorer.recipe.recipe import VERSION
from gan.picture import SYNTHETIC

_DIRECTIONS = 10
_PLACES = 8  # between two classes in order, whose means of w lie in the file; straight in between


@dataclass(frozen=True)
class Facts:
    """table: for JSON. arrays: float32, one after the other: directions [n, w_dim], means of w
    [places, w_dim], the stored noise map of each layer [r, r]."""

    table: dict
    arrays: np.ndarray


def facts_of(model: Model, recipe: Recipe) -> Facts:
    """Raises RecipeError for a recipe that such a page cannot show, StillComputing while the model
    is measured for the first time."""
    check(model, recipe)
    _check_shown(recipe)
    config, scale = model.config, model.scale
    receipts = model.library.receipts()
    directions = _chosen(model, recipe, receipts)
    places = _PLACES * (config.c_dim - 1) + 1 if scale else 1
    centres = [model.library.centre(i / _PLACES) for i in range(places)]
    layers = model.generator.synthesis.layers
    arrays = [d.vector for d in directions] + centres + [layer.noise_const for layer in layers]
    table = {
        "name": model.name,
        "digest": model.digest,
        "licence": licence_of(model),
        "synthetic": SYNTHETIC,
        "version": VERSION,
        "most_seed": MAX_SEED,
        "resolution": config.resolution,
        "colours": config.img_channels,
        "z_dim": config.z_dim,
        "w_dim": config.w_dim,
        "num_ws": config.num_ws,
        "classes": model.classes,
        "c_dim": config.c_dim,
        "scale": _scale(model),
        "places": places,
        "noise_sides": [layer.resolution for layer in layers],
        "groups": model.library.groups,
        "directions": [_told(d, receipts.get(d.key), model) for d in directions],
        "recipe": recipe.compact(),
    }
    return Facts(table, np.concatenate([np.asarray(x.detach()).ravel() for x in arrays]))


def _check_shown(recipe: Recipe) -> None:
    more = {
        "a journey": recipe.walk is not None and bool(recipe.walk.keys),
        "a place of its own (w)": recipe.w is not None,
        "a second brain that is more than a seed": bool(recipe.mix and recipe.mix.recipe),
        "measurements kept fixed": bool(recipe.hold),
        "moved channels": bool(recipe.channels),
    }
    for what, there in more.items():
        if there:
            raise RecipeError(
                f"--recipe: a page without a server cannot show {what}; give a recipe without it"
            )


def _chosen(model: Model, recipe: Recipe, receipts: dict[str, Receipt]) -> list[Direction]:
    """Those of the recipe, the measured ones, then those that earned a name; ten, or as many as
    the recipe has."""
    own = [find_direction(model, recipe, edit.direction) for edit in recipe.edits]
    listed = model.library.listed()
    listed.sort(key=lambda d: (d.source != "measured", receipts[d.key].top is None))
    found = {d.key: d for d in [*own, *listed]}
    return list(found.values())[: max(_DIRECTIONS, len({d.key for d in own}))]


def _told(direction: Direction, receipt: Receipt | None, model: Model) -> dict:
    """says: what it does, None of one that nobody has measured; named: it is called so."""
    says, measured = None, direction.source == "measured"
    if receipt:
        says = in_words(direction, receipt, model.library.ruler.keys)
    named = receipt is not None and receipt.top is not None and not measured
    return {
        "key": direction.key, "name": direction.name, "says": says, "measured": measured,
        "named": named, "layers": direction.layers,
    }  # fmt: skip


def _scale(model: Model) -> dict | None:
    scale = model.scale
    return scale and {
        "title": scale.title, "unit": scale.unit, "first": scale.first, "last": scale.last,
        "middle": scale.middle, "step": scale.step,
    }  # fmt: skip


def licence_of(model: Model) -> str:
    """The sentence of the card on the licence; what the checkpoint says where there is none."""
    card = " ".join((model.card or "").replace("*", "").split())
    if found := re.search(r"(?<!\w)Licen[cs]e[^.:]{0,80}: .{1,200}?\.(?= |$)", card):
        return found[0]
    licence = model.provenance.get("data_license")
    if isinstance(licence, str) and licence:
        return f"Licence of the training data: {licence}."
    return "The model does not say under what licence its training data were."
