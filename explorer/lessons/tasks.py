"""What a lesson waits for: read off the recipes that the hand has gone through, and their pictures.

A trail is what the page has shown since the step began: the first recipe, some of those between,
and the present one.
"""

import math
from dataclasses import dataclass

import numpy as np

from explorer.knowledge.ruler import HEIGHT
from explorer.lessons.fields import LessonError, check_range, check_word
from explorer.lessons.places import PLACES
from explorer.lessons.settings import GROUPS, RANDOM, check_key, group, key_of
from explorer.picture.latents import check, find_direction
from explorer.picture.model import Model
from explorer.picture.render import synthesise, to_measure
from explorer.recipe import Recipe
from explorer.tools.journey import change
from explorer.tools.views import rarer_than
from gan.measure import MEASUREMENTS

MEASURED = {m.key: m for m in (HEIGHT, *MEASUREMENTS)}
FIELDS = (
    "seed", "psi", "cutoff", "class_index", "mix.seed", "noise.mode", "noise.seed",
    "noise.strength", "walk.t", "walk.space",
)  # fmt: skip
_STILL = 1e-6  # an SD in any unit that is none
_SHOWN = {"const": "fixed", "random": "drawn from a seed", "none": "off", "w": "straight in w",
          "z": "arc in z", "spline": "smooth curve in w", None: "not set yet"}  # fmt: skip
SOURCES = ("measured", "pca", "sefa", "activations", "own")
Trail = tuple[Recipe, ...]


@dataclass(frozen=True)
class Progress:
    """Whether it holds, and how far it is, for people."""

    done: bool
    says: str


def _read(recipe: Recipe, path: str):
    """A field of a recipe; None where the part it belongs to is missing."""
    value = recipe
    for name in path.split("."):
        value = getattr(value, name) if value is not None else None
    return value


@dataclass(frozen=True)
class Visit:
    """So many different values of a field, among them the present one: "see five brains"."""

    field: str
    values: int

    def __post_init__(self):
        check_word("field", self.field, FIELDS)
        check_range("values", self.values, 1, 20)

    def look(self, model: Model, trail: Trail) -> Progress:
        seen = len({_read(recipe, self.field) for recipe in trail})
        return Progress(seen >= self.values, f"{min(seen, self.values)} of {self.values}")


@dataclass(frozen=True)
class Set:
    """A field at a value (`value`), or between two numbers (`low`, `high`)."""

    field: str
    low: float | None = None
    high: float | None = None
    value: str | None = None

    def __post_init__(self):
        check_word("field", self.field, FIELDS)
        if (self.value is None) == (self.low is None and self.high is None):
            raise LessonError("value: give either value, or low and high")

    def look(self, model: Model, trail: Trail) -> Progress:
        now = _read(trail[-1], self.field)
        if self.value is not None:
            return Progress(now == self.value, f"now {_SHOWN.get(now, now)}")
        if not isinstance(now, int | float):
            return Progress(False, "not set yet")
        low, high = (-np.inf if self.low is None else self.low), (
            np.inf if self.high is None else self.high)  # fmt: skip
        return Progress(bool(low - 1e-6 <= now <= high + 1e-6), f"now {now:g}")


