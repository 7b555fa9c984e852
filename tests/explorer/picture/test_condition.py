"""Classes in order: one number as the condition, from the recipe to the picture."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.knowledge.receipts import brains
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import centre, sample_classes, sample_w
from explorer.picture.latents import (
    centre_of,
    condition_of,
    moved_by,
    place_of,
    start_ws,
    ws_of,
    z_of_seed,
)
from explorer.picture.render import render
from explorer.picture.way import catmull_rom
from explorer.recipe import Mix, Recipe, Walk
from explorer.recipe.checks import RecipeError
from explorer.tools import atlas
from explorer.tools.drag import Arrow, Drag
from explorer.tools.journey import freeze
from explorer.tools.projection import Effort, Projector
from gan.generator import class_vectors


def mapped(model, seed: int, place: float) -> torch.Tensor:
    """w of a seed at a place on the scale, by the network itself."""
    c = class_vectors(torch.tensor([place]), model.config.c_dim)
    return model.generator.mapping(z_of_seed(seed, model.config.z_dim), c)


def test_the_condition_is_a_place_on_the_scale(height_model):
    for mm, place in ((-20, 0.0), (10, 1.5), (60, 4.0), (99, 4.0)):
        recipe = Recipe(3, psi=1, condition=mm)
        assert place_of(height_model, recipe) == place
        assert torch.equal(start_ws(height_model, recipe)[0, 0], mapped(height_model, 3, place)[0])


def test_without_a_condition_it_is_the_middle(height_model):
    middle = ws_of(height_model, Recipe(3, condition=20.0))
    assert torch.equal(ws_of(height_model, Recipe(3)), middle)


def test_pictures_follow_without_a_jump(height_model):
    at = lambda mm: ws_of(height_model, Recipe(3, condition=mm))  # noqa: E731
    near, far = (at(20) - at(20.1)).norm(), (at(20) - at(40)).norm()
    assert 0 < near < far / 50
    low, high = (render(height_model, Recipe(3, condition=mm)) for mm in (-20, 60))
    assert not np.array_equal(low, high)


@pytest.mark.parametrize("mm", [-20, 35])
def test_truncation_draws_to_the_mean_of_this_height(height_model, mm):
    """At psi 0 every seed is the mean brain of its own height, not of all heights."""
    recipe = Recipe(3, psi=0, condition=mm)
    place = place_of(height_model, recipe)
    w = torch.cat([mapped(height_model, seed, place) for seed in range(300)])
    found = ws_of(height_model, recipe)
    assert torch.equal(found, ws_of(height_model, replace(recipe, seed=8)))
    assert ((found[0, 0] - w.mean(dim=0)).abs() < 5 * w.std(dim=0) / 300**0.5).all()
    assert not torch.equal(found, ws_of(height_model, replace(recipe, condition=mm + 10)))


def test_a_model_without_a_scale_keeps_its_mean(model, class_model):
    for each in (model, class_model):
        assert torch.equal(centre_of(each, Recipe()), each.generator.mapping.w_avg)


def test_a_second_brain_has_the_same_height(height_model):
    recipe = Recipe(3, psi=1, condition=-10, mix=Mix(5, weights=(1.0,) * 6))
    other = ws_of(height_model, Recipe(5, psi=1, condition=-10))
    assert torch.allclose(ws_of(height_model, recipe), other)


def test_an_arc_passes_through_the_heights_between(height_model):
    keys = (Recipe(3, psi=1, condition=-20), Recipe(3, psi=1, condition=60))
    half = ws_of(height_model, Recipe(psi=1, walk=Walk(keys, 0.5, "z")))
    assert torch.allclose(half, ws_of(height_model, Recipe(3, psi=1, condition=20)), atol=1e-5)


def test_samples_lie_anywhere_on_the_scale(height_model):
    places = sample_classes(height_model.generator, 1000)
    assert places.min() < 0.1
    assert places.max() > 3.9
    assert len(np.unique(places)) == 1000
    w = sample_w(height_model.generator, 1000)
    z = torch.from_numpy(np.random.RandomState(0).randn(1000, 16)).float()
    c = class_vectors(torch.from_numpy(places), 5)
    assert np.array_equal(w, height_model.generator.mapping(z, c).detach().numpy())


class Population:
    table = np.zeros((100, 1))


@pytest.fixture
def measured(height_model, monkeypatch):
    """As if its brains had been measured."""
    library = type(height_model.library)
    monkeypatch.setattr(library, "population", lambda self: Population())
    monkeypatch.setattr(library, "measured", lambda self: [])
    return height_model


def test_a_sample_is_itself_again_and_climbs(measured):
    recipe = atlas.sample(measured, 17)
    w = torch.from_numpy(measured.library.w[17])
    assert torch.allclose(ws_of(measured, recipe)[0, 0], w, atol=2e-3)  # it travels in 16 bits
    place = sample_classes(measured.generator, 18)[17]
    assert recipe.condition == pytest.approx(measured.scale.value(place))
    higher = replace(recipe, condition=recipe.condition + 5)
    moved = ws_of(measured, higher) - ws_of(measured, recipe)
    expected = centre_of(measured, higher) - centre_of(measured, recipe)
    assert torch.allclose(moved[0, 0], expected, atol=1e-5)


def test_the_map_has_the_condition_as_an_axis(measured, model):
    (axis,) = [a for a in atlas.axes(measured.library) if a.key == "condition"]
    assert (axis.name, axis.unit) == ("Slice height", "mm")
    values = atlas.coordinates(measured.library, axis)
    assert -20 <= values.min() < -15
    assert 55 < values.max() <= 60
    at, nearest = atlas.place(measured, Recipe(3, condition=12.5), (axis,))
    assert (at, nearest) == ([pytest.approx(12.5)], False)
    assert atlas.classes(measured) is None


def test_receipts_truncate_to_each_brains_own_height(height_model):
    ws = brains(height_model.generator)
    w = torch.from_numpy(sample_w(height_model.generator, 1000)[-1])
    mean = centre(height_model.generator, sample_classes(height_model.generator, 1000)[-1])
    assert torch.allclose(ws[-1, 0], mean + 0.7 * (w - mean), atol=1e-5)


@pytest.mark.parametrize("name", ["model", "class_model"])
def test_models_without_an_order_refuse_a_condition(name, request):
    with pytest.raises(RecipeError, match="condition: this model's classes have no order"):
        ws_of(request.getfixturevalue(name), Recipe(condition=3.0))


def test_a_scale_is_not_asked_for_by_class(height_model):
    with pytest.raises(RecipeError, match=r"class_index: .* give a condition"):
        ws_of(height_model, Recipe(class_index=2))


def test_recipes_carry_it():
    recipe = Recipe(3, condition=12.5)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert recipe.compact()["condition"] == 12.5
    assert "condition" not in Recipe(3).compact()


@pytest.mark.parametrize("wrong", ["high", float("nan"), True, 1e10])
def test_it_is_a_number(wrong):
    with pytest.raises(RecipeError, match="condition"):
        Recipe(condition=wrong)


def walk(t: float, *heights: float, **others) -> Recipe:
    keys = tuple(Recipe(3 + i, psi=1, condition=mm) for i, mm in enumerate(heights))
    return Recipe(psi=1, walk=Walk(keys=keys, t=t), **others)


def test_a_journey_stands_between_the_heights_of_its_key_frames(height_model):
    for t, mm in ((0, -20), (0.25, 10), (0.5, 40), (0.75, 45), (1, 50)):
        assert condition_of(height_model, walk(t, -20, 40, 50)) == pytest.approx(mm)
    # What was set before the journey counts no more.
    assert condition_of(height_model, walk(0.5, -20, 40, condition=60)) == pytest.approx(10)
    assert condition_of(height_model, Recipe(condition=12.3)) == 12.3
    assert condition_of(height_model, Recipe(condition=99)) == height_model.scale.last
    assert condition_of(height_model, Recipe()) == height_model.scale.middle


def test_truncation_on_a_journey_draws_to_the_mean_of_that_height(height_model):
    mean = ws_of(height_model, replace(walk(0.5, 40, 60), psi=0))
    assert torch.allclose(mean, ws_of(height_model, Recipe(psi=0, condition=50)), atol=1e-5)


def test_a_second_brain_on_a_journey_has_the_height_there(height_model):
    mixed = walk(0.5, 40, 60, mix=Mix(8, (1.0,) * height_model.config.num_ws))
    alone = Recipe(8, psi=1, condition=50)
    assert torch.allclose(ws_of(height_model, mixed), ws_of(height_model, alone), atol=1e-5)


def test_another_seed_keeps_the_height_of_the_first_key_frame():
    assert walk(0.7, 40, 60, condition=-5).with_seed(9) == Recipe(9, psi=1, condition=40)
    keys = (Recipe(3, class_index=2), Recipe(4, class_index=1))
    assert Recipe(walk=Walk(keys=keys)).with_seed(9).class_index == 2


@pytest.mark.parametrize("heights", [(5, 50, 10), (5, 5, 50), (-10, 35, 44, 5)])
@pytest.mark.parametrize("loop", [False, True])
def test_a_smooth_curve_has_no_corner_at_a_key_frame(height_model, heights, loop):
    """The place goes along a spline too (which has a corner of its own at each class)."""
    keys = tuple(Recipe(3 + i, psi=0.8, condition=mm) for i, mm in enumerate(heights))
    middle, step = 1 / (len(keys) if loop else len(keys) - 1), 2e-4

    def at(t: float) -> torch.Tensor:
        return ws_of(height_model, Recipe(psi=1, walk=Walk(keys, t, "spline", loop)))[0, 0].double()

    left, right = at(middle) - at(middle - step), at(middle + step) - at(middle)
    assert (left - right).norm() < 0.2 * max(left.norm(), right.norm())
    straight = Recipe(psi=1, walk=Walk(keys, middle + 0.3 * middle, "spline", loop))
    place = place_of(height_model, straight)
    assert 0 <= place <= height_model.scale.count - 1
    assert centre_of(height_model, straight).equal(height_model.library.centre(place))


def test_a_brain_mixed_in_from_another_height_leaves_the_walk_straight(height_model):
    """There is no place that its layers are all at."""
    mix = Mix(9, (1.0,) * 3, Recipe(9, psi=1, condition=50))
    keys = (Recipe(3, psi=1, condition=0, mix=mix), Recipe(4, psi=1, condition=50))
    ends = [ws_of(height_model, key) for key in keys]
    found = ws_of(height_model, Recipe(psi=1, walk=Walk(keys, 0.5)))
    assert torch.equal(found, torch.lerp(*ends, 0.5))
    same = replace(mix, recipe=Recipe(9, psi=1, condition=0))
    keys = (replace(keys[0], mix=same), keys[1])
    ends = [ws_of(height_model, key) for key in keys]
    found = ws_of(height_model, Recipe(psi=1, walk=Walk(keys, 0.5)))
    assert not torch.allclose(found, torch.lerp(*ends, 0.5), atol=1e-2)


@pytest.mark.parametrize("space", ["w", "spline"])
def test_a_walk_between_heights_leads_through_those_between(height_model, space):
    """What differs from the mean of each height goes straight, and the mean is the height's own."""
    keys = tuple(Recipe(seed, psi=0.8, condition=mm) for seed, mm in ((1, -18.7), (2, 57.3)))
    apart = [ws_of(height_model, key) - centre_of(height_model, key) for key in keys]
    for t in (0.25, 0.5):
        recipe = Recipe(psi=1, walk=Walk(keys, t, space))
        there = centre_of(height_model, Recipe(condition=-18.7 + 76 * t))
        found = ws_of(height_model, recipe)
        assert torch.allclose(found, torch.lerp(*apart, t) + there, atol=1e-5)
    ends = torch.lerp(*(centre_of(height_model, key) for key in keys), 0.5)
    assert (there - ends).norm() > 0.05 * apart[0].norm()  # the means lie on no straight line
    for t, key in enumerate(keys):
        assert torch.equal(
            ws_of(height_model, Recipe(psi=1, walk=Walk(keys, t, space))), ws_of(height_model, key)
        )


