"""The options for a class: what they mean, and what the program refuses to begin."""

import argparse
import json
import logging
import os
import sys

import pytest

from explorer import __main__ as app
from explorer.door.gate import Gate
from explorer.door.guard import Guard
from explorer.door.health import Health
from explorer.door.options import Door, add_options, addresses, door_of
from explorer.door.proxies import Proxies
from explorer.door.users import DoorError
from explorer.page.launch import middleware
from explorer.work.events import keep_events, tell


def chosen(*given: str) -> Door:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return door_of(parser.parse_args(given))


def test_without_a_word_all_is_for_one_on_this_machine():
    assert chosen() == Door()
    assert [Door().elsewhere, Door().shared, Door().behind] == [False] * 3
    assert [each.cls for each in middleware(Door())] == [Guard, Health]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_no_password(host):
    assert not chosen("--host", host).elsewhere


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_other_machines_do(host, users):
    with pytest.raises(DoorError, match="give users with --auth FILE, or --open") as told:
        chosen("--host", host)
    assert str(told.value).startswith("--host ")
    assert "\n" not in str(told.value)
    assert chosen("--host", host, "--open").shared
    assert chosen("--host", host, "--auth", str(users)).elsewhere


def test_behind_a_proxy_for_one_person_nobody_is_counted():
    door = chosen("--root-path", "/user/ada/proxy/7860/", "--allow-host", "Hub.example.org")
    assert (door.root, door.names) == ("/user/ada/proxy/7860", ("hub.example.org",))
    assert [each.cls for each in middleware(door)] == [Proxies, Guard, Health]
    assert chosen("--proxy", "10.0.0.2").behind
    assert chosen(
        "--open", "--allow-host", "brains.example.org"
    ).shared  # whoever comes, is counted


def test_for_a_class_all_stand_in_their_order(users):
    door = chosen("--auth", str(users), "--max-users", "30")
    assert [each.cls for each in middleware(door)] == [Proxies, Health, Guard, Gate]
    assert middleware(chosen("--max-users", "3"))[-1].kwargs["login"] is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--host", "203.0.113.1", "--open"), "--host 203.0.113.1: this machine has no such"),
        (("--host", "not a host", "--open"), "--host not a host: this machine has no such"),
        (("--allow-host", "https://x.org/"), "--allow-host https://x.org/: give only the name"),
        (("--allow-host", "*"), "--allow-host"),
        (("--allow-host", "*.*.org"), "--allow-host"),
        (("--allow-host", "a.*.org"), "--allow-host"),
        (("--auth", "missing"), "--auth missing: it cannot be read"),
        (("--root-path", "brains"), "--root-path brains: must begin with /"),
        (("--root-path", "https://x.org/brains"), "--root-path"),
        (("--root-path", "/a//b"), "--root-path"),
        (("--proxy", "nginx"), "--proxy nginx: must be an address"),
        (("--max-users", "0"), "--max-users 0: must be 1 or more"),
        (
            ("--secret", "missing/secret"),
            "--secret missing/secret: it can be neither read nor made",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence_that_names_the_option(given, says):
    with pytest.raises(DoorError) as told:
        chosen(*given)
    assert str(told.value).startswith(says)
    assert "\n" not in str(told.value)


def test_the_programs_own_first_question_is_answered():
    """Gradio asks at the address that is listened at; of 0.0.0.0 it makes localhost."""
    kept = [each for each in middleware(Door(host="::")) if each.cls is Guard]
    assert kept[0].kwargs["names"] == ("[::]",)
    assert middleware(Door(host="::1"))[0].kwargs["names"] == ()


def test_a_secret_must_be_long_and_is_one_for_all(tmp_path):
    path = tmp_path / "secret"
    path.write_text("short\n")
    with pytest.raises(DoorError, match="32 bytes or more; remove it"):
        chosen("--secret", str(path))
    path.write_text("x" * 64 + "\n")
    assert chosen("--secret", str(path)).secret == b"x" * 64


def test_a_secret_that_is_not_there_is_made_once(tmp_path):
    path = tmp_path / "secret"
    first = chosen("--secret", str(path)).secret
    assert len(first) == 64
    assert chosen("--secret", str(path)).secret == first
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_open_and_a_password_are_two_things(users):
    with pytest.raises(DoorError, match="give one of them"):
        chosen("--open", "--auth", str(users))


def test_where_others_find_it():
    assert addresses(Door(), 7860) == []
    assert addresses(Door(host="192.168.1.5"), 7860) == ["http://192.168.1.5:7860/"]
    named = Door(host="0.0.0.0", names=("brains.lan", "*.lan"), root="/b")
    assert addresses(named, 80) == ["http://brains.lan:80/b/"]
    assert all(a.startswith("http://") for a in addresses(Door(host="0.0.0.0"), 7860))


@pytest.mark.parametrize(
    "given", [("--host", "0.0.0.0"), ("--auth", "missing"), ("--log", "missing/log")]
)
def test_the_program_does_not_start(given, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["app.py", "--no-browser", *given])
    monkeypatch.setattr(app.torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    assert app.main() == 2
    error = capsys.readouterr().err
    assert error.startswith(f"app: {given[0]} {given[1]}")
    assert error.count("\n") == 1


def test_the_log_is_json_line_by_line(tmp_path, monkeypatch):
    monkeypatch.setattr(logging.getLogger("explorer.events"), "handlers", [])
    path = tmp_path / "log"
    keep_events(path)
    tell("start", host="127.0.0.1")
    tell("job", made=".zip", seconds=1.5)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["start", "job"]
    assert lines[0]["time"].endswith("+00:00")
    assert lines[1]["seconds"] == 1.5
    path.rename(tmp_path / "old")  # as those do who keep logs short
    tell("logout")
    assert json.loads(path.read_text())["event"] == "logout"
