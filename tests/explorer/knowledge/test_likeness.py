"""Distances between pictures, against plainer versions, and what is said of them."""

import numpy as np
import pytest
import torch

from explorer.knowledge.likeness import (
    compare,
    distance,
    error_in_head,
    ssim,
    structure,
    thumbnails,
)
from tests.explorer.tools.scans.files import head


def test_ssim_against_a_loop_over_windows():
    a, b = torch.rand(2, 1, 1, 9, 9)
    taps = np.exp(-((np.arange(7) - 3) ** 2) / (2 * 1.5**2))
    weights = np.outer(taps, taps) / taps.sum() ** 2
    values = []
    for i in range(3):
        for j in range(3):
            x, y = (p[0, 0, i : i + 7, j : j + 7].double().numpy() for p in (a, b))
            mx, my = (weights * x).sum(), (weights * y).sum()
            vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
            both = (weights * (x - mx) * (y - my)).sum()
            values.append(
                (2 * mx * my + 0.01**2) * (2 * both + 0.03**2)
                / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2))
            )  # fmt: skip
    assert float(ssim(a, b)) == pytest.approx(np.mean(values), abs=1e-4)
    assert float(ssim(a, a)) == pytest.approx(1, abs=1e-5)


def test_distance_by_hand():
    """A constant difference d of two flat pictures: |d| at every scale, 2 d^2, and SSIM's light."""
    a, b = torch.full((1, 1, 16, 16), 0.5), torch.full((1, 1, 16, 16), 0.3)
    x, y = 0.75, 0.65
    light = (2 * x * y + 1e-4) / (x**2 + y**2 + 1e-4)
    expected = 2 * 0.04 + 0.3 * (1 - light) + 0.2 * 3 / 4  # 16, 8 and 4 px
    assert float(distance(a, b)) == pytest.approx(expected, abs=1e-4)
    assert float(distance(a, a)) == pytest.approx(0, abs=1e-4)


def test_what_is_compared():
    same = compare(head(), head())
    assert same.error == 0
    assert same.structure == pytest.approx(1, abs=1e-5)
    assert same.place is None
    darker = compare(head(), head(level=150))
    assert darker.error == pytest.approx(50, abs=2)
    spotted = head()
    spotted[44:52, 40:48] = 0
    told = compare(spotted, head())
    assert told.place.startswith("They differ most at the bottom right: there the scan is darker")
    assert told.difference[48, 44] == 200


def test_structure_is_of_the_heads_alone():
    """What is black in both counts for nothing: a flat head has little in common with a marked one,
    though most of the two pictures is the same air."""
    small = {"height": 0.4, "width": 0.3}
    marked, flat = head(**small), head(**small)
    flat[flat > 0] = 200
    a, b = (torch.from_numpy(p)[None, None] / 255 for p in (marked, flat))
    alike = structure(np.stack([marked, flat]), marked)
    assert alike[0] == pytest.approx(1, abs=1e-5)
    assert alike[1] < float(ssim(a, b)) - 0.1
    known = structure(flat[None], marked, np.ones((1, 64, 64), bool))
    assert known > alike[1]  # with all of the picture


def test_thumbnails_keep_small_pictures():
    assert thumbnails(head()[None]).shape == (1, 32, 32)
    assert np.array_equal(thumbnails(head(16)[None])[0], head(16))


def test_colour_is_compared_as_grey():
    colour = np.repeat(head()[:, :, None], 3, axis=2)
    assert compare(colour, colour).error == 0
    assert compare(colour, colour).difference.shape == (64, 64)


def test_the_error_is_of_the_head_alone():
    a, b = np.zeros((4, 4), np.uint8), np.full((4, 4), 10, np.uint8)
    mask = np.zeros((4, 4), bool)
    mask[0] = True
    b[0] = 30
    assert error_in_head(a, b, mask) == 30
