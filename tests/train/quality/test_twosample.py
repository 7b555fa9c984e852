"""Two-sample test: half for equal sets, one for shifted ones, and nothing learned of a person."""

import math

import numpy as np
import pytest

from train.quality.twosample import two_sample_auc

each = lambda n: np.arange(n)  # noqa: E731


def test_equal_sets_cannot_be_told_apart():
    random = np.random.default_rng(0)
    aucs = [
        two_sample_auc(*random.standard_normal((2, 200, 5)), each(200), each(200))
        for _ in range(10)
    ]
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.04)


def test_shifted_sets_are_told_apart():
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 200, 5))
    assert two_sample_auc(a, b + 3, each(200), each(200)) > 0.99


def test_knowing_people_by_heart_is_no_use():
    """Each person has a place of their own; in other people that tells nothing."""
    random = np.random.default_rng(0)
    people = np.repeat(np.arange(40), 20)
    places = 10 * random.standard_normal((40, 30))
    x = places[people] + random.standard_normal((800, 30))
    real, fake = x[people < 20], x[people >= 20]
    groups = people[:400]
    by_slice = two_sample_auc(real, fake, each(400), each(400))
    by_person = two_sample_auc(real, fake, groups, groups)
    assert by_slice > 0.95
    assert by_person < 0.75


def test_one_person_cannot_be_judged():
    x = np.zeros((10, 2))
    assert math.isnan(two_sample_auc(x, x, np.zeros(10), each(10)))
