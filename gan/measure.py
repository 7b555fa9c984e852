"""Ten numbers that anybody can check by eye, measured on a picture of a head.

For axial T1-weighted slices, front of the head up, on black. They are statistics of one picture,
not volumetry. Lengths in pixels are meant at 128 px and scale with the picture; sharpness and
noise belong to the pixels themselves.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Measurement:
    """One column of `measure`: a key for programs; name, unit and meaning for people.

    more, less: what an edit does that raises or lowers it.
    """

    key: str
    name: str
    unit: str
    meaning: str
    more: str
    less: str


MEASUREMENTS = (
    Measurement("area", "Brain area", "%", "Share of the picture that the head fills.",
                "larger brain", "smaller brain"),
    Measurement("ratio", "Length to width", "", "Front-to-back length over left-to-right width.",
                "longer and narrower", "rounder"),
    Measurement("rotation", "Rotation", "°", "Turn of the head's mirror line; clockwise is +.",
                "turned clockwise", "turned anticlockwise"),
    Measurement("brightness", "Brightness", "%", "Middle grey value inside the head, of white.",
                "brighter", "darker"),
    Measurement("ventricles", "Ventricles", "%", "Dark, fluid-filled share of the head's centre.",
                "larger ventricles", "smaller ventricles"),
    Measurement("contrast", "Grey-white contrast", "%",
                "Difference of white and grey matter over their sum.",
                "more grey-white contrast", "less grey-white contrast"),
    Measurement("asymmetry", "Asymmetry", "%", "How much the halves differ once mirrored.",
                "less symmetric", "more symmetric"),
    Measurement("sides", "Right-left signal", "%",
                "Brightness of the picture's right half against its left half.",
                "brighter on the picture's right", "brighter on the picture's left"),
    Measurement("sharpness", "Sharpness", "dB", "Power of fine detail against coarse structure.",
                "sharper", "blurrier"),
    Measurement("noise", "Noise", "%", "Grain from pixel to pixel inside the head, of white.",
                "grainier", "smoother"),
)  # fmt: skip
KEYS = tuple(m.key for m in MEASUREMENTS)
VERSION = 1  # of what the keys mean: raised when a change gives the same picture other numbers

_ZONE = (0.50, 0.58)  # where ventricles are sought: half axes, of half the width and length
CENTRE = _ZONE[0] * _ZONE[1]  # share of the head's ellipse that this zone is
_CHUNK = 64  # pictures at a time: bounds the memory
_RADII, _TURNS = 24, 480  # of the polar grid; half a turn step is the grid of angles, 0.375 degrees
_MOST_TURNED = 15.0
_IN_PLANE = ndimage.generate_binary_structure(2, 1)[None]  # neighbours within a picture only


@dataclass(frozen=True)
class _Head:
    """Where the heads are. All [N]; the masks [N, R, R]. angle: radians, clockwise."""

    mask: np.ndarray
    core: np.ndarray  # the mask without its rim
    row: np.ndarray
    column: np.ndarray
    angle: np.ndarray
    whole: np.ndarray  # bool: inside the picture
    found: np.ndarray  # bool: there is a head at all


def measure(pictures: np.ndarray) -> np.ndarray:
    """Measure grey pictures: uint8 [N, R, R] or [R, R] -> float64 [N, K], columns as `KEYS`.

    A measurement that fails is NaN: all of them where no head is found (less than 5 % of the
    picture), those of shape where it touches the border, those of tissue where grey and white
    matter cannot be told apart. Raises ValueError on another shape or kind.
    """
    pictures = _checked(pictures)
    parts = [_measure(pictures[i : i + _CHUNK]) for i in range(0, len(pictures), _CHUNK)]
    return np.concatenate(parts) if parts else np.empty((0, len(KEYS)))


def white_matter_share(pictures: np.ndarray) -> np.ndarray:
    """White matter, in % of the picture: uint8 [N, R, R] or [R, R] -> float64 [N].

    The pixels inside the head that are brighter than the midpoint between grey and white matter's
    level. NaN where no head is found or the two cannot be told apart. Raises ValueError on another
    shape or kind.

    Beside the true shares of 6,720 real slices (IXI, axial T1w) it correlates with 0.83 to 0.95 at
    each height from -12 to +46 mm in MNI space, with a bias of -2.4 to +3.2 % of the picture that
    changes with the height (over all heights 0.81); from -14 mm down 5 to 12 % too much. Of
    thresholds at 20 to 90 % of the way from grey to white the midpoint and 55 % have the smallest
    typical error, 1.9 %.
    """
    pictures = _checked(pictures)
    parts = [_white_matter(pictures[i : i + _CHUNK]) for i in range(0, len(pictures), _CHUNK)]
    return np.concatenate(parts) if parts else np.empty(0)


def _checked(pictures: np.ndarray) -> np.ndarray:
    pictures = np.asarray(pictures)
    if pictures.ndim == 2:
        pictures = pictures[None]
    _, *size = pictures.shape
    if pictures.dtype != np.uint8 or len(size) != 2 or size[0] != size[1] or size[0] < 16:
        raise ValueError(
            "pictures: expected uint8 [N, R, R], R at least 16, "
            f"got {pictures.dtype} {list(pictures.shape)}"
        )
    return pictures


def head_masks(pictures: np.ndarray) -> np.ndarray:
    """Where the heads are, holes filled: uint8 [N, R, R] -> bool [N, R, R]; all False without."""
    x = pictures.astype(np.float32) / 255
    with np.errstate(all="ignore"):
        parts = [_find_head(x[i : i + _CHUNK], x.shape[1] / 128) for i in range(0, len(x), _CHUNK)]
    return np.concatenate([part.mask & part.found[:, None, None] for part in parts])


def _measure(pictures: np.ndarray) -> np.ndarray:
    x = pictures.astype(np.float32) / 255
    scale = x.shape[1] / 128
    with np.errstate(all="ignore"):  # what cannot be measured becomes NaN
        head = _find_head(x, scale)
        across, along = _head_frame(head)
        length, width = _spread(head, along), _spread(head, across)
        grey, white = _tissue(x, head)
        values = {
            "area": 100 * head.mask.mean(axis=(1, 2)),
            "ratio": length / width,
            "rotation": np.degrees(head.angle),
            "brightness": 100 * _in_core(x, head, np.median),
            "ventricles": 100 * _central_fluid(x, across, along, width, length, white),
            "contrast": 100 * (white - grey) / (white + grey),
            "asymmetry": 100 * _asymmetry(x, head, across, scale),
            "sides": 100 * _sides(x, head, across),
            "sharpness": _sharpness(x, head, scale),
            "noise": 100 * _noise(x, head),
        }
    table = np.stack([values[key] for key in KEYS], axis=1).astype(np.float64)
    shape = [KEYS.index(k) for k in ("area", "ratio", "rotation", "ventricles", "asymmetry",
                                     "sides")]  # fmt: skip
    table[np.ix_(~head.whole, shape)] = np.nan
    table[~head.found] = np.nan
    table[~np.isfinite(table)] = np.nan
    return table


def _white_matter(pictures: np.ndarray) -> np.ndarray:
    x = pictures.astype(np.float32) / 255
    with np.errstate(all="ignore"):  # what cannot be measured becomes NaN
        head = _find_head(x, x.shape[1] / 128)
        grey, white = _tissue(x, head)
        bright = head.mask & (x > ((grey + white) / 2)[:, None, None])
    share = 100 * bright.mean(axis=(1, 2), dtype=np.float64)
    share[~head.found | np.isnan(grey + white)] = np.nan
    return share


def _find_head(x: np.ndarray, scale: float) -> _Head:
    """The largest bright piece, closed and filled; its centre and mirror line."""
    smooth = ndimage.gaussian_filter(x, scale, axes=(1, 2))
    bright = smooth > 0.15 * np.percentile(smooth, 99, axis=(1, 2), keepdims=True)
    mask = _largest(bright & (smooth > 0))
    reach = max(1, round(4 * scale))
    padded = np.pad(mask, ((0, 0), (reach, reach), (reach, reach)))
    closed = ndimage.binary_closing(padded, _IN_PLANE, iterations=reach)
    mask = _filled(closed)[:, reach:-reach, reach:-reach]
    core = ndimage.binary_erosion(mask, _IN_PLANE, iterations=max(1, round(3 * scale)))

    count = np.maximum(mask.sum(axis=(1, 2)), 1)
    R = x.shape[1]
    row = mask.sum(axis=2) @ np.arange(R) / count
    column = mask.sum(axis=1) @ np.arange(R) / count
    edge = mask[:, [0, -1], :].any(axis=(1, 2)) | mask[:, :, [0, -1]].any(axis=(1, 2))
    found = (mask.mean(axis=(1, 2)) >= 0.05) & core.any(axis=(1, 2))
    return _Head(mask, core, row, column, _mirror_angle(smooth, row, column), ~edge, found)


def _labelled(mask: np.ndarray) -> tuple[np.ndarray, int]:
    structure = np.zeros((3, 3, 3), bool)
    structure[1] = _IN_PLANE[0]
    return ndimage.label(mask, structure)


def _largest(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece of each picture."""
    labels, _ = _labelled(mask)
    kept = [np.bincount(picture.ravel())[1:] for picture in labels]
    best = [1 + size.argmax() if size.size else -1 for size in kept]
    return labels == np.array(best)[:, None, None]


