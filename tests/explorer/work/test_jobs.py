"""Jobs: one after the other, ended and removed when nobody wants them, unknown to strangers."""

import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from explorer.recipe.checks import RecipeError
from explorer.work.asker import alias, asker
from explorer.work.jobs import Jobs


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def quick(path, report):
    report({"found": 1, "count": 1})
    path.write_bytes(b"x" * 100)
    return "made"


class Slow:
    """Works until it is let go; reports all the time."""

    def __init__(self):
        self.begun, self.end = threading.Event(), threading.Event()

    def __call__(self, path, report):
        path.write_bytes(b"half")
        self.begun.set()
        while not self.end.is_set():
            report({"found": 1})
            time.sleep(0.005)
        return "made"


def test_a_job_is_made_and_its_file_kept(tmp_path):
    jobs = Jobs()
    key = jobs.start("a.zip", quick)
    wait_for(lambda: jobs.look(key).state == "done")
    job = jobs.look(key)
    assert (job.message, job.progress, job.path.name) == ("made", {"found": 1, "count": 1}, "a.zip")
    assert job.path.read_bytes() == b"x" * 100
    assert job.path.parent.parent == jobs.folder
    assert job.path.parent.name == key
    assert len(key) >= 20  # 128 bits
    assert jobs.folder.stat().st_mode & 0o77 == 0
    jobs.cancel(key)
    assert not job.path.parent.exists()


def test_a_file_is_taken_once():
    jobs, slow = Jobs(), Slow()
    key = jobs.start("a", slow)
    assert slow.begun.wait(10)
    with pytest.raises(RecipeError, match="not finished"):
        jobs.take(key)
    slow.end.set()
    wait_for(lambda: jobs.look(key).state == "done")
    assert jobs.look(key).bytes == 4
    assert jobs.take(key) == b"half"
    assert not any(jobs.folder.iterdir())
    for gone in (key, None, ["x"]):
        with pytest.raises(RecipeError, match="not kept any more"):
            jobs.take(gone)


def test_one_at_a_time_and_those_who_wait_are_told():
    jobs, first = Jobs(), Slow()
    a, b = jobs.start("a", first), jobs.start("b", quick)
    assert first.begun.wait(10)
    assert (jobs.look(a).state, jobs.look(b).state) == ("working", "waiting")
    assert (jobs.ahead(a), jobs.ahead(b)) == (0, 1)
    first.end.set()
    wait_for(lambda: jobs.look(b).state == "done")


def test_long_work_lets_others_have_their_turn():
    """A job without end, a second that is finished meanwhile, and the first goes on."""
    jobs, endless = Jobs(turn=0.05), Slow()
    a = jobs.start("a", endless)
    assert endless.begun.wait(10)
    b = jobs.start("b", quick)
    wait_for(lambda: jobs.look(b).state == "done")
    assert jobs.look(a).state == "working"
    seconds = jobs.look(a).seconds
    wait_for(lambda: jobs.look(a).seconds > seconds)
    endless.end.set()
    wait_for(lambda: jobs.look(a).state == "done")


def test_only_one_works_at_a_time():
    jobs, working, most = Jobs(turn=0.01), [], []

    def make(path, report):
        for _ in range(20):
            working.append(path)
            most.append(len(working))
            time.sleep(0.002)
            working.remove(path)
            report({})
        return quick(path, report)

    keys = [jobs.start("a", make) for _ in range(4)]
    wait_for(lambda: all(jobs.look(key).state == "done" for key in keys))
    assert set(most) == {1}


def test_a_job_that_waits_for_its_turn_is_cancelled():
    jobs, first, second = Jobs(turn=0.05), Slow(), Slow()
    a = jobs.start("a", first)
    b = jobs.start("b", second)
    assert second.begun.wait(10)
    paths = [jobs.look(key).path for key in (a, b)]
    for key in (a, b):
        jobs.cancel(key)
    wait_for(lambda: not any(path.parent.exists() for path in paths))
    wait_for(lambda: not jobs._row)


def test_cancelling_ends_the_work_and_removes_the_file():
    jobs, slow = Jobs(), Slow()
    key = jobs.start("a", slow)
    assert slow.begun.wait(10)
    path = jobs.look(key).path
    jobs.cancel(key)
    with pytest.raises(RecipeError, match="not kept any more"):
        jobs.look(key)
    wait_for(lambda: not path.parent.exists())
    after = jobs.start("b", quick)
    wait_for(lambda: jobs.look(after).state == "done")


