"""Many brains at once: the right ones, and how far they differ."""

from itertools import combinations

import numpy as np
import pytest

from explorer import load
from explorer.picture.model import BUNDLED
from explorer.picture.render import render
from explorer.recipe import Edit, Mix, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.variety import BRAINS, brains, variety


@pytest.fixture(scope="module")
def model():
    return load(BUNDLED / "brains64")


def test_they_are_the_seeds_with_all_that_the_recipe_does(model):
    recipe = Recipe(5, psi=0.4, edits=(Edit("pca1", 1.0),), mix=Mix(9, (1.0, 1.0)))
    pictures = brains(model, recipe, 2**32 - 2)  # the last two seeds, then from 0 on
    assert len(pictures) == BRAINS
    for place, seed in ((0, 2**32 - 2), (1, 2**32 - 1), (2, 0), (23, 21)):
        alone = Recipe(seed, psi=0.4, edits=recipe.edits)
        assert np.array_equal(pictures[place], render(model, alone))


def test_how_far_they_differ_is_the_mean_over_all_pairs(model):
    pictures = brains(model, Recipe(psi=0.7), 0)
    pairs = [np.abs(a.astype(float) - b).mean() for a, b in combinations(pictures, 2)]
    found = variety(model, pictures)
    assert found.differ == pytest.approx(np.mean(pairs), rel=1e-5)
    assert variety(model, np.stack([pictures[0]] * 3)).differ == 0


def test_more_truncation_means_less_variety_and_unlike_pictures_are_counted(model):
    low, high = (variety(model, brains(model, Recipe(psi=psi), 0)) for psi in (0.2, 1.0))
    assert low.differ < 0.5 * high.differ
    assert low.unreadable == 0
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64), np.uint8)
    assert variety(model, noise).unreadable == 4


@pytest.mark.parametrize("first", [-1, 2**32, 1.5, None, True])
def test_a_seed_it_must_be(model, first):
    with pytest.raises(RecipeError, match="first: expected a seed"):
        brains(model, Recipe(), first)
