"""Dragging points of a picture to where they should be (Pan 2023, "Drag Your GAN").

Each step asks the generator's feature maps that what surrounds a handle be found a little nearer to
its target (motion supervision, eq. 1), and then looks where the handle has gone (point tracking,
eq. 2). Only w of the coarser layers moves, so that the result is a recipe like any other.

What differs from there, as measured on models of 64 and 128 px: w is optimised in units of its own
spread, which takes a handle as far but leaves the brain about a third as rare; a handle is tracked
by the features around it too, as a point on a rim slides along it; and all lengths scale with the
picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.picture.latents import condition_of, pack_ws, start_ws, ws_of
from explorer.picture.layers import noise_maps, style_shifts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_tuple, is_number, short
from gan.trace import trace

MOST_ARROWS = 8
MOST_STEPS = 300

_LAYERS = 6  # that move, the coarsest; as in the paper: fewer are slower, more change nothing
_RATE = 0.03  # of Adam, in standard deviations of w
_HELD = 5.0  # weight of the mask term: 1 lets the rest drift, 20 holds the handles too
_LEAST_SHARE = 0.05  # of a layer's w in the picture, for it to be moved

# Lengths in 64ths of the picture's side: pixels at 64 px.
_AROUND, _SEARCH, _FINE = 2, 2, 0.5  # radius of a handle's surroundings; tracking: reach and step
_SHIFT = 1.0  # of the motion supervision
_LEAP, _MOST_LEAPT = 1.5, 0.5  # a step longer than this is a jump; share of a way that may be jumps
_ARRIVED = 0.75
# Steps at the targets, in which what is held comes back: it halves what the rest moves.
_SETTLE = 10
_STUCK_STEPS, _STUCK = 60, 0.25  # so many steps that bring the handles no nearer by so much


@dataclass(frozen=True)
class Arrow:
    """From a handle to its target; x, y in pixels from the picture's top left corner."""

    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True)
class Moved:
    """Where the handles are in the picture of `recipe`.

    steps: done so far. handles: (x, y) in pixels; left: pixels to their targets, as far as tracking
    can tell. ended: None while it goes on; "arrived", "stuck" (then it is the nearest picture that
    there was) or "steps", of which there are MOST_STEPS.
    """

    steps: int
    recipe: Recipe
    handles: tuple[tuple[float, float], ...]
    left: tuple[float, ...]
    ended: str | None


def arrows_of(values: object, resolution: int) -> tuple[Arrow, ...]:
    """Arrows of what a page posts, [[x, y, to_x, to_y], ...].

    Raises RecipeError unless there are 1 to MOST_ARROWS within the picture, and one of them has
    somewhere to go. Short ones among longer ones hold their place.
    """
    rows = as_tuple(values, "drag: arrows", MOST_ARROWS)
    if not rows:
        raise RecipeError("drag: set an arrow first: from a point to where it should go")
    arrows = []
    for i, row in enumerate(rows):
        numbers = as_tuple(row, f"drag: arrow {i + 1}")
        if len(numbers) != 4 or not all(is_number(x) and 0 <= x <= resolution for x in numbers):
            raise RecipeError(
                f"drag: arrow {i + 1}: expected x, y and the target's x, y from 0 to {resolution} "
                f"pixels, got {short(list(numbers))}"
            )
        arrows.append(Arrow(*(float(x) for x in numbers)))
    if all(math.hypot(a.to_x - a.x, a.to_y - a.y) <= _ARRIVED * resolution / 64 for a in arrows):
        raise RecipeError("drag: every point is at its target already; pull an arrow further")
    return tuple(arrows)


def region_of(bits: bytes, resolution: int) -> np.ndarray:
    """What may move, bool [R, R], of one bit a pixel, row by row; RecipeError on another size."""
    if len(bits) * 8 != resolution**2:
        raise RecipeError(
            f"drag: region: expected {resolution**2 // 8} bytes, one bit a pixel, got {len(bits)}"
        )
    return np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(resolution, resolution) == 1