def test_a_walk_at_one_height_goes_straight(height_model):
    keys = tuple(Recipe(seed, condition=33.3) for seed in (1, 2, 3))
    ends = [ws_of(height_model, key) for key in keys]
    found = [
        ws_of(height_model, Recipe(psi=1, walk=Walk(keys, 0.3, space))) for space in ("w", "spline")
    ]
    assert torch.equal(found[0], torch.lerp(*ends[:2], 0.6))
    assert torch.equal(found[1], catmull_rom(2 * ends[0] - ends[1], *ends, 0.6))


@pytest.mark.parametrize(
    "recipe", [Recipe(3, condition=50), Recipe(3), walk(0.4, -20, 60)],
    ids=["a height", "the middle", "a journey"],
)  # fmt: skip
def test_a_w_of_its_own_looks_the_same_and_keeps_its_height(height_model, recipe):
    """Dragging (before anything has moved) and freezing; the next touch of the slider moves the
    picture as far as the height has changed."""
    arrow = Arrow(5, 8, 9, 8)
    dragged = Drag(height_model, recipe, [arrow]).step().recipe
    frozen = freeze(height_model, recipe)
    shown, there = ws_of(height_model, recipe), condition_of(height_model, recipe)
    for each in (dragged, frozen):
        assert torch.allclose(ws_of(height_model, each), shown, atol=2e-3)
        assert condition_of(height_model, each) == pytest.approx(there)
        moved = ws_of(height_model, replace(each, psi=1, condition=there + 5))
        still = ws_of(height_model, replace(each, psi=1))
        centres = (centre_of(height_model, Recipe(condition=mm)) for mm in (there + 5, there))
        assert torch.allclose(moved - still, torch.sub(*centres).expand_as(moved), atol=1e-5)


