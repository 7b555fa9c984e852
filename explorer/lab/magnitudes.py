"""Where the signal of a network's feature maps sits: evenly, or in one small spot.

The magnitude of a layer at a pixel is the norm over its channels of what it hands to the next,
after noise and activation. Karras 2020 (section 2, figure 1) found that normalised maps (AdaIN)
hide a droplet in it: a small spot of very large magnitude, in all pictures, whose size sets the
scale of all the rest. For each picture and layer:

    peak    largest magnitude over the median one
    share   of the sum of squares, what lies within the hundredth of the map that holds most of it
            (of maps with fewer than 100 pixels that part of the strongest); 0.01 on flat maps
    place   the pixel of the largest magnitude

stays is the share of the pictures whose place is within a sixteenth of the map's side (at least the
next pixel) of the commonest place: as near as chance would bring few of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.lab.codes import whole_w
from explorer.lab.intervals import of_mean
from explorer.work.background import computing
from gan.card import home
from gan.generator import Generator
from gan.trace import trace

BRAINS = 250
AREA = 0.01  # of the map, that `share` is about
_NEAR = 1 / 16  # of the map's side
_BATCH = 8
_LARGEST = 64  # pixels a side of a map that is kept


@dataclass(frozen=True)
class Figure:
    """A mean over brains with its 95 % interval."""

    mean: float
    interval: tuple[float, float]

    def times(self, factor: float) -> tuple[float, float, float]:
        """Value, low and high, in another unit."""
        return tuple(factor * x for x in (self.mean, *self.interval))


@dataclass(frozen=True)
class Layer:
    """One layer's magnitudes over all brains. common: the peak that 95 % of the pictures exceed;
    place: the commonest, row and column."""

    resolution: int
    peak: Figure
    common: float
    share: Figure
    stays: Figure
    place: tuple[int, int]


@dataclass(frozen=True)
class Magnitudes:
    """layers: in the network's order. strongest: the number of that with the highest mean peak;
    map: its magnitude over the median of each picture, the mean over brains, float16 [r, r] of at
    most 64 pixels a side, each the largest of what it stands for."""

    brains: int
    layers: tuple[Layer, ...]
    strongest: int
    map: np.ndarray

    @property
    def top(self) -> Layer:
        return self.layers[self.strongest]

    def name(self, number: int) -> str:
        """Of a layer, for people, who count from 1."""
        return f"layer {number + 1} ({self.layers[number].resolution} px)"


def magnitudes(
    generator: Generator, brains: int = BRAINS, report: Callable[[float], None] | None = None
) -> Magnitudes:
    """Of the first of the fixed brains, at psi 1 with the stored noise."""
    ws = generator.broadcast(torch.from_numpy(whole_w(generator, brains)))
    noise = [layer.noise_const[None, None] for layer in generator.synthesis.layers]
    rows: list[list[np.ndarray]] = [[] for _ in noise]  # of each layer: peak, share, place
    sums = [0.0] * len(noise)
    for start in range(0, brains, _BATCH):
        with computing(), torch.inference_mode():
            maps, _ = trace(home(generator.synthesis), ws[start : start + _BATCH], noise)
            for k, x in enumerate(maps):
                found = magnitude(x).double().cpu().numpy()
                rows[k].append(of_maps(found))
                sums[k] = sums[k] + over_median(found).sum(axis=0)
        if report:
            report(min(1.0, (start + _BATCH) / brains))
    tables = [np.concatenate(parts, axis=1) for parts in rows]
    layers = tuple(
        _layer(table, layer.resolution)
        for table, layer in zip(tables, generator.synthesis.layers, strict=True)
    )
    strongest = int(np.nanargmax([layer.peak.mean for layer in layers]))
    shown = _shrunk(sums[strongest] / brains).astype(np.float16)
    return Magnitudes(brains, layers, strongest, shown)


def magnitude(maps: Tensor) -> Tensor:
    """Norm over channels: [N, C, r, r] -> [N, r, r]."""
    return maps.float().norm(dim=1)


def over_median(found: np.ndarray) -> np.ndarray:
    """Magnitudes [N, r, r] for a median of 1 in each; NaN where that is 0."""
    median = np.median(found, axis=(1, 2), keepdims=True)
    return np.where(median > 0, found / np.where(median > 0, median, 1), np.nan)


def of_maps(found: np.ndarray) -> np.ndarray:
    """Peak, share and place (the pixel's number) of magnitudes [N, r, r]: [3, N]."""
    flat = np.sort(found.reshape(len(found), -1), axis=1)[:, ::-1]
    peak = over_median(found).max(axis=(1, 2))
    squares = flat**2
    whole, part = divmod(AREA * flat.shape[1], 1)
    inside = squares[:, : int(whole)].sum(axis=1) + part * squares[:, int(whole)]
    total = squares.sum(axis=1)
    share = np.where(total > 0, inside / np.where(total > 0, total, 1), np.nan)
    return np.stack([peak, share, found.reshape(len(found), -1).argmax(axis=1)])


def _layer(table: np.ndarray, side: int) -> Layer:
    peak, share, place = table
    near, commonest = staying(place.astype(int), side)
    finite = peak[np.isfinite(peak)]
    common = float(np.percentile(finite, 5)) if len(finite) else float("nan")
    return Layer(side, _figure(peak), common, _figure(share), _figure(near), commonest)


def staying(place: np.ndarray, side: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Which pictures have their place near the commonest one, 0 or 1 [N], and that pixel.

    place: numbers of pixels. The commonest has most others near it.
    """
    row, column = place // side, place % side
    reach = max(1, round(side * _NEAR))
    counts = np.zeros((side, side))
    np.add.at(counts, (row, column), 1)
    padded = np.pad(counts, reach)
    around = np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1,) * 2).sum(axis=(2, 3))
    r, c = np.unravel_index((around + 1e-6 * counts).argmax(), around.shape)
    near = (np.abs(row - r) <= reach) & (np.abs(column - c) <= reach)
    return near.astype(float), (int(r), int(c))


def _figure(values: np.ndarray) -> Figure:
    finite = values[np.isfinite(values)]
    mean = float(finite.mean()) if len(finite) else float("nan")
    return Figure(mean, of_mean(values))


def _shrunk(shown: np.ndarray) -> np.ndarray:
    """[r, r] -> at most 64 a side, the largest of each cell."""
    k = max(1, len(shown) // _LARGEST)
    side = len(shown) // k
    return shown.reshape(side, k, side, k).max(axis=(1, 3))
