"""The share of the first axes that is slice height."""

import numpy as np
import pytest

from explorer.knowledge.climbing import share_of_height
from explorer.knowledge.directions.direction import spread_of


def test_one_axis_of_two_is_the_height():
    random = np.random.default_rng(0)
    heights = random.uniform(-20, 60, 3000)
    climbs = (heights - 20) / np.std(heights)
    w = np.stack([climbs, random.standard_normal(3000)], axis=1)
    w = np.concatenate([w, 0.01 * random.standard_normal((3000, 14))], axis=1)
    heights[::5] = np.nan
    assert share_of_height(w, spread_of(w), heights) == pytest.approx(0.5, abs=0.05)
    w[:, 0] = random.standard_normal(3000)
    assert share_of_height(w, spread_of(w), heights) < 0.02
    bent = np.abs(climbs - climbs.mean())  # goes down and up again with the height
    w[:, 0] = 5 * bent
    assert share_of_height(w, spread_of(w), heights) > 0.8
