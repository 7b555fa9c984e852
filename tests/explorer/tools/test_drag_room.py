"""Drags of several pages: apart, bounded, forgotten."""

import base64

import numpy as np
import pytest

from explorer.page.panels.drag.answers import pulling
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools import drag_room
from explorer.tools.drag import MOST_STEPS, Arrow
from explorer.tools.drag_room import DragRoom
from explorer.tools.views import differences
from explorer.work.asker import asker

ARROWS = (Arrow(5, 8, 12, 8),)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_two_users_never_mix(model):
    room, alone = DragRoom(model), DragRoom(model)
    keys = [room.start(Recipe(seed), ARROWS)[0] for seed in (1, 2)]
    apart = [alone.start(Recipe(seed), ARROWS)[0] for seed in (1, 2)]
    for _ in range(3):
        together = [room.step(key) for key in keys]
    for key, other in zip(apart, together, strict=True):
        assert [alone.step(key) for _ in range(3)][-1] == other


def test_what_nobody_asks_for_is_forgotten(model):
    clock = Clock()
    room = DragRoom(model, clock)
    key, _ = room.start(Recipe(1), ARROWS)
    clock.now = 119
    room.step(key)
    clock.now = 240
    with pytest.raises(RecipeError, match="no longer kept"):
        room.step(key)
    assert len(room) == 0


def test_there_is_room_for_so_many(model):
    clock = Clock()
    room = DragRoom(model, clock)
    keys = [room.start(Recipe(1), ARROWS)[0] for _ in range(drag_room._MOST)]
    with pytest.raises(RecipeError, match="too many"):
        room.start(Recipe(1), ARROWS)
    room.start(Recipe(1), ARROWS, instead=keys[0])
    clock.now = 20
    room.step(keys[1])
    room.start(Recipe(1), ARROWS)  # in the place of the one asked for longest ago
    assert len(room) == drag_room._MOST
    room.step(keys[1])
    with pytest.raises(RecipeError, match="no longer kept"):
        room.step(keys[2])


def test_an_ended_drag_is_dropped(model):
    room = DragRoom(model)
    key, _ = room.start(Recipe(1), (Arrow(5, 8, 5, 8.1),))
    for _ in range(MOST_STEPS):
        assert len(room) == 1
        if room.step(key).ended:
            break
    assert len(room) == 0


def test_what_the_page_asks(model):
    start, step, forget, _ = pulling(model)
    posted = {"recipe": {"seed": 3}, "arrows": [[5, 8, 9, 8]]}
    region = base64.b64encode(b"\xff" * 32).decode()
    answer = start({**posted, "region": region})
    assert answer["recipe"]["seed"] == 3
    assert answer["recipe"]["walk"]["keys"] == []
    first, second = (step({"key": answer["key"]}) for _ in range(2))
    assert first["left"] == (4.0,)
    assert first["ended"] is None
    assert second["steps"] == 1
    assert Recipe(3, w=second["w"]) != Recipe(3, w=first["w"])
    forget({"key": answer["key"]})
    assert "no longer kept" in step({"key": answer["key"]})["error"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"arrows": [[5, 8, 1e300, 8]]}, "from 0 to 16"),
        ({"arrows": None}, "expected a list"),
        ({"region": "AAAA"}, "32 bytes"),
        ({"region": "A" * 5000}, "at most 32 bytes"),
        ({"region": 5}, "base64"),
        ({"recipe": {"psi": 0}}, "own shape"),
        ({"recipe": 5}, "recipe"),
    ],
)
def test_whatever_is_posted_is_answered_in_words(model, change, words):
    start, step, forget, _ = pulling(model)
    posted = {"recipe": {"seed": 3}, "arrows": [[5, 8, 9, 8]], **change}
    assert words in start(posted)["error"]
    for nonsense in (None, 5, [], {"key": 5}, {"key": {}}):
        assert "error" in step(nonsense)
    assert forget({"key": ["x"]}) == {}


def test_what_a_drag_changed_is_told_in_words(head_model):
    compare = pulling(head_model)[-1]
    head_model.library._population.get()
    before, after = Recipe(3), Recipe(3, edits=(Edit("pca1", -1.5),))  # smaller
    answer = compare({"before": before.to_dict(), "after": after.to_dict()})
    assert answer["words"] == differences(head_model, before, after)
    assert answer["words"].count(" SD)") == 3
    ruler = head_model.library.ruler
    area = [m.name for m in ruler.measurements].index("Brain area")
    pictures = np.stack([render(head_model, recipe) for recipe in (before, after)])
    old, new = ruler.measure(pictures)[:, area]
    words = differences(head_model, before, after, most=10)
    assert f"Brain area {old:.1f} % to {new:.1f} % (−" in words
    same = compare({"before": {"seed": 3}, "after": {"seed": 3}})["words"]
    assert same == "None of the measurements changed much."
    assert "recipe" in compare({"before": {"seed": 3}})["error"]


def test_where_several_ask_each_keeps_four_drags(model):
    room = DragRoom(model)
    other = room.start(Recipe(1), ARROWS)[0]
    mark = asker.set("ada")
    try:
        keys = [room.start(Recipe(1), ARROWS)[0] for _ in range(5)]
    finally:
        asker.reset(mark)
    with pytest.raises(RecipeError, match="no longer kept"):
        room.step(keys[0])
    assert room.step(other).steps == room.step(keys[4]).steps
