"""Points are dragged where they should go, and the result is a recipe."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.picture.latents import start_ws, ws_of
from explorer.picture.layers import noise_maps
from explorer.picture.render import render, synthesise_now
from explorer.recipe import Edit, Mix, Noise, Recipe, Walk
from explorer.recipe.checks import RecipeError
from explorer.tools.drag import Arrow, Drag, arrows_of, region_of
from gan.picture import to_uint8
from gan.trace import trace

ARROW = Arrow(5, 8, 9, 8)


def steps_of(model, recipe, arrows=(ARROW,), movable=None, most=60):
    drag, found = Drag(model, recipe, arrows, movable), []
    while len(found) < most and not (found and found[-1].ended):
        found.append(drag.step())
    return found


def features(model, recipe):
    """The maps that are dragged, the plain way."""
    ws, depth = ws_of(model, recipe), model.config.num_ws - 3
    noise = noise_maps(model.generator, recipe.noise)
    return trace(model.generator.synthesis, ws, noise, None, depth)[0][-1]


def test_tracking_finds_a_known_shift(model):
    drag = Drag(model, Recipe(3), [Arrow(6, 6, 12, 6), Arrow(10, 9, 10, 2)])
    drag._search = drag._search / drag.unit  # whole and half pixels of the picture
    maps = torch.randn(1, 8, 16, 16)  # at the picture's own size
    drag._track(maps)
    drag._track(maps.roll((1, -2), dims=(2, 3)))
    assert drag._handles.tolist() == [[4, 7], [8, 10]]
    drag._track(maps)
    assert drag._handles.tolist() == [[6, 6], [10, 9]]


def test_features_at_pixels_are_those_of_the_map_brought_to_the_pictures_size(model):
    drag = Drag(model, Recipe(3), [ARROW])
    maps = torch.randn(1, 5, 8, 8)
    large = torch.nn.functional.interpolate(maps, 16, mode="bilinear", align_corners=False)
    at = torch.tensor([[[4.5, 7.5], [0.5, 15.5]], [[9.5, 2.5], [8.5, 8.5]]])
    wanted = [[large[0, :, int(y), int(x)] for x, y in row] for row in at.tolist()]
    found = drag._sample(maps, at)
    assert torch.allclose(found, torch.stack([torch.stack(row) for row in wanted]), atol=1e-5)


def test_motion_supervision_is_equation_1_with_a_gradient_through_the_shifted_side_only(model):
    drag = Drag(model, Recipe(3), [ARROW])
    maps = torch.randn(1, 5, 16, 16, requires_grad=True)
    drag._track(maps.detach())
    loss = drag._loss(maps, torch.tensor([[1.0, 0.0]]))
    offsets = drag._around.tolist()
    at = [(5 + dx, 8 + dy) for dx, dy in offsets]
    sample = lambda x, y: drag._sample(maps.detach(), torch.tensor([x, y]))  # noqa: E731
    plain = sum((sample(x + 1, y) - sample(x, y)).abs().mean() for x, y in at) / len(at)
    assert torch.allclose(loss, plain / maps.detach().std(dim=(2, 3)).mean(), rtol=1e-4)
    loss.backward()
    used = maps.grad.abs().sum(dim=(0, 1)).nonzero()  # what lies a pixel to the right
    reach = max(dx for dx, _ in offsets)
    assert used[:, 1].min() >= np.floor(5 + 1 - reach - 0.5)
    assert used[:, 1].max() == np.ceil(5 + 1 + reach - 0.5)


@pytest.mark.parametrize("seed", [3, 5])
def test_a_drag_comes_nearer_to_its_target(model, seed):
    steps = steps_of(model, Recipe(seed, psi=1), most=100)
    assert steps[0].left == (4.0,)
    assert steps[0].handles == ((5.0, 8.0),)
    assert min(s.left[0] for s in steps) < 2
    assert [s.steps for s in steps[:5]] == [0, 1, 2, 3, 4]


def test_the_region_that_is_held_changes_less(model):
    movable = np.zeros((16, 16), bool)
    movable[6:11, 2:12] = True
    start = features(model, Recipe(3))
    free, held = (
        features(model, steps_of(model, Recipe(3), movable=m, most=30)[-1].recipe) - start
        for m in (None, movable)
    )
    outside = torch.ones(8, 8, dtype=torch.bool)
    outside[3:6, 1:6] = False
    assert held[0, :, outside].abs().mean() < 0.6 * free[0, :, outside].abs().mean()


def test_everything_else_of_the_recipe_stays_and_the_picture_is_the_recipes(model):
    recipe = Recipe(
        3, psi=0.6, cutoff=5, mix=Mix(4, (0.0, 0.5)), edits=(Edit("pca1", 1.5),),
        noise=Noise("random", seed=2),
    )  # fmt: skip
    moved = steps_of(model, recipe, most=8)[-1].recipe
    assert replace(moved, w=None) == recipe
    again = Recipe.from_json(moved.to_json())
    assert np.array_equal(render(model, again), to_uint8(synthesise_now(model, moved))[0])
    ws, before = (start_ws(model, r) for r in (moved, recipe))
    assert torch.allclose(ws[:, 3:], before[:, 3:], atol=2e-3)  # half precision
    assert (ws[:, :3] - before[:, :3]).abs().max() > 0.02


def test_it_is_the_same_each_time(model):
    assert steps_of(model, Recipe(3), most=6) == steps_of(model, Recipe(3), most=6)


def test_on_a_walk_it_starts_from_the_place_there(model):
    walk = Walk((Recipe(1, psi=0.8), Recipe(2, psi=0.5)), t=0.4)
    first = steps_of(model, Recipe(9, psi=0.9, walk=walk), most=1)[0].recipe
    assert first.walk is None
    assert first.psi == 0.9
    there = ws_of(model, Recipe(9, psi=0.9, walk=walk))
    assert torch.allclose(ws_of(model, first), there, atol=2e-3)


def test_truncated_and_mixed_pictures_move_as_fast(model):
    """The first step of Adam has the same size in the picture's w."""
    sizes = []
    for recipe in (Recipe(3, psi=1), Recipe(3, psi=0.2), Recipe(3, psi=1, mix=Mix(4, (0.7,) * 6))):
        steps = steps_of(model, recipe, most=2)
        change = ws_of(model, steps[1].recipe) - ws_of(model, steps[0].recipe)
        sizes.append(change[:, :3].norm().item())
    assert sizes == pytest.approx([sizes[0]] * 3, rel=0.1)


