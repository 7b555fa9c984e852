"""Every request is answered or told that a newer one is; nothing blocks, nothing starves."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from explorer.work.turns import Pieces, Superseded, Turns


@pytest.fixture
def turns():
    return Turns()


def hold(turns, pool):
    """Occupy the turn; returns the event that ends it and the request's future."""
    begun, end = threading.Event(), threading.Event()

    def work():
        begun.set()
        assert end.wait(10)

    future = pool.submit(turns.take, "holder", work)
    assert begun.wait(10)
    return end, future


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_result_comes_back_and_exceptions_free_the_turn(turns):
    assert turns.take("a", lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        turns.take("a", lambda: 1 / 0)
    assert turns.take("a", lambda: 6) == 6


def test_newest_of_each_user_wins_in_order_of_arrival(turns):
    made = []
    with ThreadPoolExecutor(8) as pool:
        end, holder = hold(turns, pool)
        futures = []
        for user, value in [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("a", 5)]:
            ticket = turns._waiting.get(user)
            futures.append(pool.submit(turns.take, user, lambda v=value: made.append(v)))
            wait_for(lambda t=ticket, u=user: turns._waiting.get(u) not in (None, t))
        end.set()
        for future, lost in zip(futures, [True, False, True, False, False], strict=True):
            if lost:
                with pytest.raises(Superseded):
                    future.result(10)
            else:
                future.result(10)
        holder.result(10)
    assert made == [5, 2, 4]  # a's newest took its oldest's place


def test_a_superseded_request_is_told_at_once(turns):
    with ThreadPoolExecutor(3) as pool:
        end, _ = hold(turns, pool)
        old = pool.submit(turns.take, "a", lambda: 1)
        wait_for(lambda: "a" in turns._waiting)
        new = pool.submit(turns.take, "a", lambda: 2)
        with pytest.raises(Superseded):
            old.result(10)  # while the turn is still taken
        assert not new.done()
        end.set()
        assert new.result(10) == 2


def test_one_at_a_time_and_every_last_request_is_made(turns):
    running, most, made = [0], [0], {}

    def work(user, value):
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.001)
        running[0] -= 1
        made[user] = value

    def session(user):
        told = []
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(turns.take, user, lambda v=v: work(user, v)) for v in range(20)]
            for future in futures:
                try:
                    future.result(10)
                except Superseded as error:
                    told.append(error)
        return told

    with ThreadPoolExecutor(5) as pool:
        lost = list(pool.map(session, range(5)))
    assert most == [1]
    assert set(made) == set(range(5))
    assert all(len(told) < 20 for told in lost)
    assert not turns._waiting


def test_idle_work_waits_for_those_who_keep_asking(turns):
    for _ in range(20):
        done, asked = [], []

        def ask(asked=asked):
            asked.append(time.monotonic())
            turns.take("hand", lambda: 1)

        with ThreadPoolExecutor(2) as pool:
            ask()
            now = lambda done=done: done.append(time.monotonic())  # noqa: E731
            idle = pool.submit(turns.take_idle, now, 0.15, 10)
            for _ in range(10):
                ask()
                time.sleep(0.02)
            idle.result(20)
        if max(later - one for one, later in pairwise(asked)) < 0.1:  # nobody was held up
            break
    assert done[0] - asked[-1] >= 0.15


def test_idle_work_never_starves_and_does_not_wait_for_itself(turns):
    stop = threading.Event()

    def drag():
        while not stop.is_set():
            turns.take("hand", lambda: time.sleep(0.001))

    start = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(drag)
        try:
            assert turns.take_idle(lambda: 5, quiet=10, most=0.2) == 5
        finally:
            stop.set()
    assert 0.15 < time.monotonic() - start < 5
    time.sleep(0.05)
    start = time.monotonic()
    for _ in range(60):
        turns.take_idle(lambda: 1, quiet=0.05)
    assert time.monotonic() - start < 2  # 3 if it did


def test_pieces_stop_at_results_and_when_the_time_is_over():
    done = []

    def work():
        for i in range(6):
            done.append(i)
            yield "result" if i == 1 else None

    pieces = Pieces(work())
    assert pieces.go_on(60) == "result"
    assert done == [0, 1]
    assert pieces.go_on(0) is None
    assert (done, pieces.ended) == ([0, 1, 2], False)
    assert pieces.go_on(60) is None
    assert (done, pieces.ended) == ([0, 1, 2, 3, 4, 5], True)
