"""A slice's height by the slices that resemble it: the second reader, which judges.

Nearest neighbours among real slices of known height, by where the edges of a picture point
(histograms of oriented gradients, Dalal and Triggs 2005), so by another method and other inputs
than the regression on grey values that directions are built with. How far the neighbours are tells
whether a picture looks like a real slice at all.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from gan.picture import shrink

SIDE = 32  # pictures are read at this size
AXES, MOST = 24, 3000  # principal axes kept, slices kept
_BINS, _CELLS, _NEAREST = 8, 8, 12
FEATURES = _BINS * _CELLS**2
_CHUNK = 256


@dataclass(frozen=True)
class NeighbourReader:
    """centre: [512]; axes: [24, 512]; of N slices places: [N, 24] and heights: [N], in mm."""

    centre: np.ndarray
    axes: np.ndarray
    places: np.ndarray
    heights: np.ndarray

    def read(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 [N, R, R], R >= 32 -> heights in mm [N], and distances to the nearest slices [N].

        Read as it is and mirrored, since no height has a side: the mean of both heights, the
        smaller distance.
        """
        parts = [
            [self._nearest(p) for p in (piece, piece[:, :, ::-1])]
            for piece in (pictures[i : i + _CHUNK] for i in range(0, len(pictures), _CHUNK))
        ]
        if not parts:
            return np.empty(0), np.empty(0)
        both = np.concatenate([np.array(p) for p in parts], axis=2)  # [2 ways, 2, N]
        return both[:, 0].mean(axis=0), both[:, 1].min(axis=0)

    def _nearest(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = (_edges(pictures) - self.centre) @ self.axes.T
        square = (found**2).sum(axis=1)[:, None] + (self.places**2).sum(axis=1)
        square = np.maximum(square - 2 * found @ self.places.T, 1e-9)
        k = min(_NEAREST, len(self.places))
        near = np.argpartition(square, k - 1, axis=1)[:, :k]
        square = np.take_along_axis(square, near, axis=1)
        weight = 1 / square
        heights = (weight * self.heights[near]).sum(axis=1) / weight.sum(axis=1)
        return heights, np.sqrt(square.mean(axis=1))


def fit(pictures: np.ndarray, heights: np.ndarray) -> NeighbourReader:
    """Remember slices: uint8 [N, R, R], mm [N]; of very many every second, third, ..."""
    kept = slice(None, None, -(-len(pictures) // MOST))
    edges = np.concatenate([
        _edges(pictures[kept][i : i + _CHUNK]) for i in range(0, len(pictures[kept]), _CHUNK)
    ])  # fmt: skip
    centre = edges.mean(axis=0)
    _, axes = np.linalg.eigh((edges - centre).T @ (edges - centre))
    axes = axes.T[: -AXES - 1 : -1]
    return NeighbourReader(centre, axes, (edges - centre) @ axes.T, heights[kept].astype(float))


def _edges(pictures: np.ndarray) -> np.ndarray:
    """Square roots of each cell's share of the edges in eight directions: [N, 512], length 1."""
    x = ndimage.gaussian_filter(shrink(pictures, SIDE), (0, 0.7, 0.7))
    down, right = np.gradient(x, axis=(1, 2))
    turn = np.arctan2(down, right) / (2 * np.pi) * _BINS
    bins = np.arange(_BINS)[:, None, None, None]
    apart = np.abs((turn - bins + _BINS / 2) % _BINS - _BINS / 2)
    votes = np.hypot(down, right) * np.maximum(1 - apart, 0)  # [bins, N, 32, 32]
    place, cell = np.arange(SIDE), SIDE // _CELLS
    pool = np.exp(-0.5 * ((place - cell * np.arange(_CELLS)[:, None] - cell / 2) / cell * 2) ** 2)
    cells = (pool @ votes @ pool.T).transpose(1, 0, 2, 3).reshape(len(pictures), -1)
    return np.sqrt(cells / np.maximum(cells.sum(axis=1, keepdims=True), 1e-6))
