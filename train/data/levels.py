"""From 16 bits or floats to 8: one grey scale a person or volume, never a slice."""

import numpy as np

from train.data.files import BrokenFile

PERCENTILES = (0.5, 99.5)
_LIMIT = 1 << 22


class Sample:
    """Values evenly spread over a stream of arrays of any length, never more than a few million."""

    def __init__(self):
        self._parts: list[np.ndarray] = []
        self._stride = 1
        self._size = 0

    def add(self, values: np.ndarray) -> None:
        part = values.reshape(-1)[:: self._stride].astype(np.float32)
        self._parts.append(part)
        self._size += part.size
        while self._size > _LIMIT:
            self._stride *= 2
            self._parts = [part[::2].copy() for part in self._parts]
            self._size = sum(part.size for part in self._parts)

    def values(self) -> np.ndarray:
        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.float32)


def foreground(values: np.ndarray) -> np.ndarray:
    """Where there is a head and not air: above a tenth of the 99th percentile. bool, as `values`.

    Raises BrokenFile where every value is the same.
    """
    above = values[values > values.min()] if values.size else values
    if not above.size:
        raise BrokenFile("every pixel has the same value")
    return values > 0.1 * np.percentile(above, 99)


def window(head: np.ndarray) -> tuple[float, float]:
    """The grey levels that become black and white: percentiles of the foreground."""
    low, high = np.percentile(head, PERCENTILES) if head.size else (0.0, 0.0)
    low = min(float(low), 0.0)  # a black background stays black
    if not high > low:
        raise BrokenFile("no pixel is brighter than the background")
    return low, float(high)


def to_8_bit(pixels: np.ndarray, low: float, high: float) -> np.ndarray:
    """Grey levels from low to high as 0..255, what lies outside clipped; uint8."""
    scaled = (pixels.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