def _filled(mask: np.ndarray) -> np.ndarray:
    """Without holes: all but the background that reaches the corner (the mask is padded)."""
    labels, _ = _labelled(~mask)
    return labels != labels[:, :1, :1]


def _mirror_angle(x: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Angle of the line through the centre about which each head is most alike when mirrored.

    On a polar grid f(r, phi) mirroring about the line at angle a is phi -> 2 a - phi, so the
    likeness at all angles is one circular convolution: sum_r r sum_phi f(r, phi) f(r, 2 a - phi).
    The best of +-15 degrees, refined by a parabola.
    """
    N, R = x.shape[:2]
    r = (np.arange(_RADII) + 0.5) / _RADII * (R / 2)
    phi = np.arange(_TURNS) * (2 * np.pi / _TURNS)  # clockwise from the front
    rows = row[:, None, None] - r[:, None] * np.cos(phi)
    columns = column[:, None, None] + r[:, None] * np.sin(phi)
    places = np.stack([rows, columns], axis=1)
    each = [ndimage.map_coordinates(x[i], places[i], order=1) for i in range(N)]
    polar = np.stack(each)  # [N, radii, turns]
    spectrum = np.fft.rfft(polar, axis=2)
    likeness = np.fft.irfft((spectrum**2 * r[:, None]).sum(axis=1), _TURNS, axis=1)

    step = 180 / _TURNS
    steps = np.arange(-round(_MOST_TURNED / step), round(_MOST_TURNED / step) + 1)
    likeness = likeness[:, steps]  # [N, angles]; negative ones wrap around
    best = np.clip(likeness.argmax(axis=1), 1, len(steps) - 2)
    before, at, after = (likeness[np.arange(N), best + k] for k in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.where(bend < 0, (before - after) / np.where(bend < 0, 2 * bend, 1), 0)
    return np.radians((steps[best] + np.clip(shift, -1, 1)) * step)


def _head_frame(head: _Head) -> tuple[np.ndarray, np.ndarray]:
    """Pixels across the mirror line (right of the picture +) and along it (back of the head +)."""
    R = head.mask.shape[1]
    down = np.arange(R)[None, :, None] - head.row[:, None, None]
    right = np.arange(R)[None, None, :] - head.column[:, None, None]
    cos, sin = np.cos(head.angle)[:, None, None], np.sin(head.angle)[:, None, None]
    return right * cos + down * sin, down * cos - right * sin


def _spread(head: _Head, coordinate: np.ndarray) -> np.ndarray:
    """Half the extent of the mask: twice its standard deviation, exact for an ellipse. [N]"""
    square = (coordinate**2 * head.mask).sum(axis=(1, 2))
    return 2 * np.sqrt(square / np.maximum(head.mask.sum(axis=(1, 2)), 1))


def _in_core(x: np.ndarray, head: _Head, statistic) -> np.ndarray:
    """`statistic` of each picture's values inside its core; NaN where there is none. [N]"""
    values = [statistic(x[i][core]) if core.any() else np.nan for i, core in enumerate(head.core)]
    return np.array(values)


def _tissue(x: np.ndarray, head: _Head) -> tuple[np.ndarray, np.ndarray]:
    """Grey and white matter's level, [N] each: three Gaussians fitted to the core's histogram.

    Fluid, grey, white, by expectation maximisation over 64 bins in units of the core's 90th
    percentile. NaN where the three do not come out in this order or one is all but empty.
    """
    top = _in_core(x, head, lambda v: np.percentile(v, 90))
    edges = np.linspace(0, 1.4, 65)
    middle = (edges[1:] + edges[:-1]) / 2
    counts = np.stack([
        np.histogram(x[i][core] / top[i], edges)[0] if top[i] > 0 else np.zeros(64)
        for i, core in enumerate(head.core)
    ])  # fmt: skip
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)  # [N, bins]
    N = len(x)
    mean = np.tile([0.30, 0.68, 0.95], (N, 1))
    deviation, weight = np.full((N, 3), 0.1), np.full((N, 3), 1 / 3)
    for _ in range(30):
        distance = (middle - mean[:, :, None]) / deviation[:, :, None]
        density = (weight / deviation)[:, :, None] * np.exp(-0.5 * distance**2)  # [N, 3, bins]
        belongs = density / (density.sum(axis=1, keepdims=True) + 1e-12) * share[:, None]
        weight = belongs.sum(axis=2) + 1e-9
        mean = (belongs * middle).sum(axis=2) / weight
        mean[:, 0] = np.clip(mean[:, 0], 0.1, 0.48)
        variance = (belongs * (middle - mean[:, :, None]) ** 2).sum(axis=2) / weight
        deviation = np.clip(np.sqrt(variance), 0.03, 0.2)
    ordered = (np.diff(mean, axis=1) > 0.02).all(axis=1) & (weight[:, 1:] > 0.02).all(axis=1)
    return tuple(np.where(ordered, mean[:, k] * top, np.nan) for k in (1, 2))