def test_where_nothing_is_left_to_move(model):
    for recipe in (Recipe(3, psi=0), Recipe(3, mix=Mix(4, (1.0,) * 6))):
        with pytest.raises(RecipeError, match="nothing of this brain’s own shape"):
            Drag(model, recipe, [ARROW])


def test_a_jump_is_no_arrival(model):
    """The features were found somewhere else: another spot may look the same."""
    drag = Drag(model, Recipe(3), [Arrow(4, 8, 8, 8)])
    drag.step()
    for jump in ([4.0, 0.0], *[[0.0, 0.0]] * 11):
        drag._search = torch.tensor([jump])
        ended = drag.step().ended
    assert ended == "jumped"


def test_it_ends_where_it_arrives_and_where_it_goes_no_further(model):
    drag = Drag(model, Recipe(3), [Arrow(5, 8, 5.1, 8)])
    drag._track = lambda maps: setattr(drag, "_first", (maps, None))  # stays there
    steps = [drag.step() for _ in range(12)]
    assert [s.ended for s in steps] == [None] * 10 + ["arrived"] * 2
    assert steps[10] == steps[11]  # the same again
    assert steps[-1].ended != "jumped"
    drag = Drag(model, Recipe(3), [Arrow(0, 0, 16, 16)])
    drag._track = lambda maps: setattr(drag, "_first", (maps, None))
    ended = [drag.step().ended for _ in range(62)]
    assert ended[59] is None
    assert ended[60] == "stuck"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "set an arrow first"),
        ("xy", "expected a list"),
        ([[1, 2, 3]], "arrow 1"),
        ([[1, 2, 8, 8], [1, 2, float("nan"), 3]], "arrow 2"),
        ([[1, 2, 1e300, 3]], "from 0 to 16"),
        ([[1, 2, 10**400, 3]], "from 0 to 16"),
        ([[-1, 2, 3, 3]], "from 0 to 16"),
        ([[1, 2, True, 3]], "arrow 1"),
        ([[4, 4, 4, 4]], "already"),
        ([[1, 2, 3, 4]] * 1000, "at most 8"),
        ([None], "arrow 1"),
    ],
)
def test_bad_arrows_are_told(values, words):
    with pytest.raises(RecipeError, match=words):
        arrows_of(values, 16)


def test_a_region_of_another_size_or_without_a_handle_is_told(model):
    assert region_of(b"\xff" + bytes(31), 16).sum() == 8
    for bits in (b"", bytes(31), bytes(33)):
        with pytest.raises(RecipeError, match="32 bytes"):
            region_of(bits, 16)
    with pytest.raises(RecipeError, match="16 x 16"):
        Drag(model, Recipe(3), [ARROW], np.ones((8, 8), bool))
    with pytest.raises(RecipeError, match="point 1 lies outside"):
        Drag(model, Recipe(3), [ARROW], np.zeros((16, 16), bool))
