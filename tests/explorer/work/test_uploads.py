"""No files: on the server as in the page."""

import base64

import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from explorer import Recipe
from explorer.page import build
from explorer.page.answers import adopting, directing
from explorer.picture.render import export_png
from explorer.recipe.checks import RecipeError
from explorer.work.uploads import OFF, need_uploads, take_uploads


@pytest.fixture
def no_files():
    take_uploads(False)
    yield
    take_uploads(True)


def test_no_file_is_looked_at(no_files):
    with pytest.raises(RecipeError, match="takes no files"):
        need_uploads()


def test_the_server_looks_at_no_file(no_files, model):
    file = base64.b64encode(export_png(model, Recipe(seed=3))).decode()
    assert adopting(model)({"file": file}) == {"error": OFF}
    assert adopting(model)({"values": {"seed": 3}})["recipe"]["seed"] == 3  # links carry no file
    read_own = next(f for f in directing(model) if f.__name__ == "read_own")
    assert read_own({"file": "AAAA"}) == {"error": OFF}


def test_the_page_says_it_in_one_line_and_has_no_functions_for_scans(no_files, model):
    page = build([model])
    config = page.get_config_file()["components"]
    parts = {c["props"].get("elem_id"): c for c in config}
    assert OFF in parts["scan"]["props"]["value"]
    assert parts["desk"]["props"]["props"]["no_files"] == OFF
    assert parts["directions"]["props"]["props"]["takes_files"] is False
    posted = {
        "component_id": parts["scan"]["id"], "fn_name": "open_scan", "session_hash": "x",
        "data": {"sizes": [1]},
    }  # fmt: skip
    client = TestClient(App.create_app(page))
    assert client.post("/gradio_api/component_server/", json=posted).status_code == 404


def test_where_files_are_taken_all_is_there(model):
    config = build([model]).get_config_file()["components"]
    parts = {c["props"].get("elem_id"): c for c in config}
    assert "open_scan" in str(parts["scan"])
    assert parts["desk"]["props"]["props"]["no_files"] == ""
    assert parts["directions"]["props"]["props"]["takes_files"] is True
