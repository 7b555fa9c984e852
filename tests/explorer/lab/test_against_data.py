"""Data against model: correlations by hand, intervals by person, marks where they differ."""

import numpy as np
import pytest

from explorer.knowledge.receipts import Receipt
from explorer.knowledge.reference import Reals
from explorer.lab.against_data import compare, correlations, real_table, sliders_of
from tests.explorer.knowledge.test_reference import make

KEYS = ("a", "b", "c")


def linked(r, rows=2000, seed=0):
    """a and b with correlation r, c by itself."""
    x = np.random.default_rng(seed).standard_normal((rows, 3))
    x[:, 1] = r * x[:, 0] + np.sqrt(1 - r * r) * x[:, 1]
    return x


def test_correlations_are_numpys_over_those_that_have_both():
    table = linked(0.6)
    assert correlations(table) == pytest.approx(np.corrcoef(table.T))
    table[:700, 1], table[300:900, 2] = np.nan, np.nan
    both = np.isfinite(table[:, [1, 2]]).all(axis=1)
    expected = np.corrcoef(table[both, 1], table[both, 2])[0, 1]
    assert correlations(table)[1, 2] == pytest.approx(expected)
    table[:, 2] = 1e6
    assert np.isnan(correlations(table)[0, 2])
    table[90:, 2] = np.nan
    assert np.isnan(correlations(table)).sum() == 5
    counts = np.random.default_rng(0).integers(0, 3, 2000)
    table = linked(0.6)
    again = np.corrcoef(np.repeat(table, counts, axis=0).T)
    assert correlations(table, counts.astype(float)) == pytest.approx(again)


@pytest.mark.parametrize(
    ("people", "model", "mark"),
    [
        (0.3, 0.7, "stronger"),
        (0.0, -0.5, "stronger"),
        (0.7, 0.3, "weaker"),
        (0.5, -0.4, "other way"),
        (0.4, 0.42, "alike"),
    ],
)
def test_the_mark_says_what_the_model_does(people, model, mark):
    real, made = linked(people), linked(model, seed=1)
    found = compare(KEYS, real, np.arange(2000) // 4, made, times=60)
    assert found.marks[0][1] == found.marks[1][0] == mark
    assert found.marks[0][2] == "alike"
    assert found.difference[0, 1] == pytest.approx(model - people, abs=0.06)
    low, high = found.difference_interval[0, 1]
    assert low < found.difference[0, 1] < high
    assert (found.people, found.slices, found.brains) == (500, 2000, 2000)
    assert found.resampled == "people"


def test_slices_of_a_person_are_not_independent():
    """20 people with 100 all but equal slices each: the interval is that of 20, not of 2,000."""
    people = np.repeat(np.arange(20), 100)
    real = linked(0.0, 20)[people] + 0.01 * linked(0.0, 2000, 3)
    model = linked(0.0, 2000, 5)
    by_person = compare(KEYS, real, people, model, times=100).real_interval[0, 1]
    by_slice = compare(KEYS, real, np.arange(2000), model, known=False, times=100)
    width = by_slice.real_interval[0, 1, 1] - by_slice.real_interval[0, 1, 0]
    assert by_person[1] - by_person[0] > 5 * width
    assert (by_slice.resampled, by_slice.people) == ("slices", 0)


def test_at_equal_height_what_goes_with_height_is_gone():
    random = np.random.default_rng(0)
    height = random.uniform(-1, 1, 3000)
    table = np.stack([height, height**2 + 0.1 * random.standard_normal(3000),
                      height**2 + 0.1 * random.standard_normal(3000)], axis=1)  # fmt: skip
    raw = compare(KEYS, table, np.arange(3000), table, times=20)
    equal = compare(KEYS, table, np.arange(3000), table, ("a",), times=20)
    assert raw.real[1, 2] > 0.85
    assert abs(equal.real[1, 2]) < 0.06
    assert equal.equal
    assert equal.marks[0][1] == "unknown"


def test_a_mirrored_model_knows_each_slice_both_ways():
    x = linked(0.8, 200)
    keys = ("area", "rotation")
    for mirror, expected in ((False, 0.8), (True, 0.0)):
        reals = Reals(make(x[:, :2], keys, mirror=mirror))
        table, people, known = real_table(reals, ("area", "rotation", "noise"))
        assert known
        assert len(table) == len(people) == (400 if mirror else 200)
        assert correlations(table)[0, 1] == pytest.approx(expected, abs=0.08)
        assert np.isnan(table[:, 2]).all()
        found = compare(keys, table[:, :2], people, x[:, :2], times=5, mirrored=mirror)
        assert found.slices == 200  # each of them once
        assert (found.real[0, 1] == 0) == mirror
    alone = make(x[:, :2], keys)
    alone.people[:] = np.arange(200)
    assert not real_table(Reals(alone), keys)[2]


def test_sliders_say_what_moves_and_what_goes_with_it():
    def receipt(effect, top):
        n = len(effect)
        return Receipt(
            tuple(effect), (1.0,) * n, (1.0,) * n, (0.1,) * n, (16,) * n, 1, 0, top, "", 16
        )

    real, model = np.full((2, 2), 0.3), np.full((2, 2), 0.6)
    receipts = {
        "pca1": receipt([0.0, 1.0, 0.5], 1),
        "measured:b": receipt([9.0, 0.2, 0.4], 0),
        "pca2": receipt([0.0, 0.05, 0.0], None),
    }
    found = sliders_of(receipts, [1, 2], ("a", "b"), real, model)
    assert [(s.key, s.aim) for s in found] == [("pca1", 0), ("measured:b", 1)]
    assert found[0].moved == pytest.approx([1, 0.5])
    assert found[1].moved == pytest.approx([0.5, 1])
    assert (found[0].expected == 0.6).all()
    assert (found[0].people == 0.3).all()
