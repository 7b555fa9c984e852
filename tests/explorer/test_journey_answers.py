"""What the journey's server functions answer, nonsense included."""

import base64
import io
import json
import time
from functools import partial

import pytest
from PIL import Image

from explorer.page.answers import freezing
from explorer.page.panels.journey.answers import travelling
from explorer.recipe import Recipe, Walk
from explorer.work.jobs import Jobs

WALK = Recipe(psi=1, walk=Walk((Recipe(3), Recipe(8)), 0.3)).to_dict()


@pytest.fixture(scope="module")
def ask(model):
    with pytest.MonkeyPatch.context() as patch:
        at_once = partial(Jobs, turn=1000)  # films change turns only as one ends
        patch.setattr("explorer.page.panels.journey.answers.Jobs", at_once)
        return {f.__name__: f for f in travelling(model)}


def test_speed_comes_in_parts_and_gives_even_places(ask):
    part = {"recipe": WALK, "space": "w", "steps": 8, "first": 4, "count": 4}
    changes = ask["speed"]({**part, "first": 0})["changes"] + ask["speed"](part)["changes"]
    assert len(changes) == 8
    places = ask["even"]({"changes": changes})["places"]
    assert len(places) == 201
    assert (places[0], places[-1]) == (0, 1)
    assert places == sorted(places)


def test_a_place_becomes_a_key_frame(model):
    key = freezing(model)(WALK)["key"]
    assert set(key) == {"version", "psi", "w"}
    assert json.dumps({"walk": {"keys": [key]}})
    assert Recipe.from_dict({"walk": {"keys": [key]}}).walk.keys[0].w == key["w"]


def test_a_film_is_begun_followed_and_fetched_once(ask):
    wishes = {"recipe": WALK, "kind": "gif", "seconds": 1, "fps": 10, "size": 32}
    begun = ask["begin_film"]({**wishes, "changes": [1.0, 2.0]})
    assert begun["frames"] == 10
    end = time.monotonic() + 20
    while not (state := ask["film_state"](begun)).get("done"):
        assert 0 <= state["progress"] <= 1
        assert time.monotonic() < end
        time.sleep(0.01)
    film = Image.open(io.BytesIO(base64.b64decode(ask["fetch_film"](begun)["file"])))
    assert film.n_frames == 10
    assert "not kept any more" in ask["fetch_film"](begun)["error"]


def test_a_film_that_is_not_wanted_ends(ask):
    begun = ask["begin_film"]({"recipe": WALK, "seconds": 60, "fps": 30, "size": 64})
    assert "not finished" in ask["fetch_film"](begun)["error"]
    assert ask["stop_film"](begun) == {}
    assert "not kept any more" in ask["film_state"](begun)["error"]


def test_films_wait_for_each_other_and_only_so_many(ask):
    long = {"recipe": WALK, "seconds": 60, "fps": 30, "size": 64}
    begun = [ask["begin_film"](long) for _ in range(6)]
    assert [ask["film_state"](film)["ahead"] for film in begun] == list(range(6))
    assert "try again later" in ask["begin_film"](long)["error"]
    for film in begun:
        assert ask["stop_film"](film) == {}


def test_what_the_model_lacks_is_told_before_a_film_is_begun(ask):
    recipe = {**WALK, "edits": [{"direction": "nowhere", "strength": 1}]}
    assert "nowhere" in ask["begin_film"]({"recipe": recipe})["error"]


@pytest.mark.parametrize(
    "wrong",
    [None, 5, "x", [], {}, {"recipe": {}}, {"recipe": WALK, "space": "x", "steps": 8, "fps": "x"},
     {"recipe": WALK, "kind": "avi", "changes": [float("nan")]}, {"film": ["x"]},
     {"recipe": WALK, "seconds": 1e300, "steps": 1e300, "first": None, "count": "3"}],
)  # fmt: skip
def test_nonsense_is_answered_with_a_sentence(ask, wrong):
    for name in ("speed", "even", "begin_film", "film_state", "fetch_film"):
        answer = ask[name](wrong)
        assert set(answer) == {"error"}, name
        assert 10 < len(answer["error"]) < 200
