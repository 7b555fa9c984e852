"""Measure at which heights the measurements mean something.

    python -m explorer.ranges LABELLED.zip

reads real slices of known height (a zip of pictures with manifest.csv: file, subject, z_mni_mm,
brain_frac, lateral_ventricles) and writes assets/ranges.json (explorer.knowledge.ranges). In bands
of 5 mm, what has a true value is judged by its correlation with that; everything else by known
changes: real slices are turned, stretched, darkened, ... and the measurement should tell by how
much.
"""

import argparse
import csv
import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from explorer.knowledge.ranges import FILE
from gan.checkpoint import write_atomic
from gan.measure import KEYS, measure

BANDS, STEP = range(-20, 60, 5), 5  # mm
EACH = 20  # slices of a band that are changed
LEAST_R, MOST_WRONG, LEAST_TAKEN = 0.8, 1 / 3, 0.8
LEAST_BANDS = 2  # side by side: fewer are chance
WHITE = 200.0  # white matter's grey in such slices
_TURN, _STRETCH, _DARK, _BLUR, _GRAIN = 5.0, 0.94, 0.85, 0.6, 10.0


@dataclass(frozen=True)
class Slices:
    """pictures: uint8 [N, R, R]; heights: mm [N]; truth: true values by key, [N]; people: how many;
    sources: where they come from."""

    pictures: np.ndarray
    heights: np.ndarray
    truth: dict[str, np.ndarray]
    people: int
    sources: tuple[str, ...]


def main() -> int:
    """Measure, say what was found, write it; 2 if the zip cannot be used."""
    parser = argparse.ArgumentParser(description="Measure where the measurements mean something.")
    parser.add_argument("data", help="zip of pictures with manifest.csv")
    args = parser.parse_args()
    try:
        slices = read(args.data)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        print(f"ranges: {args.data}: {error}", file=sys.stderr)
        return 2
    found = {**against_truth(slices), **under_change(slices)}
    content = {
        "slices": len(slices.heights), "people": slices.people, "sources": slices.sources,
        "changed": EACH * len(BANDS), "bands": [[a, a + STEP] for a in BANDS],
        "rules": {"r": LEAST_R, "wrong": round(MOST_WRONG, 3), "taken": LEAST_TAKEN,
                  "least_mm": STEP * LEAST_BANDS},
        "measurements": {key: found[key] for key in KEYS},
    }  # fmt: skip
    write_atomic(FILE, (json.dumps(content, indent=1) + "\n").encode())
    for key in KEYS:
        told = found[key]
        print(f"{key:11s} {told['figure']:6s}", *told["values"], "->", told["range"])
    return 0


def read(path: str) -> Slices:
    """Raises KeyError where there is no manifest or it lacks a column, OSError, ValueError."""
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("manifest.csv"), "utf-8")))
        pictures = [
            np.asarray(Image.open(io.BytesIO(archive.read(r["file"]))).convert("L")) for r in rows
        ]
    column = lambda name: np.array([float(r[name]) for r in rows])  # noqa: E731
    mask = column("brain_frac")
    truth = {"area": 100 * mask, "ventricles": 100 * column("lateral_ventricles") / mask}
    sources = tuple(sorted({r["source"] for r in rows}))
    people = len({r["subject"] for r in rows})
    return Slices(np.stack(pictures), column("z_mni_mm"), truth, people, sources)


def against_truth(slices: Slices) -> dict[str, dict]:
    """Correlation of what is measured with what is true, in each band."""
    table = measure(slices.pictures)
    found = {}
    for key, truth in slices.truth.items():
        values, r, taken = table[:, KEYS.index(key)], [], []
        for here in _in_bands(slices.heights):
            whole = here & np.isfinite(values)
            taken.append(whole.sum() / max(here.sum(), 1))
            varied = whole.sum() > 2 and values[whole].std() > 0 and truth[whole].std() > 0
            r.append(np.corrcoef(values[whole], truth[whole])[0, 1] if varied else 0.0)
        good = [x >= LEAST_R and t >= LEAST_TAKEN for x, t in zip(r, taken, strict=True)]
        found[key] = _told("r", r, taken, good)
    return found


