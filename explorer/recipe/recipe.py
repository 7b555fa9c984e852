"""The recipe: a small immutable value that fully determines a picture."""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from typing import Optional

import numpy as np

from explorer.recipe.checks import (
    RecipeError,
    as_tuple,
    check_choice,
    check_number,
    check_whole,
    is_name,
    is_number,
    is_whole,
    short,
    unpack_vector,
)

VERSION = 3
MAX_SEED = 2**32 - 1
SPACES = ("w", "spline", "z")
MAX_KEYS = 20
MOST = {"edits": 100, "channels": 100, "own": 20}  # of a recipe
_NO_RGB = ("rgb", False)
NOISE_MODES = ("const", "random", "none")


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
        if not is_name(self.direction):
            raise RecipeError(f"edit: direction must be a name, got {short(self.direction)}")
        check_number(self, "strength", -10, 10)
        if self.layers is not None:
            pair = as_tuple(self.layers, "edit: layers")
            if len(pair) != 2 or not all(is_whole(x) for x in pair) or not 0 <= pair[0] < pair[1]:
                raise RecipeError(f"edit: layers must be (first, end), got {short(self.layers)}")
            object.__setattr__(self, "layers", pair)


@dataclass(frozen=True)
class Walk:
    """A place on the way through key frames, which are brains with all that belongs to them.

    keys: recipes, evenly spaced along t; none: no walk. t: 0 the first, 1 the last (of a loop: the
    first again). space: straight lines in w, a Catmull-Rom spline in w (on a model whose classes
    are in order both through all places between), or arcs on the sphere of z, for which every key
    frame must be a seed without edits.
    """

    keys: tuple["Recipe", ...] = ()
    t: float = 0.0
    space: str = "w"
    loop: bool = False

    def __post_init__(self):
        check_number(self, "t", 0, 1)
        check_choice(self, "space", SPACES)
        if not isinstance(self.loop, bool):
            raise RecipeError(f"walk: loop must be true or false, got {short(self.loop)}")
        keys = as_tuple(self.keys, "walk: keys")
        if len(keys) > MAX_KEYS or not all(isinstance(key, Recipe) for key in keys):
            raise RecipeError(f"walk: keys: expected at most {MAX_KEYS} recipes")
        if any(key.walk and key.walk.keys for key in keys):
            raise RecipeError("walk: a key frame may not be on a walk itself")
        if self.space == "z" and not all(key.is_seed() for key in keys):
            raise RecipeError("walk: only seeds without edits have a z; choose a way in w")
        object.__setattr__(self, "keys", keys)


@dataclass(frozen=True)
class Mix:
    """Styles of a second brain: for each layer how much of its w, 0..1. Missing layers count as 0.

    recipe: the second brain where it is more than a seed; then `seed` does not matter.
    """

    seed: int = 1
    weights: tuple[float, ...] = ()
    recipe: Optional["Recipe"] = None

    def __post_init__(self):
        check_whole(self, "seed", 0, MAX_SEED)
        if not isinstance(self.recipe, Recipe | None):
            raise RecipeError("mix: recipe: expected a Recipe or nothing")
        if self.recipe and self.recipe.mix and self.recipe.mix.recipe:
            raise RecipeError("mix: recipe: the second brain may not be mixed from recipes itself")
        if self.recipe and self.recipe.walk and self.recipe.walk.keys:
            raise RecipeError("mix: recipe: the second brain may not be on a walk")
        weights = as_tuple(self.weights, "mix: weights")
        if len(weights) > 18 or not all(is_number(x) and 0 <= x <= 1 for x in weights):
            raise RecipeError(f"mix: weights must be numbers from 0 to 1, got {short(weights)}")
        object.__setattr__(self, "weights", tuple(float(x) for x in weights))


@dataclass(frozen=True)
class Noise:
    """Noise of the feature maps: the model's stored maps, fresh ones from a seed, or none.

    off: numbers of the layers without noise, 0 the first.
    """

    mode: str = "const"
    seed: int = 0
    strength: float = 1.0
    off: tuple[int, ...] = ()

    def __post_init__(self):
        check_choice(self, "mode", NOISE_MODES)
        check_whole(self, "seed", 0, MAX_SEED)
        check_number(self, "strength", 0, 4)
        off = as_tuple(self.off, "noise: off")
        if len(off) > 18 or not all(is_number(x) and x in range(18) for x in off):
            raise RecipeError(f"noise: off must be numbers of layers, got {short(off)}")
        object.__setattr__(self, "off", tuple(sorted({int(x) for x in off})))


