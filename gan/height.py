"""At which height a slice was cut: a small reader learned from real slices of known height.

A model made of slices of many heights varies mostly in height, and every other measurement goes
with it. So the height is a measurement of its own where a model carries a reader
(`height.safetensors` beside the checkpoint), and what the others do is told at equal height.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan.checkpoint import write_atomic
from gan.picture import shrink

FILE = "height.safetensors"  # beside the checkpoint
SIDE = 32  # pictures are read at this size
_AXES, _SQUARES = 48, 12


@dataclass(frozen=True)
class HeightReader:
    """Quadratic regression on the picture's principal coordinates.

    centre: [1024]; axes: [48, 1024], scaled so that coordinates have deviation 1; weights: [48 +
    products of the first 12 + 1], in mm.
    """

    centre: np.ndarray
    axes: np.ndarray
    weights: np.ndarray

    def read_heights(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 [N, R, R], R >= 32 a power of two -> mm [N]; NaN for smaller pictures."""
        if pictures.shape[1] < SIDE:
            return np.full(len(pictures), np.nan)
        return _features((_vectors(pictures) - self.centre) @ self.axes.T) @ self.weights


def read_reader(path: Path) -> HeightReader | None:
    """The reader in a file; None if there is none or it is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            centre, axes, weights = (
                file.get_tensor(name).astype(np.float64) for name in ("centre", "axes", "weights")
            )
    except (OSError, SafetensorError):
        return None
    shapes = (centre.shape, axes.shape, weights.shape)
    whole = shapes == ((SIDE**2,), (_AXES, SIDE**2), (len(_features(np.zeros((1, _AXES)))[0]),))
    finite = all(np.isfinite(a).all() for a in (centre, axes, weights))
    return HeightReader(centre, axes, weights) if whole and finite else None


def write_reader(reader: HeightReader, path: Path) -> None:
    """For `read_reader`; half precision but for the weights."""
    arrays = {
        name: np.ascontiguousarray(getattr(reader, name).astype(kind))
        for name, kind in (("centre", "f2"), ("axes", "f2"), ("weights", "f4"))
    }
    write_atomic(path, save(arrays))


def fit(pictures: np.ndarray, heights: np.ndarray, ridge: float = 10.0) -> HeightReader:
    """Learn a reader. pictures: uint8 [N, R, R]; heights: mm [N]."""
    small = _vectors(pictures)
    centre = small.mean(axis=0)
    _, _, axes = np.linalg.svd(small - centre, full_matrices=False)
    axes = axes[:_AXES]
    axes = axes / ((small - centre) @ axes.T).std(axis=0)[:, None]
    features = _features((small - centre) @ axes.T)
    penalty = ridge * np.eye(features.shape[1])
    penalty[-1, -1] = 0  # not of the constant
    weights = np.linalg.solve(features.T @ features + penalty, features.T @ heights)
    return HeightReader(centre, axes, weights)


def _vectors(pictures: np.ndarray) -> np.ndarray:
    return shrink(pictures, SIDE).reshape(len(pictures), -1)


def _features(coordinates: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(_SQUARES)
    products = coordinates[:, i] * coordinates[:, j]
    return np.column_stack([coordinates, products, np.ones(len(coordinates))])
