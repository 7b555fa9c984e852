"""Pictures that resemble the one before, in fewer bytes than as PNG, and nothing lost.

Each pixel is predicted from thirteen that are known by then, of its own picture and of the two
before it; what it differs by is compressed with LZMA. The weights are fitted to each lane, as LANE
pictures in a row are called. Slices of heads a millimetre apart take a fifth less than as PNG.

A pixel can only be restored after the one before it. So that numpy has work for each, all lanes are
restored side by side, and the pictures of a lane too, each SKEW pixels behind the one before: a
grid [T, LANE, lanes] holds the k-th picture's pixel p, counted along its rows with their black
edges, at time p + SKEW * k.
"""

import lzma
from collections.abc import Iterator
from itertools import islice

import numpy as np

LANE = 256  # pictures; the first of a lane is predicted from itself alone
SKEW = 2  # pixels: of an earlier picture, one to the right is known
_EDGE = 2  # black rows above a picture, and black pixels behind each row
_BYTES = 2**28  # of a grid
_SHIFT = 8  # weights are whole 256ths ...
_HEAVIEST = 2**15  # ... of which the sums stay within 32 bits
# Pictures back, rows down, pixels to the right.
_KNOWN = (
    (0, 0, -1), (0, 0, -2), (0, -1, -1), (0, -1, 0), (0, -1, 1), (0, -2, 0),
    (1, 0, -1), (1, 0, 0), (1, 0, 1), (1, -1, -1), (1, -1, 0), (1, -1, 1), (2, 0, 0),
)  # fmt: skip
_FITTED = 50  # times whose pixels the weights are learnt from
# The upper half of the byte before tells how rough the picture is there.
_LZMA = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 4, "lp": 0, "pb": 0}]


class Broken(ValueError):
    """No bytes and weights that `squeeze` gave."""


def squeeze(pictures: np.ndarray) -> tuple[bytes, list[list[int]]]:
    """uint8 [N, R, R] in fewer bytes, and the weights of each lane, which `restore` needs."""
    side = pictures.shape[1]
    compressor, weights, pieces = lzma.LZMACompressor(filters=_LZMA), [], []
    for block in _blocks(pictures):
        grid = _grid(block)
        fitted = _fit(grid, side)
        for time in reversed(range(_first(side), len(grid))):
            grid[time] -= _predicted(grid, time, side, fitted)
        weights += fitted.T.tolist()
        pieces.append(compressor.compress(_pictures(grid, block.shape).tobytes()))
    return b"".join((*pieces, compressor.flush())), weights


def restore(content: bytes, weights: list[list[int]], shape: tuple[int, int, int]) -> np.ndarray:
    """What was squeezed, uint8 [N, R, R]. Raises Broken."""
    lanes = iter(weights)
    side, pictures = shape[1], np.empty(shape, np.uint8)
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    for block in _blocks(pictures):
        found = _next(decompressor, content, block.size)
        content = b""  # the decompressor has it by now
        grid = _grid(np.frombuffer(found, np.uint8).reshape(block.shape))
        fitted = _checked(list(islice(lanes, grid.shape[2])), grid.shape[2])
        for time in range(_first(side), len(grid)):
            grid[time] += _predicted(grid, time, side, fitted)
            grid[time][~_inside(time, side)] = 0
        block[:] = _pictures(grid, block.shape)
    return pictures


def _checked(weights: list[list[int]], lanes: int) -> np.ndarray:
    """int32 [13, lanes]."""
    try:
        found = np.array(weights, np.int32).T
    except (ValueError, TypeError, OverflowError) as error:
        raise Broken("weights that are no numbers") from error
    if found.shape != (len(_KNOWN), lanes) or (np.abs(found) > _HEAVIEST).any():
        raise Broken("not the weights of thirteen known pixels")
    return found


