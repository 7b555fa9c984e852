"""What the tab Export answers, without a browser."""

import base64
import time
import zipfile

import numpy as np
import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from explorer import Recipe
from explorer.page import build
from explorer.page.panels.export.answers import Row, exporting
from explorer.recipe.checks import pack_vector
from explorer.recipe.files import read_recipe
from explorer.work.jobs import Jobs
from tests.explorer.test_page import component

PLAN = {"base": {"seed": 5}, "count": 10}


@pytest.fixture
def ask(model):
    return {f.__name__: f for f in exporting(model, Row(Jobs(), Jobs()))}


def finished(ask, kind: str, key: str) -> dict:
    deadline = time.monotonic() + 20
    while (answer := ask["look"]({"kind": kind, "key": key}))["state"] not in ("done", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return answer


def test_pictures(ask):
    for form, ending in (("png8", "-8bit.png"), ("png16", "-16bit.png"), ("nifti", ".nii.gz")):
        answer = ask["picture"]({"recipe": {"seed": 5}, "form": form, "mm": 1})
        assert answer["name"] == f"synthetic-brain-seed5{ending}"
        content = base64.b64decode(answer["file"])
        if form != "nifti":
            assert read_recipe(content).seed == 5


def test_a_data_set_and_its_end(ask):
    seen = ask["estimate"](PLAN)
    assert seen["fitting"] == seen["looked"] >= 8
    assert seen["seconds"] > 0
    assert seen["command"].startswith("python -m explorer.export")
    key = ask["make"](PLAN)["key"]
    answer = finished(ask, "dataset", key)
    assert answer["state"] == "done"
    assert answer["message"] == "10 pictures."
    assert answer["progress"]["found"] == 10
    with zipfile.ZipFile(answer["path"]) as archive:
        assert len(archive.namelist()) == 14
    assert ask["cancel"]({"kind": "dataset", "key": key}) == {}
    assert set(ask["look"]({"kind": "dataset", "key": key})) == {"error"}


def test_a_hopeless_data_set_is_told(ask):
    wish = {"key": "area", "low": {"value": 99}}
    key = ask["make"]({**PLAN, "where": [wish], "tries": 1})["key"]
    answer = finished(ask, "dataset", key)
    assert answer["state"] == "failed"
    assert "0 of 10 found among" in answer["message"]


def test_a_sheet(ask):
    posted = {"recipe": {"seed": 5}, "count": 4, "columns": 2, "labels": True}
    answer = finished(ask, "sheet", ask["sheet"](posted)["key"])
    assert answer["message"] == "4 pictures, seeds 5 to 8."
    w = pack_vector(np.linspace(-1, 1, 16))  # of the map, say
    answer = finished(ask, "sheet", ask["sheet"]({**posted, "recipe": {"w": w}})["key"])
    assert answer["message"] == "4 pictures, this brain, which is no seed’s, then seeds 1 to 3."
    name = ask["picture"]({"recipe": {"w": w}, "form": "png8"})["name"]
    assert name == "synthetic-brain-w-8bit.png"


NONSENSE = (None, 5, "x", [], {"key": 5}, {"key": "../x"}, {"recipe": 5}, {"base": 5},
            {"count": 1e300, "base": {}}, {"count": float("nan"), "base": {}})  # fmt: skip


@pytest.mark.parametrize("posted", NONSENSE, ids=str)
def test_nonsense_is_answered_with_a_sentence(ask, posted):
    for answer in (function(posted) for function in ask.values()):
        assert set(answer) == {"error"}
        assert 10 < len(answer["error"]) < 300


@pytest.mark.parametrize(
    ("function", "posted"),
    [
        ("picture", {"recipe": {}, "form": "x"}),
        ("picture", {"recipe": {}, "form": "nifti", "mm": 0}),
        ("sheet", {"recipe": {}, "count": 101, "columns": 2}),
        ("sheet", {"recipe": {}, "count": 5, "columns": "2"}),
        ("sheet", {"recipe": {"edits": [{"direction": "x"}]}, "count": 5, "columns": 2}),
        ("make", {"base": {}, "count": 10, "where": [{"key": "x", "low": {"value": 1}}]}),
        ("make", {"base": {}, "count": 10, "first_seed": -1}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_before_any_work(ask, function, posted):
    assert set(ask[function](posted)) == {"error"}


def test_files_too_large_for_the_page_are_referred_to_the_command_line(ask, monkeypatch):
    from explorer.page.panels.export import answers as export_answers

    monkeypatch.setattr(export_answers, "MOST_BYTES", 1000)
    assert "command line" in ask["make"](PLAN)["error"]


def test_over_http_files_are_served_to_those_who_know_the_key(model):
    page = build([model])
    client = TestClient(App.create_app(page))
    panel = component(page.get_config_file(), "export")["id"]

    def post(function, data):
        body = {"component_id": panel, "fn_name": function, "session_hash": "s", "data": data}
        return client.post("/gradio_api/component_server/", json=body).json()

    key = post("make", {"base": Recipe().to_dict(), "count": 2})["key"]
    deadline = time.monotonic() + 20
    while (answer := post("look", {"kind": "dataset", "key": key}))["state"] != "done":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    got = client.get(f"/gradio_api/file={answer['path']}")
    assert got.status_code == 200
    assert got.content[:4] == b"PK\x03\x04"
    folder = answer["path"].rsplit("/", 2)[0]
    assert client.get(f"/gradio_api/file={folder}").status_code == 403
    post("cancel", {"kind": "dataset", "key": key})
    assert client.get(f"/gradio_api/file={answer['path']}").status_code == 403
