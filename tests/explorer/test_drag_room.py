"""Drags of several pages: apart, bounded, forgotten."""

import base64

import pytest

from explorer import drag_room
from explorer.checks import RecipeError
from explorer.drag import Arrow
from explorer.drag_room import DragRoom
from explorer.page.drag_answers import pulling
from explorer.recipe import Recipe

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
    assert room.step(key).ended == "arrived"
    assert len(room) == 0


def test_what_the_page_asks(model):
    start, step, forget = pulling(model)
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
    start, step, forget = pulling(model)
    posted = {"recipe": {"seed": 3}, "arrows": [[5, 8, 9, 8]], **change}
    assert words in start(posted)["error"]
    for nonsense in (None, 5, [], {"key": 5}, {"key": {}}):
        assert "error" in step(nonsense)
    assert forget({"key": ["x"]}) == {}
