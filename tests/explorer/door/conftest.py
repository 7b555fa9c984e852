"""A small page behind the gate, and the lines of its log."""

import json
import logging
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from explorer.door.gate import Gate
from explorer.door.limits import Places
from explorer.door.login import Login
from explorer.door.sessions import Sessions
from explorer.door.users import Users, with_user
from explorer.work import events
from explorer.work.asker import asker

PAGE = {"accept": "text/html,*/*"}


async def behind(scope, receive, send):
    """Says for whom it works and what it got; makes mistakes on demand."""
    if scope["path"] == "/mistake":
        raise KeyError("a recipe that nobody should read")
    content = await Request(scope, receive).body()
    await JSONResponse({"asker": asker.get(), "bytes": len(content)})(scope, receive, send)


@pytest.fixture(scope="session")
def users(tmp_path_factory):
    path = tmp_path_factory.mktemp("door") / "users"
    with_user(path, "ada", "correct horse")
    with_user(path, "ben", "battery staple")
    return path


@pytest.fixture
def door(users):
    """door(login, most, root): a gate, and `client` makes browsers in front of it."""

    def build(login: bool = True, most: int | None = None, root: str = "") -> SimpleNamespace:
        known = Users(users)
        sessions = Sessions(b"s" * 32, known.hash_of if login else {"": ""}.get)
        entry = Login(known, sessions, root) if login else None
        gate = Gate(behind, sessions, Places(most), entry, root)

        def client(address: str = "10.0.0.1", base: str = "http://here") -> TestClient:
            return TestClient(gate, base, client=(address, 1), follow_redirects=False)

        return SimpleNamespace(gate=gate, client=client)

    return build


def enter(client, name="ada", password="correct horse", onward="/"):
    return client.post("/login", data={"name": name, "password": password, "onward": onward})


@pytest.fixture
def log():
    """log(): the events so far, as they would be written."""
    records, handler = [], logging.Handler()
    handler.emit = lambda record: records.append(json.loads(events._Lines().format(record)))
    logger = logging.getLogger("explorer.events")
    logger.addHandler(handler)
    yield lambda: records
    logger.removeHandler(handler)
