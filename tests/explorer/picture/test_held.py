"""A held measurement stays on the picture, always by the same step, and what is left is told."""

import numpy as np
import pytest

from explorer.picture import held
from explorer.picture.latents import held_of, ws_of
from explorer.picture.model import bundled, load
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.tools import views

AREA = "measured:area"


def edited(seed: int, strength: float = 2.0, hold=(AREA,), **more) -> Recipe:
    return Recipe(seed, edits=(Edit("pca1", strength),), hold=hold, **more)


def moved(model, recipe: Recipe, key: str = "area") -> float:
    """How far a measurement is from the untouched brain's, in standard deviations."""
    ruler, population = model.library.ruler, model.library.settled_population()
    pair = np.stack([render(model, Recipe(recipe.seed)), render(model, recipe)])
    k = ruler.keys.index(key)
    before, after = ruler.measure(pair)[:, k] / population.deviation[k]
    return float(after - before)


@pytest.mark.parametrize("path", bundled(), ids=lambda path: path.parent.name)
def test_what_is_held_stays_on_the_bundled_models(path):
    """By the regression alone half a standard deviation would go on average."""
    opened = load(path)
    free = [moved(opened, edited(seed, 1.5, hold=())) for seed in range(1, 5)]
    kept = [moved(opened, edited(seed, 1.5)) for seed in range(1, 5)]
    assert np.nanmean(np.abs(free)) > 0.5
    assert np.abs(kept).max() < 0.1
    recipe = edited(2, 1.5)
    assert held_of(opened, recipe).left[AREA] == pytest.approx(moved(opened, recipe), abs=1e-6)


@pytest.fixture(scope="module")
def heads(head_model):
    head_model.library.settled_population()
    return head_model


def test_it_is_the_same_whatever_was_asked_before(heads, monkeypatch):
    monkeypatch.setattr(held, "ENOUGH", 0.0)  # on phantoms the regression leaves hardly anything
    heads.held.clear()
    recipe = edited(5)
    first, step = render(heads, recipe), held_of(heads, recipe).step
    assert step.any()
    heads.held.clear()
    for strength in (0.5, 1.0, 1.5):  # the slider on its way
        render(heads, edited(5, strength))
    assert np.array_equal(render(heads, recipe), first)
    assert held_of(heads, recipe).step.equal(step)
    heads.held.clear()


def test_its_own_slider_moves_what_is_held(heads):
    alone = Recipe(5, edits=(Edit(AREA, 1.5),))
    both = Recipe(5, edits=(Edit(AREA, 1.5), Edit("pca1", 1)), hold=(AREA,))
    assert abs(moved(heads, alone)) > 0.5
    assert moved(heads, both) == pytest.approx(moved(heads, alone), abs=0.1)
    assert held_of(heads, Recipe(5, edits=alone.edits, hold=(AREA,))) is None


def test_a_start_from_elsewhere_is_held_as_the_recipes_own(heads):
    """So that w moves the picture evenly while a point is dragged."""
    recipe = edited(5)
    start = ws_of(heads, Recipe(5, psi=1)).clone()
    one, two = (ws_of(heads, recipe, start + k) - ws_of(heads, recipe, start) for k in (1, 2))
    assert (2 * one - two).abs().max() < 1e-4


def test_what_cannot_be_measured_is_told(heads, monkeypatch):
    recipe = edited(6)
    assert abs(views.held(heads, recipe)[0]["left"]) < 0.1
    assert views.held(heads, Recipe(6)) == []
    assert views.held(heads, edited(6, hold=("pca2",))) == []
    heads.held.clear()
    keys = heads.library.ruler.keys
    nothing = lambda self, pictures: np.full((len(pictures), len(keys)), np.nan)  # noqa: E731
    monkeypatch.setattr(type(heads.library.ruler), "measure", nothing)
    assert views.held(heads, recipe) == [{"name": "Brain area", "left": None}]
    heads.held.clear()
