"""Work done ahead by several threads: in order, no further than it should be, and stopped."""

import threading
import time

import pytest

from explorer.work import ahead


@pytest.fixture
def _three():
    ahead.employ(3)
    yield
    ahead.employ(1)


@pytest.mark.usefixtures("_three")
def test_the_order_is_kept_and_several_work_at_once():
    meeting = threading.Barrier(3, timeout=20)

    def work(number: int) -> int:
        if number < 3:
            meeting.wait()  # is passed only where three are at it
        time.sleep(0.02 * (5 - number))
        return number

    assert list(ahead.in_order(work, range(5))) == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("_three")
def test_it_runs_no_further_ahead_than_its_threads():
    begun = []
    results = ahead.in_order(lambda n: begun.append(n) or n, iter(range(100)))
    assert next(results) == 0
    assert len(begun) <= 4
    results.close()
    assert len(begun) <= 5


@pytest.mark.usefixtures("_three")
def test_what_fails_is_raised_where_it_is_taken():
    def work(number: int) -> float:
        return 1 / (number - 1)

    results = ahead.in_order(work, range(3))
    assert next(results) == -1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_one_thread_does_nothing_ahead():
    begun = []
    results = ahead.in_order(lambda n: begun.append(n) or n, range(3))
    assert next(results) == 0
    assert begun == [0]
    names = ahead.in_order(lambda _: threading.current_thread().name, range(2))
    assert set(names) == {threading.current_thread().name}
