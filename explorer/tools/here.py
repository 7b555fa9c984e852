"""A direction that holds here: what small steps from this one brain do to a measurement.

A direction for all brains is one straight line through a cloud that bends, and what it has to leave
alone may take almost all of it away. So from the brain that is shown a step is taken along each of
the first principal axes of w, both ways, and all is measured: the slopes J of the measurements
along the axes. The step wanted is the one that raises the target most for its size and for what
else it moves:

    t = (I + J_o^T Q J_o)^-1 j

j the target's slopes, J_o those of the others, Q how much each of them counts, the slice height
most. As everywhere, the direction is made with other instruments than those that judge it.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.knowledge.directions import own
from explorer.knowledge.ruler import AGE, HEIGHT
from explorer.picture.latents import ws_of
from explorer.picture.layers import synthesise_ws
from explorer.picture.model import Model
from explorer.recipe import Own, Recipe
from explorer.recipe.checks import RecipeError, short
from gan.picture import to_uint8

AXES = 24  # of w that are tried
PROBE = 1.0  # standard deviations of w along each, both ways
_OTHERS, _HEIGHT = 1.0, 3.0  # how much what else moves counts, against the step's own size
_STILL = 1e-6  # a deviation in any unit that is none
_LEAST = 0.05  # standard deviations of the target for one of w: as much as counts as no change


@dataclass(frozen=True)
class Aimed:
    """own: the direction, one standard deviation of w long. All others in standard deviations of
    the model's brains: aimed: what one step should bring of the target; reached: what it brought on
    this brain as judged, NaN where that cannot be measured; height: what it did to the slice
    height, NaN where that is not read; leak: mean size of what else it moved."""

    own: Own
    aimed: float
    reached: float
    height: float
    leak: float


def aim(model: Model, recipe: Recipe, key: object, taken: AbstractSet[str] = frozenset()) -> Aimed:
    """A direction that moves one measurement of the recipe's picture.

    key: of the measurement; taken: keys that other directions have. Raises RecipeError where it
    cannot be measured or no small step moves it, and StillComputing until the model's brains are
    known.
    """
    library = model.library
    ruler, population = library.ruler, library.population()
    if key not in ruler.keys:
        raise RecipeError(f"here: there is no measurement {short(key)}")
    target, ws = ruler.keys.index(key), ws_of(model, recipe).detach()
    spread = _spread(population.apart_of(ruler.within(population.built)))
    axes = _axes(model)

    def picture(shift: Tensor | float) -> np.ndarray:
        image = model.turns.take_idle(lambda: synthesise_ws(model, recipe, ws + shift, model.small))
        return to_uint8(image)

    def built(shift: Tensor) -> np.ndarray:
        return ruler.within(ruler.build(picture(shift)))[0]

    name = ruler.measurements[target].name
    if not np.isfinite(built(torch.zeros(()))[target]):
        raise RecipeError(f"here: {name} cannot be measured on this brain; take another")
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.stack([built(PROBE * a) - built(-PROBE * a) for a in axes], axis=1)
        slopes = slopes / (2 * PROBE * spread[:, None])
    t = steepest(slopes, target, ruler.keys)
    if t is None:
        raise RecipeError(f"here: no small step moves {name} on this brain; take another")
    vector = torch.from_numpy(t / np.linalg.norm(t)).float() @ axes
    deviation = population.deviation
    before, after = (ruler.measure(picture(shift))[0] for shift in (0.0, vector))
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(deviation > _STILL, (after - before) / deviation, np.nan)
    others = np.delete(change, target)
    height = change[ruler.keys.index(HEIGHT.key)] if ruler.height else np.nan
    return Aimed(
        own.named(f"{name} here", vector, taken),
        float(_known(slopes)[target] @ t / np.linalg.norm(t)),
        float(change[target]), float(height),
        float(np.nanmean(np.abs(others))) if np.isfinite(others).any() else float("nan"),
    )  # fmt: skip


def steepest(slopes: np.ndarray, target: int, keys: tuple[str, ...]) -> np.ndarray | None:
    """The step wanted, in standard deviations along the axes, [A]; its length tells nothing.

    slopes: [K, A], in standard deviations for one; what is not known counts for nothing. None where
    it would move the target by next to nothing.
    """
    known = _known(slopes)
    special = {HEIGHT.key: _HEIGHT, AGE.key: 0.0}  # an age is told by the others
    weight = np.array([special.get(key, _OTHERS) for key in keys])
    weight[target] = 0
    t = np.linalg.solve(np.eye(slopes.shape[1]) + known.T @ (weight[:, None] * known),
                        known[target])  # fmt: skip
    return t if known[target] @ t > _LEAST * np.linalg.norm(t) else None


def _known(slopes: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(slopes), slopes, 0.0)


def _spread(table: np.ndarray) -> np.ndarray:
    """Standard deviations of the columns [K] over what is known; NaN where next to nothing is."""
    known = [column[np.isfinite(column)] for column in table.T.astype(np.float64)]
    return np.array([column.std() if len(column) > 1 else np.nan for column in known])


def _axes(model: Model) -> Tensor:
    """The first principal axes of w, each one standard deviation long: [A, w_dim]."""
    return model.library.spread.axes().flip(0)[:AXES]