def _central_fluid(x, across, along, width, length, white) -> np.ndarray:
    """Mean darkness in the middle of the head: 0 at 0.6 of white matter's level, 1 at 0.4. [N]"""
    u = across / width[:, None, None]
    v = along / length[:, None, None]
    zone = (u / _ZONE[0]) ** 2 + ((v + 0.02) / _ZONE[1]) ** 2 < 1
    white = white[:, None, None]
    dark = np.clip((0.6 * white - x) / (0.2 * white), 0, 1)
    return (dark * zone).sum(axis=(1, 2)) / zone.sum(axis=(1, 2))


def _asymmetry(x: np.ndarray, head: _Head, across: np.ndarray, scale: float) -> np.ndarray:
    """sum |y - mirrored y| / sum (y + mirrored y) over the head and its mirror image. [N]"""
    y = ndimage.gaussian_filter(x, 1.5 * scale, axes=(1, 2))
    N, R = x.shape[:2]
    cos, sin = np.cos(head.angle)[:, None, None], np.sin(head.angle)[:, None, None]
    # A point lies `across` from the line; its mirror image twice that far on the other side.
    rows = np.arange(R)[None, :, None] - 2 * across * sin
    columns = np.arange(R)[None, None, :] - 2 * across * cos
    numbers = np.broadcast_to(np.arange(N)[:, None, None], rows.shape)
    places = [numbers, rows, columns]
    mirrored = ndimage.map_coordinates(y, places, order=1)
    where = head.mask | (
        ndimage.map_coordinates(head.mask.astype(np.float32), places, order=1) > 0.5
    )
    total = ((y + mirrored) * where).sum(axis=(1, 2))
    return (np.abs(y - mirrored) * where).sum(axis=(1, 2)) / total


