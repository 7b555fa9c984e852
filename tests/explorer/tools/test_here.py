"""Directions that hold at one brain."""

import numpy as np
import pytest

from explorer.page.answers import directing
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools import here

KEYS = ("height", "area", "ratio")


def test_the_steepest_step_is_known_by_hand():
    """Alone: along its own slopes. With another on the same axis: off that axis."""
    alone = here.steepest(np.array([[0, 0], [0, 0], [0.3, 0.4]]), 2, KEYS)
    assert alone / np.linalg.norm(alone) == pytest.approx([0.6, 0.8], abs=0.02)
    slopes = np.array([[0, 0], [9, 0], [0.5, 0.5]])
    shared = here.steepest(slopes, 2, KEYS)
    assert abs(shared[0]) < 0.05 * shared[1]
    # (I + s s^T)^-1 j, by Sherman and Morrison
    j, s = slopes[2], slopes[1]
    assert shared == pytest.approx(j - s * (s @ j) / (1 + s @ s))


def test_the_height_counts_most():
    step = {}
    for beside in (0, 1):  # the same slope, of the height or of the area
        slopes = np.zeros((3, 2))
        slopes[beside], slopes[2] = (1, 0), (0.5, 0.5)
        step[beside] = here.steepest(slopes, 2, KEYS)
    assert step[0][0] < step[1][0]


def test_what_hardly_moves_makes_no_direction():
    assert here.steepest(np.array([[0, 0], [0, 0], [0.01, 0.0]]), 2, KEYS) is None
    assert here.steepest(np.full((3, 2), np.nan), 2, KEYS) is None


@pytest.fixture(scope="module")
def aimed(head_model):
    head_model.library._population.get()
    return here.aim(head_model, Recipe(5, psi=1), "area", {"own:brain-area-here"})


def test_it_moves_what_it_aims_at(head_model, aimed):
    assert aimed.own.name == "Brain area here"
    assert aimed.own.key == "own:brain-area-here-2"
    assert aimed.aimed > 0.1
    assert aimed.reached == pytest.approx(aimed.aimed, rel=0.3)
    assert aimed.leak < 1
    recipe = Recipe(5, psi=1, edits=(Edit(aimed.own.key, 1.0),), own=(aimed.own,))
    ruler, at = head_model.library.ruler, head_model.library.ruler.keys.index("area")
    before, after = ruler.measure(
        np.stack([render(head_model, Recipe(5, psi=1)), render(head_model, recipe)])
    )[:, at]
    moved = (after - before) / head_model.library.population().deviation[at]
    assert moved == pytest.approx(aimed.reached, abs=0.05)  # the vector travels in half precision


def test_strangers_get_sentences(head_model):
    ask = {f.__name__: f for f in directing(head_model)}["aim_here"]
    assert "no measurement" in ask({"recipe": {}, "key": ["area"]})["error"]
    assert "no measurement" in ask({"recipe": {}})["error"]
    made = ask({"recipe": {"seed": 5, "psi": 1}, "key": "area"})
    assert set(made) == {"own", "aimed", "reached", "height", "leak"}
    assert made["height"] is None  # this model reads none


def test_a_brain_on_which_it_cannot_be_measured_is_told(head_model, monkeypatch):
    columns = len(head_model.library.ruler.keys)
    monkeypatch.setattr(
        type(head_model.library.ruler), "build", lambda *_: np.full((1, columns), np.nan)
    )
    with pytest.raises(RecipeError, match="Brain area cannot be measured on this brain"):
        here.aim(head_model, Recipe(3), "area")
