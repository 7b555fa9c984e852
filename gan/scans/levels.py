"""From any grey levels to 8 bits, by one rule for everybody.

Black is the background, white the 99.5th percentile of the head. The background is 0 where nothing
lies below 0; else the one value that the slices' edges hold, if the head lies above it; else the
low percentile, which is taken too where air lies well above 0. Where the edges hold a value from
amid the head's own (a head whose mean was made 0, all around it 0), or nothing at all, the window
starts just below the head's low percentile. A value of the edges that lies farther from all others
than these from each other (-9999, 65535) stands for nothing, and is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gan.scans.limits import BrokenFile

PERCENTILES = (0.5, 99.5)
_LOST = "holds NaN or infinity, shown black"
_AMID = "its background lies amid the head's grey levels: shown black"
_FAR = "its background has a value far from all others: shown black"
_LIMIT = 1 << 22  # values of a sample
_CONSTANT = 0.5  # of the edges have one value, or there is no plain background
_BELOW = 0.05  # of the other values at most may lie below a background
_AIR = 0.25  # of the values at least are the darkest tenth where there is air beside the head
_ABOVE_BLACK = 0.1  # of the way to white: what is head lies above, where black is known
_LARGEST_KEPT = 1024  # pixels of a side


@dataclass(frozen=True)
class Window:
    """low becomes black, high white; head: what is brighter is head and not air. hole: a value of
    the background amid the head's, or (far) away from them, which is black too; None where there is
    none."""

    low: float
    high: float
    head: float
    hole: float | None = None
    far: bool = False

    def blackened(self, values: np.ndarray) -> np.ndarray:
        """float32, with `low` where there is NaN, infinity or background."""
        values = np.array(values, np.float32)
        values[~np.isfinite(values)] = self.low
        if self.hole is not None:
            values[values == np.float32(self.hole)] = self.low
        return values

    def to_8_bit(self, values: np.ndarray) -> np.ndarray:
        """Grey levels from low to high as 0..255, what lies outside clipped; uint8."""
        scaled = self.blackened(values) - np.float32(self.low)
        scaled *= np.float32(255 / (self.high - self.low))
        return np.rint(np.clip(scaled, 0, 255, out=scaled)).astype(np.uint8)


class Sample:
    """Values evenly spread over slices of any number, never more than a few million, and how many
    are NaN or infinite."""

    def __init__(self):
        self.lost = 0
        self._inside, self._edges = _Thinned(_LIMIT), _Thinned(_LIMIT // 8)

    def add(self, frame: np.ndarray) -> None:
        """frame: a slice [H, W], or values in any other shape."""
        frame = np.asarray(frame)
        if frame.dtype.kind == "f":
            self.lost += frame.size - int(np.isfinite(frame).sum())
        self._inside.add(frame.reshape(-1))
        if frame.ndim == 2:
            for edge in (frame[0], frame[-1], frame[:, 0], frame[:, -1]):
                self._edges.add(edge)

    def values(self) -> np.ndarray:
        """The finite ones, float32 [n]."""
        return self._inside.values()

    def notes(self, window: Window, told: bool = False) -> tuple[str, ...]:
        """What the user should know of the grey levels; told: NaN is the format's own word."""
        lost = (_LOST,) if self.lost and not told else ()
        if window.hole is None:
            return lost
        return (*lost, _FAR if window.far else _AMID)

    def window(self) -> Window:
        """Raises BrokenFile where nothing stands out."""
        values, edges = self.values(), self._edges.values()
        if not values.size:
            raise BrokenFile("holds NaN or infinity and nothing else; make it again")
        around = _constant(edges)
        if around and _is_far(values, around):
            window = _window(*(part[part != np.float32(around)] for part in (values, edges)))
            return replace(window, hole=around, far=True)
        return _window(values, edges)


class _Thinned:
    """A part of a stream, each value as likely as the next."""

    def __init__(self, limit: int):
        self._limit, self._stride, self._size = limit, 1, 0
        self._parts: list[np.ndarray] = []

    def add(self, values: np.ndarray) -> None:
        part = values[:: self._stride].astype(np.float32)
        part = part[np.isfinite(part)]
        self._parts.append(part)
        self._size += part.size
        while self._size > self._limit:
            self._stride *= 2
            self._parts = [part[::2].copy() for part in self._parts]
            self._size = sum(part.size for part in self._parts)

    def values(self) -> np.ndarray:
        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.float32)


