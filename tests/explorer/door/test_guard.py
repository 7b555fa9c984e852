"""The guard: the page's own requests pass, those of other pages and names do not."""

from types import SimpleNamespace

import anyio
import pytest
from gradio.routes import App
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from explorer.door.guard import Guard
from explorer.door.health import Health
from explorer.page import build

OWN = [
    {"host": "127.0.0.1:7860"},
    {"host": "localhost"},
    {"host": "[::1]:7860"},
    {"host": "localhost:7860", "origin": "http://localhost:7860"},
    {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:7860"},
]
FOREIGN = [
    {"host": "evil.example:7860"},
    {"host": ""},
    {"host": "localhost.evil.example"},
    {"host": "127.0.0.1:7860@evil.example"},
    {"host": "127.0.0.1:7860", "origin": "http://evil.example"},
    {"host": "127.0.0.1:7860", "origin": "http://127.0.0.1:9999"},
    {"host": "127.0.0.1:7860", "origin": "null"},
    {"host": "evil.example", "origin": "http://evil.example"},
]

NAMES = ("brains.example.org", "*.hub.example.net")
NAMED = [
    {"host": "brains.example.org"},
    {"host": "Brains.Example.org:8443", "origin": "http://brains.example.org:8443"},
    {"host": "ada.hub.example.net", "origin": "http://ada.hub.example.net"},
]
NOT_NAMED = [
    {"host": "evilbrains.example.org"},
    {"host": "brains.example.org.evil.example"},
    {"host": "brainsXexample.org"},
    {"host": "evil.example@brains.example.org"},
    {"host": "brains.example.org:80:80"},
    {"host": "hub.example.net"},
    {"host": "a.b.hub.example.net"},
    {"host": "evil.example/.hub.example.net"},
    {"host": "brains.example.org", "origin": "http://evil.example"},
    {"host": "brains.example.org", "origin": "null"},
    {"host": "brains.example.org", "origin": "http://127.0.0.1"},
    {"host": "brains.example.org", "origin": "http://localhost:80"},
    {"host": "brains.example.org", "origin": "https://brains.example.org"},  # this is http
    {"host": "brains.example.org", "origin": "http://ada.hub.example.net"},
    {"host": "10.0.0.1"},
]


async def answer(scope, receive, send):
    """Says yes to everything."""
    if scope["type"] == "http":
        await PlainTextResponse("yes")(scope, receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.accept"})


@pytest.mark.parametrize("headers", OWN)
def test_own_requests_pass(headers):
    client = TestClient(Guard(answer))
    assert client.get("/", headers=headers).text == "yes"
    assert client.post("/x", headers=headers, content="{}").status_code == 200
    with client.websocket_connect("/", headers=headers):
        pass


@pytest.mark.parametrize("headers", FOREIGN)
def test_foreign_requests_do_not(headers):
    client = TestClient(Guard(answer))
    assert client.get("/", headers=headers).status_code == 403
    assert client.post("/x", headers=headers, content="{}").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=headers):
        pass


@pytest.mark.parametrize("headers", OWN + NAMED)
def test_names_that_are_allowed_pass(headers):
    client = TestClient(Guard(answer, NAMES))
    assert client.get("/", headers=headers).text == "yes"
    assert client.post("/x", headers=headers, content="{}").status_code == 200


@pytest.mark.parametrize("headers", FOREIGN + NOT_NAMED)
def test_with_names_all_others_stay_out(headers):
    client = TestClient(Guard(answer, NAMES))
    assert client.get("/", headers=headers).status_code == 403
    assert client.post("/x", headers=headers, content="{}").status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/", headers=headers):
        pass


def test_the_sentence_names_the_option_and_repeats_nothing():
    refused = TestClient(Guard(answer, NAMES)).get("/", headers={"host": "<b>evil</b>"})
    assert "--allow-host" in refused.text
    assert "evil" not in refused.text


@pytest.mark.parametrize("path", ["https://brains.example.org", "https://brains.example.org:8443"])
def test_behind_tls_the_page_itself_is_https(path):
    client = TestClient(Guard(answer, NAMES), path)
    host = path.removeprefix("https://")
    assert client.get("/", headers={"origin": path}).status_code == 200
    assert client.get("/", headers={"origin": f"http://{host}"}).status_code == 403


def test_the_log_names_the_name_but_does_not_grow_for_ever(log):
    client = TestClient(Guard(answer, NAMES))
    for _ in range(20):
        client.get("/", headers={"host": "new.example.org", "origin": "http://new.example.org"})
    assert [event["names"] for event in log()] == [
        ["new.example.org", "http://new.example.org"]
    ] * 3


def test_an_address_is_a_name_only_where_the_request_came_to_it():
    async def asked(host: str, addresses: bool) -> int:
        sent = []

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/", "scheme": "http", "query_string": b"",
            "headers": [(b"host", host.encode())], "server": ("10.0.0.5", 7860), "client": None,
        }  # fmt: skip
        await Guard(answer, addresses=addresses)(scope, None, send)
        return sent[0]["status"]

    assert anyio.run(asked, "10.0.0.5:7860", True) == 200
    assert anyio.run(asked, "10.0.0.5:7860", False) == 403
    assert anyio.run(asked, "10.0.0.6:7860", True) == 403
    assert anyio.run(asked, "10.0.0.5:80", True) == 403


def test_the_page_is_guarded_before_anything_is_received(model):
    app = App.create_app(build([model]), app_kwargs={"middleware": [Middleware(Guard)]})
    own = TestClient(app, "http://127.0.0.1:7860")
    assert own.get("/config").status_code == 200
    upload = {"files": ("a.txt", b"x" * 1000)}
    evil = {"origin": "http://evil.example"}
    assert own.post("/gradio_api/upload", files=upload, headers=evil).status_code == 403
    assert own.get("/config", headers={"host": "evil.example"}).status_code == 403


def test_the_program_serves_the_page_so(model, monkeypatch):
    from explorer.page import launch

    told = {}

    class Page:
        _queue = SimpleNamespace()

        def launch(self, **options):
            told.update(options)
            raise OSError("enough")

    monkeypatch.setattr(launch, "build", lambda *_, **__: Page())
    assert launch.serve([model], 1, False) == 2
    guard, health = told["app_kwargs"]["middleware"]
    assert (guard.cls, health.cls) == (Guard, Health)
    assert guard.kwargs == {"names": (), "addresses": False}
    assert told["server_name"] == "127.0.0.1"