@dataclass(frozen=True)
class Channel:
    """One number of one layer's style, moved (Wu 2021, StyleSpace).

    layer: of those with noise, 0 the first; its style scales the maps that come into it. strength:
    in standard deviations of that number over the model's brains, -20..20. rgb: of a toRGB's style,
    which scales what each map adds to the picture; layer is then the number of its size, 0 of 4 px.
    """

    layer: int
    channel: int
    strength: float = 0.0
    rgb: bool = False

    def __post_init__(self):
        if not isinstance(self.rgb, bool):
            raise RecipeError(f"channel: rgb must be true or false, got {short(self.rgb)}")
        check_whole(self, "layer", 0, 8 if self.rgb else 16)
        check_whole(self, "channel", 0, 4095)
        check_number(self, "strength", -20, 20)


@dataclass(frozen=True)
class Own:
    """A direction that a user made, carried by the recipes that use it.

    key: "own:..."; vector: one standard deviation along it, as `pack_vector` writes it.
    """

    key: str
    name: str
    vector: str

    def __post_init__(self):
        for label in ("key", "name"):
            text = getattr(self, label)
            if not is_name(text):
                raise RecipeError(f"own: {label} must be a short text, got {short(text)}")
        if not self.key.startswith("own:"):
            raise RecipeError(f"own: key must start with 'own:', got {short(self.key)}")
        if not self.values().any():
            raise RecipeError("own: vector: zeros lead nowhere")

    def values(self) -> np.ndarray:
        """float32 [w_dim]."""
        return unpack_vector(self.vector, "own: vector")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a picture, for a given model.

    seed: of z, 0..2^32-1 (numpy's RandomState). psi, cutoff: truncation, below layer cutoff (None:
    all). class_index: for a model with classes. condition: for one whose classes are in order, the
    place on their scale in its unit (None: the middle). walk, mix, edits, noise, channels, own: see
    there.
    w: a place instead of the seed's, for all layers or for each, as `pack_vector` writes it; with a
    condition that of the middle, which moves as the mean of w does. hold:
    keys of directions along which edits of others must not move. model: the first 12 digits of the
    checkpoint's SHA-256 if the recipe is for this model only.

    Order: seed, w or place on a walk; truncation; style mixing; edits; channels. So an edit means
    the same at every psi. Key frames of a walk bring their own truncation, which psi then scales: 1
    leaves them as they are. They and a second brain that is a recipe lend their w, neither their
    noise nor their channels. Raises RecipeError on a value outside its range.
    """

    seed: int = 0
    psi: float = 0.7
    cutoff: int | None = None
    class_index: int | None = None
    walk: Walk | None = None
    mix: Mix | None = None
    edits: tuple[Edit, ...] = ()
    noise: Noise = field(default_factory=Noise)
    w: str | None = None
    hold: tuple[str, ...] = ()
    own: tuple[Own, ...] = ()
    model: str | None = None
    channels: tuple[Channel, ...] = ()
    condition: float | None = None

    def __post_init__(self):
        check_whole(self, "seed", 0, MAX_SEED)
        check_number(self, "psi", -2, 2)
        for name, top in (("cutoff", 18), ("class_index", 10**6)):
            if getattr(self, name) is not None:
                check_whole(self, name, 0, top)
        if self.condition is not None:
            check_number(self, "condition", -1e9, 1e9)
        for name, kind in (("walk", Walk), ("mix", Mix)):
            if not isinstance(getattr(self, name), kind | None):
                raise RecipeError(f"{name}: expected a {kind.__name__} or nothing")
        if not isinstance(self.noise, Noise):
            raise RecipeError("noise: expected a Noise")
        edits = as_tuple(self.edits, "edits")
        if len(edits) > MOST["edits"] or not all(isinstance(edit, Edit) for edit in edits):
            raise RecipeError(f"edits: expected at most {MOST['edits']} Edits")
        object.__setattr__(self, "edits", edits)
        channels = as_tuple(self.channels, "channels")
        if len(channels) > MOST["channels"] or not all(isinstance(c, Channel) for c in channels):
            raise RecipeError(f"channels: expected at most {MOST['channels']} Channels")
        if len({(c.rgb, c.layer, c.channel) for c in channels}) < len(channels):
            raise RecipeError("channels: one of them stands there twice")
        object.__setattr__(self, "channels", channels)
        hold = as_tuple(self.hold, "hold")
        if len(hold) > 20 or not all(map(is_name, hold)):
            raise RecipeError("hold: expected at most 20 names of directions")
        object.__setattr__(self, "hold", hold)
        own = as_tuple(self.own, "own")
        if len(own) > MOST["own"] or not all(isinstance(o, Own) for o in own):
            raise RecipeError(f"own: expected at most {MOST['own']} directions")
        if len({o.key for o in own}) < len(own):
            raise RecipeError("own: two directions have the same key")
        object.__setattr__(self, "own", own)
        if self.w is not None:
            unpack_vector(self.w, "w")
        digest = self.model
        if digest is not None and not (
            isinstance(digest, str) and re.fullmatch("[0-9a-f]{12}", digest)
        ):
            raise RecipeError(f"model: expected 12 hexadecimal digits, got {short(self.model)}")

    def shows_seed(self) -> bool:
        """Whether the brain that it begins with is the seed's: no w, no place on a walk."""
        return self.w is None and not (self.walk and self.walk.keys)

    @property
    def title(self) -> str:
        """What a file of it is called: "seed5", "journey", or "w" for a place of its own."""
        if self.shows_seed():
            return f"seed{self.seed}"
        return "journey" if self.walk and self.walk.keys else "w"

    def is_seed(self) -> bool:
        """Whether the picture's w comes from a z: a seed, truncated or not, and nothing else."""
        mixed = self.mix is not None and any(self.mix.weights)
        walks = self.walk is not None and bool(self.walk.keys)
        return self.w is None and not (mixed or walks or self.edits or self.channels)

    def with_seed(self, seed: int) -> "Recipe":
        """The brain of a seed instead of its own, with all that is done to it.

        Off a walk, whose psi only scales, with truncation and class of the first key frame.
        """
        first = self.walk.keys[0] if self.walk and self.walk.keys else self
        return replace(
            self, seed=seed, psi=first.psi, class_index=first.class_index,
            condition=first.condition, w=None, walk=None,
        )  # fmt: skip

    def to_dict(self) -> dict:
        """Plain lists, numbers and strings, for JSON."""
        return {"version": VERSION, **_plain(self)}

    def compact(self) -> dict:
        """The same without what has its default: what links and pictures carry."""
        plain = _plain(self)
        for name in ("walk", "mix", "noise"):
            kind = type(getattr(self, name))
            if plain[name] is not None:
                defaults = asdict(kind())
                plain[name] = {k: v for k, v in plain[name].items() if v != defaults[k]}
        if self.walk is not None:  # without key frames it is none
            keys = [key.compact() for key in self.walk.keys]
            plain["walk"] = {**plain["walk"], "keys": keys} if keys else None
        defaults = asdict(Recipe()) | {"noise": {}}
        return {"version": VERSION} | {k: v for k, v in plain.items() if v != defaults[k]}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), separators=(",", ":"))

    @classmethod
    def from_dict(cls, values: object) -> "Recipe":
        """What `to_dict` gave, or anything a stranger sends; see `reading.recipe_from`."""
        from explorer.recipe.reading import recipe_from

        return recipe_from(values)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Rebuild what `to_json` gave; raises RecipeError on anything else."""
        from explorer.recipe.reading import plain_json

        return cls.from_dict(plain_json(text))


def _plain(recipe: Recipe) -> dict:
    """Its fields, plain; a channel says `rgb` only where it is of a toRGB, as in older recipes."""
    return asdict(recipe, dict_factory=lambda pairs: {k: v for k, v in pairs if (k, v) != _NO_RGB})
