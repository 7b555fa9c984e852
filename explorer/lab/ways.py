"""Ways to change one factor of a brain: through Z, W, W+ and S, each by its own best direction.

    Z    z' = z + t d, then mapped; of a model with a scale the place on it moves along
    W    w' = w + t d, in all layers
    W+   the same in the group of layers that foretells the factor best, with a direction of that
         group alone, learned from brains whose groups were drawn apart
    S    the channels whose value is most special where the factor is large, one or few
         (Wu 2021, StyleSpace, section 4): ranked by |mean| / deviation over those brains, of the
         channel's value in units of its spread

All but S: by ridge regression, at equal height where a height is known; see lab.regression.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from explorer.lab.codes import Brains, Codes
from explorer.lab.factors import Factors
from explorer.lab.regression import direction, rest
from explorer.work.ahead import in_order
from explorer.work.background import computing
from gan.fast import for_many
from gan.generator import Generator, class_vectors
from gan.layers import pixel_norm
from gan.picture import grey, to_uint8

SPACES = ("Z", "W", "W+", "S")
MOST = {"Z": 5.0, "W": 5.0, "W+": 5.0, "S": 20.0}  # standard deviations; of S as in the paper
FEW = (3, 10, 30)  # channels that a way through S may move, if it is not one
_SINGLE = 3  # of the first in the ranking are tried alone
_TYPICAL = 0.02  # of the brains, that channels are ranked by: those with most of the factor
_FEWEST = 30
_BATCH = 8


@dataclass(frozen=True)
class Way:
    """One way. step: one standard deviation along it: float32 [z_dim] (Z), [w_dim] (W, W+), or one
    number for each of `channels`, (layer, channel) each (S). layers: (first, end), of W+. r2: what
    the space foretells on held-out brains (S: none). slope: standard deviations of the factor that
    a step should bring (S: unknown)."""

    space: str
    name: str
    step: np.ndarray
    r2: float = float("nan")
    slope: float = float("nan")
    layers: tuple[int, int] | None = None
    channels: tuple[tuple[int, int], ...] = ()

    @property
    def most(self) -> float:
        return MOST[self.space]


def line_way(space: str, codes: Codes, factors: Factors, target: int, **options) -> Way:
    """A way through Z, W or a group of W+ by regression. codes: own axes, of the first brains of
    the factors' table (mixed ones: of a table of their own)."""
    table = factors.scaled(factors.table)
    held = [factors.number(key) for key in factors.held if factors.number(key) != target]
    n = min(len(codes.values), len(table))
    found = direction(codes.values[:n], table[:n, target], table[:n, held])
    step = found.step.astype(np.float32)
    return Way(space, codes.space, step, found.r2, found.slope, **options)


def channel_ways(codes: Codes, factors: Factors, target: int, sizes: list[int]) -> list[Way]:
    """Ways through S: the first channels alone, then few together, which may be the best.

    codes: S, own axes; sizes: channels of each layer. Each channel moves as far as it lies off its
    mean, on average, where the factor is large; see lab.race.best_channels for what is taken.
    """
    table = factors.scaled(factors.table)
    held = [factors.number(key) for key in factors.held if factors.number(key) != target]
    n = min(len(codes.values), len(table))
    styles = codes.values[:n].astype(np.float64)
    deviation = styles.std(axis=0)
    alive = deviation > 1e-9
    unit = (styles - styles.mean(axis=0)) / np.where(alive, deviation, 1)
    values = table[:n, [target]]
    if held:  # the brains with most of the factor for their height, and what is special of them
        values, unit = rest(values, table[:n, held]), rest(unit, table[:n, held])
    known = np.flatnonzero(np.isfinite(values[:, 0]) & np.isfinite(unit).all(axis=1))
    count = max(_FEWEST, round(_TYPICAL * len(known)))
    most = known[np.argsort(-values[known, 0])[:count]]
    mean = unit[most].mean(axis=0)
    shift = np.where(alive, np.abs(mean) / np.maximum(unit[most].std(axis=0), 1e-9), 0)
    order = np.argsort(-shift, kind="stable")
    place = [(layer, u) for layer, size in enumerate(sizes) for u in range(size)]
    found = []
    alone = [order[i : i + 1] for i in range(_SINGLE)]
    for chosen in (*alone, *(order[: min(few, int(alive.sum()))] for few in FEW)):
        weight = mean[chosen] / np.abs(mean[chosen]).max()  # the largest moves by 1 SD a step
        step = (weight * deviation[chosen]).astype(np.float32)
        name = "S, 1 channel" if len(chosen) == 1 else f"S, {len(chosen)} channels"
        found.append(Way("S", name, step, channels=tuple(place[i] for i in chosen)))
    return found


def moved(
    generator: Generator, brains: Brains, way: Way | None, steps: np.ndarray
) -> tuple[torch.Tensor, list[torch.Tensor | None] | None]:
    """ws [n, num_ws, w_dim] and style shifts of n brains, moved by `steps` [n]; None: not moved."""
    if way is None:
        return generator.broadcast(brains.w), None
    t = torch.from_numpy(np.asarray(steps, np.float32))[:, None]
    step = torch.from_numpy(way.step)
    if way.space == "Z":
        z = pixel_norm(brains.z + t * step[: brains.z.shape[1]])
        c = _conditions(generator, brains, t, step)
        return generator.broadcast(generator.mapping(z, c)), None
    if way.space == "W":
        return generator.broadcast(brains.w + t * step), None
    if way.space == "W+":
        ws = generator.broadcast(brains.w).clone()
        ws[:, way.layers[0] : way.layers[1]] += (t * step)[:, None]
        return ws, None
    shifts: list[torch.Tensor | None] = [None] * len(generator.synthesis.layers)
    for (layer, channel), size in zip(way.channels, step, strict=True):
        if shifts[layer] is None:
            affine = generator.synthesis.layers[layer].affine
            shifts[layer] = torch.zeros(len(brains), affine.weight.shape[0])
        shifts[layer][:, channel] = t[:, 0] * size
    return generator.broadcast(brains.w), shifts


def _conditions(
    generator: Generator, brains: Brains, t: torch.Tensor, step: torch.Tensor
) -> torch.Tensor | None:
    """Of brains moved through Z: the place on a scale moves too, up to its ends; a class stays."""
    if brains.c is None or not generator.config.c_ordered:
        return brains.c
    count = brains.c.shape[1]
    place = brains.c @ torch.arange(count, dtype=torch.float32) + t[:, 0] * step[-1]
    return class_vectors(place.clamp(0, count - 1), count)


def pictures(
    generator: Generator, brains: Brains, way: Way | None, steps: np.ndarray
) -> Iterator[np.ndarray]:
    """Grey pictures of moved brains, with the stored noise: uint8 [<= 8, R, R] at a time."""
    synthesis = for_many(generator.synthesis)

    def make(start: int) -> np.ndarray:
        rows = slice(start, start + _BATCH)
        with computing(), torch.inference_mode():
            ws, shifts = moved(generator, brains[rows], way, steps[rows])
            images = synthesis(ws, noise_mode="const", shifts=shifts)
        return grey(to_uint8(images))

    yield from in_order(make, range(0, len(brains), _BATCH))