def _sides(x: np.ndarray, head: _Head, across: np.ndarray) -> np.ndarray:
    """(right - left) / (right + left) of the summed grey values in the head. [N]"""
    inside = x * head.mask
    side = np.clip(2 * across, -1, 1)  # the pixels on the line count half
    return (inside * side).sum(axis=(1, 2)) / inside.sum(axis=(1, 2))


def _sharpness(x: np.ndarray, head: _Head, scale: float) -> np.ndarray:
    """10 log10 of the core's power at 0.20-0.35 over that at 0.05-0.15 cycles a pixel. [N]"""
    R = x.shape[1]
    window = ndimage.gaussian_filter(head.core.astype(np.float32), 2 * scale, axes=(1, 2))
    mean = (x * window).sum(axis=(1, 2)) / window.sum(axis=(1, 2))
    power = np.abs(np.fft.rfft2((x - mean[:, None, None]) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(R)[:, None], np.fft.rfftfreq(R))
    fine, coarse = (
        power[:, (frequency >= low) & (frequency < high)].mean(axis=1)
        for low, high in ((0.20, 0.35), (0.05, 0.15))
    )
    return 10 * np.log10(fine / coarse)


def _noise(x: np.ndarray, head: _Head) -> np.ndarray:
    """Standard deviation of the grain: median |x * N| / (6 * 0.6745) in the core. [N]

    N = [[1, -2, 1], [-2, 4, -2], [1, -2, 1]] (Immerkaer 1996) sees no smooth structure; the
    median instead of his mean sees no edges.
    """
    second = np.array([1.0, -2.0, 1.0], np.float32)
    grain = ndimage.correlate1d(ndimage.correlate1d(x, second, axis=1), second, axis=2)
    return _in_core(np.abs(grain), head, np.median) / (6 * 0.6745)
