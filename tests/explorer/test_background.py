"""Once: made once, waited for by many, and its failure is everybody's."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.background import Once


def test_many_ask_and_one_makes():
    made = []

    def make(report):
        report(0.5)
        time.sleep(0.05)
        made.append(1)
        return object()

    once = Once(make)
    assert not once.ready()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: once.get(), range(16)))
    assert made == [1]
    assert len(set(map(id, found))) == 1
    assert once.ready()


def test_it_can_be_looked_at_meanwhile():
    go_on = threading.Event()

    def make(report):
        report(0.25)
        go_on.wait(5)
        return 7

    once = Once(make)
    once.start()
    once.start()
    while once.progress == 0:
        time.sleep(0.001)
    assert (once.ready(), once.progress) == (False, 0.25)
    go_on.set()
    assert once.get() == 7
    assert once.progress == 1


def test_failure():
    def fail(report):
        raise ValueError("broken")

    once = Once(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            once.get()
