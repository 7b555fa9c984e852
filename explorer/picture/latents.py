"""From a recipe to ws: seeds, walks, truncation, style mixing, edits."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from explorer.knowledge.directions.direction import Direction, hold_constant
from explorer.knowledge.directions.own import as_direction
from explorer.picture import way
from explorer.picture.held import MEASURED, Held, hold_measured, kept
from explorer.picture.model import Model
from explorer.recipe import Edit, Recipe, Walk
from explorer.recipe.checks import RecipeError, pack_vector, unpack_vector
from gan.generator import class_vectors, truncate

_NO_ORDER = "condition: this model's classes have no order, or there are none"


def z_of_seed(seed: int, z_dim: int) -> Tensor:
    """z [1, z_dim] from N(0, 1), the same for a seed everywhere (numpy's RandomState)."""
    return torch.from_numpy(np.random.RandomState(seed).randn(1, z_dim)).float()


def ws_of(model: Model, recipe: Recipe, start: Tensor | None = None) -> Tensor:
    """ws [1, num_ws, w_dim]: the start, truncation, style mixing, edits, in this order; then what
    keeps held measurements as they are.

    start: [1, num_ws, w_dim] instead of the recipe's own; gradients pass through, and measurements
    are held as from the recipe's own. Raises RecipeError where the recipe asks for what this model
    does not have.
    """
    check(model, recipe)
    mixed = _mixed(model, recipe, start_ws(model, recipe) if start is None else start)
    ws = _edited(model, recipe, mixed, recipe.edits)
    held = held_of(model, recipe)
    return ws + held.step if held else ws


def held_of(model: Model, recipe: Recipe) -> Held | None:
    """What keeps the held measurements as they are; None where nothing could move them."""
    free = [e for e in recipe.edits if e.direction not in recipe.hold and e.strength]
    keys = [key for key in dict.fromkeys(recipe.hold) if key.startswith(MEASURED)]
    if not free or not keys:
        return None

    def make() -> Held:
        mixed = _mixed(model, recipe, start_ws(model, recipe))
        own = [e for e in recipe.edits if e.direction in recipe.hold]  # these may move them
        before, after = (_edited(model, recipe, mixed, edits) for edits in (own, recipe.edits))
        directions = [find_direction(model, recipe, key) for key in keys]
        return hold_measured(model, recipe, directions, before, after)

    return kept(model, recipe, make)


def _mixed(model: Model, recipe: Recipe, start: Tensor) -> Tensor:
    """A start after truncation and style mixing."""
    num_ws, w_avg = model.config.num_ws, centre_of(model, recipe)
    ws = truncate(start, w_avg, recipe.psi, recipe.cutoff)
    if recipe.mix is None or not any(recipe.mix.weights):
        return ws
    weights = torch.zeros(num_ws, 1)
    weights[: len(recipe.mix.weights), 0] = torch.tensor(recipe.mix.weights)
    second = recipe.mix.recipe
    if second is None:
        classed = recipe.with_seed(recipe.mix.seed).class_index
        other = Recipe(recipe.mix.seed, class_index=classed, condition=condition_of(model, recipe))
        other = truncate(start_ws(model, other), w_avg, recipe.psi, recipe.cutoff)
    else:
        other = ws_of(model, second)
    return torch.lerp(ws, other, weights)


def _edited(model: Model, recipe: Recipe, ws: Tensor, edits: Iterable[Edit]) -> Tensor:
    ws = ws.clone()
    for edit in edits:
        direction = find_direction(model, recipe, edit.direction)
        first, end = edit.layers or direction.layers or (0, model.config.num_ws)
        ws[:, first:end] += edit.strength * step_of(model, recipe, direction)
    return ws


def start_ws(model: Model, recipe: Recipe) -> Tensor:
    """ws before truncation: of the recipe's seed, of its w, or of its place on a walk."""
    if recipe.walk is not None and recipe.walk.keys:
        return _on_walk(model, recipe.walk)
    if recipe.w is not None:
        return given_ws(model, recipe.w) + moved_by(model, recipe.condition)
    z = z_of_seed(recipe.seed, model.config.z_dim)
    return model.generator.broadcast(model.generator.mapping(z, _class_of(model, recipe)))


def _class_of(model: Model, recipe: Recipe) -> Tensor | None:
    if not model.config.c_dim:
        return None
    place = place_of(model, recipe) if model.scale else recipe.class_index or 0
    return class_vectors(torch.tensor([place]), model.config.c_dim)


def place_of(model: Model, recipe: Recipe) -> float:
    """Where on the scale of classes in order, 0 the first; on a walk between its key frames. 0
    without a scale."""
    scale = model.scale
    if scale is None:
        return 0.0
    if recipe.walk is not None and recipe.walk.keys:
        found = _along(
            recipe.walk, lambda key: torch.tensor(place_of(model, key), dtype=torch.double)
        )
        return float(found.clamp(0, scale.count - 1))
    return scale.position(scale.middle if recipe.condition is None else recipe.condition)


def condition_of(model: Model, recipe: Recipe) -> float | None:
    """The same in the scale's unit; None without a scale."""
    if model.scale is None:
        return None
    scale, given = model.scale, recipe.condition
    on_walk = recipe.walk is not None and bool(recipe.walk.keys)
    if not on_walk and given is not None and scale.first <= given <= scale.last:
        return given  # as it was written
    return scale.value(place_of(model, recipe))


def off_walk(model: Model, recipe: Recipe) -> Recipe:
    """Its seed instead of a place on a walk, at the same place on the scale: where other seeds are
    to stand beside a picture."""
    if recipe.walk is None or not recipe.walk.keys:
        return recipe
    return replace(recipe.with_seed(recipe.seed), condition=condition_of(model, recipe))


def centre_of(model: Model, recipe: Recipe) -> Tensor:
    """What truncation draws a recipe's w towards: [w_dim]."""
    return model.library.centre(place_of(model, recipe))


def moved_by(model: Model, condition: float | None) -> Tensor | float:
    """How far a w of its own moves with the recipe's condition: as the mean of w does."""
    if model.scale is None or condition is None:
        return 0.0
    return model.library.away(model.scale.position(condition))


def away_of(model: Model, recipe: Recipe) -> Tensor | float:
    """How far w is moved by the recipe's place, counted from the middle of a scale: [w_dim]."""
    return model.library.away(place_of(model, recipe)) if model.scale else 0.0


def pack_ws(model: Model, ws: Tensor, condition: float | None) -> str:
    """The own w of a recipe of this condition that begins at ws [num_ws, w_dim], to half precision.

    One for all layers where they are the same.
    """
    ws = ws - moved_by(model, condition)
    return pack_vector((ws[0] if (ws == ws[0]).all() else ws).numpy())


def _along(walk: Walk, of: Callable[[Recipe], Tensor]) -> Tensor:
    """What the key frames have, at the place on the walk: straight or on its spline."""
    before, t = way.piece(walk.t, len(walk.keys), walk.loop)
    around = way.around(before, len(walk.keys), walk.loop)
    p, a, b, q = (None if i is None else walk.keys[i] for i in around)
    if t in (0, 1):
        return of(b if t else a)
    if walk.space != "spline":
        return torch.lerp(of(a), of(b), t)
    start, end = of(a), of(b)
    # Beyond an open end the way would go on straight.
    return way.catmull_rom(
        2 * start - end if p is None else of(p), start, end,
        2 * end - start if q is None else of(q), t,
    )  # fmt: skip


def _on_walk(model: Model, walk: Walk) -> Tensor:
    """ws at a place on a walk; at a key frame exactly those of its recipe.

    In w, what differs between brains goes straight or along the spline. On a scale the means of its
    places lie on a curve, which the walk follows: straight on, it would lead where no brain is.
    """
    before, t = way.piece(walk.t, len(walk.keys), walk.loop)
    _, a, b, _ = way.around(before, len(walk.keys), walk.loop)
    a, b = walk.keys[a], walk.keys[b]
    if walk.space == "z" and t not in (0, 1):
        return _on_arc(model, a, b, t)
    ws = _along(walk, lambda key: ws_of(model, key))
    if model.scale is None or any(_of_two_places(model, key) for key in (a, b)):
        return ws
    there = centre_of(model, Recipe(walk=walk))
    return ws + (there - _along(walk, lambda key: centre_of(model, key)))


def _of_two_places(model: Model, key: Recipe) -> bool:
    """Whether another brain is mixed in from elsewhere on the scale."""
    second = key.mix.recipe if key.mix and any(key.mix.weights) else None
    return second is not None and place_of(model, second) != place_of(model, key)


def _on_arc(model: Model, a: Recipe, b: Recipe, t: float) -> Tensor:
    """Between two seeds around the sphere of z; truncation and class change evenly."""
    for key in (a, b):
        check(model, key)
    z = way.slerp(*(z_of_seed(key.seed, model.config.z_dim) for key in (a, b)), t)
    c, place = _class_of(model, a), 0.0
    if model.scale:  # through all heights between the two, not through a mixture of both
        place = place_of(model, a) + t * (place_of(model, b) - place_of(model, a))
        c = class_vectors(torch.tensor([place]), model.config.c_dim)
    elif c is not None:
        c = torch.lerp(c, _class_of(model, b), t)
    centre = model.library.centre(place)
    ws = model.generator.broadcast(model.generator.mapping(z, c))
    ends = [truncate(ws, centre, key.psi, key.cutoff) for key in (a, b)]
    return torch.lerp(*ends, t)


def given_ws(model: Model, text: str) -> Tensor:
    """ws [1, num_ws, w_dim] of a recipe's own w: one for all layers or one for each."""
    values = torch.from_numpy(unpack_vector(text, "w"))
    num_ws, w_dim = model.config.num_ws, model.config.w_dim
    if len(values) == w_dim:
        return model.generator.broadcast(values[None])
    if len(values) == num_ws * w_dim:
        return values.reshape(1, num_ws, w_dim)
    raise RecipeError(f"w: this model needs {w_dim} or {num_ws * w_dim} numbers, got {len(values)}")


def find_direction(model: Model, recipe: Recipe, key: str) -> Direction:
    """A direction of the model or of the recipe itself; raises RecipeError if there is none."""
    own = next((own for own in recipe.own if own.key == key), None)
    direction = as_direction(own) if own else model.library.find(key)
    if direction is None:
        raise RecipeError(f"edit: this model has no direction {key!r}")
    if len(direction.vector) != model.config.w_dim:
        raise RecipeError(f"own: {key!r} is for a w of {len(direction.vector)} numbers")
    return direction


def step_of(model: Model, recipe: Recipe, direction: Direction) -> Tensor:
    """One standard deviation along a direction, less what the recipe holds constant: [w_dim]."""
    held = [find_direction(model, recipe, key) for key in recipe.hold if key != direction.key]
    if not held:
        return direction.vector
    return hold_constant(direction.vector, [d.vector for d in held], model.library.spread)


def check_channel(model: Model, layer: int, channel: int, rgb: bool = False) -> None:
    """Raise RecipeError unless this layer's (rgb: this size's toRGB) style has this channel."""
    synthesis = model.generator.synthesis
    layers = [block.torgb for block in synthesis.blocks] if rgb else synthesis.layers
    kind = "toRGB" if rgb else "layer"
    if layer >= len(layers):
        raise RecipeError(f"channel: {kind} {layer}, but this model has 0 to {len(layers) - 1}")
    channels = len(layers[layer].affine.weight)
    if channel >= channels:
        raise RecipeError(
            f"channel: {channel}, but {kind} {layer} of this model has 0 to {channels - 1}"
        )


def check_condition(model: Model, value: float) -> None:
    """Raise RecipeError unless the model has a scale and the value is on it.

    For what is written into tables. A picture's recipe may name a value beyond an end, which counts
    as the end.
    """
    if model.scale is None:
        raise RecipeError(_NO_ORDER)
    if not model.scale.first <= value <= model.scale.last:
        raise RecipeError(
            f"condition: {value:g}, but {model.scale.title} of this model goes from "
            f"{model.scale.first:g} to {model.scale.last:g}"
        )


def check(model: Model, recipe: Recipe) -> None:
    """Raise RecipeError if the recipe names a direction, layer or class this model lacks."""
    num_ws = model.config.num_ws
    if recipe.model is not None and recipe.model != model.digest[:12]:
        raise RecipeError(
            f"recipe: made with another model ({recipe.model}), this is "
            f"{model.digest[:12]}; open that one, or draw the brain again here"
        )
    for key in recipe.walk.keys if recipe.walk else ():
        check(model, key)
    if recipe.mix and recipe.mix.recipe and any(recipe.mix.weights):
        check(model, recipe.mix.recipe)
    for key in (*(edit.direction for edit in recipe.edits), *recipe.hold):
        find_direction(model, recipe, key)
    for edit in recipe.edits:
        if edit.layers and edit.layers[1] > num_ws:
            raise RecipeError(f"edit: this model has {num_ws} layers, not {edit.layers[1]}")
    if recipe.mix and len(recipe.mix.weights) > num_ws:
        raise RecipeError(f"mix: this model has {num_ws} layers, not {len(recipe.mix.weights)}")
    if recipe.noise.off and recipe.noise.off[-1] >= num_ws - 1:
        raise RecipeError(f"noise: this model has {num_ws - 1} layers with noise")
    for channel in recipe.channels:
        check_channel(model, channel.layer, channel.channel, channel.rgb)
    if recipe.condition is not None and model.scale is None:
        raise RecipeError(_NO_ORDER)
    if recipe.class_index is not None and model.scale:
        raise RecipeError("class_index: this model's classes are in order; give a condition")
    if recipe.class_index is not None and recipe.class_index >= model.config.c_dim:
        classes = model.config.c_dim
        raise RecipeError(
            f"class_index: {recipe.class_index}, but this model has "
            + (f"classes 0 to {classes - 1}" if classes else "no classes")
        )
