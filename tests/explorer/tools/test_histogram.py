"""Histograms of measurements: shares in common bins, of the model and of real slices."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.knowledge.population import Population
from explorer.knowledge.reference import Reals
from explorer.knowledge.ruler import Ruler
from explorer.recipe.checks import RecipeError
from explorer.tools.histogram import BINS, histogram
from gan.reference import About, Reference

RULER = Ruler()
KEYS = RULER.keys


def population(column: np.ndarray) -> Population:
    table = np.full((len(column), len(KEYS)), np.nan, np.float32)
    table[:, KEYS.index("area")] = column
    return Population(table, np.ones(len(KEYS), np.float32))


def slices(area, height=None, rotation=None, mirror=False) -> Reals:
    columns = {"area": area, "height": height, "rotation": rotation}
    columns = {key: np.asarray(c, float) for key, c in columns.items() if c is not None}
    about = About("", tuple(columns), 1, 64, True, mirror, 1, "", "")
    table, people = np.column_stack(list(columns.values())), np.arange(len(area))
    return Reals(Reference(about, table, people, people < 0, None, None))


def test_shares_of_known_values():
    values = np.repeat([0.0, 10.0, 30.0], [10, 20, 70])
    found = histogram(RULER, population(values), None, "area")
    assert len(found["edges"]) == BINS + 1
    assert (found["edges"][0], found["edges"][-1]) == (0, 30)
    assert found["model"][0] == pytest.approx(10)
    assert found["model"][10] == pytest.approx(20)
    assert found["model"][-1] == pytest.approx(70)
    assert (found["brains"], found["real"], found["slices"]) == (100, None, 0)


def test_failed_measurements_are_left_out():
    found = histogram(RULER, population(np.array([1.0, np.nan, 2.0])), None, "area")
    assert found["brains"] == 2
    assert sum(found["model"]) == pytest.approx(100)


def test_real_slices_share_the_bins():
    reals = slices(area=np.full(40, 20.0))
    found = histogram(RULER, population(np.linspace(0, 10, 50)), reals, "area")
    assert found["edges"][-1] == 20
    assert found["real"][-1] == pytest.approx(100)
    assert sum(found["real"][:-1]) == 0
    assert (found["slices"], found["level"]) == (40, False)


def test_real_slices_of_the_pictures_height_alone():
    reals = slices(area=np.repeat([5.0, 9.0], 40), height=np.repeat([0.0, 50.0], 40))
    own = population(np.linspace(0, 10, 50))
    found = histogram(RULER, own, reals, "area", 1.0)
    assert (found["slices"], found["level"]) == (40, True)
    assert found["real"][15] == pytest.approx(100)
    assert histogram(RULER, own, reals, "area", 25.0)["slices"] == 80  # none near: all


def test_what_changes_sign_in_the_mirror_counts_both_ways():
    values, count, level = slices(area=np.ones(30), rotation=np.full(30, 3.0), mirror=True).among(
        "rotation", None
    )
    assert sorted(set(values)) == [-3, 3]
    assert (len(values), count, level) == (60, 30, False)


@pytest.mark.parametrize(
    ("key", "height"),
    [("nothing", None), (["area"], None), (None, None), ("area", "high"), ("area", [1]),
     ("rotation", None)],
)  # fmt: skip
def test_what_is_not_there_is_refused(key, height):
    with pytest.raises(RecipeError, match="histogram"):
        histogram(RULER, population(np.arange(5.0)), None, key, height)


def test_what_no_brain_near_the_picture_has_is_told():
    """Though real slices have it."""
    places = np.repeat(np.arange(10.0), 30)
    own = population(np.where(places > 6, np.nan, np.random.default_rng(0).uniform(0, 9, 300)))
    own = replace(own, places=places)
    reals = slices(area=np.full(40, 20.0))
    with pytest.raises(RecipeError, match=r"Brain area .* brains near this one's height"):
        histogram(RULER, own, reals, "area", None, 9.0)
    with pytest.raises(RecipeError, match=r"cannot be measured on the model's brains$"):
        histogram(RULER, own, reals, "rotation", None, 9.0)
    assert histogram(RULER, own, reals, "area", None, 2.0)["brains"] == 90


def test_brains_near_the_pictures_place_alone():
    """Ten classes; the area goes by place in no way, the rotation all but is the place."""
    places = np.repeat(np.arange(10.0), 30)
    random = np.random.default_rng(0)
    own = population(random.uniform(0, 10, 300))
    own.table[:, KEYS.index("rotation")] = places + 0.01 * random.standard_normal(300)
    own = replace(own, places=places)
    found = histogram(RULER, own, None, "area", None, 4.0)
    assert (found["brains"], found["near"]) == (90, True)
    assert found["edges"][0] == own.table[90:180, KEYS.index("area")].min()
    for key, place in (("area", None), ("rotation", 4.0)):
        found = histogram(RULER, own, None, key, None, place)
        assert (found["brains"], found["near"]) == (300, False)
