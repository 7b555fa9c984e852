"""Rejection sampling: quotas, classes in turn, and an end where nothing fits."""

import pytest

from explorer.export.plan import Group, Plan, groups_of
from explorer.export.sampler import Sampler
from explorer.export.where import Condition
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError


def fill(sampler: Sampler, fits) -> list[tuple[int, int]]:
    """(candidate, group) of what is kept."""
    kept = []
    while numbers := sampler.chunk():
        for n in numbers:
            taker = sampler.keep(n, lambda group, n=n: fits(group, n))
            if taker is not None:
                kept.append((n, taker))
    return kept


def test_without_a_wish_every_candidate_is_kept():
    sampler = Sampler(Plan(Recipe(), 5), [Group("", None, (), 5)], 4)
    assert fill(sampler, lambda group, n: True) == [(n, 0) for n in range(5)]
    assert (sampler.found, sampler.tried, sampler.hopeless) == ([5], [5], [])


def test_classes_come_in_turn_and_full_ones_are_left_out():
    plan = Plan(Recipe(), 4, classes=(0, 1))
    sampler = Sampler(plan, [Group("a", 0, (), 2), Group("b", 1, (), 2)], 4)
    # Class 1 (odd numbers) is hard to please: only from 7 on.
    kept = fill(sampler, lambda group, n: group.class_index == 0 or n >= 7)
    assert kept == [(0, 0), (2, 0), (7, 1), (9, 1)]
    assert sampler.tried == [2, 5]  # 1, 3, 5, 7, 9


def test_a_candidate_goes_to_the_first_open_group_it_fits():
    groups = [Group("even", None, (), 1), Group("any", None, (), 2)]
    kept = fill(Sampler(Plan(Recipe(), 3), groups, 3), lambda g, n: g.name == "any" or n % 2 == 0)
    assert kept == [(0, 0), (1, 1), (2, 1)]


def test_a_hopeless_group_ends_and_the_others_go_on():
    plan = Plan(Recipe(), 40, tries=3)
    groups = [Group("never", None, (), 20), Group("always", None, (), 20)]
    sampler = Sampler(plan, groups, 8)
    kept = fill(sampler, lambda group, n: group.name == "always")
    assert len(kept) == 20
    assert sampler.hopeless == [0]
    assert sampler.tried == [30, 20]  # 3 * 10


def test_what_comes_often_enough_is_never_given_up():
    sampler = Sampler(Plan(Recipe(), 50, tries=20), [Group("", None, (), 50)], 8)
    assert len(fill(sampler, lambda group, n: n % 20 == 19)) == 50
    rare = Sampler(Plan(Recipe(), 50, tries=20), [Group("", None, (), 50)], 8)
    assert len(fill(rare, lambda group, n: n % 40 == 39)) < 20


def test_groups_are_classes_times_ranges_of_equal_size(class_model, head_model):
    plan = Plan(Recipe(), 7, classes=(0, 1), where=(Condition.parse("area>3"),))
    groups = groups_of(class_model, plan)
    assert [(g.name, g.class_index, g.count) for g in groups] == [("AD", 0, 4), ("NC", 1, 3)]
    assert all(len(g.ranges) == 1 for g in groups)
    head_model.library._population.get()
    plan = Plan.from_dict(
        {"base": {}, "count": 6, "balance": {"key": "area", "parts": 3}, "where": []}
    )
    groups = groups_of(head_model, plan)
    assert [g.count for g in groups] == [2, 2, 2]
    assert groups[0].ranges[0].high == groups[1].ranges[0].low


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count"), ({"count": 100_001}, "count"), ({"count": 1e300}, "count"),
        ({"vary": "x"}, "vary"), ({"first_seed": -1}, "first_seed"), ({"tries": 0}, "tries"),
        ({"classes": [0, 0]}, "classes"), ({"classes": ["AD"]}, "classes"),
        ({"vary": "noise", "classes": [0, 1]}, "classes"), ({"base": {"psi": 9}}, "psi"),
        ({"where": [5]}, "where"), ({"balance": 5}, "balance"), ({"nonsense": 1}, "unknown"),
    ],
)  # fmt: skip
def test_plans_that_make_no_sense(change, message):
    with pytest.raises(RecipeError, match=message):
        Plan.from_dict({"base": {}, "count": 5} | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bits": 12}, "bits"), ({"classes": [2]}, "class"), ({"count": 1}, "too few"),
        ({"base": {"edits": [{"direction": "x"}]}}, "no direction"),
        ({"where": [{"key": "x", "low": {"value": 1}}]}, "not measured"),
        ({"vary": "noise", "classes": [0], "base": {"noise": {"strength": 0}}}, "strength"),
    ],
)  # fmt: skip
def test_plans_that_do_not_suit_the_model(class_model, change, message):
    plan = Plan.from_dict({"base": {}, "count": 5, "classes": [0, 1]} | change)
    with pytest.raises(RecipeError, match=message):
        groups_of(class_model, plan)


def test_plans_survive_json():
    plan = Plan(
        Recipe(3, psi=0.5), 9, 7, "both", (1,), (Condition.parse("area p3..5"),), None, 16, 50
    )
    assert Plan.from_dict(plan.to_dict()) == plan


def test_what_varies():
    base = Recipe(3, psi=0.5, w="AAA=", class_index=0)
    brain = Plan(base, 9, 100, classes=(0, 1)).candidate(5)
    assert (brain.seed, brain.w, brain.psi, brain.class_index) == (105, None, 0.5, 1)
    noise = Plan(base, 9, 100, "noise").candidate(5)
    assert (noise.seed, noise.w, noise.noise.mode, noise.noise.seed) == (3, "AAA=", "random", 105)
    both = Plan(base, 9, 2**32 - 1, "both").candidate(1)
    assert (both.seed, both.noise.seed) == (0, 0)  # seeds go round
