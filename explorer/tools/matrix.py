"""The mixing matrix (Karras 2019, figure 3): brains across, the styles of some layers down."""

from dataclasses import replace

import numpy as np

from explorer.picture.latents import off_walk
from explorer.picture.model import Model
from explorer.picture.preview import shown
from explorer.recipe import Mix, Recipe
from explorer.recipe.checks import RecipeError, as_tuple, is_whole, short
from gan.picture import contact_sheet

MOST = 6  # brains along either side
TILE = 128  # px: what is shown fills no more


def cell(recipe: Recipe, base: int, source: int | None, layers: tuple[int, int]) -> Recipe:
    """The recipe of one cell: brain `base` with the layers [first, end) of brain `source`.

    Everything but the brain itself (truncation, class, edits, noise) is as in `recipe`. Without a
    source it is the base alone, as in the matrix's head.
    """
    first, end = layers
    weights = (0.0,) * first + (1.0,) * (end - first)
    mix = None if source is None else Mix(source, weights)
    return replace(recipe.with_seed(base), mix=mix)


def row(
    model: Model, recipe: Recipe, bases: tuple[int, ...], source: int | None,
    layers: tuple[int, int],
) -> np.ndarray:  # fmt: skip
    """One row of the matrix: the source's own picture, then every base with its layers.

    Without a source the head: an empty place, then the bases as they are. Returns uint8
    [R, (bases + 1) R] (or with 3 colours). Each picture takes a turn of its own, so that a slider
    moved meanwhile waits for one of them at most; what two cells share is computed once. Of
    large networks they are smaller, but as large as the layers are seen on.
    """
    recipe = off_walk(model, recipe)
    pictures = [shown(model, cell(recipe, base, source, layers), TILE, layers[0]) for base in bases]
    if source is None:
        alone = np.zeros_like(pictures[0])
    else:
        alone = shown(model, cell(recipe, source, None, layers), TILE, layers[0])
    return contact_sheet(np.stack([alone, *pictures]), len(bases) + 1)


def check_seeds(seeds: object) -> tuple[int, ...]:
    """One to six seeds, or RecipeError."""
    seeds = as_tuple(seeds, "matrix: seeds")
    if not 0 < len(seeds) <= MOST:
        raise RecipeError(f"matrix: expected 1 to {MOST} seeds along a side, got {len(seeds)}")
    return tuple(Recipe(seed=seed).seed for seed in seeds)


def check_layers(model: Model, layers: object) -> tuple[int, int]:
    """(first, end) within the model's layers, or RecipeError."""
    pair = as_tuple(layers, "matrix: layers")
    num_ws = model.config.num_ws
    if len(pair) != 2 or not all(map(is_whole, pair)) or not 0 <= pair[0] < pair[1] <= num_ws:
        raise RecipeError(f"matrix: layers must be (first, end) up to {num_ws}, got {short(pair)}")
    return pair
