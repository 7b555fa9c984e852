"""What the lab's view asks the server, on a small model: figures, the analysis, a brain's race."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.lab import analysis
from explorer.lab.analyst import Analyst
from explorer.lab.results import Settings
from explorer.page.panels.lab.answers import laboratory

SMALL = Settings(brains=600, mixed=300, pairs=16, racers=10, starts=60, draws=4)


@pytest.fixture(scope="module", autouse=True)
def _few(head_model):
    patch = pytest.MonkeyPatch()
    patch.setattr(analysis, "PICTURES", 600)
    patch.setattr(analysis, "_TRIED", 4)
    head_model.library.settled_receipts()
    yield
    patch.undo()
    for file in head_model.path.parent.glob("*.lab-*"):
        file.unlink()


def by_name(model, settings=SMALL):
    return {function.__name__: function for function in laboratory(model, settings)}


def settled(ask, seconds=120):
    """The state once nothing is at work."""
    for _ in range(int(seconds / 0.05)):
        now = ask["work"]({})["work"]
        if now["state"] not in ("working", "stopping"):
            return now
        time.sleep(0.05)
    raise AssertionError(now)


@pytest.fixture(scope="module")
def whole(head_model, _few):
    """Asked for, stopped on the way, and gone on with from another page."""
    ask = by_name(head_model)
    empty = ask["figures"]({})
    assert empty["cards"] == {}
    assert empty["races"] == []
    assert len(empty["left"]["parts"]) == empty["left"]["of"] > 10
    assert ask["begin"]({})["work"]["state"] == "working"
    while len(ask["figures"]({})["left"]["parts"]) == empty["left"]["of"]:
        time.sleep(0.05)
    ask["stop"]({})
    assert settled(ask)["state"] == "stopped"
    part = ask["figures"]({})
    assert 0 < len(part["left"]["parts"]) < empty["left"]["of"]

    ask = by_name(head_model)
    ask["begin"]({})
    shares = []
    while ask["work"]({})["work"]["state"] == "working":
        shares.append(ask["work"]({})["work"]["share"])
        time.sleep(0.05)
    assert shares == sorted(shares)
    assert settled(ask)["state"] == "done"
    return ask


def test_figures_are_plain_and_whole(whole):
    found = whole["figures"]({})
    assert json.loads(json.dumps(found, allow_nan=False)) == json.loads(json.dumps(found))
    # No real slices lie beside it.
    assert set(found["cards"]) == {"disentangled", "smooth", "layers", "signal"}
    assert not found["real"]
    assert list(found["left"]["parts"]) == []
    for card in found["cards"].values():
        assert card["title"].endswith(".")
        assert card["opposite"]
        for one in card["readings"]:
            assert one["low"] <= one["value"] <= one["high"]
            assert " to " in one["says"]
    layers = found["cards"]["layers"]
    assert all(len(row["cells"]) == len(layers["groups"]) for row in layers["rows"])
    assert found["races"]
    for race in found["races"]:
        assert race["ways"][:2] == ["Z", "W"]
        assert race["name"] not in race["others"]


def test_a_brain_runs_a_way_at_a_time(whole):
    race = whole["figures"]({})["races"][0]
    recipes = [{"seed": seed} for seed in range(20)]
    asked = {"key": race["key"], "way": None}
    starts = [whole["race"]({**asked, "recipe": recipe}) for recipe in recipes]
    assert all(start["src"].startswith("data:image/png") for start in starts)
    recipe = next(r for r, start in zip(recipes, starts, strict=True) if start["measured"])
    for way in race["ways"]:
        run = whole["race"]({**asked, "recipe": recipe, "way": way})
        assert run["src"].startswith("data:image/png")
        assert [other["name"] for other in run["others"]] == race["others"]
        assert run["recipe"]["w"]
        json.dumps(run, allow_nan=False)
    assert run["recipe"]["channels"]  # the last way is through S


@pytest.mark.parametrize(
    ("posted", "why"),
    [
        ({"recipe": {}, "key": "nothing", "way": "Z"}, "has not been raced"),
        ({"recipe": {}, "key": ["area"], "way": "Z"}, "has not been raced"),
        ({"recipe": {}, "key": "area", "way": "Q"}, "no way through"),
        ({"recipe": {"seed": -1}, "key": "area", "way": "Z"}, "seed"),
        ([], "posted"),
    ],
)
def test_strangers_get_sentences(whole, posted, why):
    key = whole["figures"]({})["races"][0]["key"]
    if isinstance(posted, dict) and posted["key"] == "area":
        posted = {**posted, "key": key}
    assert why in whole["race"](posted)["error"]


def test_a_brain_that_is_no_seeds_has_no_z(whole, head_model):
    race = whole["figures"]({})["races"][0]
    recipe = whole["race"]({"recipe": {}, "key": race["key"], "way": None})["recipe"]
    error = whole["race"]({"recipe": recipe, "key": race["key"], "way": "W"})["error"]
    assert "drawn from a seed" in error


def test_until_the_brains_are_measured_the_page_is_asked_for_patience(model):
    answer = by_name(model)["figures"]({})
    assert answer.get("again") or answer.get("cards") is not None


def test_what_goes_wrong_is_told(head_model, monkeypatch):
    def broken(*_, **__):
        raise MemoryError("too large")

    monkeypatch.setattr("explorer.lab.analyst.analyse", broken)
    analyst = Analyst(replace(head_model), SMALL)
    analyst.start()
    for _ in range(200):
        if not analyst.state.busy:
            break
        time.sleep(0.05)
    assert analyst.state.state == "failed"
    assert analyst.state.why == "MemoryError: too large"


def test_known_factors_are_read_in_the_background_and_said_to_be(head_model, monkeypatch):
    def read(pictures):
        light = pictures.reshape(len(pictures), -1).mean(axis=1)
        return np.stack([light, -light], axis=1)

    reader = SimpleNamespace(names=("level", "turn"), read=read, r2=np.array([0.9, 0.8]))
    monkeypatch.setattr(head_model.library, "factor_reader", reader)
    monkeypatch.setattr("explorer.lab.factors.PICTURES", 600)
    ask = by_name(head_model)
    found = ask["figures"]({})
    while found.get("again"):
        time.sleep(0.05)
        found = ask["figures"]({})
    assert "level 0.90, turn 0.80" in found["trust"]
    assert "what else moves: Level" in found["left"]["parts"]
    for file in head_model.path.parent.glob("*.known.*"):
        file.unlink()
