"""Long work in the background: progress, results, failures, and an end for what nobody wants."""

import threading
import time

import pytest

from explorer.checks import RecipeError
from explorer.studio import MOST, Stopped, Studio


def wait(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_work_is_followed_and_fetched_once():
    go, half = threading.Event(), threading.Event()

    def make(report):
        report(0.5)
        half.set()
        go.wait(10)
        return b"film"

    studio = Studio()
    name = studio.start(make)
    half.wait(10)
    assert studio.state(name) == (0.5, False)
    with pytest.raises(RecipeError, match="not finished"):
        studio.fetch(name)
    go.set()
    wait(lambda: studio.state(name)[1])
    assert studio.fetch(name) == b"film"
    with pytest.raises(RecipeError, match="not here any more"):
        studio.state(name)


def endless(ended):
    def make(report):
        try:
            while True:
                report(0.1)
                time.sleep(0.002)
        except Stopped:
            ended.set()
            raise

    return make


def test_stopped_work_ends():
    ended, studio = threading.Event(), Studio()
    name = studio.start(endless(ended))
    studio.stop(name)
    assert ended.wait(10)
    studio.stop(name)  # twice is no error
    studio.stop(None)


def test_work_nobody_asks_for_ends_by_itself():
    ended, studio = threading.Event(), Studio(patience=0.05)
    name = studio.start(endless(ended))
    assert ended.wait(10)
    wait(lambda: not studio._works)
    done = studio.start(lambda report: b"x")
    wait(lambda: not studio._works)  # a result that is not fetched goes too
    for gone in (name, done, 5, None, ["x"]):
        with pytest.raises(RecipeError, match="not here any more"):
            studio.state(gone)


def test_only_so_much_at_a_time():
    ended, studio = threading.Event(), Studio()
    names = {studio.start(endless(ended)) for _ in range(MOST)}
    assert len(names) == MOST
    assert min(len(name) for name in names) >= 32
    with pytest.raises(RecipeError, match="try again"):
        studio.start(endless(ended))
    for name in names:
        studio.stop(name)
    studio.stop(studio.start(endless(ended)))


@pytest.mark.parametrize("error", [RecipeError("walk: none"), ZeroDivisionError("oh")])
def test_failures_are_told_in_words(error):
    def make(report):
        raise error

    studio = Studio()
    name = studio.start(make)
    wait(lambda: studio._works[name].error)
    with pytest.raises(RecipeError, match=str(error)):
        studio.state(name)
    assert not studio._works
