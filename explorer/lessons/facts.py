"""Facts: figures of lessons, measured on the model that is open.

Each has `find(model)`: a Value, or None where it cannot be measured. They may take a second or two;
pictures wait for their turns, so that nobody's slider feels it. Raise StillComputing as long as the
population is not there, RecipeError where the model lacks what they ask for.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import torch

from explorer import journey, receipts
from explorer.checks import RecipeError, is_number, short
from explorer.directions.direction import Direction
from explorer.directions.own import as_direction
from explorer.lessons.fields import LessonError, check_range, check_word
from explorer.lessons.settings import RANDOM, Setting, check_key, group, key_of, random_own
from explorer.lessons.tasks import MEASURED
from explorer.library import StillComputing
from explorer.model import Model
from explorer.noise_map import NoiseMaps
from explorer.recipe import Recipe, Walk
from explorer.render import render, synthesise
from explorer.views import rarer_than

_DRAWS = 20  # of the noise: ten per cent off at most
_STEPS = 24  # along a walk
LIMIT = 1_000_000  # bytes of an evaluation


@dataclass(frozen=True)
class Value:
    """number: what is compared, None for words alone; words: as texts show it."""

    number: float | None
    words: str


def quantity(x: float, unit: str) -> Value | None:
    """None for NaN. Written with as many digits as help a reader."""
    if not np.isfinite(x):
        return None
    digits = 0 if abs(x) >= 20 or x == round(x) else 1 if abs(x) >= 2 else 2
    space = "" if unit == "°" else "\u202f"
    words = f"{x:,.{digits}f}".replace("-", "−")
    return Value(float(x), f"{words}{space}{unit}" if unit else words)


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
        pictures = np.stack([render(model, recipe) for recipe in recipes])
        if self.of == "picture":
            return quantity(pictures.astype(float).std(axis=0).mean(), "grey levels")
        values = _measured(model, pictures, self.of)
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
        first, last = (
            _measured(model, np.stack([render(model, pair[i]) for pair in pairs]), self.of)
            for i in (0, 1)
        )
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
        picture = render(model, self.recipe.on(model))[None]
        return quantity(
            ruler.measure(picture)[0][ruler.keys.index(self.of)], MEASURED[self.of].unit
        )


@dataclass(frozen=True)
class Receipt:
    """Out of a direction's receipt, which is measured on 16 brains.

    what: "called" (what it does, in words), "purity", "leakage", "size" (root mean square of all
    effects, SD), "strongest" (the largest effect, SD), "strongest of" (which that is), "focus" (its
    share of the squares of all effects, %), or a measurement: the effect on it, with its sign.
    """

    direction: str
    what: str

    def __post_init__(self):
        words = ("called", "purity", "leakage", "size", "strongest", "strongest of", "focus")
        check_word("what", self.what, (*words, *MEASURED))
        check_key(self.direction)

    def find(self, model: Model) -> Value | None:
        receipt = _receipt(model, _direction(model, self.direction))
        effect = np.nan_to_num(np.array(receipt.effect))
        keys = model.library.ruler.keys
        if self.what == "called":
            return Value(None, receipt.name)
        if self.what == "strongest of":
            return Value(None, MEASURED[keys[int(np.abs(effect).argmax())]].name.lower())
        if self.what == "size":
            return quantity(float(np.sqrt((effect**2).mean())), "SD")
        if self.what == "strongest":
            return quantity(float(np.abs(effect).max()), "SD")
        if self.what == "focus":
            total = (effect**2).sum()
            return quantity(100 * (effect**2).max() / total, "%") if total > 0 else None
        if self.what in ("purity", "leakage"):
            return quantity(getattr(receipt, self.what), "")
        return quantity(receipt.effect[keys.index(self.what)], "SD") if self.what in keys else None


@dataclass(frozen=True)
class About:
    """Of a direction: its "name", or its "share" of what its source explains, in per cent."""

    direction: str
    what: str = "share"

    def __post_init__(self):
        check_word("what", self.what, ("share", "name"))
        check_key(self.direction)

    def find(self, model: Model) -> Value | None:
        direction = _direction(model, self.direction)
        if self.what == "name":
            return Value(None, direction.name)
        return quantity(100 * direction.share, "%")


@dataclass(frozen=True)
class Alike:
    """How alike two directions are: the size of their cosine, 0..1.

    to: another direction, or "pca", "sefa" or "measured": the most alike of these. what: "cosine"
    or "name", which that is.
    """

    direction: str
    to: str
    what: str = "cosine"

    def __post_init__(self):
        check_word("what", self.what, ("cosine", "name"))
        for key in (self.direction, self.to):
            check_key(key)

    def find(self, model: Model) -> Value | None:
        library, mine = model.library, _direction(model, self.direction)
        many = {"pca": lambda: library.pca, "sefa": library.sefa, "measured": library.measured}
        others = many[self.to]() if self.to in many else [_direction(model, self.to)]
        if not others:
            return None
        cosine, name = max(
            (abs(float(torch.cosine_similarity(mine.vector, d.vector, dim=0))), d.name)
            for d in others
        )
        return Value(None, name) if self.what == "name" else quantity(cosine, "")


@dataclass(frozen=True)
class Together:
    """Correlation of two measurements over the model's own brains, -1..1."""

    of: str
    to: str

    def __post_init__(self):
        for name in ("of", "to"):
            check_word(name, getattr(self, name), MEASURED)

    def find(self, model: Model) -> Value | None:
        keys, population = model.library.ruler.keys, model.library.population()
        if not {self.of, self.to} <= set(keys):
            return None
        both = population.table[:, [keys.index(self.of), keys.index(self.to)]].astype(float)
        both = both[np.isfinite(both).all(axis=1)]
        if len(both) < 10 or (both.std(axis=0) == 0).any():
            return None
        return quantity(float(np.corrcoef(both.T)[0, 1]), "")


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
        for first in range(0, _STEPS, 8):
            steps += journey.changes(model, recipe, self.space, _STEPS, first, 8)
        if self.what == "length":
            return quantity(float(np.sum(steps)), "grey levels")
        mean = float(np.mean(steps))
        return quantity(float(np.max(steps)) / mean, "") if mean > 0 else None


