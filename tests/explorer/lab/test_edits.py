"""A step of the race as a recipe makes the same picture."""

import numpy as np
import pytest

from explorer.lab.codes import draw_brains
from explorer.lab.edits import recipe_of
from explorer.lab.ways import Way, pictures
from explorer.picture.render import render


@pytest.mark.parametrize("space", ["none", "Z", "W", "W+", "S"])
def test_the_recipe_makes_the_same_picture(model, space):
    generator = model.generator
    brain = draw_brains(generator, 1, 5)
    direction = np.linspace(-1, 1, 16).astype(np.float32)
    ways = {
        "none": None,
        "Z": Way("Z", "Z", direction),
        "W": Way("W", "W", direction),
        "W+": Way("W+", "W+ middle", direction, layers=(2, 4)),
        "S": Way("S", "S", np.array([0.3, -0.2], np.float32), channels=((1, 3), (2, 0))),
    }
    way = ways[space]
    (there,) = pictures(generator, brain, way, np.array([1.2]))
    shown = render(model, recipe_of(model, brain, way, 1.2))
    assert np.abs(shown.astype(int) - there[0]).max() <= 2  # w in half precision
    if way is not None:
        (before,) = pictures(generator, brain, None, np.zeros(1))
        assert np.abs(before.astype(int) - there).max() > 4