def _window(values: np.ndarray, edges: np.ndarray) -> Window:
    """Of finite values, and those at the slices' edges."""
    least = float(values.min())
    around = _constant(edges)
    base = 0.0 if least >= 0 and not _is_lifted(values) else None
    if around is not None:
        others = values[values != np.float32(around)]
        below = float((others < around).mean()) if others.size else 0.0
        if below <= _BELOW:
            base = around
        elif least < 0 and below < 1 - _BELOW:
            return _from_head(others, around)
    elif base is None and not edges.size and not _has_air(values):
        return _from_head(values, None)
    if base is None:
        base = float(np.percentile(values, PERCENTILES[0]))
        base = base if values.max() > base else least
    above = values[values > base]
    if not above.size or values.max() == least:
        raise BrokenFile("every pixel has the same value: there is no picture in it")
    head = base + _ABOVE_BLACK * (float(np.percentile(above, 99)) - base)
    high = float(np.percentile(values[values > head], PERCENTILES[1]))
    return Window(base, high, head)


def _constant(edges: np.ndarray) -> float | None:
    """The value that most of the edges have, None if there is none."""
    if not edges.size:
        return None
    middle = float(np.median(edges.astype(float)))  # whatever more than half of them are, this is
    return middle if (edges == np.float32(middle)).mean() > _CONSTANT else None


def _is_far(values: np.ndarray, around: float) -> bool:
    """Whether all other values lie nearer to each other than to this one."""
    others = values[values != np.float32(around)]
    if not others.size:
        return False
    low, high = (float(x) for x in np.percentile(others, PERCENTILES))
    return high > low and not low - (high - low) <= around <= high + (high - low)


def _is_lifted(values: np.ndarray) -> bool:
    """Whether air is so far above 0 that it would not look black."""
    low, high = np.percentile(values, PERCENTILES)
    return low > _ABOVE_BLACK * high and _has_air(values)


def _has_air(values: np.ndarray) -> bool:
    """Whether more is dark than of a head alone could be."""
    low, high = np.percentile(values, PERCENTILES)
    return (values < low + _ABOVE_BLACK * (high - low)).mean() > _AIR


def _from_head(head: np.ndarray, hole: float | None) -> Window:
    """Nobody knows how far below the head black lies; the darkest of it stays a tenth above."""
    low, high = (float(x) for x in np.percentile(head, PERCENTILES))
    if not high > low:
        raise BrokenFile("every pixel has the same value: there is no picture in it")
    low -= (high - low) * _ABOVE_BLACK / (1 - _ABOVE_BLACK)
    return Window(low, high, low, hole)


def eight_bits(
    frames: Callable[[], Iterator[np.ndarray]], keep: bool = False, told: bool = False
) -> tuple[np.ndarray, tuple[str, ...]]:
    """All slices on one grey scale, uint8 [N, H, W] or [N, H, W, 3], and what the user should know
    of them (see `Sample.notes`).

    frames: gives slices of one size each time that it is called; it is called twice, so that they
    never lie in memory all at once in full depth. keep: leave those that have 8 bits as they are.
    Sides longer than any model needs are shrunk. Raises BrokenFile for slices of several sizes, and
    where nothing is shown.
    """
    sample, plain, shape, uniform = Sample(), keep, None, set()
    for frame in frames():
        if shape not in (None, frame.shape):
            raise BrokenFile("its slices have several sizes")
        shape = frame.shape
        plain = plain and frame.dtype == np.uint8
        if plain:
            uniform |= {int(frame.min()), int(frame.max())}
        else:
            sample.add(frame)
    if plain and len(uniform) < 2:
        raise BrokenFile("every pixel has the same value: there is no picture in it")
    if not plain and keep and uniform:  # 8 bits first and more later
        sample = Sample()
        for frame in frames():
            sample.add(frame)
    window = None if plain else sample.window()
    slices = [_shrunk(frame if plain else window.to_8_bit(frame)) for frame in frames()]
    return np.stack(slices), () if plain else sample.notes(window, told)


def _shrunk(frame: np.ndarray) -> np.ndarray:
    """The mean of whole blocks of pixels."""
    H, W = frame.shape[:2]
    k = -(-max(H, W) // _LARGEST_KEPT)
    if k == 1 or min(H, W) < k:
        return frame
    blocks = frame[: H // k * k, : W // k * k].reshape(H // k, k, W // k, k, -1)
    return (
        np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8).reshape(H // k, W // k, *frame.shape[2:])
    )
