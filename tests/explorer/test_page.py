"""The page without a browser: how events are wired, and what its server answers strangers."""

import base64
import io
import json

import numpy as np
import pytest
from gradio.routes import App
from PIL import Image
from starlette.testclient import TestClient

from explorer.page import build
from explorer.page.live_view import drawing, start_values
from explorer.page.mix import layer_name
from explorer.recipe import Recipe
from explorer.render import render


@pytest.fixture(scope="module")
def page(model):
    return build(model)


@pytest.fixture(scope="module")
def config(page):
    return page.get_config_file()


def component(config, elem_id) -> dict:
    return next(c for c in config["components"] if c["props"].get("elem_id") == elem_id)


def test_drags_run_in_the_browser_alone_with_one_input_each(config):
    changes = [d for d in config["dependencies"] if any(t[1] == "change" for t in d["targets"])]
    assert len(changes) == 20  # seed, psi, 10 directions, 2 mix, 3 noise, 3 walk
    for event in changes:
        assert event["js"]
        assert not event["backend_fn"]
        assert not event["queue"]
        assert len(event["inputs"]) == 1
        assert event["outputs"] == []
        assert event["trigger_mode"] == "multiple"
        assert event["show_progress"] == "hidden"


def test_no_event_is_part_of_a_public_interface(config):
    assert {d["api_visibility"] for d in config["dependencies"]} == {"private"}


def test_widgets_start_where_the_recipe_does(config):
    recipe = Recipe()
    assert component(config, "view")["props"]["value"] == json.loads(
        json.dumps(start_values(recipe))
    )
    assert component(config, "seed")["props"]["value"] == recipe.seed
    assert component(config, "psi")["props"]["value"] == recipe.psi
    assert component(config, "noise-strength")["props"]["value"] == recipe.noise.strength
    assert component(config, "noise-mode")["props"]["value"] == recipe.noise.mode
    assert component(config, "axis-10")["props"]["value"] == 0
    assert component(config, "walk-t")["props"]["value"] == 0


def test_start_values_make_the_recipes_picture(model):
    plain = render(model, Recipe())
    assert np.array_equal(render(model, Recipe.from_dict(start_values(Recipe()))), plain)


def test_a_class_model_shows_its_classes(class_model):
    box = component(build(class_model).get_config_file(), "class")
    assert [list(choice) for choice in box["props"]["choices"]] == [["AD", 0], ["NC", 1]]


def test_layers_are_named_after_their_maps():
    names = [layer_name(i, 10) for i in range(10)]
    assert names[:3] == ["1 · 4 px", "2 · 8 px", "3 · 8 px"]
    assert names[-2:] == ["9 · 64 px", "10 · tones"]


def test_drawing_answers_with_the_recipes_picture(model):
    answer = drawing(model)(json.loads(Recipe(5, psi=0.8).to_json()))
    assert answer["ms"] > 0
    head, data = answer["src"].split(",")
    assert head == "data:image/png;base64"
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert np.array_equal(np.asarray(image), render(model, Recipe(5, psi=0.8)))


@pytest.mark.parametrize(
    "posted",
    [None, 5, "x", [], {"seed": "x"}, {"psi": 1e9}, {"edits": [{"direction": "pca99"}]},
     {"mix": {"weights": [1] * 18}}, {"seed": {"a": 1}}, {"__class__": "x"}],
)  # fmt: skip
def test_drawing_answers_nonsense_with_a_sentence(model, posted):
    answer = drawing(model)(posted)
    assert set(answer) == {"error"}
    assert 10 < len(answer["error"]) < 200


def test_over_http(page, config):
    """The same through the server, as the browser posts it."""
    client = TestClient(App.create_app(page))
    view = component(config, "view")["id"]

    def post(function, data):
        body = {"component_id": view, "fn_name": function, "session_hash": "s", "data": data}
        return client.post("/gradio_api/component_server/", json=body)

    assert post("draw", {"seed": 3}).json()["src"].startswith("data:image/png")
    assert "seed" in post("draw", {"seed": -3}).json()["error"]
    assert post("get_config", {}).status_code == 404