def _next(decompressor: lzma.LZMADecompressor, content: bytes, size: int) -> bytes:
    pieces = []
    try:
        while size:
            pieces.append(decompressor.decompress(content, size))
            if not pieces[-1]:
                raise Broken("cut short")
            content = b""
            size -= len(pieces[-1])
    except (lzma.LZMAError, EOFError) as error:
        raise Broken(str(error)) from error
    return b"".join(pieces)


def _blocks(pictures: np.ndarray) -> Iterator[np.ndarray]:
    """As many pictures at a time as a grid has room for, in whole lanes."""
    size = LANE * max(1, _BYTES // (LANE * _times(pictures.shape[1])))
    for first in range(0, len(pictures), size):
        yield pictures[first : first + size]


def _times(side: int) -> int:
    return (side + _EDGE) ** 2 + SKEW * (LANE - 1)


def _first(side: int) -> int:
    """The time of the first pixel of all."""
    return _EDGE * (side + _EDGE)


def _rows(grid: np.ndarray, k: int, side: int) -> np.ndarray:
    """Of all lanes the k-th picture, without its edges: a view [R, R, lanes]."""
    wide = side + _EDGE
    whole = grid[SKEW * k : SKEW * k + wide**2, k].reshape(wide, wide, -1)
    return whole[_EDGE:, :side]


def _grid(pictures: np.ndarray) -> np.ndarray:
    lanes, side = -(-len(pictures) // LANE), pictures.shape[1]
    grid = np.zeros((_times(side), LANE, lanes), np.uint8)
    for k in range(min(LANE, len(pictures))):
        those = pictures[k::LANE]
        _rows(grid, k, side)[..., : len(those)] = those.transpose(1, 2, 0)
    return grid


def _pictures(grid: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The inverse of `_grid`."""
    pictures = np.empty(shape, np.uint8)
    for k in range(min(LANE, len(pictures))):
        those = pictures[k::LANE]
        those[:] = _rows(grid, k, shape[1])[..., : len(those)].transpose(2, 0, 1)
    return pictures


def _inside(time: int, side: int) -> np.ndarray:
    """Whether the k-th pictures have a pixel at this time, not an edge: bool [LANE]."""
    down, right = np.divmod(time - SKEW * np.arange(LANE), side + _EDGE)
    return (down >= _EDGE) & (down < side + _EDGE) & (right < side)


def _known(grid: np.ndarray, time: int, side: int) -> Iterator[np.ndarray]:
    """For each of _KNOWN those of all pictures: uint8 [LANE, lanes]."""
    for back, down, right in _KNOWN:
        row = grid[time + down * (side + _EDGE) + right - SKEW * back]
        yield np.concatenate([np.zeros_like(row[:back]), row[: LANE - back]]) if back else row


def _predicted(grid: np.ndarray, time: int, side: int, weights: np.ndarray) -> np.ndarray:
    """uint8 [LANE, lanes], by the weights int32 [13, lanes]."""
    total = np.full(grid.shape[1:], 2 ** (_SHIFT - 1), np.int32)
    for weight, known in zip(weights, _known(grid, time, side), strict=True):
        total += np.multiply(known, weight, dtype=np.int32)
    return (total >> _SHIFT).clip(0, 255).astype(np.uint8)


def _fit(grid: np.ndarray, side: int) -> np.ndarray:
    """The weights of each lane, int32 [13, lanes]: least squares over pixels of some times."""
    known, values = [], []
    for time in np.linspace(_first(side), len(grid) - 1, _FITTED).astype(int).tolist():
        inside = _inside(time, side)
        known.append(np.stack([x[inside] for x in _known(grid, time, side)], 2))
        values.append(grid[time][inside])
    known, values = (np.concatenate(x).swapaxes(0, 1).astype(float) for x in (known, values))
    found = [np.linalg.lstsq(*lane, rcond=None)[0] for lane in zip(known, values, strict=True)]
    weights = np.rint(np.stack(found, 1) * 2**_SHIFT)
    return weights.clip(-_HEAVIEST, _HEAVIEST).astype(np.int32)
