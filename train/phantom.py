"""python -m train phantom --out FILE: drawn heads whose every factor is known.

Nothing can be said to be disentangled without knowing what there is to disentangle. A phantom is an
axial head drawn from nine numbers that are drawn independently of each other; what else is in the
picture (folds, texture) is chance. A model that is trained on phantoms can be checked against them.
"""

import argparse
import csv
import io
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from tqdm import tqdm

from train.usage import UsageError


class Factor(NamedTuple):
    """One number of a phantom, drawn evenly between low and high."""

    key: str
    unit: str
    low: float
    high: float
    meaning: str


FACTORS = (
    Factor("level", "mm", -20, 60, "height of the slice: horns and deep grey below, bodies above"),
    Factor("length", "%", 72, 90, "length of the head, of the picture's side"),
    Factor("width", "%", 56, 74, "width of the head, of the picture's side"),
    Factor("rotation", "deg", -12, 12, "turn of the head, clockwise"),
    Factor("ventricles", "%", 2, 9, "area of the ventricles, of the head's"),
    Factor("cortex", "%", 7, 17, "thickness of the cortex, of the head's radius"),
    Factor("contrast", "%", 15, 50, "how much darker grey matter is than white"),
    Factor("lesion_place", "", 0, 1, "where the lesion lies, from front to back on the right"),
    Factor("lesion_size", "%", 5, 14, "radius of the lesion, of the head's"),
)
KEYS = tuple(factor.key for factor in FACTORS)
TABLE = "factors.csv"
_WHITE, _FLUID, _LESION = 200.0, 25.0, 70.0


def draw_factors(count: int, seed: int = 0) -> np.ndarray:
    """Independent factors of `count` phantoms: float64 [count, 9], columns as `KEYS`."""
    low, high = np.array([[f.low, f.high] for f in FACTORS]).T
    return np.random.RandomState(seed).uniform(low, high, (count, len(FACTORS)))


def draw_phantom(factors: np.ndarray, resolution: int = 64, seed: int = 0) -> np.ndarray:
    """One phantom: uint8 [resolution, resolution], the background exactly 0.

    factors: [9], as `KEYS`. seed: of what is chance: where the folds are, and the texture. It is
    drawn at twice the size, so that edges are soft.
    """
    f = dict(zip(KEYS, np.asarray(factors, float).tolist(), strict=True))
    chance, size = np.random.RandomState(seed), 2 * resolution
    across, along = _head_frame(f, size)
    rim, angle = np.hypot(across, along), np.arctan2(across, -along)
    edge = 5 / size  # half of the width of a soft edge, in the head's radius

    fold = _folds(chance, angle)
    grey = _WHITE * (1 - f["contrast"] / 100)
    low = np.clip((60 - f["level"]) / 80, 0, 1)  # 1 at the bottom, 0 at the top
    picture = np.full((size, size), _WHITE)
    cortex = 1 - f["cortex"] / 100 - 0.10 * fold
    picture = _lay(picture, grey, cortex - rim, edge, outside=True)
    # The cleft between the hemispheres, with cortex beside it; above the ventricles it is whole.
    reach = 0.62 * low + 0.12
    cleft = np.maximum(np.abs(across), 0.9 * (reach - np.abs(along)))
    picture = _lay(picture, grey, f["cortex"] / 100 - cleft, edge)
    picture = _lay(picture, _FLUID, 0.025 - cleft, edge)
    for side in (-1, 1):
        deep = np.clip((low - 0.3) / 0.7, 0.01, 1)  # grey matter beside the horns
        deep = _ellipse(across, along, side * 0.24, 0.10, 0.24 * deep, 0.26 * deep, side * 20)
        picture = _lay(picture, grey, deep, edge)
    picture = _lay(picture, _FLUID, _ventricles(across, along, f["ventricles"], low), edge)
    turn = np.pi * (0.15 + 0.7 * f["lesion_place"])
    lesion = np.hypot(across - 0.55 * np.sin(turn), along + 0.55 * np.cos(turn))
    picture = _lay(picture, _LESION, f["lesion_size"] / 100 - lesion, edge)
    picture = _lay(picture, _FLUID, 0.13 * fold**3 - (1 - rim), edge)

    texture = _field(chance, size, 12) * 0.02 + _field(chance, size, 1.2) * 0.015
    picture = picture * (1 + texture) * np.clip((1 - rim) / (2 * edge) + 0.5, 0, 1)
    halved = picture.reshape(resolution, 2, resolution, 2).mean(axis=(1, 3))
    head = (rim < 1).reshape(resolution, 2, resolution, 2).any(axis=(1, 3))
    return (np.clip(np.rint(halved), 0, 255) * head).astype(np.uint8)


