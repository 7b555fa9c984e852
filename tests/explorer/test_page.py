"""The page without a browser: how events are wired, and what its server answers strangers."""

import base64
import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from gradio.routes import App
from PIL import Image
from starlette.testclient import TestClient

from explorer.knowledge.library import Library
from explorer.page import build, page_paths
from explorer.page.answers import adopting, directing, drawing, looking, start_values
from explorer.page.panels.mix import layer_name
from explorer.picture.render import export_png, render
from explorer.recipe import Edit, Mix, Recipe
from tests.explorer.recipe.test_recipe import FULL

FULL_HERE = replace(FULL, class_index=None)


@pytest.fixture(scope="module")
def page(model):
    return build([model])


@pytest.fixture(scope="module")
def config(page):
    return page.get_config_file()


def component(config, elem_id) -> dict:
    return next(c for c in config["components"] if c["props"].get("elem_id") == elem_id)


def test_drags_run_in_the_browser_alone_with_one_input_each(config):
    changes = [d for d in config["dependencies"] if any(t[1] == "change" for t in d["targets"])]
    assert len(changes) == 8  # seed, psi, cutoff, second seed, 4 noise
    for event in changes:
        assert event["js"]
        assert not event["backend_fn"]
        assert not event["queue"]
        assert len(event["inputs"]) == 1
        assert event["outputs"] == []
        assert event["trigger_mode"] == "multiple"
        assert event["show_progress"] == "hidden"


def test_nothing_but_the_views_functions_runs_on_the_server(config):
    """So there is no state of a user on the server that another could see."""
    assert not any(d["backend_fn"] for d in config["dependencies"])


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
    assert component(config, "noise-layers")["props"]["value"] == [0, 1, 2, 3, 4]
    assert component(config, "cutoff")["props"]["value"] == 6


def test_start_values_make_the_recipes_picture(model):
    plain = render(model, Recipe())
    assert np.array_equal(render(model, Recipe.from_dict(start_values(Recipe()))), plain)


def test_a_second_brain_takes_little_room_in_the_page_and_its_links():
    recipe = Recipe(5, mix=Mix(weights=(0, 1), recipe=Recipe(8, edits=(Edit("pca1", 2),))))
    values = json.loads(json.dumps(start_values(recipe)))
    assert set(values["mix"]["recipe"]) == {"version", "seed", "edits"}
    assert replace(Recipe.from_dict(values), walk=None) == recipe


def test_widgets_start_where_a_given_recipe_does(model):
    config = build([model], FULL_HERE).get_config_file()
    value = lambda elem_id: component(config, elem_id)["props"]["value"]  # noqa: E731
    assert "value" not in component(config, "seed")["props"]  # on a journey it is no seed's
    assert value("cutoff") == 4
    assert value("mix-seed") == 9
    assert value("noise-layers") == [1, 3, 4]
    assert value("view")["walk"]["t"] == 0.25


def test_a_class_model_shows_its_classes(class_model):
    box = component(build([class_model]).get_config_file(), "class")
    assert [list(choice) for choice in box["props"]["choices"]] == [["AD", 0], ["NC", 1]]


def test_each_model_has_its_page(model, class_model):
    pages = build([model, class_model, replace(class_model, path=model.path)])
    config = pages.get_config_file()
    assert page_paths([model, class_model, model, model]) == ["", "two", "tiny", "tiny-2"]
    inside = {
        path: {
            c["props"].get("elem_id")
            for c in config["components"]
            if c["id"] in config["page"][path]["components"]
        }
        for path in ("", "two", "tiny")
    }
    assert all("view" in ids and "psi" in ids for ids in inside.values())
    assert "class" not in inside[""]
    assert "class" in inside["two"]


def test_pages_of_models_whose_names_look_like_others(model):
    def paths(*names):
        return page_paths([replace(model, path=model.path.with_name(name)) for name in names])

    assert paths("x", "mine-3", "mine-2", "mine", "Mine") == [
        "",
        "mine-3",
        "mine-2",
        "mine",
        "mine-4",
    ]
    assert paths("x", "config", "static", "login") == ["", "config-2", "static-2", "login-2"]


def test_layers_are_named_after_their_maps():
    names = [layer_name(i, 10) for i in range(10)]
    assert names[:3] == ["1 · 4 px", "2 · 8 px", "3 · 8 px"]
    assert names[-2:] == ["9 · 64 px", "10 · output grey levels"]


def test_drawing_answers_with_the_recipes_picture(model):
    answer = drawing(model)({"recipe": json.loads(Recipe(5, psi=0.8).to_json())})
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
    answer = drawing(model)({"recipe": posted})
    assert set(answer) == {"error"}
    assert 10 < len(answer["error"]) < 200


