"""The gate: who may pass, how much each may ask, and what is said to the others."""

import json

import pytest
from starlette.websockets import WebSocketDisconnect

from explorer.door import gate as gate_module
from explorer.door.gate import BROKEN, FAST, FULL, LARGE, MUCH, OUT
from explorer.door.limits import Allowance, UnderWay
from explorer.door.sessions import COOKIE
from explorer.work.asker import alias, asker
from tests.explorer.door.conftest import PAGE, enter


def test_nobody_passes_without_a_password(door, log):
    client = door().client()
    shown = client.get("/brains64?lesson=a", headers=PAGE)
    assert shown.status_code == 401
    assert 'value="/brains64?lesson=a"' in shown.text
    assert 'type="password"' in shown.text
    for path in ("/config", "/gradio_api/info", "/scripts/x/y.js", "/assets/index.js"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (401, OUT)
    asked = client.post("/gradio_api/component_server/", content="{}")
    assert (asked.status_code, asked.json()) == (401, {"error": OUT, "again": True})
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass
    assert {event["why"] for event in log()} == {"login"}


def test_the_login_page_fetches_nothing_and_can_be_read_to_somebody(door):
    shown = door(root="/brains").client().get("/", headers=PAGE)
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"
    assert 'action="/brains/login"' in shown.text
    assert '<html lang="en">' in shown.text
    for field in ("name", "password"):
        assert f'<label for="{field}">' in shown.text
    assert "http" not in shown.text.replace("http-equiv", "")


def test_with_name_and_password_the_page_opens(door, log):
    client = door(root="/brains").client()
    answer = enter(client, onward="/brains64?lesson=a")
    assert (answer.status_code, answer.headers["location"]) == (303, "/brains/brains64?lesson=a")
    assert "HttpOnly; SameSite=Lax" in answer.headers["set-cookie"]
    assert "Path=/brains;" in answer.headers["set-cookie"]
    client.cookies.set(COOKIE, client.cookies[COOKIE])  # also for paths without the root
    first, second = client.get("/config").json(), client.get("/config").json()
    assert first["asker"] == second["asker"] != ""
    assert asker.get() == ""
    event = log()[-1]
    assert (event["event"], event["done"], event["user"]) == ("login", True, "ada")
    assert event["session"] == alias(first["asker"])
    assert first["asker"] not in json.dumps(log())


def test_over_https_the_cookie_stays_there(door):
    answer = enter(door().client(base="https://here"))
    assert answer.headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    "onward",
    ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:1", "/a\r\nb: c"],
)
def test_nobody_is_sent_elsewhere(door, onward):
    assert enter(door().client(), onward=onward).headers["location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("eve", "correct horse"), ("", ""), ("ada", "")]
)
def test_what_does_not_fit_is_said_without_which(door, log, name, password):
    answer = enter(door().client(), name, password)
    assert answer.status_code == 401
    assert "Name and password do not fit." in answer.text
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers
    assert log()[-1]["why"] == "wrong"
    assert "user" not in log()[-1]  # it may be the password, in the wrong field


def test_what_was_typed_is_shown_as_text(door):
    assert "<b>" not in enter(door().client(), '"><b>eve', "x").text


def test_guesses_become_slow_for_an_address_and_a_name(door, log):
    gate = door()
    client = gate.client()
    for _ in range(5):
        assert enter(client, password="wrong").status_code == 401
    answer = enter(client)  # not even the right one: it would tell that it is
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["retry-after"]) <= 30
    assert "Too many wrong passwords. Try again in" in answer.text
    assert log()[-1]["why"] == "too many"
    assert enter(client, "ben", "battery staple").status_code == 303
    assert enter(gate.client("10.0.0.2")).status_code == 303


def test_guesses_at_many_names_become_slow_too(door, monkeypatch):
    monkeypatch.setattr("explorer.door.login.fits", lambda password, kept: False)
    client = door().client()
    found = [enter(client, f"name{k}", "x").status_code for k in range(70)]
    assert found.count(401) == 60
    assert found[-1] == 429


def test_right_passwords_are_not_counted(door):
    client = door().client()
    assert {enter(client).status_code for _ in range(8)} == {303}


def test_a_form_that_is_no_form(door):
    client = door().client()
    assert client.post("/login", content=b"x" * 20_000).status_code == 401
    assert client.post("/login", content=b"\xff\xfe=%ff").status_code == 401


def test_who_logs_out_is_out_and_the_place_is_free(door):
    gate = door(most=1)
    client, other = gate.client(), gate.client()
    enter(client)
    kept = client.cookies[COOKIE]
    client.get("/", headers=PAGE)
    enter(other, "ben", "battery staple")
    assert other.get("/", headers=PAGE).status_code == 503
    assert client.get("/logout", headers=PAGE).json()["asker"]  # a mere link does nothing
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    client.cookies.set(COOKIE, kept)
    assert client.get("/", headers=PAGE).status_code == 401
    assert other.get("/", headers=PAGE).status_code == 200


def test_who_is_in_is_led_on_from_the_login_page(door):
    client = door(root="/brains").client()
    enter(client)
    client.cookies.set(COOKIE, client.cookies[COOKIE])
    assert client.get("/login", headers=PAGE).headers["location"] == "/brains/"


