"""How many threads to compute on."""

import pytest

from explorer.work import machine


@pytest.mark.parametrize(("load", "expected"), [(0.1, 4), (1.2, 3), (3.0, 1), (9.0, 1)])
def test_busy_cores_are_left_alone(monkeypatch, load, expected):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(machine.os, "getloadavg", lambda: (load, 0, 0), raising=False)
    assert machine.spare_cores() == expected


def test_the_user_decides(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert machine.spare_cores() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "nonsense")
    assert machine.spare_cores() >= 1
