"""The order of pictures: every one once a pass, the same after a resume, in parts as in one."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from gan.scale import Scale
from train.data import Slices


def make(count: int) -> Slices:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 1, 4, 4), np.uint8)
    return Slices("x", images, np.arange(count) % 3, ("s",) * count, (), (), (), "")


def test_digests_tell_classes_and_people_apart_whatever_they_are_called():
    slices = make(6)
    moved = replace(slices, labels=slices.labels[::-1].copy())
    assert moved.labels_digest != slices.labels_digest
    assert moved.people_digest == slices.people_digest
    of = lambda names: replace(slices, subjects=tuple(names)).people_digest  # noqa: E731
    assert of("aabbcc") == of("zzxxyy") != of("aabbbc")
    # SHA-256 of 0, 1, 2, 0, 1, 2, eight bytes each, the lowest first.
    known = hashlib.sha256(b"".join(n.to_bytes(8, "little") for n in (0, 1, 2, 0, 1, 2)))
    assert slices.labels_digest == of("bacbac") == known.hexdigest()


@pytest.mark.parametrize(("count", "size"), [(24, 7), (5, 12), (1, 3)])
def test_batch_is_order_and_take(count, size):
    slices = make(count)
    for seen in (0, 3, 100):
        indices, flips = slices.order(seen, size, seed=4)
        assert (indices.dtype, flips.dtype, len(indices)) == (np.int64, bool, size)
        images, labels = slices.batch(seen, size, seed=4, mirror=True)
        for i in range(size):
            expected = slices.images[indices[i]]
            assert np.array_equal(images[i], expected[..., ::-1] if flips[i] else expected)
            assert labels[i] == slices.labels[indices[i]]
        plain, _ = slices.batch(seen, size, seed=4, mirror=False)
        assert np.array_equal(plain, slices.images[indices])


def test_parts_of_a_batch_on_several_processes():
    slices = make(30)
    indices, flips = slices.order(20, 16, seed=0)
    parts = [slices.take(indices[rank::2], flips[rank::2])[0] for rank in range(2)]
    whole, _ = slices.take(indices, flips)
    assert np.array_equal(whole[0::2], parts[0])
    assert np.array_equal(whole[1::2], parts[1])


def test_the_order_by_its_definition():
    """A permutation and mirroring drawn from (seed, pass), whatever was asked before."""
    slices = make(10)
    for seen in (35, 0, 8, 17, 8):
        indices, flips = slices.order(seen, 6, seed=9)
        for i, position in enumerate(range(seen, seen + 6)):
            random = np.random.default_rng([9, position // 10])
            order, turned = random.permutation(10), random.random(10) < 0.5
            assert indices[i] == order[position % 10]
            assert flips[i] == turned[indices[i]]


def rows_of(slices: Slices, passes: int, alike: int = 4) -> list[np.ndarray]:
    """Of each pass, in rows; checks that no pass shows a picture twice."""
    alike = min(alike, len(slices))
    whole = len(slices) // alike * alike
    found = []
    for seen in range(0, passes * whole, whole):
        indices, flips = slices.order(seen, whole, seed=2, alike=alike)
        again, _ = slices.order(seen + alike, whole - alike, seed=2, alike=alike)
        assert np.array_equal(again, indices[alike:])
        assert len(set(indices)) == whole == len(flips)
        found.append(indices.reshape(-1, alike))
    return found


@pytest.mark.parametrize("count", [400, 403, 3])
def test_neighbours_on_a_scale_come_in_rows(count):
    """Near each other on the scale, other ones in each pass; all are shown in their turn."""
    labels = np.random.default_rng(1).permutation(count).astype(np.float32)
    slices = replace(make(count), labels=labels, scale=Scale("z", 0, 9, 10))
    passes = rows_of(slices, 6)
    assert max(np.ptp(slices.labels[rows], axis=1).max() for rows in passes) <= 16
    if count == 3:
        return
    together = [{frozenset(row) for row in rows.tolist()} for rows in passes]
    assert len(together[0] & together[1]) < len(together[0]) / 4
    assert len({rows[0, 0] for rows in passes}) > 1
    left_out = {frozenset(range(count)) - set(rows.flatten()) for rows in passes}
    assert len(left_out) == (6 if count == 403 else 1)


@pytest.mark.parametrize("sizes", [(30, 9, 6), (2, 2, 2, 2), (8, 8)])
def test_rows_are_of_one_class_as_far_as_it_has_so_many(sizes):
    slices = replace(make(sum(sizes)), labels=np.repeat(np.arange(len(sizes)), sizes))
    for rows in rows_of(slices, 3):
        pure = (slices.labels[rows] == slices.labels[rows[:, :1]]).all(axis=1).sum()
        # A pass leaves out up to three pictures, perhaps of a class that has just enough.
        assert pure >= sum(size // 4 for size in sizes) - sum(sizes) % 4
    shown = np.concatenate([rows.flatten() for rows in rows_of(slices, 8)])
    assert set(shown) == set(range(sum(sizes)))


def test_rows_stay_whole_wherever_a_training_goes_on():
    slices = replace(make(40), labels=np.arange(40) % 2)
    for seen in (3, 90, 118):
        rows = slices.order(seen, 16, seed=2, alike=4)[0].reshape(-1, 4)
        assert (slices.labels[rows] == slices.labels[rows[:, :1]]).all()


def test_a_pass_is_shuffled_once(monkeypatch):
    slices, made = make(100), []
    plain = np.random.default_rng
    monkeypatch.setattr("numpy.random.default_rng", lambda s: (made.append(s), plain(s))[1])
    for seen in range(0, 300, 10):
        slices.order(seen, 10, seed=0)
    assert made == [[0, 0], [0, 1], [0, 2]]


def test_taking_changes_nothing():
    slices = make(10)
    before = slices.images.copy()
    images, _ = slices.take(np.arange(10), np.ones(10, bool))
    images[:] = 0
    assert np.array_equal(slices.images, before)
