"""Holding a measurement: what is measured on the picture stays as it was.

A step of w that leaves the regression of a measurement as it is (`hold_constant`) still changes the
measurement, since no regression knows all of it. So the picture is measured before and after, and
what it has changed is taken back along the held directions: Newton's method on the measurements,
with slopes that are measured too (Broyden 1965, his first method, after the first step).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.knowledge.directions.direction import Direction
from explorer.picture.layers import synthesise_ws
from explorer.picture.model import Model
from explorer.recipe import Recipe
from gan.picture import to_uint8

MEASURED = "measured:"
ENOUGH = 0.05  # standard deviations of the model's brains: as much as the page calls no change
_ROUNDS = 4
_PROBE = 0.5  # standard deviations of w, for the first slopes
_FARTHEST = 4.0  # of w along each held direction, at most
_MOST_KEPT = 500  # recipes


@dataclass(frozen=True)
class Held:
    """step: what is added to w of all layers, [w_dim]. left: by the directions' keys, how far each
    measurement is from where it was, in standard deviations of the model's brains; NaN where it
    cannot be measured."""

    step: Tensor
    left: dict[str, float]


def hold_measured(
    model: Model, recipe: Recipe, held: list[Direction], before: Tensor, after: Tensor
) -> Held:
    """Where to go from `after` so that its picture measures as that of `before`.

    held: directions of measurements; before, after: ws [1, num_ws, w_dim]. Always the same for the
    same arguments, whatever was asked before.
    """
    ruler, deviation = model.library.ruler, model.library.population().deviation
    columns = [ruler.keys.index(d.key.removeprefix(MEASURED)) for d in held]
    vectors = torch.stack([d.vector for d in held])

    def measured(ws: Tensor) -> np.ndarray:
        picture = to_uint8(synthesise_ws(model, recipe, ws, model.small))
        return (ruler.measure(picture)[0] / deviation)[columns]

    target = measured(before.detach())
    known = np.isfinite(target)

    def away(x: np.ndarray) -> np.ndarray:
        step = torch.from_numpy(x).float() @ vectors
        return (measured(after.detach() + step) - target)[known]

    best = x = np.zeros(len(held))
    least = f = away(x)
    if known.any() and np.isfinite(f).all() and np.abs(f).max() > ENOUGH:
        probes = _PROBE * np.eye(len(held))[known]
        slope = np.stack([(away(x + probe) - f) / _PROBE for probe in probes], axis=1)
        for _ in range(_ROUNDS):
            if not np.isfinite(slope).all():
                break
            change = np.zeros(len(held))
            change[known] = np.linalg.lstsq(slope, -f, rcond=1e-2)[0]
            there = np.clip(x + change, -_FARTHEST, _FARTHEST)
            moved, old, x = (there - x)[known], f, there
            f = away(x)
            if not np.isfinite(f).all() or not moved.any():
                break
            if np.abs(f).max() < np.abs(least).max():
                best, least = x, f
            if np.abs(least).max() <= ENOUGH:
                break
            slope = slope + np.outer(f - old - slope @ moved, moved) / (moved @ moved)
    left = np.full(len(held), np.nan)
    left[known] = least
    step = torch.from_numpy(best).float() @ vectors
    return Held(step, dict(zip((d.key for d in held), left.tolist(), strict=True)))


def kept(model: Model, recipe: Recipe, make: Callable[[], Held]) -> Held:
    """What `make` gives for a recipe, made once: sliders come back to where they were."""
    found = model.held.get(recipe)
    if found is None:
        found = make()
        if len(model.held) >= _MOST_KEPT:
            model.held.clear()
        model.held[recipe] = found
    return found
