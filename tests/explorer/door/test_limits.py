"""Limits: so much at once, so much on the average, and nobody's memory grows for ever."""

import pytest

from explorer.door import limits
from explorer.door.limits import Allowance, Busy, Places, UnderWay, neighbourhood


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_allowance_is_spent_and_comes_back():
    clock = Clock()
    mine = Allowance(rate=10, at_once=3, clock=clock)
    assert [mine.take("a") for _ in range(3)] == [0, 0, 0]
    assert mine.take("a") == pytest.approx(0.1)
    assert mine.take("b") == 0
    clock.now = 0.1
    assert mine.take("a") == 0
    clock.now = 100
    assert [mine.take("a") for _ in range(4)][2:] == [0, pytest.approx(0.1)]


def test_to_ask_takes_nothing():
    mine = Allowance(rate=1, at_once=1, clock=Clock())
    assert mine.wait("a") == 0
    assert mine.take("a") == 0
    assert mine.wait("a") == 1


def test_a_dragging_hand_is_never_refused():
    clock = Clock()
    mine = Allowance(rate=60, at_once=180, clock=clock)
    for step in range(30 * 60):
        clock.now = step / 30
        assert mine.take("hand") == 0


def test_those_who_have_not_asked_for_long_are_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "_MOST_KEYS", 10)
    clock = Clock()
    mine = Allowance(rate=1, at_once=5, clock=clock)
    for number in range(1000):
        mine.take(str(number))
    assert len(mine._left) <= 11
    mine.take("999", 4)  # the newest are still known
    assert mine.take("999") > 0


def test_so_many_at_the_same_time():
    ways = UnderWay(each=2, all_together=3)
    with ways.one("a"), ways.one("a"):
        with pytest.raises(Busy), ways.one("a"):
            pass
        with ways.one("b"), pytest.raises(Busy), ways.one("c"):
            pass
    assert ways._now == {}
    with pytest.raises(ZeroDivisionError), ways.one("a"):
        _ = 1 / 0
    with ways.one("a", 2):
        pass


def test_places_are_taken_kept_and_given_back():
    clock = Clock()
    places = Places(2, idle=600, clock=clock)
    assert places.enter("a")
    assert places.enter("b")
    assert not places.enter("c")
    assert places.enter("a")
    places.leave("b")
    assert places.enter("c")
    clock.now = 599
    places.enter("a")
    clock.now = 601
    assert places.taken() == 1
    assert places.enter("d")
    assert not places.enter("c")  # it had left


def test_without_a_number_there_is_room_for_everybody():
    places = Places(None)
    assert all(places.enter(str(k)) for k in range(500))
    assert places.taken() == 500


def test_visitors_who_left_are_forgotten_though_nobody_counts_them():
    clock = Clock()
    places = Places(None, idle=600, clock=clock)
    for number in range(20_000):
        clock.now += 1
        places.enter(str(number))
    assert len(places._seen) <= 2001


def test_of_the_new_addresses_a_whole_network_is_one():
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::ffff:1")
    assert neighbourhood("2001:db8::1") != neighbourhood("2001:db8:0:1::1")
    assert neighbourhood("10.0.0.1") != neighbourhood("10.0.0.2")
    assert neighbourhood("a socket") == "a socket"
