"""At which height a slice was cut: two readers learned from real slices of known height.

A model made of slices of many heights varies mostly in height, and every other measurement goes
with it. So the height is a measurement of its own where a model carries readers
(`height.safetensors` beside the checkpoint), and what the others do is told at equal height.

The first reader builds directions; one that was made to leave its reading alone is blind to its
mistakes. So another judges (gan.neighbours), and where the two disagree, or a picture resembles no
real slice, there is no height.

The same readers learn any other number that slices come with: from `age.safetensors` they tell how
old the people are whose slices look like a picture, in years instead of mm.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan import neighbours
from gan.checkpoint import write_atomic
from gan.neighbours import AXES, FEATURES, NeighbourReader
from gan.picture import shrink

FILE, AGE_FILE = "height.safetensors", "age.safetensors"  # beside the checkpoint
SIDE = 32  # pictures are read at this size
_AXES, _SQUARES = 48, 12
_SURE = 0.99  # of the slices of people left out are within the bounds


@dataclass(frozen=True)
class HeightReader:
    """The first: quadratic regression on the picture's principal coordinates.

    centre: [1024]; axes: [48, 1024], scaled so that coordinates have deviation 1; weights: [48 +
    products of the first 12 + 1], in mm.
    """

    centre: np.ndarray
    axes: np.ndarray
    weights: np.ndarray

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 [N, R, R], R >= 32 a power of two -> mm [N]; NaN for smaller pictures."""
        if pictures.shape[1] < SIDE:
            return np.full(len(pictures), np.nan)
        return _features((_vectors(pictures) - self.centre) @ self.axes.T) @ self.weights


@dataclass(frozen=True)
class Trust:
    """How far the readers can be trusted, measured on the slices of people left out.

    error, deviation: of the second reader, mean size and standard deviation in mm. first_error: of
    the first. people: how many were left out. apart: mm by which the two differ on all but 1 % of
    their slices; far: distance to the nearest slices that all but 1 % stay below.
    """

    error: float
    deviation: float
    first_error: float
    people: float
    apart: float
    far: float


@dataclass(frozen=True)
class Readers:
    """Both readers. build: for making directions; judge: for everything that is told."""

    build: HeightReader
    judge: NeighbourReader
    trust: Trust

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 [N, R, R] -> mm [N] by the second reader; NaN where the height is not readable."""
        first = self.build.read(pictures)
        if np.isnan(first).all():  # too small
            return first
        heights, distances = self.judge.read(pictures)
        legible = np.abs(heights - first) <= self.trust.apart
        return np.where(legible & (distances <= self.trust.far), heights, np.nan)


def learn(pictures: np.ndarray, heights: np.ndarray, people: np.ndarray) -> Readers:
    """Both readers, and how far to trust them: measured on every fourth person, left out for that.

    pictures: uint8 [N, R, R]; heights: mm [N]; people: [N], of four or more.
    """
    out = np.isin(people, np.unique(people)[::4])
    first = fit(pictures[~out], heights[~out]).read(pictures[out])
    second, distances = neighbours.fit(pictures[~out], heights[~out]).read(pictures[out])
    error = second - heights[out]
    trust = Trust(
        float(np.abs(error).mean()), float(error.std()),
        float(np.abs(first - heights[out]).mean()), float(len(np.unique(people[out]))),
        float(np.quantile(np.abs(first - second), _SURE)), float(np.quantile(distances, _SURE)),
    )  # fmt: skip
    return Readers(fit(pictures, heights), neighbours.fit(pictures, heights), trust)


def load_readers(path: Path) -> Readers | None:
    """The readers in a file; None if there are none, only one, or they are damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {k: file.get_tensor(k).astype(np.float64) for k in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None
    N = len(tensors.get("near_heights", ()))
    products = _AXES + len(np.triu_indices(_SQUARES)[0]) + 1
    shapes = {
        "centre": (SIDE**2,), "axes": (_AXES, SIDE**2), "weights": (products,),
        "near_centre": (FEATURES,), "near_axes": (AXES, FEATURES), "near_places": (N, AXES),
        "near_heights": (N,), "trust": (len(fields(Trust)),),
    }  # fmt: skip
    if not N or {name: tensor.shape for name, tensor in tensors.items()} != shapes:
        return None
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        return None
    build = HeightReader(tensors["centre"], tensors["axes"], tensors["weights"])
    judge = NeighbourReader(*(tensors[f"near_{f.name}"] for f in fields(NeighbourReader)))
    return Readers(build, judge, Trust(*tensors["trust"].tolist()))


def save_readers(readers: Readers, path: Path) -> None:
    """For `load_readers`; half precision but for the weights and bounds."""
    arrays = {name: getattr(readers.build, name) for name in ("centre", "axes", "weights")}
    arrays |= {f"near_{f.name}": getattr(readers.judge, f.name) for f in fields(NeighbourReader)}
    arrays["trust"] = np.array([getattr(readers.trust, f.name) for f in fields(Trust)])
    exact = ("weights", "trust")
    arrays = {
        name: np.ascontiguousarray(array.astype("f4" if name in exact else "f2"))
        for name, array in arrays.items()
    }
    write_atomic(path, save(arrays))


def fit(pictures: np.ndarray, heights: np.ndarray, ridge: float = 10.0) -> HeightReader:
    """Learn the first reader. pictures: uint8 [N, R, R]; heights: mm [N]."""
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
