"""Conditions: what people write comes out as they meant it."""

import numpy as np
import pytest

from explorer.export.plan import Balance, Plan, groups_of
from explorer.export.where import Condition, Limit, Range, resolve
from explorer.picture.model import BUNDLED, load
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("ventricles>p80", Condition("ventricles", Limit(80, True))),
        (" area < 20.5 ", Condition("area", None, Limit(20.5))),
        ("height -5..20", Condition("height", Limit(-5), Limit(20))),
        ("noise = p40 .. p60", Condition("noise", Limit(40, True), Limit(60, True))),
        ("area>0.00005", Condition("area", Limit(0.00005))),
        ("area p10..30", Condition("area", Limit(10, True), Limit(30))),
    ],
)
def test_parsing_and_back(text, condition):
    assert Condition.parse(text) == condition
    assert Condition.parse(str(condition)) == condition


@pytest.mark.parametrize(
    "text",
    ["", "area", "area>", ">5", "area>p101", "area>p-1", "area 5..5", "area p60..p40", "area>1e5x",
     "area>nan", "a b>3", "x" * 60 + ">1"],
)  # fmt: skip
def test_nonsense_is_refused_in_a_sentence(text):
    with pytest.raises(RecipeError, match="where: "):
        Condition.parse(text)


@pytest.mark.parametrize(
    "values",
    [None, {}, {"key": 5, "low": {"value": 1}}, {"key": "area"}, {"key": "area", "low": 5},
     {"key": "area", "low": {"value": float("nan")}}, {"key": "area", "low": {"value": "1"}},
     {"key": "area", "high": {"value": 1, "percentile": "yes"}}],
)  # fmt: skip
def test_what_strangers_post_is_refused(values):
    with pytest.raises(RecipeError, match="where: "):
        Condition.from_dict(values)


def test_a_range_holds_its_lower_end_and_nothing_unmeasured():
    inside = Range(1, 2, 3)
    assert [inside.holds(np.array([9, x])) for x in (1.9, 2, 2.9, 3, np.nan)] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert not Range(0).holds(np.array([np.nan]))


def test_percentiles_are_of_the_models_own_population(head_model):
    population = head_model.library._population.get()
    area = head_model.library.ruler.keys.index("area")
    found = resolve(head_model, Condition.parse("area>p75"))
    assert (found.column, found.high) == (area, np.inf)
    areas = population.table[:, area]
    share = np.mean(areas[np.isfinite(areas)] >= found.low)
    assert share == pytest.approx(0.25, abs=0.01)
    with pytest.raises(RecipeError, match="choose among area, ratio"):
        resolve(head_model, Condition.parse("height>1"))
    with pytest.raises(RecipeError, match="nothing lies between"):
        resolve(head_model, Condition.parse("area p99..-5"))


def test_at_one_height_percentiles_are_of_the_brains_there():
    model = load(BUNDLED / "adults128")
    where = Condition.parse("area>p75")
    population = model.library.settled_population()
    areas = population.near(14.0)[model.library.ruler.keys.index("area")]
    for plan, share in (
        (Plan(Recipe(condition=model.scale.value(14)), 4, where=(where,)), 0.25),
        (Plan(Recipe(), 4, where=(where,), conditions=(0, 50)), 0),  # low slices are larger
    ):
        (group,) = groups_of(model, plan)
        assert np.mean(areas >= group.ranges[0].low) == pytest.approx(share, abs=0.01)


def test_balance_cuts_the_population_into_equal_parts():
    texts = [str(condition) for condition in Balance("area", 4).conditions()]
    assert texts == ["area<p25", "area p25..p50", "area p50..p75", "area>p75"]
    with pytest.raises(RecipeError, match="parts"):
        Balance("area", 1)
