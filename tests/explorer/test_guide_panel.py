"""The page serves the guide, page by page, and nothing else."""

import json

import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from explorer.page import build
from explorer.page.panels.guide.answers import contents, guide_page
from tests.test_guide import targets


def test_the_page_serves_the_guide_and_holds_none_of_it_before(model):
    page = build([model])
    config = page.get_config_file()
    whole = json.dumps(config)
    server = next(
        c["id"] for c in config["components"] if c["props"].get("elem_id") == "guide-server"
    )
    client = TestClient(App.create_app(page))
    for name, title in contents().items():
        body = {"component_id": server, "fn_name": "guide_page", "session_hash": "s"}
        answer = client.post("/gradio_api/component_server/", json=body | {"data": {"name": name}})
        text = answer.json()["text"]
        assert text.startswith(f"# {title}\n")
        assert json.dumps(text)[1:200] not in whole
        assert targets(text) <= contents().keys()
        assert "![" not in text
        assert "<img" not in text


@pytest.mark.parametrize("name", [None, 3, "", "README.md", "../../README.md", "/etc/passwd"])
def test_only_the_guides_pages_are_served(name):
    assert set(guide_page({"name": name})) == set(guide_page(name)) == {"error"}
