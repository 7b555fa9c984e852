"""The ten measurements once more, by plainer means: what directions are made from.

A direction that was solved against a measurement is blind to that measurement's mistakes, so
`gan.measure`, which judges it, must not be what built it. Nothing here is shared with that: another
threshold, moments of grey values instead of a mask's, fixed places instead of a fitted frame,
percentiles instead of fitted classes. Coarser, and not meant to be shown.
"""

import numpy as np
from scipy import ndimage

from gan.measure import KEYS

_CHUNK = 64


def plain(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, R, R] -> float64 [N, K], columns as `gan.measure.KEYS`; NaN without a head."""
    parts = [_plain(pictures[i : i + _CHUNK]) for i in range(0, len(pictures), _CHUNK)]
    return np.concatenate(parts) if parts else np.empty((0, len(KEYS)))


def _plain(pictures: np.ndarray) -> np.ndarray:
    x = pictures.astype(np.float32) / 255
    R = x.shape[1]
    head = ndimage.uniform_filter(x, (0, 3, 3)) > 0.12
    count = np.maximum(head.sum(axis=(1, 2)), 1)
    light = x * head
    with np.errstate(all="ignore"):
        total = light.sum(axis=(1, 2))
        down, right = np.arange(R)[:, None], np.arange(R)
        row, column = ((light * at).sum(axis=(1, 2)) / total for at in (down, right))
        y, z = down - row[:, None, None], right - column[:, None, None]
        yy, zz = ((light * p).sum(axis=(1, 2)) / total for p in (y * y, z * z))
        middle, high = _percentiles(light, head)
        # The middle: an upright ellipse about the centre, half as large as the head.
        inner = (y**2 / yy[:, None, None] + z**2 / zz[:, None, None]) < 0.8
        dark = (x < 0.45 * high[:, None, None]) & inner
        mirrored = _mirrored(light, column)
        corners = x[:, ::2, ::2] - x[:, 1::2, ::2] - x[:, ::2, 1::2] + x[:, 1::2, 1::2]
        inside = head[:, ::2, ::2]
        values = {
            "area": 100 * count / R**2,
            "ratio": np.sqrt(yy / zz),
            "rotation": _turn(light, column, y, z, R / 32),
            "brightness": 100 * total / count,
            "ventricles": 100 * dark.sum(axis=(1, 2)) / inner.sum(axis=(1, 2)),
            "contrast": 100 * (high - middle) / (high + middle),
            "asymmetry": 100 * np.abs(light - mirrored).sum(axis=(1, 2)) / (2 * total),
            "sides": 100 * (light * np.sign(R / 2 - 0.5 - right)).sum(axis=(1, 2)) / -total,
            "sharpness": _fineness(x, head, R / 128),
            "noise": 100 * (np.abs(corners) * inside).sum(axis=(1, 2)) / inside.sum(axis=(1, 2)),
        }
    table = np.stack([values[key] for key in KEYS], axis=1).astype(np.float64)
    table[count < 0.05 * R**2] = np.nan
    table[~np.isfinite(table)] = np.nan
    return table


def _percentiles(light: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Of the grey values in each head, two: [2, N]."""
    parts = [
        np.percentile(picture[mask], (40, 85)) if mask.any() else np.full(2, np.nan)
        for picture, mask in zip(light, head, strict=True)
    ]
    return np.array(parts).T


def _mirrored(light: np.ndarray, column: np.ndarray) -> np.ndarray:
    """About the upright line through the centre, to half a pixel."""
    R = light.shape[2]
    shift = np.rint(2 * np.nan_to_num(column, nan=R / 2)).astype(int) - (R - 1)
    flipped = light[:, :, ::-1]
    pairs = zip(flipped, shift, strict=True)
    return np.stack([np.roll(picture, s, axis=1) for picture, s in pairs])


def _turn(light: np.ndarray, column: np.ndarray, y: np.ndarray, z: np.ndarray, blur: float):
    """Degrees clockwise, [N]: one Gauss-Newton step. A picture turned by a differs from its mirror
    image by 2 a times what a turn by 1 changes of their mean."""
    soft = ndimage.gaussian_filter(light, (0, blur, blur))
    mirrored = _mirrored(soft, column)
    down, right = np.gradient((soft + mirrored) / 2, axis=(1, 2))
    turned = y * right - z * down
    angle = ((soft - mirrored) * turned).sum(axis=(1, 2)) / (2 * (turned**2).sum(axis=(1, 2)))
    return np.degrees(angle)


def _fineness(x: np.ndarray, head: np.ndarray, scale: float) -> np.ndarray:
    """dB of what a narrow blur takes away over what lies between two wide ones, off the rim. [N]"""
    reach = max(1, round(5 * scale))
    core = ndimage.binary_erosion(head, np.ones((1, 3, 3)), iterations=reach)
    blurred = [x, *(ndimage.gaussian_filter(x, (0, s, s)) for s in (0.6, 1.2, 3))]
    fine, coarse = (((blurred[i] - blurred[i + 1]) ** 2 * core).sum(axis=(1, 2)) for i in (0, 2))
    return 10 * np.log10(fine / coarse)
