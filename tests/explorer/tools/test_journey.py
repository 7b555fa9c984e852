"""Speed along a walk, and places at even speed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.picture.latents import ws_of
from explorer.picture.render import render
from explorer.recipe import Edit, Mix, Noise, Recipe, Walk
from explorer.recipe.checks import RecipeError, unpack_vector
from explorer.tools.journey import at, change, changes, check_changes, even_places, freeze

WALK = Recipe(psi=1, walk=Walk((Recipe(3), Recipe(8), Recipe(5)), 0.2))


def test_change_of_pictures_by_hand():
    black, white = torch.full((1, 1, 16, 16), -1.0), torch.ones(1, 1, 16, 16)
    assert change(black, white) == pytest.approx(255)  # the same at every scale
    board = torch.ones(16, 16)
    board[::2, ::2] = board[1::2, 1::2] = -1
    grey = torch.zeros(1, 1, 16, 16)
    # A chessboard is away from grey by 127.5 at the finest of the scales 16, 8 and 4 px alone.
    assert change(board[None, None], grey) == pytest.approx(127.5 / 3)


def test_at_moves_along_the_walk():
    assert at(WALK, 0.7).walk.t == 0.7
    assert at(WALK, 0.7, "spline").walk.space == "spline"
    assert at(WALK, 0.7).walk.keys == WALK.walk.keys
    for none in (Recipe(), Recipe(walk=Walk())):
        with pytest.raises(RecipeError, match="no key frames"):
            at(none, 0.5)


def test_a_frozen_place_can_be_a_key_frame(model):
    place = freeze(model, at(WALK, 0.3))
    assert len(unpack_vector(place.w, "w")) == 16  # all layers alike
    assert torch.allclose(ws_of(model, place), ws_of(model, at(WALK, 0.3)), atol=2e-3)
    edited = replace(at(WALK, 0.3), psi=0.5, edits=(Edit("pca1", 2, (0, 2)),), mix=Mix(9, (0, 1)))
    place = freeze(model, edited)
    assert len(unpack_vector(place.w, "w")) == 96
    assert torch.allclose(ws_of(model, place), ws_of(model, edited), atol=2e-3)
    assert Walk((place, Recipe(3))).keys[0] == place


def test_changes_fit_together_and_follow_the_pictures(model):
    whole = changes(model, WALK, "w", 8, 0, 8)
    assert changes(model, WALK, "w", 8, 2, 3) == whole[2:5]
    assert min(whole) > 0
    a, b = (render(model, at(WALK, t)).astype(float) for t in (0.25, 0.375))
    full_size = np.abs(a - b).mean()
    assert 0.2 * full_size < whole[2] < 1.2 * full_size  # coarse scales average differences out
    assert changes(model, WALK, "z", 8, 0, 8) != whole


def test_edits_and_noise_of_the_journey_count(model):
    still = Recipe(psi=1, walk=Walk((Recipe(3), Recipe(3))))
    assert changes(model, still, "w", 4, 0, 4) == [0, 0, 0, 0]
    edited = Recipe(psi=1, walk=WALK.walk, edits=(Edit("pca1", 2),), noise=Noise("none"))
    assert changes(model, edited, "w", 4, 0, 4) != changes(model, WALK, "w", 4, 0, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        (8, 0, 17),
        (8, -1, 2),
        (8, 7, 2),
        (8, 0, 0),
        (2000, 0, 2),
        (8.0, 0, 2),
        ("8", 0, 1),
        (8, True, 1),
    ],
)
def test_steps_that_do_not_fit(model, wrong):
    with pytest.raises(RecipeError, match="steps"):
        changes(model, WALK, "w", *wrong)


def test_a_walk_with_edits_has_no_z(model):
    edited = Recipe(walk=Walk((Recipe(3, edits=(Edit("pca1", 1),)), Recipe(8))))
    with pytest.raises(RecipeError, match="only seeds"):
        changes(model, edited, "z", 8, 0, 2)


def test_even_places_spend_time_where_much_changes():
    # The first half of t changes three times as fast as the second.
    places = even_places(np.array([3.0, 3, 1, 1]), np.linspace(0, 1, 5))
    assert places == pytest.approx([0, 1 / 6, 1 / 3, 1 / 2, 1], abs=1e-6)
    assert even_places(np.zeros(3), np.array([0.2])) == pytest.approx([0.2])
    halting = even_places(np.array([1.0, 0, 0, 1]), np.linspace(0, 1, 101))
    assert (np.diff(halting) > 0).all()


def test_even_places_are_even_in_the_picture(model):
    fine = np.array(changes(model, WALK, "w", 16, 0, 16))
    places = even_places(fine, np.linspace(0, 1, 9))
    cumulated = np.interp(places, np.linspace(0, 1, 17), np.concatenate([[0], np.cumsum(fine)]))
    assert np.diff(cumulated) == pytest.approx(np.full(8, fine.sum() / 8), rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [None, [], "x", [1, "x"], [float("nan")], [-1], [1e300], [0] * 1001, [None]]
)
def test_changes_of_strangers_are_checked(wrong):
    with pytest.raises(RecipeError, match="changes"):
        check_changes(wrong)
    assert check_changes([0, 1.5]).tolist() == [0, 1.5]
