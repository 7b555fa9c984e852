"""From a recipe to ws: seeds, interpolation, truncation, style mixing, edits."""

import math

import numpy as np
import torch
from torch import Tensor

from explorer.model import Model
from explorer.recipe import Recipe, RecipeError
from gan.generator import one_hot, truncate


def z_of_seed(seed: int, z_dim: int) -> Tensor:
    """z [1, z_dim] from N(0, 1), the same for a seed everywhere (numpy's RandomState)."""
    return torch.from_numpy(np.random.RandomState(seed).randn(1, z_dim)).float()


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Turn from the direction of a to that of b at even speed; a, b: [1, D].

    The mapping network only sees the direction of z, so the result has the length sqrt(D) that z
    has on average. Parallel and opposite vectors leave no way to turn: the nearer end is taken.
    """
    a, b = a / a.norm(), b / b.norm()
    angle = torch.acos((a * b).sum().clamp(-1, 1))
    if torch.sin(angle) < 1e-4:
        mixed = a if t < 0.5 else b
    else:
        mixed = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    return mixed * math.sqrt(a.shape[1])


def ws_of(model: Model, recipe: Recipe) -> Tensor:
    """ws [1, num_ws, w_dim]: walk between seeds, truncation, style mixing, edits, in this order.

    Raises RecipeError where the recipe asks for what this model does not have.
    """
    check(model, recipe)
    generator, num_ws = model.generator, model.config.num_ws
    c = None
    if model.config.c_dim:
        c = one_hot(torch.tensor([recipe.class_index or 0]), model.config.c_dim)

    def ws_of_z(z: Tensor) -> Tensor:
        ws = generator.broadcast(generator.mapping(z, c))
        return truncate(ws, generator.mapping.w_avg, recipe.psi, recipe.cutoff)

    def ws_of_seed(seed: int) -> Tensor:
        return ws_of_z(z_of_seed(seed, model.config.z_dim))

    walk = recipe.walk
    if walk is None or walk.t == 0:
        ws = ws_of_seed(recipe.seed)
    elif walk.space == "w":
        ws = torch.lerp(ws_of_seed(recipe.seed), ws_of_seed(walk.seed), walk.t)
    else:
        start, end = (z_of_seed(seed, model.config.z_dim) for seed in (recipe.seed, walk.seed))
        ws = ws_of_z(slerp(start, end, walk.t))

    if recipe.mix is not None and any(recipe.mix.weights):
        weights = torch.zeros(num_ws, 1)
        weights[: len(recipe.mix.weights), 0] = torch.tensor(recipe.mix.weights)
        ws = torch.lerp(ws, ws_of_seed(recipe.mix.seed), weights)

    ws = ws.clone()
    for edit in recipe.edits:
        first, end = edit.layers or (0, num_ws)
        ws[:, first:end] += edit.strength * model.directions[edit.direction].vector
    return ws


def check(model: Model, recipe: Recipe) -> None:
    """Raise RecipeError if the recipe names a direction, layer or class this model lacks."""
    num_ws = model.config.num_ws
    for edit in recipe.edits:
        if edit.direction not in model.directions:
            raise RecipeError(f"edit: this model has no direction {edit.direction!r}")
        if edit.layers and edit.layers[1] > num_ws:
            raise RecipeError(f"edit: this model has {num_ws} layers, not {edit.layers[1]}")
    if recipe.mix and len(recipe.mix.weights) > num_ws:
        raise RecipeError(f"mix: this model has {num_ws} layers, not {len(recipe.mix.weights)}")
    if recipe.class_index is not None and recipe.class_index >= model.config.c_dim:
        classes = model.config.c_dim
        raise RecipeError(
            f"class_index: {recipe.class_index}, but this model has "
            + (f"classes 0 to {classes - 1}" if classes else "no classes")
        )
