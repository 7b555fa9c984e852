"""What the lab's desk asks the server, on tiny variants of all architectures."""

import json

import numpy as np
import pytest

from explorer.lab import comparison
from explorer.lab.axes import Axes
from explorer.lab.comparison import Standing
from explorer.page.panels.lab.desk import desk
from explorer.picture import variants
from explorer.picture.model import load
from tests.explorer.conftest import write_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three variants, as they lie beside the bundled models."""
    folder = tmp_path_factory.mktemp("variants")
    for name, architecture in (("undemodulated", "undemodulated"), ("adain", "adain"),
                               ("reference", "stylegan2")):  # fmt: skip
        write_model(folder / name / "model.safetensors", architecture=architecture)
    return folder


@pytest.fixture
def _there(folder, monkeypatch):
    monkeypatch.setattr(variants, "VARIANTS", folder)


def by_name(model, models=()):
    return {function.__name__: function for function in desk(model, models)}


@pytest.mark.usefixtures("_there")
def test_the_reference_comes_first_and_adain_stands_beside_it(model):
    assert [variants.name_of(path) for path in variants.variants()] == [
        "Reference", "AdaIN", "No demodulation",
    ]  # fmt: skip
    found = by_name(model, [model])["networks"]({})
    names = {one["key"]: one["name"] for one in found["networks"]}
    assert list(names.values()) == ["Reference", "AdaIN", "No demodulation", "tiny"]
    assert (names[found["left"]], names[found["right"]]) == ("AdaIN", "Reference")


def test_without_variants_the_open_models_are_compared(model, class_model, tmp_path, monkeypatch):
    monkeypatch.setattr(variants, "VARIANTS", tmp_path)
    found = by_name(model, [model, class_model])["networks"]({})
    names = {one["key"]: one["name"] for one in found["networks"]}
    assert (names[found["left"]], names[found["right"]]) == ("two", "tiny")
    alone = by_name(model)["networks"]({})
    assert alone["left"] == alone["right"]


@pytest.mark.usefixtures("_there")
def test_a_variant_that_is_open_is_there_once(folder, model):
    opened = load(folder / "adain")
    assert opened.config.architecture == "adain"
    assert opened.name == "adain"
    found = by_name(opened, [opened, model])["networks"]({})
    assert [one["name"] for one in found["networks"]].count("AdaIN") == 1
    assert len(found["networks"]) == 4


@pytest.mark.usefixtures("_there")
def test_models_of_one_name_are_told_apart(model, tmp_path):
    other = load(write_model(tmp_path / "tiny.safetensors", {"kimg": 9.0}))
    names = [one["name"] for one in by_name(model, [model, other])["networks"]({})["networks"]]
    assert names[-2:] == ["tiny", "tiny (2)"]


@pytest.mark.usefixtures("_there")
def test_both_sides_obey_the_same_controls(model):
    ask = by_name(model)
    found = ask["networks"]({})
    asked = {"seed": 4, "psi": 0.9, "strengths": [1, 0, 0, 0, 0], "layer": 2}
    views = [ask["view"]({**asked, "network": found[side]}) for side in ("left", "right")]
    for one in views:
        assert one["src"].startswith("data:image/png")
        assert one["map"].startswith("data:image/png")
        assert one["low"] < one["high"]
        json.dumps(one, allow_nan=False)
    assert views[0]["src"] != views[1]["src"]
    moved = ask["view"]({**asked, "strengths": [-3, 0, 0, 0, 0], "network": found["left"]})
    assert moved["src"] != views[0]["src"]
    assert ask["view"]({**asked, "layer": 50, "network": found["left"]})["map"] is None


@pytest.mark.usefixtures("_there")
def test_what_is_not_measured_yet_is_said(model):
    ask = by_name(model)
    found = ask["networks"]({})
    both = ask["standings"]({"left": found["left"], "right": found["right"]})
    json.dumps(both, allow_nan=False)
    assert both["title"] == "It cannot be told: too little has been measured."
    assert {cell["says"] for row in both["rows"] for cell in row["cells"]} == {"not measured yet"}
    assert [side["name"] for side in both["sides"]] == ["AdaIN", "Reference"]
    assert [side["effects"] for side in both["sides"]] == [None, None]
    assert both["layers"][0] == "1 · 4 px"
    assert len(both["layers"]) == 5
    assert both["layer"] == 3


def axes(**effects: float) -> Axes:
    """One measurement each, NaN where no axis tells it."""
    table = np.tile(np.array(list(effects.values())), (5, 1))
    names = tuple(effects)
    return Axes(names, names, table, 0 * table + 0.1, (0.4, 0.3, 0.5), 5, 200)


@pytest.mark.usefixtures("_there")
def test_both_tables_have_the_rows_that_one_of_the_two_tells(model, monkeypatch):
    nan = np.nan
    kept = {
        "AdaIN": axes(area=1.0, ratio=nan, noise=nan, height=2.0),
        "Reference": axes(area=-1.0, ratio=0.5, noise=nan),
    }
    monkeypatch.setattr(
        comparison, "standing_of", lambda one, name: Standing(name, 16, None, None, kept.get(name))
    )
    ask = by_name(model)
    found = ask["networks"]({})
    both = ask["standings"]({"left": found["left"], "right": found["right"]})
    json.dumps(both, allow_nan=False)
    left, right = ([(row["name"], [cell["value"] for cell in row["cells"]])
                    for row in side["effects"]["rows"]] for side in both["sides"])  # fmt: skip
    assert left == [("area", [1.0] * 5), ("ratio", [None] * 5), ("height", [2.0] * 5)]
    assert right == [("area", [-1.0] * 5), ("ratio", [0.5] * 5), ("height", [None] * 5)]
    assert [side["effects"]["axes"] for side in both["sides"]] == [5, 5]
    del kept["AdaIN"]
    left, right = ask["standings"]({"left": found["left"], "right": found["right"]})["sides"]
    assert left["effects"] is None
    assert [row["name"] for row in right["effects"]["rows"]] == ["area", "ratio"]


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize("key", ["99", None, ["0"], "reference"])
def test_strangers_get_sentences(model, key):
    ask = by_name(model)
    view = ask["view"]({"network": key, "seed": 0, "psi": 1, "strengths": [], "layer": 0})
    assert "there is no network" in view["error"]
    assert "there is no network" in ask["standings"]({"left": key, "right": "0"})["error"]
    assert "posted" in ask["view"]([])["error"]


@pytest.mark.parametrize("path", variants.variants(), ids=lambda path: path.parent.name)
def test_what_comes_with_the_program_is_measured_and_small(path):
    opened = load(path.parent)
    assert comparison.standing_of(opened).whole
    assert opened.card
    kept = sum(file.stat().st_size for file in path.parent.glob("model.*.safetensors"))
    assert kept < 300_000


def test_a_damaged_variant_is_a_sentence(model, tmp_path, monkeypatch):
    monkeypatch.setattr(variants, "VARIANTS", tmp_path)
    (tmp_path / "adain").mkdir()
    (tmp_path / "adain" / "model.safetensors").write_bytes(b"nothing")
    ask = by_name(model)
    view = ask["view"]({"network": "0", "seed": 0, "psi": 1, "strengths": [], "layer": 0})
    assert "model.safetensors" in view["error"]
