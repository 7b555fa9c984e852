"""From recipe to ws: each step by itself and their order."""

import numpy as np
import pytest
import torch

from explorer.picture.latents import check, ws_of, z_of_seed
from explorer.recipe import Edit, Mix, Noise, Own, Recipe, Walk
from explorer.recipe.checks import RecipeError, pack_vector


def test_z_is_the_fields_own_for_a_seed():
    expected = np.random.RandomState(7).randn(1, 5)
    assert torch.equal(z_of_seed(7, 5), torch.from_numpy(expected).float())


def w_of(model, seed):
    return model.generator.mapping(z_of_seed(seed, 16))


def test_truncation(model):
    w, w_avg = w_of(model, 3), model.generator.mapping.w_avg
    assert torch.allclose(ws_of(model, Recipe(3, psi=1)), w.expand(1, 6, 16))
    assert torch.allclose(ws_of(model, Recipe(3, psi=0)), w_avg.expand(1, 6, 16))
    ws = ws_of(model, Recipe(3, psi=0.5, cutoff=2))
    assert torch.allclose(ws[:, :2], ((w + w_avg) / 2).expand(1, 2, 16), atol=1e-6)
    assert torch.allclose(ws[:, 2:], w.expand(1, 4, 16))


KEYS = (
    Recipe(3),
    Recipe(8, psi=1.0, edits=(Edit("pca1", 1, (0, 3)),)),
    Recipe(w=pack_vector(np.linspace(-1, 1, 96)), cutoff=2),
    Recipe(5, mix=Mix(6, (0, 1))),
)
SEEDS = (Recipe(3), Recipe(8, psi=1.0, cutoff=3), Recipe(5, psi=-0.5))


def place(model, keys, t, space="w", loop=False, **more):
    return ws_of(model, Recipe(psi=1, walk=Walk(keys, t, space, loop), **more))


@pytest.mark.parametrize("space", ["w", "spline"])
@pytest.mark.parametrize("loop", [False, True])
def test_a_walk_passes_through_every_key_frame(model, space, loop):
    pieces = len(KEYS) - (not loop)
    for i, key in enumerate(KEYS):
        assert torch.equal(place(model, KEYS, i / pieces, space, loop), ws_of(model, key))
    if loop:
        assert torch.equal(place(model, KEYS, 1, space, True), ws_of(model, KEYS[0]))


def test_lines_and_splines_between_key_frames(model):
    a, b, c, d = (ws_of(model, key) for key in KEYS)
    assert torch.allclose(place(model, KEYS, 0.5 / 3), (a + b) / 2, atol=1e-6)
    half = place(model, KEYS, 0.5, "spline")  # Catmull-Rom: (-p + 9 a + 9 b - q) / 16
    assert torch.allclose(half, (-a + 9 * b + 9 * c - d) / 16, atol=1e-5)
    closed = place(model, KEYS, 7 / 8, "spline", loop=True)
    assert torch.allclose(closed, (-c + 9 * d + 9 * a - b) / 16, atol=1e-5)


def test_a_walk_of_seeds_in_z(model):
    for i, key in enumerate(SEEDS):
        assert torch.allclose(place(model, SEEDS, i / 2, "z"), ws_of(model, key), atol=1e-6)
    near = place(model, SEEDS, 0.5 - 1e-4, "z")
    assert torch.allclose(near, ws_of(model, SEEDS[1]), atol=1e-2)
    assert not torch.allclose(place(model, SEEDS, 0.25, "z"), place(model, SEEDS, 0.25), atol=1e-3)


def test_psi_scales_a_walk_and_one_key_frame_is_a_place(model):
    whole = place(model, KEYS, 0.4)
    half = ws_of(model, Recipe(psi=0.5, walk=Walk(KEYS, 0.4)))
    w_avg = model.generator.mapping.w_avg
    assert torch.allclose(half, (whole + w_avg) / 2, atol=1e-6)
    for t in (0, 0.3, 1):
        assert torch.equal(place(model, KEYS[1:2], t, "spline"), ws_of(model, KEYS[1]))
    assert torch.equal(ws_of(model, Recipe(3, walk=Walk())), ws_of(model, Recipe(3)))


def test_walks_between_two_seeds_still_lead_where_they_did(model):
    old = {"seed": 3, "psi": 0.7, "walk": {"seed": 8, "t": 0.25, "space": "w"}}
    ends = [ws_of(model, Recipe(seed)) for seed in (3, 8)]
    assert torch.allclose(ws_of(model, Recipe.from_dict(old)), torch.lerp(*ends, 0.25), atol=1e-6)


def test_classes_change_on_the_way(class_model):
    keys = (Recipe(3, class_index=0), Recipe(3, class_index=1))
    for space in ("w", "z"):
        walk = [place(class_model, keys, t, space) for t in (0, 0.5, 1)]
        assert torch.equal(walk[0], ws_of(class_model, keys[0]))
        assert torch.equal(walk[2], ws_of(class_model, keys[1]))
        assert not torch.allclose(walk[1], walk[0])
        assert not torch.allclose(walk[1], walk[2])


def test_mixing_takes_the_chosen_layers(model):
    here, there = ws_of(model, Recipe(3)), ws_of(model, Recipe(8))
    mixed = ws_of(model, Recipe(3, mix=Mix(8, (0, 1, 0.25))))
    assert torch.equal(mixed[:, 0], here[:, 0])
    assert torch.allclose(mixed[:, 1], there[:, 1], atol=1e-6)
    assert torch.allclose(mixed[:, 2], 0.75 * here[:, 2] + 0.25 * there[:, 2], atol=1e-6)
    assert torch.equal(mixed[:, 3:], here[:, 3:])


