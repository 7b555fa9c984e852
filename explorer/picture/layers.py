"""What a recipe gives the synthesis layers besides w: noise maps and style shifts."""

import numpy as np
import torch
from torch import Tensor

from explorer.picture.model import Model
from explorer.recipe import Channel, Noise, Recipe
from gan.generator import Generator
from gan.incremental import Choice
from gan.layers import FullyConnected


@torch.inference_mode()
def synthesise_ws(model: Model, recipe: Recipe, ws: Tensor, choose: Choice | None = None) -> Tensor:
    """The picture of ws [1, num_ws, w_dim] with a recipe's noise and channels: [1, C, R, R], or a
    smaller one, see gan.incremental."""
    noise = noise_maps(model.generator, recipe.noise)
    shifts, rgb_shifts = style_shifts(model, recipe), rgb_style_shifts(model, recipe)
    options = {"choose": choose} if choose else {}
    return model.synthesis(ws, noise=noise, shifts=shifts, rgb_shifts=rgb_shifts, **options)


def noise_maps(generator: Generator, noise: Noise) -> list[Tensor | None]:
    """One map [1, 1, r, r] (or None) for each synthesis layer, times the recipe's strength.

    Each layer draws from its own stream, so that switching one off leaves the others alone.
    """
    layers = generator.synthesis.layers
    if noise.mode == "none" or noise.strength == 0:
        return [None] * len(layers)
    if noise.mode == "const":
        maps = [layer.noise_const[None, None] for layer in layers]
    else:
        maps = []
        for i, layer in enumerate(layers):
            random = np.random.default_rng([noise.seed, i])
            draw = random.standard_normal((1, 1, layer.resolution, layer.resolution), np.float32)
            maps.append(torch.from_numpy(draw))
    return [None if i in noise.off else m * noise.strength for i, m in enumerate(maps)]


def style_shifts(model: Model, recipe: Recipe) -> list[Tensor | None]:
    """What a recipe's channels add to the style of each synthesis layer: [1, channels] or None."""
    affines = [layer.affine for layer in model.generator.synthesis.layers]
    return _shifts(model, affines, [move for move in recipe.channels if not move.rgb])


def rgb_style_shifts(model: Model, recipe: Recipe) -> list[Tensor | None]:
    """The same for the toRGB of each block."""
    affines = [block.torgb.affine for block in model.generator.synthesis.blocks]
    return _shifts(model, affines, [move for move in recipe.channels if move.rgb])


def _shifts(
    model: Model, affines: list[FullyConnected], moves: list[Channel]
) -> list[Tensor | None]:
    shifts = [None] * len(affines)
    for move in moves:
        deviation = model.library.style_moments(affines[move.layer])[1]
        if shifts[move.layer] is None:
            shifts[move.layer] = torch.zeros(1, len(deviation))
        shifts[move.layer][0, move.channel] = move.strength * deviation[move.channel]
    return shifts