def _head_frame(f: dict, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Each pixel's place in the turned head: across and along, 1 at its rim; along from front."""
    at = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(at, at)
    turn = np.radians(f["rotation"])
    across = x * np.cos(turn) + y * np.sin(turn)
    along = y * np.cos(turn) - x * np.sin(turn)
    along = along / (f["length"] / 100)
    return across / (f["width"] / 100 * (1 + 0.12 * along)), along  # the back is wider


def _folds(chance: np.random.RandomState, angle: np.ndarray) -> np.ndarray:
    """How deep a furrow is at each angle about the centre, 0..1: some twenty of them."""
    waves = [
        chance.uniform(0.1, 0.25) * np.cos(k * angle + chance.uniform(0, 2 * np.pi))
        for k in (3, 5, 8)
    ]
    depth = 0.6 + 0.4 * np.cos(5 * angle + chance.uniform(0, 2 * np.pi))
    return depth * (0.5 + 0.5 * np.cos(18 * angle + 4 * sum(waves))) ** 2


def _ventricles(across, along, area: float, low: float) -> np.ndarray:
    """Inside above 0: two horns a side, which grow together to long bodies at the top.

    area: per cent of the head, of all four ellipses together.
    """
    scale = np.sqrt(area / 100 / (2 * 0.075 * (0.53 - 0.14 * low)))
    inside = np.full(across.shape, -np.inf)
    for side in (-1, 1):
        front = (side * (0.09 + 0.05 * low), -0.22 - 0.06 * low, 0.075, 0.25 - 0.05 * low)
        back = (side * (0.11 + 0.16 * low), 0.24 + 0.10 * low, 0.075, 0.28 - 0.09 * low)
        for (x, y, a, b), tilt in ((front, -10 - 15 * low), (back, 8 + 22 * low)):
            bent = _ellipse(across, along, x, y, a * scale, b * scale, side * tilt)
            inside = np.maximum(inside, bent)
    return inside


def _ellipse(across, along, x: float, y: float, a: float, b: float, tilt: float) -> np.ndarray:
    """About the distance inside an ellipse about (x, y), half axes a and b, tilted by degrees."""
    turn = np.radians(tilt)
    u = (across - x) * np.cos(turn) + (along - y) * np.sin(turn)
    v = (along - y) * np.cos(turn) - (across - x) * np.sin(turn)
    return (1 - np.hypot(u / a, v / b)) * a


def _lay(picture, value: float, inside: np.ndarray, edge: float, outside: bool = False):
    """Paint `value` where `inside` is above 0 (or, with `outside`, below), with a soft edge."""
    cover = np.clip((-inside if outside else inside) / (2 * edge) + 0.5, 0, 1)
    return picture + cover * (value - picture)


def _field(chance: np.random.RandomState, size: int, blur: float) -> np.ndarray:
    """A smooth random field of deviation 1."""
    field = gaussian_filter(chance.randn(size, size), blur, mode="wrap")
    return field / field.std()


def main(argv: list[str]) -> None:
    """Draw phantoms into a zip with their table. Raises UsageError on wrong numbers."""
    parser = argparse.ArgumentParser(
        prog="python -m train phantom",
        description="Draw heads whose nine factors are known, with a table of them "
        f"({TABLE}, which --labels can read: --label-column level --ordered 8).",
    )
    parser.add_argument("--out", type=Path, required=True, help="the zip to write")
    parser.add_argument("--count", type=int, default=20_000, help="phantoms (default 20000)")
    parser.add_argument("--resolution", type=int, default=64, help="pixels (default 64)")
    parser.add_argument("--seed", type=int, default=0, help="other phantoms (default 0)")
    args = parser.parse_args(argv)
    if args.out.suffix != ".zip":
        raise UsageError(f"--out {args.out}: its name must end in .zip")
    if not 20 <= args.count <= 1_000_000:
        raise UsageError(f"--count {args.count}: 20 to 1,000,000")
    if args.resolution not in (32, 64, 128, 256, 512):
        raise UsageError(f"--resolution {args.resolution}: 32, 64, 128, 256 or 512")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    table = draw_factors(args.count, args.seed)
    part = args.out.with_name(args.out.name + ".part")
    _write(part, table, args.resolution, args.seed)
    part.replace(args.out)
    print(f"{args.out}: {args.count} phantoms, every tenth kept apart as val; factors in {TABLE}")


def _write(path: Path, table: np.ndarray, resolution: int, seed: int) -> None:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["file", "subject", "split", *KEYS])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for i, factors in enumerate(tqdm(table, desc="phantoms", unit="picture")):
            split, subject = "val" if i % 10 == 9 else "train", f"phantom-{i:06d}"
            name, png = f"{split}/{subject}/{subject}.png", io.BytesIO()
            pixels = draw_phantom(factors, resolution, seed * 1_000_003 + i)
            Image.fromarray(pixels).save(png, "PNG")
            archive.writestr(name, png.getvalue())
            rows.writerow([name, subject, split, *(f"{x:.4f}" for x in factors)])
        archive.writestr(TABLE, text.getvalue())
