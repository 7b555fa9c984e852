"""Health: an answer for whoever watches over the program, with nothing private in it."""

import pytest
from starlette.testclient import TestClient

from explorer.door.health import Health
from explorer.door.options import Door
from explorer.page.launch import middleware
from explorer.work import background
from tests.explorer.door.conftest import PAGE, behind


def stacked(door: Door):
    """A small page behind all that stands in front for these options."""
    app = behind
    for each in reversed(middleware(door)):
        app = each.cls(app, *each.args, **each.kwargs)
    return TestClient(app, "http://pod.cluster:7860")


def test_it_tells_that_it_is_there_and_how_many_ask():
    answer = TestClient(Health(behind, "1.2", lambda: 7)).get("/health")
    assert answer.json() == {"ready": True, "version": "1.2", "users": 7}
    assert answer.headers["cache-control"] == "no-store"


def test_a_program_that_ends_is_not_ready(monkeypatch):
    monkeypatch.setattr(background._work, "ending", True)
    answer = TestClient(Health(behind, "1")).get("/health")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)


def test_for_a_class_it_needs_neither_name_nor_password(users):
    client = stacked(Door(users=users, host="0.0.0.0"))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["users"]) == (200, 0)
    assert set(answer.json()) == {"ready", "version", "users"}
    assert client.get("/", headers=PAGE).status_code == 403  # that name is not allowed


def test_for_one_person_it_is_guarded_like_the_page():
    assert stacked(Door()).get("/health").status_code == 403
    own = stacked(Door()).get("/health", headers={"host": "localhost:7860"})
    assert own.json()["users"] is None


@pytest.mark.parametrize("path", ["/brains/health", "/health"])
def test_below_a_path_it_is_at_both_places(path):
    client = stacked(Door(root="/brains", most=3))
    assert client.get(path).status_code == 200
