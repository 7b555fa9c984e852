"""The recipe: a small immutable value that fully determines a picture."""

import json
import math
from dataclasses import asdict, dataclass, field, fields

VERSION = 1
MAX_SEED = 2**32 - 1
SPACES = ("w", "z")
NOISE_MODES = ("const", "random", "none")


class RecipeError(ValueError):
    """A recipe that makes no picture; the message names the field and the range."""


@dataclass(frozen=True)
class Edit:
    """One step along a direction of w.

    strength: in standard deviations of w along it, -10..10. layers: (first, end), end excluded;
    None for all.
    """

    direction: str
    strength: float = 0.0
    layers: tuple[int, int] | None = None

    def __post_init__(self):
        if not isinstance(self.direction, str) or not 0 < len(self.direction) <= 100:
            raise RecipeError(f"edit: direction must be a name, got {_short(self.direction)}")
        _number(self, "strength", -10, 10)
        if self.layers is not None:
            pair = _sequence(self.layers, "edit: layers")
            if len(pair) != 2 or not all(_is_whole(x) for x in pair) or not 0 <= pair[0] < pair[1]:
                raise RecipeError(f"edit: layers must be (first, end), got {_short(self.layers)}")
            object.__setattr__(self, "layers", pair)


@dataclass(frozen=True)
class Walk:
    """A place between this seed and another: t 0..1, straight in w or around the sphere of z."""

    seed: int = 1
    t: float = 0.0
    space: str = "w"

    def __post_init__(self):
        _whole(self, "seed", 0, MAX_SEED)
        _number(self, "t", 0, 1)
        _choice(self, "space", SPACES)


@dataclass(frozen=True)
class Mix:
    """Styles of another seed: for each layer how much of its w, 0..1. Missing layers count as 0."""

    seed: int = 1
    weights: tuple[float, ...] = ()

    def __post_init__(self):
        _whole(self, "seed", 0, MAX_SEED)
        weights = _sequence(self.weights, "mix: weights")
        if len(weights) > 18 or not all(_is_number(x) and 0 <= x <= 1 for x in weights):
            raise RecipeError(f"mix: weights must be numbers from 0 to 1, got {_short(weights)}")
        object.__setattr__(self, "weights", tuple(float(x) for x in weights))


@dataclass(frozen=True)
class Noise:
    """Noise of the feature maps: the model's stored maps, fresh ones from a seed, or none."""

    mode: str = "const"
    seed: int = 0
    strength: float = 1.0

    def __post_init__(self):
        _choice(self, "mode", NOISE_MODES)
        _whole(self, "seed", 0, MAX_SEED)
        _number(self, "strength", 0, 4)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a picture, for a given model.

    seed: of z, 0..2^32-1 (numpy's RandomState). psi, cutoff: truncation, for the layers below
    cutoff (None: all). class_index: for a conditional model. walk, mix, edits, noise: see there.

    Order: z or w between the two seeds; truncation; style mixing; edits. So an edit means the same
    at every psi. Raises RecipeError on a value outside its range.
    """

    seed: int = 0
    psi: float = 0.7
    cutoff: int | None = None
    class_index: int | None = None
    walk: Walk | None = None
    mix: Mix | None = None
    edits: tuple[Edit, ...] = ()
    noise: Noise = field(default_factory=Noise)

    def __post_init__(self):
        _whole(self, "seed", 0, MAX_SEED)
        _number(self, "psi", -2, 2)
        for name, top in (("cutoff", 18), ("class_index", 10**6)):
            if getattr(self, name) is not None:
                _whole(self, name, 0, top)
        for name, kind in (("walk", Walk), ("mix", Mix)):
            if not isinstance(getattr(self, name), kind | None):
                raise RecipeError(f"{name}: expected a {kind.__name__} or nothing")
        if not isinstance(self.noise, Noise):
            raise RecipeError("noise: expected a Noise")
        edits = _sequence(self.edits, "edits")
        if len(edits) > 100 or not all(isinstance(edit, Edit) for edit in edits):
            raise RecipeError("edits: expected at most 100 Edits")
        object.__setattr__(self, "edits", edits)

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings, for JSON."""
        return {"version": VERSION, **asdict(self)}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_dict(cls, values: object) -> "Recipe":
        """Check and rebuild what `to_dict` gave, or anything a page or a file holds instead.

        Fields that are missing have their default. Raises RecipeError on anything else than a
        recipe: unknown fields too, since ignoring one would give another picture.
        """
        values = dict(_table(values, "recipe"))
        version = values.pop("version", VERSION)
        if not _is_whole(version) or not 1 <= version <= VERSION:
            raise RecipeError(f"recipe: version {_short(version)} is unknown; update the program")
        for name, kind in (("walk", Walk), ("mix", Mix), ("noise", Noise)):
            if values.get(name) is not None:
                values[name] = _build(kind, values[name], name)
            elif name == "noise":
                values.pop(name, None)
        if "edits" in values:
            edits = _sequence(values["edits"], "edits")
            values["edits"] = tuple(_build(Edit, edit, "edit") for edit in edits)
        return _build(cls, values, "recipe")

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Rebuild what `to_json` gave; raises RecipeError on anything else."""
        try:
            return cls.from_dict(json.loads(text))
        except (json.JSONDecodeError, RecursionError) as error:
            raise RecipeError(f"recipe: not JSON ({error})") from error


def _build(kind, values, what: str):
    values = _table(values, what)
    known = {f.name for f in fields(kind)}
    unknown = [name for name in values if name not in known]
    if unknown:
        raise RecipeError(f"{what}: unknown field {_short(unknown[0])}")
    try:
        return kind(**values)
    except TypeError as error:
        raise RecipeError(f"{what}: {error}") from error


def _table(values, what: str) -> dict:
    if not isinstance(values, dict):
        raise RecipeError(f"{what}: expected a table of fields, got {_short(values)}")
    return values


def _sequence(values, what: str) -> tuple:
    if not isinstance(values, list | tuple):
        raise RecipeError(f"{what}: expected a list, got {_short(values)}")
    return tuple(values)


def _is_whole(x) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def _is_number(x) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)


def _whole(value, name: str, low: int, high: int) -> None:
    x = getattr(value, name)
    if isinstance(x, float) and x.is_integer():  # JavaScript has no other numbers
        x = int(x)
    if not _is_whole(x) or not low <= x <= high:
        raise RecipeError(f"{name}: expected a whole number from {low} to {high}, got {_short(x)}")
    object.__setattr__(value, name, x)


def _number(value, name: str, low: float, high: float) -> None:
    x = getattr(value, name)
    if not _is_number(x) or not low <= x <= high:
        raise RecipeError(f"{name}: expected a number from {low:g} to {high:g}, got {_short(x)}")
    object.__setattr__(value, name, float(x))


def _choice(value, name: str, choices: tuple[str, ...]) -> None:
    x = getattr(value, name)
    if x not in choices:
        raise RecipeError(f"{name}: expected {', '.join(choices)}; got {_short(x)}")


def _short(x) -> str:
    text = repr(x)
    return text if len(text) <= 40 else text[:37] + "..."