def test_a_full_house_says_so_and_tries_again(door):
    gate = door(login=False, most=2)
    for _ in range(2):
        pupil = gate.client()
        assert pupil.get("/", headers=PAGE).status_code == 200
        assert pupil.post("/x").status_code == 200
    late = gate.client()
    shown = late.get("/", headers=PAGE)
    assert shown.status_code == 503
    assert FULL in shown.text
    assert '<meta http-equiv="refresh" content="15">' in shown.text
    assert shown.headers["retry-after"] == "15"
    assert "set-cookie" not in shown.headers
    assert late.post("/x").status_code == 429
    assert late.post("/x").json() == {"error": FULL, "again": True}


def test_who_keeps_no_cookies_takes_one_place_however_often(door):
    gate = door(login=False, most=2)
    for _ in range(9):
        assert gate.client("10.0.0.7").get("/", headers=PAGE).status_code == 200
    pupil, late = gate.client(), gate.client()
    assert pupil.get("/", headers=PAGE).status_code == 200
    assert pupil.post("/x").status_code == 200
    assert late.get("/", headers=PAGE).status_code == 503


def test_where_all_may_come_in_each_is_still_told_apart(door):
    gate = door(login=False)
    one, two = gate.client(), gate.client()
    for client in (one, two):
        assert "HttpOnly" in client.get("/", headers=PAGE).headers["set-cookie"]
        assert "set-cookie" not in client.get("/", headers=PAGE).headers
    asked = {client.post("/x").json()["asker"] for client in (one, two)}
    assert len(asked) == 2
    # Without cookies, as in a frame of another page, the address stands for the session.
    assert gate.client("10.9.9.9").post("/x").json()["asker"] == "10.9.9.9"


def test_a_session_that_does_not_stop_is_asked_to_wait(door, log):
    gate = door(login=False)
    gate.gate._asks = Allowance(rate=0.1, at_once=3)
    wild, calm = gate.client(), gate.client()
    for client in (wild, calm):
        client.get("/", headers=PAGE)
    answers = [wild.post("/x", content=b"1") for _ in range(20)]
    assert [a.status_code for a in answers[:4]] == [200, 200, 200, 429]
    assert answers[-1].json() == {"error": FAST, "again": True}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert calm.post("/x").status_code == 200
    assert wild.get("/x").status_code == 200  # small files have a limit of their own
    assert [event["why"] for event in log()] == ["session"] * 3  # not a line for each


def test_an_address_has_a_looser_limit(door):
    gate = door(login=False)
    gate.gate._near = Allowance(rate=0.1, at_once=10)
    found = [gate.client().get("/x").status_code for _ in range(12)]
    assert found == [200] * 10 + [429] * 2
    assert gate.client("10.0.0.2").get("/x").status_code == 200


def test_a_class_behind_one_address_can_open_the_page_and_drag():
    """Fifty pages of 60 files each, then all drag for ten seconds at 30 pictures a second."""
    now = 0.0
    near = Allowance(rate=2000, at_once=6000, clock=lambda: now)
    assert sum(near.take("school") for _ in range(50 * 60)) == 0
    for step in range(300):
        now = step / 30
        assert sum(near.take("school") for _ in range(50)) == 0


def test_so_many_requests_at_the_same_time(door):
    gate = door(login=False)
    gate.gate._under_way = UnderWay(each=0, all_together=10)
    answer = gate.client().post("/x")
    assert (answer.status_code, answer.json()["error"]) == (429, FAST)


def test_what_is_sent_has_a_largest_size(door, monkeypatch):
    monkeypatch.setattr(gate_module, "_LARGEST", 1000)
    client = door(login=False).client()
    assert client.post("/x", content=b"x" * 1000).json()["bytes"] == 1000
    assert client.post("/x", content=b"x" * 1001).status_code == 413
    assert client.post("/x", content=b"x" * 1001).json()["error"] == LARGE

    def pieces():
        for _ in range(11):
            yield b"x" * 100

    assert client.post("/x", content=pieces()).status_code == 413  # without a length


def test_files_are_counted_and_small_requests_are_not(door):
    gate = door(login=False)
    gate.gate._sent = Allowance(rate=1, at_once=1e6)
    client = gate.client()
    client.get("/", headers=PAGE)
    found = [client.post("/x", content=b"x" * 400_000).status_code for _ in range(3)]
    assert found == [200, 200, 429]
    assert client.post("/x", content=b"x" * 400_000).json()["error"] == MUCH
    assert client.post("/x", content=b"x" * 4000).status_code == 200


def test_what_gradio_would_take_beside_the_page_is_not_there(door):
    client = door(login=False).client()
    files = {"files": ("a.txt", b"x")}
    assert client.post("/gradio_api/upload", files=files).status_code == 403
    assert client.get("/gradio_api/proxy=http://evil.example").status_code == 403


def test_a_mistake_is_a_sentence_and_a_line_without_what_was_sent(door, log):
    client = door(login=False).client()
    answer = client.post("/mistake", content=b'{"recipe": "secret"}')
    assert (answer.status_code, answer.json()) == (500, {"error": BROKEN})
    event = log()[-1]
    assert (event["event"], event["kind"], event["path"]) == ("error", "KeyError", "/mistake")
    assert event["at"][-1].startswith("conftest.py:")
    assert "secret" not in json.dumps(log())
    assert "nobody should read" not in json.dumps(log())


def test_slow_requests_are_told_with_what_was_asked(door, log, monkeypatch):
    monkeypatch.setattr(gate_module, "_SLOW", -1.0)
    client = door(login=False).client()
    for content in (
        b'{"fn_name": "draw", "data": "secret"}',
        b'{"fn_name": "a b"}',
        b"[]",
        b"\xff",
    ):
        client.post("/x", content=content)
    assert [event["asked"] for event in log()] == ["draw", "", "", ""]
    assert "secret" not in json.dumps(log())
