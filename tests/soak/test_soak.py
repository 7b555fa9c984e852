"""A few visitors for seconds, with the server killed in between; and that faults would be seen."""

import base64
import http.client
import json
import threading

import numpy as np
import pytest

from explorer import Recipe, load
from gan.picture import png_bytes
from tests.soak.run import growth, soak, summary
from tests.soak.visitor import Seen, Visitor

PARTS = {"view": 1, "numbers": 2, "export": 3, "scan": 4}


@pytest.fixture(scope="module")
def found():
    path = "assets/models/brains64/model.safetensors"
    return soak(load(path), clients=4, seconds=24, kill=True, arguments=("--checkpoint", path))


def test_nothing_is_wrong_or_mixed_up(found):
    assert found["wrong"] == []
    assert found["errors"] == []
    assert found["stuck"] == 0
    assert found["pictures"] > 40
    assert found["median_ms"] <= found["p95_ms"] <= found["p99_ms"] <= found["max_ms"]


def test_it_goes_on_after_it_was_killed(found):
    assert found["killed_after_s"] == 8
    assert found["down_s"] > 0
    assert found["megabytes"][-1][0] > found["killed_after_s"] + found["down_s"]
    assert found["done"]["drag"] > 0


def test_pictures_of_others_are_seen(monkeypatch):
    visitor = Visitor(3, "http://127.0.0.1:1", PARTS)
    other = {"src": "data:image/png;base64," + _png_of(Recipe(9))}
    monkeypatch.setattr(visitor, "_ask", lambda *call: other)
    visitor.drag()
    assert len(visitor.seen.wrong) == 20
    assert visitor.seen.wrong[0].startswith("drag: ")


def test_a_closed_tab_cannot_overtake_what_its_visitor_asks_next(monkeypatch):
    names = []
    monkeypatch.setattr(
        http.client.HTTPConnection,
        "request",
        lambda self, method, path, body, headers: names.append(json.loads(body)["data"]["user"]),
    )
    visitor = Visitor(3, "http://127.0.0.1:1", PARTS)
    visitor.leave()
    assert len(names) == 1
    assert visitor._of(Recipe())["user"] not in names


class Ends(list):
    """Of errors: the first one ends the visit."""

    def __init__(self, stop: threading.Event):
        super().__init__()
        self.stop = stop

    def append(self, error):
        super().append(error)
        self.stop.set()


def test_silence_is_an_error_unless_it_is_known(monkeypatch):
    visitor, stop, away = (
        Visitor(3, "http://127.0.0.1:1", PARTS),
        *(threading.Event() for _ in range(2)),
    )
    monkeypatch.setattr(visitor.seen, "errors", Ends(stop))
    visitor.stay(stop, away)
    assert visitor.seen.errors
    quiet = Visitor(3, "http://127.0.0.1:1", PARTS)
    stop.clear()
    away.set()
    threading.Timer(0.6, stop.set).start()
    quiet.stay(stop, away)
    assert quiet.seen.errors == []


def test_memory_that_grows_is_seen():
    assert growth([(t, 500.0) for t in range(100)], 100, 0) == 0
    assert growth([(t, 500.0 + t) for t in range(100)], 100, 0) > 30
    assert growth([(t, 1e6 if t < 50 else 500.0) for t in range(100)], 100, 50) == 0
    seen = Seen(waits=list(np.arange(100.0)), done={"drag": 2})
    told = summary([seen, Seen(waits=[5.0], done={"drag": 1})], 10, [], 0, 0, 0)
    assert told["done"] == {"drag": 3}
    assert told["max_ms"] == 99


def _png_of(recipe: Recipe) -> str:
    return base64.b64encode(png_bytes(np.zeros((4, 4), np.uint8), recipe=recipe.to_json())).decode()