def test_edits_add_their_vector_to_their_layers(model):
    vector = model.library.find("pca2").vector
    plain = ws_of(model, Recipe(3))
    moved = ws_of(model, Recipe(3, edits=(Edit("pca2", -1.5),))) - plain
    assert torch.allclose(moved, (-1.5 * vector).expand(1, 6, 16), atol=1e-5)
    some = ws_of(model, Recipe(3, edits=(Edit("pca2", 2, (1, 3)),))) - plain
    assert torch.allclose(some[:, 1:3], (2 * vector).expand(1, 2, 16), atol=1e-5)
    assert some[:, [0, 3, 4, 5]].abs().max() == 0


def test_an_edit_means_the_same_at_every_psi_and_under_mixing(model):
    edit = (Edit("pca1", 1),)
    for extra in ({"psi": 0.2}, {"psi": 1}, {"mix": Mix(8, (1,) * 6)}, {"walk": Walk(KEYS, 0.5)}):
        moved = ws_of(model, Recipe(3, edits=edit, **extra)) - ws_of(model, Recipe(3, **extra))
        assert torch.allclose(moved, model.library.find("pca1").vector.expand(1, 6, 16), atol=1e-5)


def test_a_w_instead_of_a_seed(model):
    one, each = np.linspace(-1, 1, 16), np.linspace(-1, 1, 96)
    ws = ws_of(model, Recipe(w=pack_vector(one), psi=1))
    assert torch.allclose(ws, torch.from_numpy(one).float().expand(1, 6, 16), atol=1e-3)
    ws = ws_of(model, Recipe(w=pack_vector(each), psi=1))
    assert torch.allclose(ws.flatten(), torch.from_numpy(each).float(), atol=1e-3)
    average = model.generator.mapping.w_avg
    assert torch.allclose(ws_of(model, Recipe(w=pack_vector(each), psi=0)), average, atol=1e-6)


def test_a_direction_of_the_recipe_itself(model):
    own = Own("own:mine", "Mine", pack_vector(np.arange(16) / 8))
    plain = ws_of(model, Recipe(3))
    moved = ws_of(model, Recipe(3, own=(own,), edits=(Edit("own:mine", 2),))) - plain
    assert torch.allclose(moved, torch.arange(16).expand(1, 6, 16) / 4, atol=1e-5)


def test_sefa_edits_stay_in_their_layers(model):
    moved = ws_of(model, Recipe(3, edits=(Edit("sefa1@2-4", 1),))) - ws_of(model, Recipe(3))
    assert moved[:, [0, 1, 4, 5]].abs().max() == 0
    assert torch.allclose(
        moved[:, 2:4], model.library.find("sefa1@2-4").vector.expand(1, 2, 16), atol=1e-5
    )


def test_held_directions_do_not_move(model):
    edits = (Edit("sefa1", 1),)
    plain = ws_of(model, Recipe(3))
    held = model.library.find("pca1").vector
    along = lambda **part: float(((ws_of(model, Recipe(3, **part)) - plain)[0, 0] * held).sum())  # noqa: E731
    assert abs(along(edits=edits)) > 1e-3
    assert abs(along(edits=edits, hold=("pca1",))) < 1e-5
    own = along(edits=(Edit("pca1", 1),), hold=("pca1",))  # a direction does not hold itself
    assert own == pytest.approx(float(held @ held), rel=1e-4)


def test_classes(class_model):
    assert class_model.classes == ("AD", "NC")
    one, two = (ws_of(class_model, Recipe(3, class_index=i)) for i in (0, 1))
    assert not torch.allclose(one, two)
    assert torch.equal(one, ws_of(class_model, Recipe(3)))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(edits=(Edit("sefa99", 1),)), "no direction 'sefa99'"),
        (Recipe(edits=(Edit("pca1", 1, (0, 7)),)), "has 6 layers, not 7"),
        (Recipe(mix=Mix(1, (0,) * 7)), "has 6 layers, not 7"),
        (Recipe(hold=("own:x",)), "no direction 'own:x'"),
        (Recipe(noise=Noise(off=(5,))), "has 5 layers with noise"),
        (Recipe(w=pack_vector(np.zeros(15))), "w: this model needs 16 or 96 numbers, got 15"),
        (Recipe(model="0123456789ab"), "made with another model .0123456789ab"),
        (
            Recipe(own=(Own("own:a", "a", "ADw="),), edits=(Edit("own:a"),)),
            "is for a w of 1 numbers",
        ),
        (Recipe(walk=Walk((Recipe(edits=(Edit("pca99"),)),))), "no direction 'pca99'"),
        (Recipe(walk=Walk((Recipe(model="0123456789ab"),))), "made with another model"),
        (Recipe(class_index=0), "class_index: 0, but this model has no classes"),
    ],
)
def test_what_this_model_does_not_have(model, recipe, message):
    with pytest.raises(RecipeError, match=message):
        ws_of(model, recipe)


def test_a_class_too_far(class_model):
    with pytest.raises(RecipeError, match="has classes 0 to 1"):
        ws_of(class_model, Recipe(class_index=2))


def test_a_second_brain_is_checked_before_anything_is_drawn(model):
    second = Recipe(edits=(Edit("nowhere", 1),))
    check(model, Recipe(mix=Mix(weights=(0, 0), recipe=second)))  # has no effect
    with pytest.raises(RecipeError, match="nowhere"):
        check(model, Recipe(mix=Mix(weights=(0, 1), recipe=second)))
