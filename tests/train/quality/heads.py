"""Made-up heads: ellipses whose shape belongs to a person and whose size to a level."""

import functools

import numpy as np

from train.data import Slices


def head(person: int, level: float, R: int = 16, shift: float = 0.0) -> np.ndarray:
    """uint8 [R, R]."""
    random = np.random.default_rng(person)
    a, b, tilt = random.uniform(0.5, 0.9, 3) * (1, 1, 0.4)
    grain = random.uniform(20, 60)
    y, x = np.mgrid[-1 : 1 : R * 1j, -1 : 1 : R * 1j]
    size = 0.4 + 0.6 * level
    x, y = (x + tilt * y) / (a * size), (y + shift) / (b * size)
    inside = np.clip(4 * (1 - x**2 - y**2), 0, 1)
    return (
        (inside * (160 + grain * np.cos(6 * x + person) * np.cos(5 * y)))
        .clip(0, 255)
        .astype(np.uint8)
    )


@functools.cache
def heads(people, levels: int = 12, R: int = 16, channels: int = 1, name: str = "made") -> Slices:
    """`levels` slices of each of these people, in order."""
    images = np.stack([head(p, i / (levels - 1), R) for p in people for i in range(levels)])
    images = np.repeat(images[:, None], channels, axis=1)
    subjects = tuple(f"sub-{p:02d}" for p in people for _ in range(levels))
    labels = np.zeros(len(images), np.int64)
    return Slices("made", images, labels, subjects, (), (), (), f"{name}{len(images)}{channels}{R}")
