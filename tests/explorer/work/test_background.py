"""Once: one makes, all wait, all hear of a failure. Sweeper: as long as anything is left."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from explorer.work.background import Once, Sweeper


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


def test_the_programs_end_waits_for_computations_and_begins_none():
    """Python kills threads that are inside the network: "terminate called ..."."""
    program = """
import time, torch
from explorer.work.background import begin, computing
torch.set_num_threads(1)
x = torch.randn(700, 700)
def work():
    while True:
        with computing():
            for _ in range(3):
                x @ x
for _ in range(3):
    begin(work)
time.sleep(0.3)
"""
    root = Path(__file__).resolve().parents[3]
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_failure():
    def fail(report):
        raise ValueError("broken")

    once = Once(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            once.get()


def test_a_sweeper_goes_on_while_something_is_left_and_can_be_woken_again(monkeypatch):
    left, sweeps, timers, real = [3], [], [], threading.Timer

    def sweep():
        sweeps.append(left[0])
        left[0] -= 1
        return left[0] > 0

    def timer(seconds, run):
        if run != sweeper._run:  # another test's
            return real(seconds, run)
        return SimpleNamespace(start=lambda: timers.append(run))

    sweeper = Sweeper(0.01, sweep)
    monkeypatch.setattr(threading, "Timer", timer)
    for _ in range(2):  # twice is one timer
        sweeper.wake()
    assert len(timers) == 1
    while timers:
        assert sweeper.awake
        timers.pop()()
    assert sweeps == [3, 2, 1]
    assert not sweeper.awake
    left[0] = 1
    sweeper.wake()
    timers.pop()()
    assert not timers
    assert sweeps == [3, 2, 1, 1]


def test_a_sweeper_comes_by_itself():
    swept = threading.Event()
    sweeper = Sweeper(0.01, lambda: bool(swept.set()))
    sweeper.wake()
    assert swept.wait(30)