def picture(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


@pytest.mark.parametrize("posted", [None, 3, [], {"recipe": {}, "user": 5},
                                    {"recipe": {}, "user": "x" * 101}])  # fmt: skip
def test_drawing_for_nobody_answers_with_a_sentence(model, posted):
    assert set(drawing(model)(posted)) == {"error"}


def test_what_a_page_no_longer_waits_for_is_not_drawn(model):
    draw, begun, end = drawing(model), threading.Event(), threading.Event()

    def hold():
        begun.set()
        assert end.wait(10)

    def waiting(count):
        while len(model.turns._waiting) < count:
            time.sleep(0.001)

    with ThreadPoolExecutor(4) as pool:
        pool.submit(model.turns.take, "somebody else", hold)
        assert begun.wait(10)
        older = pool.submit(draw, {"recipe": {"seed": 1}, "user": "me"})
        waiting(1)
        other = pool.submit(draw, {"recipe": {"seed": 1}, "user": "you"})
        waiting(2)
        newer = pool.submit(draw, {"recipe": {"seed": 2}, "user": "me"})
        assert older.result(10) == {"superseded": True}
        end.set()
        assert newer.result(10)["src"] == draw({"recipe": {"seed": 2}})["src"]
        assert other.result(10)["src"] == draw({"recipe": {"seed": 1}})["src"]


def test_changes_are_told_against_what_is_given(head_model):
    head_model.library.settled_population()
    look = looking(head_model)[0]
    plain = {"seed": 3}
    turned = {"seed": 3, "edits": [{"direction": "pca3", "strength": 2}]}

    def change(**posted) -> float:
        return next(r["change"] for r in look(posted)["rows"] if r["key"] == "rotation")

    assert abs(change(recipe=turned)) > 0.5
    assert change(recipe=turned, against=turned) == 0
    assert change(recipe=plain, against=turned) == pytest.approx(-change(recipe=turned))


def test_looking_tells_numbers_and_shows_companions(head_model):
    head_model.library._population.get()
    edited = {"seed": 3, "edits": [{"direction": "pca3", "strength": 2}]}
    answer = looking(head_model)[0]({"recipe": edited})
    assert json.dumps(answer, allow_nan=False)
    rows = {row["key"]: row for row in answer["rows"]}
    assert len(rows) == 10
    assert abs(rows["rotation"]["change"]) > 0.5  # pca3 turns the head
    assert abs(rows["brightness"]["change"]) < 0.5
    assert 0 <= rows["area"]["below"] <= 100
    assert 0 <= answer["rarer"] <= 100
    row = picture(answer["companions"])
    assert row.shape == (32, 8 * 32)
    assert len({row[:, 32 * i : 32 * (i + 1)].tobytes() for i in range(8)}) == 8
    untouched = picture(looking(head_model)[0]({"recipe": {"seed": 3}})["companions"])
    assert not np.array_equal(row, untouched)


def test_adopting_files_and_links(model):
    adopt = adopting(model)
    recipe = Recipe(7, edits=(Edit("sefa2", 1.5),))
    file = base64.b64encode(export_png(model, recipe)).decode()
    answer = adopt({"file": file})
    found = Recipe.from_dict(answer["recipe"])
    assert np.array_equal(render(model, found), render(model, recipe))
    assert adopt({"values": recipe.compact()})["recipe"]["edits"] == answer["recipe"]["edits"]
    for wrong in (
        None,
        {},
        {"file": 5},
        {"file": "!"},
        {"file": "A" * 2_000_000},
        {"values": 5},
        {"values": {"model": "0123456789ab"}},
        {"values": {"edits": [{"direction": "x"}]}},
    ):
        assert set(adopt(wrong)) == {"error"}  # fmt: skip


def test_the_list_of_directions(head_model, monkeypatch):
    monkeypatch.setattr(Library, "listed", lambda self: [*self.measured()[:1], *self.pca[:1]])
    ask = {f.__name__: f for f in directing(head_model)}
    head_model.library._population.get()
    head_model.library._receipts.get()
    shelf = ask["directions"]({})
    assert json.dumps(shelf, allow_nan=False)
    assert shelf["progress"] == 1
    assert list(shelf["groups"]) == ["measured", "pca", "sefa", "sefa-coarse", "sefa-middle"]
    assert shelf["groups"]["pca"][0]["says"]
    assert shelf["groups"]["sefa-coarse"][0]["layers"] == (0, 4)
    strip = picture(ask["film"]({"recipe": {"seed": 3}, "direction": "pca1"})["src"])
    assert strip.shape == (32, 7 * 32)
    expected = [render(head_model, Recipe(3, edits=(Edit("pca1", s),))) for s in (-3, 0, 3)]
    for place, shown in zip((0, 3, 6), expected, strict=True):
        assert np.array_equal(strip[:, 32 * place : 32 * (place + 1)], shown)
    receipt = ask["receipt"]({"recipe": {}, "direction": "pca3", "layers": [0, 6]})
    assert json.dumps(receipt, allow_nan=False)
    assert "turned" in receipt["name"]
    assert receipt["rows"][0]["name"] == "Rotation"
    held = ask["receipt"]({"recipe": {"hold": ["pca3"]}, "direction": "pca3"})
    assert held["rows"][0]["effect"] == pytest.approx(receipt["rows"][0]["effect"])
    for wrong in (
        None,
        {},
        {"direction": 5},
        {"direction": "nope"},
        {"recipe": 5},
        {"direction": "pca1", "layers": 5},
        {"direction": "pca1", "layers": [3, 1]},
    ):
        assert set(ask["film"](wrong)) == set(ask["receipt"](wrong)) == {"error"}  # fmt: skip


def test_axes_of_a_layer_come_once_they_are_there(class_model):
    ask = {f.__name__: f for f in directing(class_model)}["activations"]
    answer = ask({"layer": 2})
    assert answer.get("again") or "rows" in answer
    class_model.library._activations[2].get()
    rows = ask({"layer": 2})["rows"]
    assert json.dumps(rows, allow_nan=False)
    assert [row["key"] for row in rows[:2]] == ["act1@2", "act2@2"]
    for wrong in (None, {}, {"layer": 5}, {"layer": "0"}, {"layer": 1e300}):
        assert set(ask(wrong)) == {"error"}


def test_own_directions_are_made_kept_and_loaded(model):
    ask = {f.__name__: f for f in directing(model)}
    made = ask["make_own"]({"name": "Mine", "more": [1, 2, 3], "less": [4, 5, 6]})
    assert made["of"] == 6
    assert 0 <= made["right"] <= 1
    recipe = {"own": [made["own"]], "edits": [{"direction": "own:mine", "strength": 2}]}
    assert drawing(model)({"recipe": recipe})["src"] != drawing(model)({"recipe": {}})["src"]
    way = ask["make_own"]({"name": "Mine", "recipe": recipe})
    assert way["own"]["key"] == "own:mine-2"
    content = ask["write_own"](recipe)["file"]
    assert ask["read_own"]({"file": content})["owns"] == [made["own"]]
    for wrong in (
        None,
        {},
        {"more": [], "less": [1]},
        {"more": [1], "less": "x"},
        {"more": [-1], "less": [1]},
        {"recipe": {}},
        {"more": [1] * 101, "less": [2]},
    ):
        assert set(ask["make_own"](wrong)) == {"error"}  # fmt: skip
    assert set(ask["write_own"]({})) == set(ask["read_own"]({"file": "AAAA"})) == {"error"}


def test_what_is_still_being_computed_is_told(model, monkeypatch):
    from explorer.knowledge.library import StillComputing

    def wait(self):
        raise StillComputing(0.4)

    monkeypatch.setattr(Library, "population", wait)
    answer = drawing(model)({"recipe": {"edits": [{"direction": "measured:area", "strength": 1}]}})
    assert answer == {"error": "This is being computed for the first time: 40% done", "again": True}
    assert looking(model)[0]({})["rows"][0]["below"] is None
    shelf = {f.__name__: f for f in directing(model)}["directions"]({})
    assert shelf["progress"] == 0.4
    assert "measured" not in shelf["groups"]


def test_over_http(page, config):
    """The same through the server, as the browser posts it."""
    client = TestClient(App.create_app(page))
    view = component(config, "view")["id"]

    def post(function, data):
        body = {"component_id": view, "fn_name": function, "session_hash": "s", "data": data}
        return client.post("/gradio_api/component_server/", json=body)

    assert post("draw", {"recipe": {"seed": 3}}).json()["src"].startswith("data:image/png")
    assert "seed" in post("draw", {"recipe": {"seed": -3}}).json()["error"]
    assert post("get_config", {}).status_code == 404


def test_names_of_directions_are_texts_and_a_recipe_carries_only_so_many(model):
    make = next(f for f in directing(model) if f.__name__ == "make_own")
    groups = {"more": [1, 2], "less": [3]}
    made = make({"recipe": {}, "name": [["x"]], **groups})["own"]
    assert made["name"] == "Mine"
    many = [{**made, "key": f"own:{i}"} for i in range(20)]
    assert "20 directions" in make({"recipe": {"own": many}, **groups})["error"]
    assert "same" in make({"recipe": {}, "more": [1], "less": [1]})["error"]
