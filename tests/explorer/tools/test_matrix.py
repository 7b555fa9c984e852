"""The mixing matrix: every tile is the picture of its cell's recipe."""

import numpy as np
import pytest

from explorer import Recipe, render
from explorer.recipe import Edit, Mix, Noise, Walk
from explorer.recipe.checks import RecipeError
from explorer.tools.matrix import cell, check_layers, check_seeds, row

NOW = Recipe(
    9, psi=0.9, walk=Walk((Recipe(2), Recipe(9)), 0.5), mix=Mix(3, (1, 1)),
    edits=(Edit("pca1", 1),),
    noise=Noise("random", 4),
)  # fmt: skip


def test_a_cell_takes_some_layers_of_the_source_and_keeps_the_rest_of_the_recipe():
    expected = Recipe(
        5, psi=0.7, mix=Mix(7, (0, 0, 1, 1)), edits=NOW.edits, noise=NOW.noise
    )  # fmt: skip
    assert cell(NOW, 5, 7, (2, 4)) == expected
    assert cell(NOW, 5, None, (2, 4)).mix is None


def test_a_row_holds_the_pictures_of_its_cells(model):
    tiles = np.split(row(model, NOW, (1, 2), 7, (0, 3)), 3, axis=1)
    recipes = [cell(NOW, 7, None, (0, 3)), cell(NOW, 1, 7, (0, 3)), cell(NOW, 2, 7, (0, 3))]
    for tile, recipe in zip(tiles, recipes, strict=True):
        assert np.array_equal(tile, render(model, recipe))
    corner, first, second = np.split(row(model, NOW, (1, 2), None, (0, 3)), 3, axis=1)
    assert not corner.any()
    assert np.array_equal(first, render(model, cell(NOW, 1, None, (0, 3))))
    assert not np.array_equal(first, second)


def test_all_layers_of_the_source_are_the_source(model):
    _, one, two = np.split(row(model, Recipe(), (1, 2), 7, (0, 6)), 3, axis=1)
    assert np.array_equal(one, render(model, Recipe(7)))
    assert np.array_equal(one, two)


@pytest.mark.parametrize("seeds", [None, "12", [], [1] * 7, [-1], ["x"], [1e300], [[1]]])
def test_what_are_no_seeds_is_refused(seeds):
    with pytest.raises(RecipeError):
        check_seeds(seeds)


@pytest.mark.parametrize(
    "layers", [None, 3, [], [0], [0, 0], [2, 1], [0, 7], [-1, 2], ["0", "1"], [0.5, 1]]
)
def test_layers_that_the_model_lacks_are_refused(model, layers):
    with pytest.raises(RecipeError):
        check_layers(model, layers)


def test_what_is_right_passes(model):
    assert check_seeds([3.0, 4]) == (3, 4)
    assert check_layers(model, [0, 6]) == (0, 6)
