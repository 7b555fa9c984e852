"""The whole door before the real page: names, password, whose work it is, and what stays shut."""

import pytest
from gradio.routes import App
from starlette.testclient import TestClient

from explorer.door.options import Door
from explorer.page import build
from explorer.page.launch import middleware
from explorer.work.asker import asker
from explorer.work.jobs import Jobs

NAME = "http://brains.example.org"


@pytest.fixture(scope="module")
def page(model, users):
    """The page for a class below a path; the component that makes contact sheets."""
    pages = build([model], by_name=True)
    door = Door(users=users, names=("brains.example.org",), root="/brains")
    app = App.create_app(pages, app_kwargs={"middleware": middleware(door)})
    app.root_path = door.root
    config = pages.get_config_file()["components"]
    sheets = next(c["id"] for c in config if c["props"].get("elem_id") == "export")
    return app, sheets


def visitor(app) -> TestClient:
    return TestClient(app, NAME, follow_redirects=False, client=("10.0.0.9", 1))


def sheet(client, component: int, **headers: str):
    data = {"recipe": {"seed": 1}, "count": 1, "columns": 1, "labels": False}
    asked = {"component_id": component, "fn_name": "sheet", "session_hash": "x", "data": data}
    return client.post("/brains/gradio_api/component_server/", json=asked, headers=headers)


def test_who_has_logged_in_works_in_a_session_of_their_own(page, monkeypatch):
    app, component = page
    seen = []
    monkeypatch.setattr(Jobs, "start", lambda *_: seen.append(asker.get()) or "key")
    for _ in range(2):
        client = visitor(app)
        assert sheet(client, component).status_code == 401
        assert enter_below(client).status_code == 303
        assert sheet(client, component).json() == {"key": "key"}
    assert len(set(seen)) == 2
    assert "" not in seen


def enter_below(client):
    form = {"name": "ada", "password": "correct horse", "onward": "/"}
    return client.post("/brains/login", data=form)


def test_the_page_knows_its_path_and_shows_the_way_out(page):
    app, _ = page
    client = visitor(app)
    enter_below(client)
    config = client.get("/brains/config").json()
    assert config["root"] == f"{NAME}/brains"
    assert "Log out" in str(config["components"])


def test_a_foreign_page_can_do_nothing_in_somebodys_name(page):
    app, component = page
    client = visitor(app)
    enter_below(client)
    for origin in ("http://evil.example", "null", "https://brains.example.org"):
        assert sheet(client, component, origin=origin).status_code == 403
        logout = client.post("/brains/logout", headers={"origin": origin})
        assert logout.status_code == 403
        login = client.post("/brains/login", data={"name": "ada"}, headers={"origin": origin})
        assert login.status_code == 403
    assert client.get("/brains/", headers={"host": "evil.example"}).status_code == 403
    assert client.get("/brains/config").status_code == 200  # still logged in


def test_without_a_password_there_is_nothing_but_the_door(page):
    app, _ = page
    paths = (
        "/config", "/monitoring", "/gradio_api/info", "/gradio_api/openapi.json", "/theme.css",
        "/gradio_api/file=/etc/passwd", "/gradio_api/queue/data", "/gradio_api/heartbeat/x",
        "/token", "/gradio_api/token", "/logout", "/gradio_api/app_id", "/docs", "//config",
        "/brains/brains/config", "/%63onfig", "/login/../config", "/health/../config",
    )  # fmt: skip
    for path in paths:
        answer = visitor(app).get(path)
        assert answer.status_code in (401, 403), path
    for path in ("/gradio_api/upload", "/gradio_api/run/predict", "/gradio_api/queue/join", "/x"):
        assert visitor(app).post(path, json={}).status_code in (401, 403), path
