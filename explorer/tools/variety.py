"""Many brains at once: what truncation gives up in variety, and what it saves in quality."""

from dataclasses import dataclass, replace

import numpy as np

from explorer.picture.latents import off_walk
from explorer.picture.model import Model
from explorer.picture.preview import shown
from explorer.recipe import MAX_SEED, Recipe
from explorer.recipe.checks import RecipeError, is_whole, short
from explorer.tools.views import TILE
from gan.picture import grey

BRAINS = 24


@dataclass(frozen=True)
class Variety:
    """Of some pictures: `differ` is the mean absolute difference between two of them, in grey
    levels, over all pairs; `unreadable` how many have no readable slice height, None where the
    model has no height readers."""

    differ: float
    unreadable: int | None


def brains(model: Model, recipe: Recipe, first: int) -> np.ndarray:
    """Pictures of 24 seeds from `first` on, with all that a recipe does: uint8 [24, R, R(, 3)],
    of large networks smaller.

    Mixing is left out, for it would make them alike. Raises RecipeError unless `first` is a seed.
    """
    if not is_whole(first) or not 0 <= first <= MAX_SEED:
        raise RecipeError(f"first: expected a seed from 0 to {MAX_SEED}, got {short(first)}")
    plain = replace(off_walk(model, recipe), mix=None)
    seeds = [(first + i) % (MAX_SEED + 1) for i in range(BRAINS)]
    return np.stack([shown(model, plain.with_seed(seed), TILE) for seed in seeds])


def variety(model: Model, pictures: np.ndarray) -> Variety:
    """Measure pictures uint8 [N, R, R] or [N, R, R, 3], N >= 2."""
    flat = grey(pictures).reshape(len(pictures), -1).astype(np.float32)
    pairs = len(flat) * (len(flat) - 1) / 2
    apart = sum(np.abs(flat[i + 1 :] - flat[i]).mean(axis=1).sum() for i in range(len(flat) - 1))
    ruler = model.library.ruler
    unreadable = None
    if "height" in ruler.keys:
        heights = ruler.measure(grey(pictures))[:, ruler.keys.index("height")]
        unreadable = int(np.isnan(heights).sum())
    return Variety(float(apart / pairs), unreadable)
