"""The score: 0 at the floor, log 2 at twice the distance, copies are charged, gaps are infinite."""

import math

import pytest

from train.quality import score

FLOORS = {"swd": 10.0, "fd": 4.0, "spectrum_db": 0.2, "coverage": 0.5, "memorised": 0.01}


def test_zero_at_the_floor_and_log_two_at_twice_the_distance():
    assert score(FLOORS, FLOORS) == pytest.approx(0)
    twice = {"swd": 20, "fd": 8, "spectrum_db": 0.4, "coverage": 0.25, "memorised": 0.01}
    assert score(twice, FLOORS) == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    "worse",
    [{"swd": 11}, {"fd": 5}, {"spectrum_db": 0.3}, {"coverage": 0.4}, {"memorised": 0.03}],
)
def test_every_part_counts(worse):
    assert score(FLOORS | worse, FLOORS) > 0


def test_copying_cannot_win():
    copies = {"swd": 5, "fd": 0.1, "spectrum_db": 0.05, "coverage": 1.0, "memorised": 1.0}
    honest = FLOORS | {"swd": 20, "fd": 8}
    assert score(copies, FLOORS) > score(honest, FLOORS)
    assert score(FLOORS | {"memorised": 0.02}, FLOORS) == pytest.approx(0)  # chance is not charged


def test_no_coverage_is_bad_but_a_number():
    assert 1 < score(FLOORS | {"coverage": 0.0}, FLOORS) < 10


@pytest.mark.parametrize("broken", [{"fd": math.nan}, {"swd": math.inf}])
def test_what_is_no_number_is_never_the_best(broken):
    assert score(FLOORS | broken, FLOORS) == math.inf
    assert score({}, FLOORS) == score(FLOORS, {}) == math.inf
