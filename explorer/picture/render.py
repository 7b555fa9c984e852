"""From a recipe to a picture: pure and deterministic."""

from collections.abc import Hashable

import numpy as np
import torch
from torch import Tensor

from explorer.picture.latents import check, ws_of
from explorer.picture.layers import synthesise_ws
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, short
from gan.incremental import Choice
from gan.picture import png_bytes, to_uint8, to_uint16


def render(model: Model, recipe: Recipe, user: Hashable = None) -> np.ndarray:
    """Make the picture of a recipe: uint8 [R, R], or [R, R, 3] for a colour model.

    The same model and recipe give the same bytes, whatever was rendered before. Raises RecipeError
    where the recipe asks for what this model does not have. With `user`, anything that names who
    asks, raises work.turns.Superseded if the same user asks for something newer before this picture
    is begun.
    """

    return to_uint8(synthesise(model, recipe, user))[0]


def to_measure(model: Model, recipe: Recipe) -> np.ndarray:
    """The picture on which a recipe is measured: as `render`, smaller where the model's population
    is, see knowledge.sketch."""
    return to_uint8(synthesise(model, recipe, choose=model.small))[0]


def synthesise(
    model: Model, recipe: Recipe, user: Hashable = None, choose: Choice | None = None
) -> Tensor:
    """The picture as the network gives it: float32 [1, C, R, R], about -1..1; else as `render`.

    choose: for a smaller picture, see gan.incremental.
    """
    user = object() if user is None else user
    check(model, recipe)
    if recipe.channels or recipe.hold:
        _ = model.library.spread
    # Whatever is found for the first time, which takes seconds, is found by now: not in a turn.
    return model.turns.take(user, lambda: synthesise_now(model, recipe, choose))


@torch.inference_mode()
def synthesise_now(model: Model, recipe: Recipe, choose: Choice | None = None) -> Tensor:
    """As `synthesise`, for callers that have the turn."""
    return synthesise_ws(model, recipe, ws_of(model, recipe), choose)


def export_png(model: Model, recipe: Recipe, user: Hashable = None, bits: int = 8) -> bytes:
    """The picture as a PNG that carries its recipe and its model's digest, marked synthetic.

    bits: 8, or 16 for grey models, which quantises the network's picture anew. Other arguments and
    errors as of `render`.
    """
    check_bits(model, bits)
    return png_of(model, recipe, synthesise(model, recipe, user), bits)


def png_of(model: Model, recipe: Recipe, image: Tensor, bits: int = 8) -> bytes:
    """The same of a picture [1, C, R, R] that is there already."""
    return png_bytes(quantise(image, bits), recipe=recipe.to_json(), model=model.digest)


def quantise(image: Tensor, bits: int) -> np.ndarray:
    """[1, C, R, R] -> uint8 [R, R] or [R, R, 3], or uint16 [R, R]."""
    return (to_uint8 if bits == 8 else to_uint16)(image)[0]


def check_bits(model: Model, bits: object) -> None:
    """Raise RecipeError unless pictures of the model can have so many bits."""
    if isinstance(bits, bool) or bits not in (8, 16):
        raise RecipeError(f"bits: expected 8 or 16, got {short(bits)}")
    if bits == 16 and model.config.img_channels != 1:
        raise RecipeError("bits: 16 is for grey models; this one makes colour pictures: choose 8")
