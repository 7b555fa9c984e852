"""A slice as the model would see it: head and brightness as in the model's own pictures."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer.knowledge.heads import brightness_of, head_of
from explorer.recipe.checks import RecipeError, check_number, check_whole
from explorer.tools.scans.scan import Scan
from gan.scans.limits import NARROWEST

_MARGIN = 0.03  # of a picture's side
_ALIKE = 1.1  # times as bright


@dataclass(frozen=True)
class Box:
    """Where a head lies: its middle and its size, as shares of a picture's side."""

    y: float
    x: float
    height: float
    width: float


@dataclass(frozen=True)
class Frame:
    """How a model's pictures are framed.

    one: the head's mean box, for single slices; all: the box around nearly all heads, for volumes,
    whose slices keep their sizes to each other; least: height and width that nearly all exceed.
    bright: grey level of the head's brighter tissue.
    """

    one: Box
    all: Box
    least: tuple[float, float]
    bright: float

    def shows(self, box: Box) -> bool:
        """Whether the model makes heads like this."""
        inside = (
            abs(box.y - self.all.y) + box.height / 2 <= self.all.height / 2 + _MARGIN
            and abs(box.x - self.all.x) + box.width / 2 <= self.all.width / 2 + _MARGIN
        )
        large = (box.height >= self.least[0] - _MARGIN, box.width >= self.least[1] - _MARGIN)
        return inside and all(large)


@dataclass(frozen=True)
class Placing:
    """How a slice becomes a picture.

    index: of the slice; None for the middle. fit: move, scale and brighten the head to the model's
    frame, unless it stands there already; otherwise the whole slice fills the picture. turn:
    quarter turns to the left. size, brightness: times the size and the grey levels, on top.
    """

    index: int | None = None
    fit: bool = True
    turn: int = 0
    size: float = 1.0
    brightness: float = 1.0

    def __post_init__(self):
        if self.index is not None:
            check_whole(self, "index", 0, 10**6)
        if not isinstance(self.fit, bool):
            raise RecipeError("fit: expected true or false")
        check_whole(self, "turn", 0, 3)
        check_number(self, "size", 0.5, 2)
        check_number(self, "brightness", 0.25, 4)


def frame_of(pictures: np.ndarray) -> Frame:
    """pictures: uint8 [N, R, R] or [N, R, R, 3], a model's own."""
    heads = [head_of(picture) for picture in pictures]
    edges = np.array([_edges(head) for head in heads]) / pictures.shape[1]
    tops, bottoms, lefts, rights = edges.T
    outer = [np.percentile(tops, 5), np.percentile(bottoms, 95),
             np.percentile(lefts, 5), np.percentile(rights, 95)]  # fmt: skip
    bright = [brightness_of(picture, head) for picture, head in zip(pictures, heads, strict=True)]
    least = (float(np.percentile(bottoms - tops, 5)), float(np.percentile(rights - lefts, 5)))
    return Frame(_box(edges.mean(axis=0)), _box(outer), least, float(np.mean(bright)))


def place(scan: Scan, frame: Frame, placing: Placing, resolution: int, channels: int) -> np.ndarray:
    """The slice as a picture of the model's size: uint8 [R, R], or [R, R, 3].

    Raises RecipeError if there is no such slice, or one that is too narrow for a head.
    """
    index = scan.middle if placing.index is None else placing.index
    if index >= len(scan.slices):
        raise RecipeError(f"index: the scan has slices 0 to {len(scan.slices) - 1}")
    picture = np.rot90(scan.slices[index], placing.turn)
    pixel = scan.pixel[::-1] if placing.turn % 2 else scan.pixel
    size = np.array(picture.shape[:2]) * pixel
    if size.max() > NARROWEST * size.min():
        raise RecipeError(f"scan: slices of {size[1]:.4g}×{size[0]:.4g} mm are too narrow")
    middle, side, gain = size / 2, size.max(), 1.0
    at = np.full(2, 0.5)
    if placing.fit:
        head, bright = scan.head
        top, bottom, left, right = _edges(np.rot90(head, placing.turn))
        extent = np.array([bottom - top, right - left]) * pixel
        centre = np.array([top + bottom, left + right]) / 2 * pixel
        share = (centre - middle) / side + 0.5
        if len(scan.slices) > 1 or not frame.shows(Box(*share, *(extent / side))):
            box = frame.one if len(scan.slices) == 1 else frame.all
            # In proportion: as large as the box in area.
            wanted = np.sqrt(extent.prod() / (box.height * box.width))
            middle, side = centre, np.clip(wanted, 0.1 * side, 3 * side)
            at = np.array([box.y, box.x])
        gain = np.clip(frame.bright / max(bright, 1.0), 0.25, 4)
        gain = 1.0 if 1 / _ALIKE < gain < _ALIKE else gain
    side = side / placing.size
    corner, step = (middle - at * side) / pixel, side / np.array(pixel)
    square = _cut(picture, corner, step, resolution)
    square = np.rint(np.clip(square * (gain * placing.brightness), 0, 255)).astype(np.uint8)
    if channels == 3 and square.ndim == 2:
        square = np.repeat(square[:, :, None], 3, axis=2)
    return square


def _cut(picture: np.ndarray, corner: np.ndarray, step: np.ndarray, resolution: int) -> np.ndarray:
    """The square from `corner` (y, x) of `step` pixels a side, at the resolution; black outside."""
    end = corner + step
    before = np.maximum(0, np.ceil(-corner)).astype(int)
    after = np.maximum(0, np.ceil(end - picture.shape[:2])).astype(int)
    margins = list(zip(before, after, strict=True)) + [(0, 0)] * (picture.ndim - 2)
    padded = np.pad(picture, margins)
    (top, left), (bottom, right) = corner + before, end + before
    limits = padded.shape
    box = (max(left, 0), max(top, 0), min(right, limits[1]), min(bottom, limits[0]))
    size = (resolution, resolution)
    return np.asarray(Image.fromarray(padded).resize(size, Image.Resampling.LANCZOS, box))


def _edges(head: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of a mask; the ends excluded."""
    rows, columns = np.flatnonzero(head.any(axis=1)), np.flatnonzero(head.any(axis=0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def _box(edges) -> Box:
    top, bottom, left, right = (float(x) for x in edges)
    return Box((top + bottom) / 2, (left + right) / 2, bottom - top, right - left)