@dataclass(frozen=True)
class Rarity:
    """Per cent of random brains that are more typical than a recipe's (along its edits)."""

    recipe: Setting

    def find(self, model: Model) -> Value | None:
        return quantity(rarer_than(model, self.recipe.on(model)), "%")


@dataclass(frozen=True)
class Evaluation:
    """A figure of the evaluation.json that the trainer wrote beside the checkpoint.

    figure: the way to it, "copies.value.memorised". percent: it is a share.
    """

    figure: str
    percent: bool = False

    def find(self, model: Model) -> Value | None:
        value: object = evaluation(model)
        for name in self.figure.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not is_number(value):
            return None
        return quantity(100 * value, "%") if self.percent else quantity(value, "")


@dataclass(frozen=True)
class Size:
    """A size of the network: of z and w, the picture's side, the layers, or those of a group."""

    what: str

    def __post_init__(self):
        sizes = ("z_dim", "w_dim", "resolution", "num_ws", "coarse", "middle", "fine", "parameters")
        check_word("what", self.what, sizes)

    def find(self, model: Model) -> Value | None:
        if self.what == "parameters":
            return quantity(sum(p.numel() for p in model.generator.parameters()), "")
        if hasattr(model.config, self.what):
            return quantity(getattr(model.config, self.what), "")
        first, end = group(model, self.what)
        return quantity(end - first, "")


Fact = (
    Variety | Change | Read | Receipt | About | Alike | Together | Chance | Speed | Rarity
    | Evaluation | Size
)  # fmt: skip
MEASURES = {
    "variety": Variety, "change": Change, "read": Read, "receipt": Receipt, "about": About,
    "alike": Alike, "together": Together, "chance": Chance, "speed": Speed, "rarity": Rarity,
    "evaluation": Evaluation, "size": Size,
}  # fmt: skip


def evaluation(model: Model) -> dict | None:
    """What evaluation.json beside the checkpoint holds; None if there is none or it is damaged."""
    try:
        text = (model.path.parent / "evaluation.json").read_bytes()
        found = json.loads(text) if len(text) <= LIMIT else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _measured(model: Model, pictures: np.ndarray, of: str) -> np.ndarray:
    """A measurement of pictures in the population's SD: [N], NaN where it failed."""
    keys, deviation = model.library.ruler.keys, model.library.population().deviation
    if of not in keys:
        return np.full(len(pictures), np.nan)
    k = keys.index(of)
    return model.library.ruler.measure(pictures)[:, k] / deviation[k]


def _receipt(model: Model, direction: Direction) -> receipts.Receipt:
    """The one that is kept, if it is; else one made now."""
    try:
        kept = model.library.receipts().get(direction.key)
    except StillComputing:
        kept = None
    return kept or model.library.receipt(direction)


def _direction(model: Model, name: str) -> Direction:
    """Raises RecipeError where the model has none of this name."""
    if name.startswith(RANDOM):
        own = random_own(model, name)
        return replace(as_direction(own), name=own.name)
    found = model.library.find(key_of(model, name))
    if found is None:
        raise RecipeError(f"this model has no direction {short(name)}")
    return found