@dataclass(frozen=True)
class Moved:
    """A measurement of the picture changed since the step began, in the population's SD.

    of: its key, or "any" for whichever changed most. by: at least so far, downwards if negative.
    """

    of: str
    by: float

    def __post_init__(self):
        check_word("of", self.of, (*MEASURED, "any"))
        check_range("by", self.by, -5, 5)
        if self.by == 0:
            raise LessonError("by: 0 would hold at once")

    def look(self, model: Model, trail: Trail) -> Progress:
        moves = moved(model, trail[0], trail[-1])
        if self.of == "any":
            key = max(moves, key=lambda k: abs(np.nan_to_num(moves[k])), default=None)
        else:
            key = self.of if self.of in moves else None
        if key is None or not np.isfinite(moves[key]):
            return Progress(False, "cannot be measured on this picture")
        way, wanted = ("fell" if moves[key] < 0 else "rose"), ("rise" if self.by > 0 else "fall")
        far = abs(moves[key]) if self.of == "any" else moves[key]
        done = far >= self.by if self.by > 0 else far <= self.by
        asked = "up or down by" if self.of == "any" else f"a {wanted} of"
        so_far = f"{way} by {_floored(abs(far))} SD" if abs(far) >= 0.01 else "has not changed"
        name = next(m.name for m in model.library.ruler.measurements if m.key == key)
        says = f"{name} {so_far} (wanted: {asked} {abs(self.by):.2f} SD)"
        return Progress(bool(done), says)


@dataclass(frozen=True)
class Kept:
    """A measurement still within so many SD of what it was when the step began."""

    of: str
    within: float

    def __post_init__(self):
        check_word("of", self.of, MEASURED)
        check_range("within", self.within, 0.01, 5)

    def look(self, model: Model, trail: Trail) -> Progress:
        far = moved(model, trail[0], trail[-1]).get(self.of, np.nan)
        if not np.isfinite(far):
            return Progress(False, "cannot be measured on this picture")
        done, off = bool(abs(far) <= self.within), abs(far)
        off = _floored(off) if done else _raised(off)
        return Progress(done, f"{MEASURED[self.of].name} {off} SD off (allowed: {self.within:g})")


@dataclass(frozen=True)
class Differs:
    """The picture differs from the step's first one, by grey levels of 255 on average."""

    least: float

    def __post_init__(self):
        check_range("least", self.least, 0.1, 100)

    def look(self, model: Model, trail: Trail) -> Progress:
        far = change(*(synthesise(model, recipe) for recipe in (trail[0], trail[-1])))
        return Progress(far >= self.least, f"{_floored(far, 1)} of {self.least:g} grey levels")


@dataclass(frozen=True)
class Mixed:
    """A group of layers (or "all") from the second brain, the others not; "none": nothing mixed."""

    layers: str

    def __post_init__(self):
        check_word("layers", self.layers, (*GROUPS, "all", "none"))

    def look(self, model: Model, trail: Trail) -> Progress:
        check(model, trail[-1])
        num_ws, mix = model.config.num_ws, trail[-1].mix
        weights = np.zeros(num_ws)
        if mix:
            weights[: len(mix.weights)] = mix.weights
        first, end = {"all": (0, num_ws), "none": (0, 0)}.get(self.layers) or group(
            model, self.layers
        )
        wanted = (np.arange(num_ws) >= first) & (np.arange(num_ws) < end)
        done = bool((np.abs(weights - wanted) <= 0.1).all())
        return Progress(done, f"{round((weights > 0.5).sum())} of {num_ws} layers mixed")


@dataclass(frozen=True)
class Edited:
    """A slider moved so many SD: of one direction, or of any of a source ("pca").

    way: "up", "down", "either" or, one after the other, "both".
    """

    direction: str
    least: float = 1.0
    way: str = "either"

    def __post_init__(self):
        check_range("least", self.least, 0.1, 5)
        check_word("way", self.way, ("up", "down", "either", "both"))
        check_key(self.direction)

    def look(self, model: Model, trail: Trail) -> Progress:
        if self.way == "both":
            up = max(max(self._strengths(model, recipe)) for recipe in trail)
            down = min(min(self._strengths(model, recipe)) for recipe in trail)
            done = up >= self.least and -down >= self.least
            says = f"went up to +{_floored(up, 1)} and down to −{_floored(-down, 1)}"
            return Progress(done, f"{self._name(model)} {says} (wanted: ±{self.least:g})")
        now = self._strengths(model, trail[-1])
        most = {"up": max(now), "down": -min(now)}.get(self.way, max(map(abs, now)))
        sign, way = {"up": ("+", 1), "down": ("−", -1)}.get(self.way, ("", 0))
        there = way * float(_floored(most, 1))
        says = f"at {there:{'+' if there else 'z'}.1f} (wanted: {sign}{self.least:g})"
        says = says.replace("-", "−")
        if self.way == "either":
            says = f"moved by {_floored(most, 1)} (wanted: {self.least:g})"
        return Progress(most >= self.least, f"{self._name(model)} {says}")

    def _name(self, model: Model) -> str:
        if self.direction in SOURCES:
            return "The slider furthest out"
        if self.direction.startswith(RANDOM):
            return "Slider Random direction"
        found = model.library.find(key_of(model, self.direction))
        return f"Slider {found.name}" if found else self.direction

    def _strengths(self, model: Model, recipe: Recipe) -> list[float]:
        """Of the sliders meant, and 0."""
        wanted = None if self.direction in SOURCES else key_of(model, self.direction)
        return [0.0] + [
            edit.strength
            for edit in recipe.edits
            if edit.direction == wanted
            or find_direction(model, recipe, edit.direction).source == self.direction
        ]


