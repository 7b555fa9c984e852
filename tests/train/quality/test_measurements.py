"""Comparing named measurements: shifts in deviations of the reals, failures counted."""

import numpy as np
import pytest

from train.quality.measurements import compare_measurements


def test_a_shift_is_counted_in_deviations_of_the_reals():
    random = np.random.default_rng(0)
    area = 50 + 4 * random.standard_normal(400)
    ratio = random.standard_normal(400)
    found = compare_measurements([("area", area, area + 8), ("ratio", ratio, ratio[::-1])])
    moved, same = found["each"]["area"], found["each"]["ratio"]
    assert moved["shift"] == pytest.approx(2, rel=0.1)
    assert moved["wasserstein"] == pytest.approx(moved["shift"])
    assert same["wasserstein"] == pytest.approx(0, abs=1e-9)
    assert found["fd"] == pytest.approx(moved["shift"] ** 2, rel=0.05)
    assert sum(moved["real"]) == pytest.approx(1)
    assert len(moved["edges"]) == len(moved["fake"]) + 1


def test_what_failed_is_left_out_and_counted():
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 100))
    b[:25] = np.nan
    found = compare_measurements([("area", a, b)])
    assert found["each"]["area"]["failed_fake"] == 0.25
    assert found["each"]["area"]["failed_real"] == 0
    assert np.isfinite(found["fd"])
    with pytest.raises(ValueError, match="area: measured on fewer than two"):
        compare_measurements([("area", a, np.full(5, np.nan))])
