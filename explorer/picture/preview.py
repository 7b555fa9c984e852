"""Smaller pictures of large networks, which they make on the way: while the hand moves, and where
little room is.

It is the same brain: each block of the network adds its part to the picture of the block below. How
large it is depends on how fast this machine was seen to be, and on what is kept of the picture
before: an edit of the fine layers finds the coarse ones done.
"""

from collections.abc import Hashable

import numpy as np

from explorer.picture.model import Model
from explorer.picture.render import export_png, png_of, synthesise
from explorer.recipe import Recipe
from gan.config import ModelConfig
from gan.picture import png_bytes, to_uint8

SMALLEST = 32
UNDER_HAND, AT_REST = 0.05, 0.4  # seconds that the next picture may take
_LEAST = 1e9  # multiplications: a network with fewer is whole soon enough on any machine


def sizes(config: ModelConfig) -> list[int]:
    """Of the pictures that may be shown, the whole one last."""
    if config.multiplications < _LEAST:
        return [config.resolution]
    return [r for r in config.block_resolutions if r >= SMALLEST]


def size_of(costs: dict[int, float], allowed: list[int], rate: float, seconds: float) -> int:
    """The largest size that is there in time, at least the smallest on which something changes.

    costs: multiplications that each size still needs; allowed: sizes to choose from, in order.
    """
    changed = [r for r in allowed if costs[r] > 0]
    if not changed:
        return allowed[-1]  # all of it is kept
    in_time = [r for r in allowed if costs[r] <= rate * seconds]
    return max([changed[0], *in_time])


def size_for(model: Model, px: int, row: int = 0) -> int:
    """How large a picture for a place `px` wide is made: of a network that is measured on smaller
    ones the smallest that fills it, on which a row of ws changes something; of others the whole."""
    resolutions = model.config.block_resolutions
    if not model.library.sketched:
        return resolutions[-1]
    fits = [r for i, r in enumerate(resolutions) if r >= px and row < 2 * i + 2]
    return min(fits, default=resolutions[-1])


def shown(model: Model, recipe: Recipe, px: int, row: int = 0) -> np.ndarray:
    """A picture for a place `px` wide, see `size_for`: uint8 [r, r], or [r, r, 3]. Errors as of
    `render`."""
    size = size_for(model, px, row)
    choose = None if size == model.config.resolution else lambda _: size
    return to_uint8(synthesise(model, recipe, choose=choose))[0]


def marked(model: Model, size: int) -> str:
    """What a picture of this size is called, "Preview: 64 of 256 px"; empty for a whole one."""
    whole = model.config.resolution
    return "" if size == whole else f"Preview: {size} of {whole} px"


def drawn(
    model: Model, recipe: Recipe, user: Hashable = None, soon: bool | int = True
) -> tuple[bytes, int]:
    """A picture of the recipe as a PNG, and its size in pixels.

    soon: False for the whole; True for one that is there under a moving hand; the size of the
    picture that is shown already for a larger one of the same recipe. user and errors as of
    `render`.
    """
    allowed = sizes(model.config)
    if soon is not True:
        allowed = [r for r in allowed if soon and r > soon] or allowed[-1:]
    if len(allowed) == 1:
        return export_png(model, recipe, user), model.config.resolution
    seconds = UNDER_HAND if soon is True else AT_REST

    def choose(costs: dict[int, float]) -> int:
        return size_of(costs, allowed, model.synthesis.pace.rate, seconds)

    found = synthesise(model, recipe, user, choose)
    size = found.shape[-1]
    if size == model.config.resolution:
        return png_of(model, recipe, found), size
    # What is no whole picture carries no recipe: it would not be this picture that it makes.
    return png_bytes(to_uint8(found)[0]), size