@dataclass(frozen=True)
class Held:
    """A direction that the others leave as it is ("hold")."""

    direction: str

    def __post_init__(self):
        check_key(self.direction)

    def look(self, model: Model, trail: Trail) -> Progress:
        done = key_of(model, self.direction) in trail[-1].hold
        return Progress(done, "held" if done else "not held yet")


@dataclass(frozen=True)
class Rare:
    """The present brain rarer than so many per cent of random ones, or less rare."""

    above: float | None = None
    below: float | None = None

    def __post_init__(self):
        for name in ("above", "below"):
            check_range(name, getattr(self, name), 0, 100)
        if (self.above is None) == (self.below is None):
            raise LessonError("above: give either above or below")

    def look(self, model: Model, trail: Trail) -> Progress:
        rare = rarer_than(model, trail[-1])
        done = rare >= self.above if self.above is not None else rare <= self.below
        if self.below is not None:
            says = f"rarer than {_raised(rare, 0)} % (at most: {self.below:g} %)"
        elif rare < 1:
            says = f"almost every random brain is rarer (wanted: rarer than {self.above:g} %)"
        else:
            says = f"rarer than {_floored(rare, 0)} % of random brains (wanted: {self.above:g} %)"
        return Progress(bool(done), says)


@dataclass(frozen=True)
class See:
    """A part of the page in sight; the page itself looks."""

    place: str

    def __post_init__(self):
        check_word("place", self.place, PLACES)

    def look(self, model: Model, trail: Trail) -> Progress:
        return Progress(True, "")


Check = Visit | Set | Moved | Kept | Differs | Mixed | Edited | Held | Rare | See
CHECKS = {
    "visit": Visit, "set": Set, "moved": Moved, "kept": Kept, "differs": Differs, "mixed": Mixed,
    "edited": Edited, "held": Held, "rare": Rare, "see": See,
}  # fmt: skip


def moved(model: Model, before: Recipe, now: Recipe) -> dict[str, float]:
    """What every measurement changed by, in the population's SD; NaN where it failed, or does not
    vary from brain to brain.

    Raises StillComputing until the population is there.
    """
    deviation, ruler = model.library.population().deviation, model.library.ruler
    deviation = np.where(deviation > _STILL, deviation, np.nan)
    pictures = np.stack([to_measure(model, before), to_measure(model, now)])
    first, last = ruler.measure(pictures)
    return dict(zip(ruler.keys, ((last - first) / deviation).tolist(), strict=True))


def _floored(x: float, digits: int = 2) -> str:
    """Never more than it is: what is not reached yet must not read as if it were."""
    return f"{math.floor(x * 10**digits + 1e-9) / 10**digits:.{digits}f}"


def _raised(x: float, digits: int = 2) -> str:
    return f"{math.ceil(x * 10**digits - 1e-9) / 10**digits:.{digits}f}"
