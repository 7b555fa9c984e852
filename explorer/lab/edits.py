"""A step along a way of the race as a recipe, so that the page can show it and people keep it."""

import numpy as np
import torch

from explorer.lab.codes import Brains
from explorer.lab.ways import Way, moved
from explorer.picture.latents import pack_ws
from explorer.picture.model import Model
from explorer.recipe import Channel, Recipe

_MOST = 20.0  # standard deviations that a recipe moves a channel by


def recipe_of(model: Model, brain: Brains, way: Way | None, step: float) -> Recipe:
    """The moved brain at psi 1 with the stored noise. brain: one; None: not moved.

    Z, W and W+ give a w of its own (in half precision, as recipes carry it), S the brain's w and
    its channels; recipes move a channel by 20 standard deviations at most.
    """
    with torch.inference_mode():
        ws, _ = moved(model.generator, brain, way, np.array([step]))
    w = ws[0] if way is not None and way.space == "W+" else ws[0, :1]
    channels = ()
    if way is not None and way.space == "S":
        channels = tuple(
            Channel(layer, channel, _strength(model, layer, channel, step * float(size)))
            for (layer, channel), size in zip(way.channels, way.step, strict=True)
        )
    condition, class_index = None, None
    if model.scale:
        condition = model.scale.value(float(brain.c[0] @ torch.arange(brain.c.shape[1]).float()))
    elif brain.c is not None:
        class_index = int(brain.c[0].argmax())
    return Recipe(
        psi=1.0, class_index=class_index, condition=condition, w=pack_ws(model, w, condition),
        channels=channels, model=model.digest[:12],
    )  # fmt: skip


def _strength(model: Model, layer: int, channel: int, shift: float) -> float:
    """A shift of a style in standard deviations of that channel, as recipes count."""
    affine = model.generator.synthesis.layers[layer].affine
    deviation = float(model.library.style_moments(affine)[1][channel])
    return float(np.clip(shift / max(deviation, 1e-9), -_MOST, _MOST))
