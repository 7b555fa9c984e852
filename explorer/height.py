"""At which height a slice was cut: a small reader learned from real slices of known height.

A model made of slices of many heights varies mostly in height, and every other measurement goes
with it. So the height is a measurement of its own where a model carries a reader
(`height.safetensors` beside the checkpoint), and what the others do is told at equal height.

    python -m explorer.height DATA.zip OUT.safetensors

learns one from a zip of pictures named ..._z00.png to ..._zNN.png, --first-mm and --step-mm apart.
"""

import argparse
import io
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan.checkpoint import write_atomic

SIDE = 32  # pictures are read at this size
_AXES, _SQUARES = 48, 12
_NAME = re.compile(r"(?:.*/)?(?P<person>[^/]+)_z(?P<slice>\d+)\.png")


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
        return _features((_shrink(pictures) - self.centre) @ self.axes.T) @ self.weights


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


def fit(pictures: np.ndarray, heights: np.ndarray, ridge: float = 10.0) -> HeightReader:
    """Learn a reader. pictures: uint8 [N, R, R]; heights: mm [N]."""
    small = _shrink(pictures)
    centre = small.mean(axis=0)
    _, _, axes = np.linalg.svd(small - centre, full_matrices=False)
    axes = axes[:_AXES]
    axes = axes / ((small - centre) @ axes.T).std(axis=0)[:, None]
    features = _features((small - centre) @ axes.T)
    penalty = ridge * np.eye(features.shape[1])
    penalty[-1, -1] = 0  # not of the constant
    weights = np.linalg.solve(features.T @ features + penalty, features.T @ heights)
    return HeightReader(centre, axes, weights)


def _shrink(pictures: np.ndarray) -> np.ndarray:
    """Box averages at 32 px: [N, R, R] -> float32 [N, 1024]."""
    N, R = pictures.shape[:2]
    blocks = pictures.reshape(N, SIDE, R // SIDE, SIDE, R // SIDE)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(N, -1)


def _features(coordinates: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(_SQUARES)
    products = coordinates[:, i] * coordinates[:, j]
    return np.column_stack([coordinates, products, np.ones(len(coordinates))])


def main() -> int:
    """Learn a reader from every second person, tell its error on the others, write it."""
    parser = argparse.ArgumentParser(description="Learn to read a slice's height.")
    parser.add_argument("data", help="zip of pictures named PERSON_zNN.png")
    parser.add_argument("out", help="height.safetensors beside the checkpoint")
    parser.add_argument("--first-mm", type=float, default=-20, help="height of slice 00")
    parser.add_argument("--step-mm", type=float, default=1, help="from one slice to the next")
    args = parser.parse_args()
    pictures, people, heights = [], [], []
    try:
        with zipfile.ZipFile(args.data) as archive:
            for name in archive.namelist():
                if match := _NAME.fullmatch(name):
                    image = Image.open(io.BytesIO(archive.read(name))).convert("L")
                    pictures.append(np.asarray(image.resize((64, 64), Image.Resampling.BOX)))
                    people.append(match["person"])
                    heights.append(args.first_mm + args.step_mm * int(match["slice"]))
    except (OSError, zipfile.BadZipFile) as error:
        print(f"height: {args.data}: {error}", file=sys.stderr)
        return 2
    if len(set(people)) < 4:
        print(f"height: {args.data}: no PERSON_zNN.png of four people or more", file=sys.stderr)
        return 2
    pictures, heights = np.stack(pictures), np.array(heights)
    kept_out = np.isin(people, sorted(set(people))[::4])
    error = fit(pictures[~kept_out], heights[~kept_out]).read_heights(pictures[kept_out])
    error = error - heights[kept_out]
    print(f"{len(set(people))} people; error on a quarter of them left out: "
          f"{np.abs(error).mean():.1f} mm (mean), {error.std():.1f} mm (deviation)")  # fmt: skip
    reader = fit(pictures, heights)
    arrays = {
        name: np.ascontiguousarray(getattr(reader, name).astype(kind))
        for name, kind in (("centre", "f2"), ("axes", "f2"), ("weights", "f4"))
    }
    write_atomic(args.out, save(arrays))
    return 0


if __name__ == "__main__":
    sys.exit(main())
