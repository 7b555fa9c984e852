"""From recipe to ws: each step by itself and their order."""

import math

import numpy as np
import pytest
import torch

from explorer.checks import RecipeError, pack_vector
from explorer.latents import slerp, ws_of, z_of_seed
from explorer.recipe import Edit, Mix, Noise, Own, Recipe, Walk


def test_z_is_the_fields_own_for_a_seed():
    expected = np.random.RandomState(7).randn(1, 5)
    assert torch.equal(z_of_seed(7, 5), torch.from_numpy(expected).float())


def test_slerp_turns_at_even_speed_and_keeps_the_length():
    a, b = torch.randn(1, 64), 3 * torch.randn(1, 64)
    path = torch.cat([slerp(a, b, t) for t in np.linspace(0, 1, 9)])
    assert torch.allclose(path.norm(dim=1), torch.full([9], 8.0), atol=1e-4)
    assert torch.allclose(path[0], a[0] / a.norm() * 8, atol=1e-4)
    assert torch.allclose(path[-1], b[0] / b.norm() * 8, atol=1e-4)
    steps = torch.nn.functional.cosine_similarity(path[1:], path[:-1])
    assert steps.max() - steps.min() < 1e-4


@pytest.mark.parametrize("sign", [1, -1])
def test_slerp_between_parallel_or_opposite_vectors(sign):
    a = torch.randn(1, 16)
    for t in (0, 0.3, 1):
        assert slerp(a, sign * 2 * a, t).norm().item() == pytest.approx(math.sqrt(16), rel=1e-4)


def w_of(model, seed):
    return model.generator.mapping(z_of_seed(seed, 16))


def test_truncation(model):
    w, w_avg = w_of(model, 3), model.generator.mapping.w_avg
    assert torch.allclose(ws_of(model, Recipe(3, psi=1)), w.expand(1, 6, 16))
    assert torch.allclose(ws_of(model, Recipe(3, psi=0)), w_avg.expand(1, 6, 16))
    ws = ws_of(model, Recipe(3, psi=0.5, cutoff=2))
    assert torch.allclose(ws[:, :2], ((w + w_avg) / 2).expand(1, 2, 16), atol=1e-6)
    assert torch.allclose(ws[:, 2:], w.expand(1, 4, 16))


def test_walk_starts_and_ends_at_its_seeds(model):
    here, there = ws_of(model, Recipe(3)), ws_of(model, Recipe(8))
    for space in ("w", "z"):
        walk = [ws_of(model, Recipe(3, walk=Walk(8, t, space))) for t in (0, 0.5, 1)]
        assert torch.equal(walk[0], here)
        assert torch.allclose(walk[2], there, atol=1e-5)
    straight, arc = (ws_of(model, Recipe(3, walk=Walk(8, 0.5, s))) for s in "wz")
    assert torch.allclose(straight, (here + there) / 2, atol=1e-6)
    assert not torch.allclose(straight, arc, atol=1e-3)


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
    for extra in ({"psi": 0.2}, {"psi": 1}, {"mix": Mix(8, (1,) * 6)}, {"walk": Walk(8, 0.5)}):
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
        (Recipe(class_index=0), "class_index: 0, but this model has no classes"),
    ],
)
def test_what_this_model_does_not_have(model, recipe, message):
    with pytest.raises(RecipeError, match=message):
        ws_of(model, recipe)


def test_a_class_too_far(class_model):
    with pytest.raises(RecipeError, match="has classes 0 to 1"):
        ws_of(class_model, Recipe(class_index=2))
