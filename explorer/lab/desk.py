"""The desk: what one of two networks shows of a brain, with the controls that both obey."""

from dataclasses import dataclass

import numpy as np
import torch

from explorer.lab.axes import AXES
from explorer.lab.magnitudes import magnitude
from explorer.picture.model import Model
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.recipe.checks import RecipeError, as_tuple, is_number, is_whole, short
from explorer.tools import colours
from explorer.tools.inside import feature_maps

MOST = 4.0  # standard deviations along an axis


@dataclass(frozen=True)
class Side:
    """picture: uint8 [R, R], or [R, R, 3]. map: magnitudes of the chosen layer in colours, uint8
    [r, r, 3], from the least to the most of them; None where the network has no such layer. low,
    high: these two; peak: over the median."""

    picture: np.ndarray
    map: np.ndarray | None
    low: float
    high: float
    peak: float


def side_of(model: Model, seed: object, psi: object, strengths: object, layer: object) -> Side:
    """One network's picture and magnitudes.

    strengths: along the first principal axes of its own w, in standard deviations. layer: number of
    a synthesis layer, 0 the first. Raises RecipeError.
    """
    recipe = recipe_of(seed, psi, strengths)
    if not is_whole(layer) or layer < 0:
        raise RecipeError(f"layer: expected the number of a layer, got {short(layer)}")
    picture = render(model, recipe)
    if layer >= model.config.num_ws - 1:
        return Side(picture, None, np.nan, np.nan, np.nan)
    maps = torch.from_numpy(feature_maps(model, recipe, layer))
    found = magnitude(maps[None])[0].double().numpy()
    low, high, median = float(found.min()), float(found.max()), float(np.median(found))
    shown = colours.heat((found - low) / max(high - low, 1e-12))
    return Side(picture, shown, low, high, high / median if median > 0 else np.nan)


def recipe_of(seed: object, psi: object, strengths: object) -> Recipe:
    """The brain of a seed, with the strengths along the first axes. Raises RecipeError."""
    strengths = as_tuple(strengths, "strengths", AXES)
    for x in strengths:
        if not is_number(x) or abs(x) > MOST:
            raise RecipeError(f"strengths: expected numbers from -{MOST:g} to {MOST:g}")
    edits = tuple(Edit(f"pca{i + 1}", float(x)) for i, x in enumerate(strengths) if x)
    return Recipe(seed=seed, psi=psi, edits=edits)