def test_what_nobody_asks_for_ends(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    watch = SimpleNamespace(monotonic=lambda: clock.now)
    monkeypatch.setattr("explorer.work.jobs.time", watch)
    jobs, slow = Jobs(), Slow()
    key = jobs.start("a", slow)
    path = jobs.look(key).path
    clock.now = 601
    wait_for(lambda: not path.parent.exists())
    with pytest.raises(RecipeError):
        jobs.look(key)
    kept = Jobs()
    key = kept.start("a", quick)
    wait_for(lambda: kept.look(key).state == "done")
    path = kept.look(key).path
    clock.now += 3601
    with pytest.raises(RecipeError):
        kept.look(key)
    assert not path.parent.exists()


def test_files_are_bounded_in_size_and_number():
    jobs = Jobs(most=2, most_bytes=250)
    keys = []
    for _ in range(4):
        keys.append(jobs.start("a", quick))
        wait_for(lambda: jobs.look(keys[-1]).state == "done")
    for key, kept in zip(keys, [False, False, True, True], strict=True):
        if kept:
            assert jobs.look(key).path.exists()
        else:
            with pytest.raises(RecipeError):
                jobs.look(key)
    slow = Slow()
    jobs.start("a", slow)
    jobs.start("b", quick)
    with pytest.raises(RecipeError, match="too many"):
        jobs.start("c", quick)
    slow.end.set()


def test_failures_are_told_and_end_nobody_elses_work():
    jobs = Jobs()

    def failing(error):
        def make(path, report):
            path.with_name("a.part").write_bytes(b"half")
            raise error

        return make

    for error, message in (
        (RecipeError("where: no"), "where: no"), (OSError(28, "No space"), "No space"),
        (ZeroDivisionError("x"), "ZeroDivisionError"),
    ):  # fmt: skip
        key = jobs.start("a", failing(error))
        wait_for(lambda key=key: jobs.look(key).state == "failed")
        assert message in jobs.look(key).message
        assert not jobs.look(key).path.parent.exists()
    key = jobs.start("b", quick)
    wait_for(lambda: jobs.look(key).state == "done")


@pytest.mark.parametrize("key", [None, 5, "", "x", "../x", [1]])
def test_strangers_keys(key):
    with pytest.raises(RecipeError):
        Jobs().look(key)


@contextmanager
def asking_as(session: str):
    mark = asker.set(session)
    yield
    asker.reset(mark)


def test_where_several_ask_each_has_a_share_of_the_row():
    jobs, works = Jobs(most=5), []
    for session in ("ada", "ben"):
        with asking_as(session):
            for _ in range(2):
                works.append(Slow())
                jobs.start("a", works[-1])
            with pytest.raises(RecipeError, match="2 of yours are being made already"):
                jobs.start("a", quick)
    alone = jobs.start("a", quick)  # who is alone has no share
    for work in works:
        work.end.set()
    wait_for(lambda: jobs.look(alone).state == "done")
    with asking_as("ada"):
        again = jobs.start("a", quick)
    wait_for(lambda: jobs.look(again).state == "done")


def test_where_several_ask_nobody_fills_the_room_for_files():
    jobs = Jobs(most_bytes=1000)
    with asking_as("ben"):
        kept = jobs.start("a", quick)
        wait_for(lambda: jobs.look(kept).state == "done")
    with asking_as("ada"):
        keys = []
        for _ in range(3):
            keys.append(jobs.start("a", quick))
            wait_for(lambda key=keys[-1]: jobs.look(key).state == "done")
    with pytest.raises(RecipeError, match="not kept any more"):
        jobs.look(keys[0])  # 300 of 250 bytes
    assert jobs.look(keys[2]).state == jobs.look(kept).state == "done"


def test_the_end_of_a_job_is_told_without_its_name(monkeypatch):
    told = []
    monkeypatch.setattr("explorer.work.jobs.tell", lambda event, **facts: told.append(facts))
    jobs = Jobs()
    with asking_as("session"):
        jobs.start("my brain.zip", quick)
    wait_for(lambda: told)
    assert told[0]["made"] == ".zip"
    assert (told[0]["state"], told[0]["bytes"]) == ("done", 100)
    assert told[0]["session"] == alias("session") != "session"
