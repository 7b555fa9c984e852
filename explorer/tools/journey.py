"""How fast the picture changes along a walk, and places on it that are evenly apart."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from explorer.picture.latents import condition_of, pack_ws, ws_of
from explorer.picture.model import Model
from explorer.picture.render import synthesise
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError

MOST_STEPS = 1000
MOST_AT_ONCE = 16  # of one request: the rest of the world waits for its turn between pictures
_COARSEST = 4  # px


def at(recipe: Recipe, t: float, space: str | None = None) -> Recipe:
    """The recipe at another place of its walk; raises RecipeError where there is no walk."""
    if recipe.walk is None or not recipe.walk.keys:
        raise RecipeError("walk: there are no key frames yet")
    return replace(recipe, walk=replace(recipe.walk, t=t, space=space or recipe.walk.space))


def freeze(model: Model, recipe: Recipe) -> Recipe:
    """A recipe's brain as a plain w, to half precision: without walk, mix and edits to make it."""
    condition = condition_of(model, recipe)
    with torch.inference_mode():
        w = pack_ws(model, ws_of(model, recipe)[0], condition)
    classed = recipe.with_seed(recipe.seed).class_index
    return Recipe(recipe.seed, psi=1, w=w, class_index=classed, condition=condition)


def change(a: Tensor, b: Tensor) -> float:
    """How different two pictures are, in grey levels; [1, C, R, R] about -1..1.

    Mean absolute difference, averaged over both pictures at full size, at half of it, and so on
    down to 4 px: what moves a little counts at the fine scales, what changes as a whole at all.
    """
    difference = 127.5 * (a - b)
    sizes = [difference.abs().mean()]
    while difference.shape[-1] >= 2 * _COARSEST:
        difference = avg_pool2d(difference, 2)
        sizes.append(difference.abs().mean())
    return float(torch.stack(sizes).mean())


def changes(
    model: Model, recipe: Recipe, space: str, steps: int, first: int, count: int
) -> list[float]:
    """`change` over each of `count` steps of t, from number `first` on, of `steps` for the walk.

    Each picture waits for its own turn. Raises RecipeError on a walk that cannot be gone this way
    and on numbers that do not fit.
    """
    whole = all(isinstance(x, int) and not isinstance(x, bool) for x in (steps, first, count))
    if not whole or not 1 <= count <= MOST_AT_ONCE or not 0 <= first <= steps - count:
        raise RecipeError(f"steps: expected 1 to {MOST_AT_ONCE} of those of the walk")
    if steps > MOST_STEPS:
        raise RecipeError(f"steps: at most {MOST_STEPS}")
    # Not rounded to grey levels as `render` does: a step may be smaller than one.
    pictures = [synthesise(model, at(recipe, (first + i) / steps, space)) for i in range(count + 1)]
    return [change(a, b) for a, b in pairwise(pictures)]


def check_changes(values: object) -> np.ndarray:
    """A list of `changes` that strangers sent: float64 [n], not negative."""
    if not isinstance(values, list) or not 0 < len(values) <= MOST_STEPS:
        raise RecipeError(f"changes: expected a list of at most {MOST_STEPS} numbers")
    if not all(isinstance(x, int | float) and 0 <= x <= 255 for x in values):
        raise RecipeError("changes: expected grey levels from 0 to 255")
    return np.array(values, np.float64)


def even_places(changes: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """t at which these shares (0..1) of all change have happened; changes: [n], per step of t."""
    total = np.concatenate([[0.0], np.cumsum(changes)])
    if total[-1] <= 0:
        return phases
    total += np.linspace(0, 1e-9 * total[-1], len(total))  # where nothing changes time still goes
    return np.interp(phases, total / total[-1], np.linspace(0, 1, len(total)))


def even_table(changes: np.ndarray, entries: int = 201) -> list[float]:
    """`even_places` of shares from 0 to 1 in equal steps."""
    return even_places(changes, np.linspace(0, 1, entries)).tolist()
