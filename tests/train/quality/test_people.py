"""Who stands on which side: halves by person, levels only where the order says something."""

import numpy as np
import pytest

from tests.train.quality.heads import heads
from train.quality.people import counted, halves, known, levels, numbered, pairs_within_level


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_halves_share_nobody_and_hold_everybody(random):
    people = np.repeat(np.arange(7), (10, 1, 4, 4, 3, 9, 2))
    one, other = halves(people, random)
    assert not set(people[one]) & set(people[other])
    assert sorted([*one, *other]) == list(range(len(people)))
    assert abs(len(one) - len(other)) <= 10


def test_unknown_people_are_split_by_slice(random):
    for people in (np.arange(20), np.zeros(20, np.int64)):
        one, other = halves(people, random)
        assert sorted([*one, *other]) == list(range(20))
        assert len(one) == 10


def test_people_are_counted_where_they_are_known():
    assert counted(numbered(["b", "b", "a", "a", "a"])) == 2
    assert counted(numbered(["a", "b", "c"])) is None
    assert counted(numbered(["a"] * 4)) == 1
    assert not known(numbered(["a"] * 4))


def test_levels_are_places_in_the_stack(random):
    slices = heads(range(8))
    found = levels(numbered(slices.subjects), slices.images, random)
    assert found.tolist() == pytest.approx([i / 11 for _ in range(8) for i in range(12)])


def test_an_order_that_says_nothing_is_not_believed(random):
    slices = heads(range(8))
    shuffled = np.concatenate([12 * p + random.permutation(12) for p in range(8)])
    people = numbered(slices.subjects)
    assert levels(people, slices.images[shuffled], random) is None
    assert levels(np.arange(len(people)), slices.images, random) is None


def test_pairs_are_of_different_people_at_one_level(random):
    people, level = np.repeat(np.arange(6), 10), np.tile(np.arange(10) / 9, 6)
    pairs = pairs_within_level(level, people, random)
    assert len(pairs) > 30
    assert (people[pairs[:, 0]] != people[pairs[:, 1]]).all()
    assert np.abs(level[pairs[:, 0]] - level[pairs[:, 1]]).max() <= 1 / 9 + 1e-9
    far = pairs_within_level(None, people, random)
    assert np.abs(level[far[:, 0]] - level[far[:, 1]]).mean() > 0.2