class Drag:
    """One drag of one picture. For one thread at a time; call `step` when it is its turn.

    Raises RecipeError where the recipe asks for what this model does not have, where nothing of
    its own w is left in the layers that move, or where `movable`, bool [R, R] or None for all,
    leaves a handle outside.
    """

    def __init__(
        self, model: Model, recipe: Recipe, arrows: Sequence[Arrow],
        movable: np.ndarray | None = None,
    ):  # fmt: skip
        config = model.config
        self.model = model
        self.unit = config.resolution / 64
        self.steps, self._near = 0, 0
        self._nearest: Moved | None = None
        self._last: Moved | None = None
        self._handles = torch.tensor([[a.x, a.y] for a in arrows], dtype=torch.float32)
        self._targets = torch.tensor([[a.to_x, a.to_y] for a in arrows], dtype=torch.float32)
        # The first layers up to half the picture's size: the paper's choice, and better here too.
        self._depth = config.num_ws - 3
        self._held = self._hold(movable) if movable is not None else None
        with torch.no_grad():
            self._start = start_ws(model, recipe).clone()
            # On a walk: from its place there.
            condition = condition_of(model, recipe) if recipe.walk else recipe.condition
            self.recipe = replace(recipe, walk=None, condition=condition)
            self._there = self._steps_of_w(min(_LAYERS, self._depth))
        self._noise = noise_maps(model.generator, recipe.noise)[: self._depth]
        self._shifts = style_shifts(model, recipe)[: self._depth]
        self._v = torch.zeros(1, *self._there.shape[:2], requires_grad=True)
        self._adam = torch.optim.Adam([self._v], lr=_RATE)
        self._around = _disc(_AROUND, 1.0) * self.unit
        self._search = _square(_SEARCH, _FINE) * self.unit
        self._gone = self._leapt = torch.zeros(len(self._handles))  # of each handle's way so far
        self._first: tuple[Tensor, Tensor] | None = None  # maps and the handles' features

    def step(self) -> Moved:
        """Track the handles in the present picture; then move w for the next one.

        After the last step the same again.
        """
        unit = self.unit
        with torch.enable_grad():
            w = self._start + self._offset()
            maps = self._maps(w)
            self._track(maps.detach())
            way = self._targets - self._handles
            left = way.norm(dim=1, keepdim=True)
            moved = self._end(self._moved(w.detach(), left))
            if moved.ended is None:
                shift = way / left.clamp_min(1e-6) * left.clamp(max=_SHIFT * unit)
                self._adam.zero_grad()
                self._loss(maps, shift).backward()
                self._adam.step()
                self.steps += 1
        return moved

    def _offset(self) -> Tensor:
        """What is added to the recipe's start, [1, num_ws, w_dim]."""
        moved = torch.einsum("nld,lde->nle", self._v, self._there)
        return F.pad(moved, [0, 0, 0, self.model.config.num_ws - moved.shape[1]])

    def _steps_of_w(self, layers: int) -> Tensor:
        """[layers, w_dim, w_dim]: one standard deviation along each axis of the w in the picture.

        Truncation and mixing shrink what reaches the picture, the same for all of a layer's w; so
        the recipe's own w has to go as much further.
        """
        start = self._start
        shares = ws_of(self.model, self.recipe, start + 1) - ws_of(self.model, self.recipe, start)
        share = shares[0, :layers].mean(dim=1)
        if share.abs().max() < _LEAST_SHARE:
            raise RecipeError(
                "drag: nothing of this brain’s own shape is left to move (ψ is 0, or all of it is "
                "the second brain’s); raise the variety or mix less"
            )
        factor = torch.where(share.abs() < _LEAST_SHARE, 0.0, 1 / share)
        return factor[:, None, None] * self.model.library.spread.axes()

    def _hold(self, movable: np.ndarray) -> Tensor:
        """1 where the maps must stay, [1, 1, r, r]."""
        R = self.model.config.resolution
        if movable.shape != (R, R):
            raise RecipeError(f"drag: region: expected {R} x {R} pixels, got {movable.shape}")
        for i, (x, y) in enumerate(self._handles.tolist()):
            if not movable[min(int(y), R - 1), min(int(x), R - 1)]:
                raise RecipeError(
                    f"drag: point {i + 1} lies outside the region that may move; paint over it"
                )
        mask = torch.from_numpy(movable)[None, None].float()
        layer = self.model.generator.synthesis.layers[self._depth - 1]
        return 1 - F.adaptive_max_pool2d(mask, layer.resolution)

    def _maps(self, w: Tensor) -> Tensor:
        """Feature maps [1, C, r, r] of the recipe with another w [1, num_ws, w_dim]."""
        ws = ws_of(self.model, self.recipe, w)
        maps, _ = trace(self.model.network, ws, self._noise, self._shifts, self._depth)
        return maps[-1].cpu()

    def _sample(self, maps: Tensor, at: Tensor) -> Tensor:
        """Features [..., C] at pixels of the picture [..., 2], bilinear between the maps' own."""
        grid = (at * (2 / self.model.config.resolution) - 1).reshape(1, 1, -1, 2)
        found = F.grid_sample(maps, grid, padding_mode="border", align_corners=False)
        return found[0, :, 0].T.reshape(*at.shape[:-1], -1)

    def _track(self, maps: Tensor) -> None:
        """Move each handle to where its first features are found nearby (eq. 2)."""
        if self._first is None:
            self._first = maps, self._sample(maps, self._handles[:, None] + self._around)
            return
        at = self._handles[:, None] + self._search  # [K, S, 2]
        found = self._sample(maps, at[:, :, None] + self._around)  # [K, S, A, C]
        far = (found - self._first[1][:, None]).abs().mean(dim=(2, 3))
        # At the same distance the one that is nearest to where it was: the search starts there.
        nearest = at[torch.arange(len(at)), far.argmin(dim=1)]
        nearest = nearest.clamp(0, self.model.config.resolution)
        gone = (nearest - self._handles).norm(dim=1)
        self._gone = self._gone + gone
        self._leapt = self._leapt + torch.where(gone > _LEAP * self.unit, gone, 0.0)
        self._handles = nearest

    def _loss(self, maps: Tensor, shift: Tensor) -> Tensor:
        """Motion supervision (eq. 1) in units of the maps' spread; shift: [K, 2] pixels."""
        first = self._first[0]
        around = self._handles[:, None] + self._around
        here = self._sample(maps.detach(), around)
        there = self._sample(maps, around + shift[:, None])
        loss = (there - here).abs().mean(dim=(1, 2)).sum()
        if self._held is not None:
            loss = loss + _HELD * ((maps - first).abs() * self._held).mean()
        return loss / first.std(dim=(2, 3)).mean().clamp_min(1e-6)

    def _end(self, moved: Moved) -> Moved:
        """The same, or how it ends: where it comes no nearer, with the nearest picture."""
        if self._last is not None:
            return self._last
        self._near += max(moved.left) <= _ARRIVED * self.unit
        if self._nearest is None or _mean(moved) < _mean(self._nearest) - _STUCK * self.unit:
            self._nearest = moved
        if self._near > _SETTLE:
            leapt = bool((self._leapt > _MOST_LEAPT * self._gone).any())
            self._last = replace(moved, ended="jumped" if leapt else "arrived")
        elif self.steps >= MOST_STEPS:
            self._last = replace(moved, ended="steps")
        elif self.steps - self._nearest.steps >= _STUCK_STEPS:
            self._last = replace(self._nearest, ended="stuck")
        return self._last or moved

    def _moved(self, w: Tensor, left: Tensor) -> Moved:
        recipe = replace(self.recipe, w=pack_ws(self.model, w[0], self.recipe.condition))
        handles = tuple((x, y) for x, y in self._handles.tolist())
        return Moved(self.steps, recipe, handles, tuple(left[:, 0].tolist()), None)


def _mean(moved: Moved) -> float:
    return sum(moved.left) / len(moved.left)


def _square(reach: float, step: float) -> Tensor:
    """A grid of offsets [N, 2] from -reach to reach, the middle first."""
    line = torch.arange(-reach, reach + step / 2, step)
    grid = torch.cartesian_prod(line, line)
    return grid[grid.norm(dim=1).argsort(stable=True)]


def _disc(radius: float, step: float) -> Tensor:
    grid = _square(radius, step)
    return grid[grid.norm(dim=1) <= radius]