def under_change(slices: Slices) -> dict[str, dict]:
    """How far a known change is misread, as a share of it: the middle slice of each band."""
    random = np.random.default_rng(0)
    chosen = np.concatenate([
        random.choice(np.flatnonzero(here), min(EACH, here.sum()), replace=False)
        for here in _in_bands(slices.heights)
    ])  # fmt: skip
    pictures, heights = slices.pictures[chosen].astype(np.float32), slices.heights[chosen]
    before = measure(slices.pictures[chosen])
    found = {}
    for key, (change, expected) in _CHANGES.items():
        k = KEYS.index(key)
        want = expected(before[:, k]) - before[:, k]
        got = measure(_whole(change(pictures, random)))[:, k] - before[:, k]
        wrong, taken = [], []
        for here in _in_bands(heights):
            share = (np.abs(got - want) / np.abs(want))[here]
            taken.append(np.isfinite(share).mean() if here.any() else 0.0)
            wrong.append(np.nanmedian(share) if taken[-1] else 1.0)
        good = [x <= MOST_WRONG and t >= LEAST_TAKEN for x, t in zip(wrong, taken, strict=True)]
        found[key] = _told("wrong", wrong, taken, good)
    return found


def longest(good: list[bool]) -> list[float] | None:
    """The longest run of good bands in mm, from and below; [] if that is all, None if none is long
    enough."""
    if all(good):
        return []
    runs, start = [], None
    for i, g in enumerate([*good, False]):
        if g and start is None:
            start = i
        elif not g and start is not None:
            runs.append((i - start, -start))
            start = None
    length, first = max(runs, default=(0, 0))
    if length < LEAST_BANDS:
        return None
    return [float(BANDS[-first]), float(BANDS[-first] + STEP * length)]


def _told(figure: str, values: list, taken: list, good: list[bool]) -> dict:
    rounded = [[round(float(x), 2) for x in column] for column in (values, taken)]
    return {"figure": figure, "values": rounded[0], "taken": rounded[1], "range": longest(good)}


def _in_bands(heights: np.ndarray) -> list[np.ndarray]:
    return [(heights >= a) & (heights < a + STEP) for a in BANDS]


def _whole(pictures: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pictures), 0, 255).astype(np.uint8)


def _moved(pictures: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Each picture seen through a matrix about its middle: output place -> input place."""
    middle = np.full(2, (pictures.shape[1] - 1) / 2)
    shift = middle - matrix @ middle
    return np.stack([ndimage.affine_transform(p, matrix, shift, order=1) for p in pictures])


def _turned(pictures: np.ndarray, random) -> np.ndarray:
    angle = np.radians(_TURN)
    cos, sin = np.cos(angle), np.sin(angle)
    return _moved(pictures, np.array([[cos, sin], [-sin, cos]]))  # anticlockwise


def _half_dark(pictures: np.ndarray, random) -> np.ndarray:
    right = np.arange(pictures.shape[2]) >= pictures.shape[2] // 2
    return pictures * np.where(right, _DARK, 1)


def _sides(value: np.ndarray) -> np.ndarray:
    left, right = 1 - value / 100, _DARK * (1 + value / 100)
    return 100 * (right - left) / (right + left)


def _greyer(pictures: np.ndarray, random) -> np.ndarray:
    """Everything in the head a fifth of the way to white matter's level."""
    return np.where(pictures > 0, WHITE - 0.8 * (WHITE - pictures), 0)


def _contrast(value: np.ndarray) -> np.ndarray:
    grey = 1 - 0.8 * (1 - (100 - value) / (100 + value))  # of white
    return 100 * (1 - grey) / (1 + grey)


def _fine_lost() -> float:
    """dB that the blur takes from the fine band of `gan.measure`'s sharpness, beyond the coarse
    one: power falls by exp(-(2 pi sigma f)^2)."""
    kept = [
        np.exp(-((2 * np.pi * _BLUR * np.linspace(*band, 100)) ** 2)).mean()
        for band in ((0.20, 0.35), (0.05, 0.15))
    ]
    return float(10 * np.log10(kept[0] / kept[1]))


# What is done to the pictures, and what a measurement should then read.
_Change = tuple[Callable, Callable[[np.ndarray], np.ndarray]]
_CHANGES: dict[str, _Change] = {
    "ratio": (lambda x, _: _moved(x, np.diag([1 / _STRETCH, 1])), lambda v: _STRETCH * v),
    "rotation": (_turned, lambda v: v - _TURN),
    "brightness": (lambda x, _: _DARK * x, lambda v: _DARK * v),
    "contrast": (_greyer, _contrast),
    "asymmetry": (lambda x, _: (x + x[:, :, ::-1]) / 2, lambda v: 0 * v),
    "sides": (_half_dark, _sides),
    "sharpness": (lambda x, _: ndimage.gaussian_filter(x, (0, _BLUR, _BLUR)),
                  lambda v: v + _fine_lost()),
    "noise": (lambda x, random: x + _GRAIN * random.standard_normal(x.shape) * (x > 0),
              lambda v: np.hypot(v, 100 * _GRAIN / 255)),
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
