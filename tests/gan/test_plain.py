"""The instruments that directions are made from: they follow those that judge, by other means."""

import numpy as np
import pytest

from gan.measure import KEYS, measure
from gan.plain import plain


def heads(N=60, R=64, seed=0):
    """Ellipses of many sizes, shapes, turns, tones and dark middles, some with grain."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : R * 1j, -1 : 1 : R * 1j]
    pictures = []
    for _ in range(N):
        turn, long = np.radians(random.uniform(-8, 8)), random.uniform(0.68, 0.85)
        wide, hole = long * random.uniform(0.7, 0.95), random.uniform(0.1, 0.3)
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        r = np.hypot(u / wide, v / long)
        tone, side, grain = (
            random.uniform(120, 200),
            random.uniform(-0.1, 0.1),
            random.uniform(1, 9),
        )
        picture = tone * (1 - 0.3 * (r > 0.75)) * (1 + side * np.sign(u)) * (r < 1) * (r > hole)
        pictures.append(picture + grain * random.standard_normal((R, R)) * (r < 1))
    return np.clip(pictures, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "key", ["area", "ratio", "rotation", "brightness", "ventricles", "sides", "noise"]
)
def test_they_follow_the_judge(key):
    pictures, k = heads(), KEYS.index(key)
    judge, builder = measure(pictures)[:, k], plain(pictures)[:, k]
    both = np.isfinite(judge + builder)
    assert both.sum() > 50
    assert np.corrcoef(judge[both], builder[both])[0, 1] > 0.75


def test_they_are_not_the_judge():
    pictures = heads()
    judge, builder = measure(pictures), plain(pictures)
    apart = np.nanmax(np.abs(judge - builder) / np.nanstd(judge, axis=0), axis=0)
    assert (apart > 0.01).all()


def test_without_a_head_there_is_nothing():
    assert np.isnan(plain(np.zeros((2, 32, 32), np.uint8))).all()
    assert plain(np.zeros((0, 32, 32), np.uint8)).shape == (0, len(KEYS))
