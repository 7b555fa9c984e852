"""A scan in memory: 8-bit slices, whatever the file was."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.knowledge.heads import brightness_of, head_of
from explorer.recipe.checks import RecipeError

MOST_BYTES = 100 << 20  # of all files of a scan
MOST_SIDE = 4096  # pixels
MOST_VALUES = 100_000_000  # pixels or voxels of a scan
NARROWEST = 8  # times that one side may be the other
_SMALLEST = 8  # pixels of a side
_LARGEST_KEPT = 1024  # pixels of a side
_LEAST = 0.02  # of a slice is head, or it lies above
_SAMPLE = 1 << 21
_PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True)
class Scan:
    """The slices of a file, or of a DICOM series.

    slices: uint8 [N, H, W] or [N, H, W, 3]; of a volume axial and from the neck up, the front of
    the head up and the subject's right on the left. pixel: height and width of a pixel, in mm where
    they are known. middle: the slice to begin with. notes: what the user should know, sentences.
    """

    slices: np.ndarray
    pixel: tuple[float, float] = (1.0, 1.0)
    middle: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def head(self) -> tuple[np.ndarray, float]:
        """Where there is head, bool [H, W], and its brightness: of all slices of a volume together.

        From a little below the middle up: lower down are neck and face, which slices for training
        seldom show.
        """
        middle = self.slices[self.middle]
        bright = brightness_of(middle, head_of(middle))
        first = max(0, self.middle - len(self.slices) // 10)
        some = self.slices[first :: max(1, (len(self.slices) - first) // 16)]
        heads = [head_of(picture) for picture in some if (picture > 0.25 * bright).mean() > _LEAST]
        return np.any(heads or [head_of(middle)], axis=0), bright


def check_size(width: int, height: int, count: int = 1) -> None:
    """Raises RecipeError for what cannot be slices of a head; called before anything is decoded."""
    size = f"{width}×{height} pixels"
    if max(width, height) > MOST_SIDE:
        raise RecipeError(f"scan: {size} are too many for a slice; at most {MOST_SIDE} a side")
    if min(width, height) < _SMALLEST:
        raise RecipeError(f"scan: {size} are too few for a slice; at least {_SMALLEST} a side")
    if max(width, height) > NARROWEST * min(width, height):
        raise RecipeError(f"scan: {size} are too narrow for a slice")
    if count > MOST_SIDE:
        raise RecipeError(f"scan: {count} slices are too many; at most {MOST_SIDE}")
    if width * height * count > MOST_VALUES:
        raise RecipeError(
            f"scan: {count} slices of {size} are too many; at most "
            f"{MOST_VALUES // 10**6} million values"
        )


def eight_bits(
    frames: Callable[[], Iterator[np.ndarray]], count: int, keep: bool = False
) -> np.ndarray:
    """All slices in 8 bits, on one grey scale: uint8 [N, H, W] or [N, H, W, 3].

    frames: gives the `count` slices of one size each time that it is called; it is called twice,
    so that they never lie in memory all at once in full depth. From the 0.5th to the 99.5th
    percentile of the head, or from 0 if that is lower. keep: leave those that have 8 bits as they
    are. Raises RecipeError for NaN, infinity, slices of several sizes, and where nothing is shown.
    """
    values, plain, shape = [], keep, None
    for frame in frames():
        if shape not in (None, frame.shape):
            raise RecipeError("scan: its slices have several sizes")
        shape = frame.shape
        plain = plain and frame.dtype == np.uint8
        if not np.isfinite(frame).all():
            raise RecipeError("scan: holds NaN or infinity; replace them by 0")
        some = frame.reshape(-1)[:: max(1, frame.size * count // _SAMPLE)]
        values.append(some.copy())  # or the whole frame would stay with it
    values = np.concatenate(values).astype(np.float32)
    low, high = _window(values)
    slices = []
    for frame in frames():
        if not plain:
            scaled = (frame.astype(np.float32) - low) * np.float32(255 / (high - low))
            frame = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
        slices.append(_shrunk(frame))
    return np.stack(slices)


def _window(values: np.ndarray) -> tuple[float, float]:
    above = values[values > values.min()]
    if not above.size:
        raise RecipeError("scan: every pixel has the same value")
    head = values[values > 0.1 * np.percentile(above, 99)]
    low, high = np.percentile(head if head.size else above, _PERCENTILES)
    low = min(float(low), 0.0)  # a black background stays black
    return (low, float(high)) if high > low else (float(values.min()), float(values.max()))


def _shrunk(frame: np.ndarray) -> np.ndarray:
    """No larger than any model needs: the mean of whole blocks of pixels."""
    H, W = frame.shape[:2]
    k = -(-max(H, W) // _LARGEST_KEPT)
    if k == 1 or min(H, W) < k:
        return frame
    blocks = frame[: H // k * k, : W // k * k].reshape(H // k, k, W // k, k, -1)
    return (
        np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8).reshape(H // k, W // k, *frame.shape[2:])
    )
