"""Facts of pictures: how they differ, change, measure, and what of them is chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.lessons.fields import LessonError, check_range, check_word
from explorer.lessons.settings import Setting
from explorer.lessons.tasks import MEASURED
from explorer.lessons.values import Value, quantity
from explorer.picture.model import Model
from explorer.picture.render import render, synthesise, to_measure
from explorer.recipe import Recipe, Walk
from explorer.tools import journey
from explorer.tools.noise_map import NoiseMaps
from explorer.tools.views import rarer_than

_DRAWS = 20  # of the noise: ten per cent off at most
_STEPS = 24  # from key frame to key frame, as the page's chart takes


@dataclass(frozen=True)
class Variety:
    """How much brains differ at a psi: the standard deviation over some of them.

    of: "picture" (mean over the pixels, in grey levels) or a measurement (in the population's SD).
    """

    psi: float = 1.0
    of: str = "picture"
    brains: int = 16

    def __post_init__(self):
        check_range("psi", self.psi, -2, 2)
        check_word("of", self.of, ("picture", *MEASURED))
        check_range("brains", self.brains, 2, 64)

    def find(self, model: Model) -> Value | None:
        recipes = [Recipe(seed, psi=self.psi) for seed in range(self.brains)]
        if self.of == "picture":
            pictures = np.stack([render(model, recipe) for recipe in recipes])
            return quantity(pictures.astype(float).std(axis=0).mean(), "grey levels")
        values = _measured(model, recipes, self.of)
        return quantity(np.nanstd(values) if np.isfinite(values).sum() > 1 else np.nan, "SD")


@dataclass(frozen=True)
class Change:
    """What changes from one recipe to another, averaged over brains (their seeds counted on).

    of: "picture" (grey levels) or a measurement (SD); signed: with its sign instead of its size.
    """

    before: Setting
    after: Setting
    of: str = "picture"
    brains: int = 8
    signed: bool = False

    def __post_init__(self):
        check_word("of", self.of, ("picture", *MEASURED))
        check_range("brains", self.brains, 1, 32)

    def find(self, model: Model) -> Value | None:
        pairs = [(self.before.on(model, i), self.after.on(model, i)) for i in range(self.brains)]
        if self.of == "picture":
            each = [journey.change(*(synthesise(model, r) for r in pair)) for pair in pairs]
            return quantity(float(np.mean(each)), "grey levels")
        first, last = (_measured(model, recipes, self.of) for recipes in zip(*pairs, strict=True))
        moves = last - first if self.signed else np.abs(last - first)
        return quantity(np.nanmean(moves) if np.isfinite(moves).any() else np.nan, "SD")


@dataclass(frozen=True)
class Read:
    """A measurement of one recipe's picture, in its own unit."""

    recipe: Setting
    of: str

    def __post_init__(self):
        check_word("of", self.of, MEASURED)

    def find(self, model: Model) -> Value | None:
        ruler = model.library.ruler
        if self.of not in ruler.keys:
            return None
        picture = to_measure(model, self.recipe.on(model))[None]
        return quantity(
            ruler.measure(picture)[0][ruler.keys.index(self.of)], MEASURED[self.of].unit
        )


@dataclass(frozen=True)
class Chance:
    """What the noise alone decides: a standard deviation over draws of it.

    of: "picture" (mean over the pixels, in grey levels) or a measurement (in the population's SD).
    layer: only this one draws, 0 the coarsest, -1 the finest. where: "all" of the picture, its
    "middle" half (by height and width) or its "rim" outside that.
    """

    of: str = "picture"
    layer: int | None = None
    where: str = "all"

    def __post_init__(self):
        check_word("of", self.of, ("picture", *MEASURED))
        check_word("where", self.where, ("all", "middle", "rim"))
        check_range("layer", self.layer, -17, 16)

    def find(self, model: Model) -> Value | None:
        if self.of != "picture":
            keys, population = model.library.ruler.keys, model.library.population()
            if self.of not in keys:
                return None
            k = keys.index(self.of)
            return quantity(float(population.floor[k] / population.deviation[k]), "SD")
        layer, layers = self.layer, model.config.num_ws - 1
        if layer is not None and layer < 0:
            layer += layers
        found = NoiseMaps(model).get(Recipe(), _DRAWS, layer).deviation
        inside = np.zeros(found.shape, bool)
        edge = len(found) // 4
        inside[edge:-edge, edge:-edge] = True
        part = {"all": inside | ~inside, "middle": inside, "rim": ~inside}[self.where]
        return quantity(float(found[part].mean()), "grey levels")


@dataclass(frozen=True)
class Speed:
    """How the picture changes on the way through seeds.

    what: "unevenness", the fastest step over the mean one, or "length", all change added up (grey
    levels). space: "w", "z" or "spline".
    """

    seeds: tuple[int, ...]
    space: str = "w"
    what: str = "unevenness"

    def __post_init__(self):
        check_word("space", self.space, ("w", "z", "spline"))
        check_word("what", self.what, ("unevenness", "length"))
        if not 2 <= len(self.seeds) <= 6 or not all(0 <= s < 2**32 for s in self.seeds):
            raise LessonError("seeds: expected 2 to 6 of them")

    def find(self, model: Model) -> Value | None:
        walk = Walk(tuple(Recipe(seed, psi=1) for seed in self.seeds))
        recipe = Recipe(psi=1, walk=walk)
        steps = []
        count = _STEPS * (len(walk.keys) - 1)
        for first in range(0, count, 8):
            steps += journey.changes(model, recipe, self.space, count, first, 8)
        if self.what == "length":
            return quantity(float(np.sum(steps)), "grey levels")
        mean = float(np.mean(steps))
        return quantity(float(np.max(steps)) / mean, "") if mean > 0 else None


@dataclass(frozen=True)
class Nearest:
    """Per cent of real slices of unseen people that come nearer to a training slice than a recipe's
    picture does. None where the model carries no real slices with pictures."""

    recipe: Setting

    def find(self, model: Model) -> Value | None:
        reals = model.library.reals
        if reals is None or not reals.has_pictures:
            return None
        return quantity(reals.nearest(render(model, self.recipe.on(model))).closer, "%")


@dataclass(frozen=True)
class Rarity:
    """Per cent of random brains that are more typical than a recipe's (along its edits)."""

    recipe: Setting

    def find(self, model: Model) -> Value | None:
        return quantity(rarer_than(model, self.recipe.on(model)), "%")


def _measured(model: Model, recipes: Sequence[Recipe], of: str) -> np.ndarray:
    """A measurement of recipes' pictures in the population's SD: [N], NaN where it failed."""
    keys, deviation = model.library.ruler.keys, model.library.population().deviation
    if of not in keys:
        return np.full(len(recipes), np.nan)
    k, pictures = keys.index(of), np.stack([to_measure(model, recipe) for recipe in recipes])
    return model.library.ruler.measure(pictures)[:, k] / deviation[k]
