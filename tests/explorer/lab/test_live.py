"""The race of one brain."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.lab.codes import Codes
from explorer.lab.dependency import dependency
from explorer.lab.factors import measured_factors
from explorer.lab.live import brain_of, race_of
from explorer.lab.race import Arrival, Lane, Race
from explorer.lab.ways import Way, line_way
from explorer.picture.latents import start_ws
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError


@pytest.fixture(scope="module")
def factors(head_model):
    return measured_factors(head_model.library)


def race(head_model, factors, key="area"):
    target = factors.number(key)
    codes = Codes("W", "own", head_model.library.w[:600], ())
    way = line_way("W", codes, factors, target)
    nothing = Arrival(np.zeros(0), np.zeros((0, len(factors.keys))), np.zeros(0, bool))
    lane = Lane(way, nothing, dependency(nothing.changes, target), 0.0, 0.0)
    return Race(target, 0, {"W": lane}, {})


def test_a_brain_arrives_and_its_recipe_makes_the_picture(head_model, factors):
    heats = (
        race_of(head_model, brain_of(head_model, Recipe(seed)), race(head_model, factors), factors)
        for seed in range(20)
    )
    found = next(heat for heat in heats if heat.measured and heat.runners[0].reached)
    (runner,) = found.runners
    assert runner.changes[factors.number("area")] == pytest.approx(1, abs=0.1)
    assert runner.leak >= 0
    assert np.abs(render(head_model, found.recipe).astype(int) - found.picture).max() <= 6
    assert (
        np.abs(render(head_model, runner.recipe).astype(int) - runner.picture).max() <= 6
    )  # w in half precision
    measured = factors.scaled(factors.read(runner.picture[None]))[0] - found.start
    assert measured == pytest.approx(runner.changes, abs=1e-6, nan_ok=True)


def test_where_it_cannot_be_measured_nobody_runs(head_model, factors):
    blind = replace(factors, read=lambda pictures: np.full((1, len(factors.keys)), np.nan))
    found = race_of(head_model, brain_of(head_model, Recipe()), race(head_model, factors), blind)
    assert not found.measured
    assert found.picture.shape == (32, 32)


def test_the_brain_is_that_of_the_seed(model, class_model, height_model):
    for opened, recipe in (
        (model, Recipe(seed=7, psi=1)),
        (class_model, Recipe(seed=7, psi=1, class_index=1)),
        (height_model, Recipe(seed=7, psi=1, condition=30.0)),
    ):
        brain = brain_of(opened, recipe)
        assert brain.w.numpy() == pytest.approx(start_ws(opened, recipe)[0, :1].numpy(), abs=1e-5)
    with pytest.raises(RecipeError, match="seed"):
        brain_of(model, Recipe(w="AAAA" * 8))
    assert Way("Z", "Z", np.zeros(3)).most == 5