def test_a_projection_stands_where_the_nearest_brain_does(height_model):
    projector = Projector(height_model)
    number = 11
    target = projector.album.get().pictures[number]
    step = next(projector.project(target, Effort(1, 1)))
    place = sample_classes(height_model.generator, number + 1)[number]
    assert step.recipe.condition == pytest.approx(height_model.scale.value(place))
    assert torch.allclose(ws_of(height_model, step.recipe), step.ws, atol=2e-3)


@pytest.mark.parametrize(("read", "stands"), [(33.0, 33.0), (99.0, 60.0), (np.nan, None)])
def test_a_projection_stands_at_the_height_of_the_scan(height_model, monkeypatch, read, stands):
    """Where that can be read; else where the nearest brain does."""
    projector = Projector(height_model)
    target = projector.album.get().pictures[11]
    nearest = next(projector.project(target, Effort(1, 1)))
    readers = SimpleNamespace(read=lambda pictures: np.full(len(pictures), read))
    monkeypatch.setattr(height_model.library, "ruler", Ruler(readers))
    first, *_, last = projector.project(target, Effort(3, 3))
    stands = nearest.recipe.condition if stands is None else stands
    assert last.recipe.condition == first.recipe.condition == stands
    moved = moved_by(height_model, stands) - moved_by(height_model, nearest.recipe.condition)
    assert torch.allclose(first.ws, nearest.ws + moved, atol=1e-5)
    assert torch.allclose(ws_of(height_model, last.recipe), last.ws, atol=2e-3)
