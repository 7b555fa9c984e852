"""Back from pictures to w: what is linear is found, what leaves no trace is told to be unknown."""

import numpy as np
import pytest

from train.quality.inverse import learn_inverse, samples, vectors


def world(N=1200, w_dim=8, P=30, seed=0):
    """Pictures that hold w[0] and w[1] well, w[2] under noise, and nothing of the others."""
    random = np.random.default_rng(seed)
    w = random.standard_normal((N, w_dim)) + 5
    loads = random.standard_normal((3, P)) * np.array([[1.0], [1.0], [0.1]])
    small = (w[:, :3] - 5) @ loads + 0.3 * random.standard_normal((N, P)) + 2
    return small, w


def test_estimates_come_near_w():
    inverse = learn_inverse(*world())
    small, w = world(seed=0)
    estimate = inverse.coordinates(small) @ inverse.basis + inverse.mean
    assert np.corrcoef(estimate[:, 0], w[:, 0])[0, 1] > 0.98
    assert np.corrcoef(estimate[:, 1], w[:, 1])[0, 1] > 0.98
    assert estimate[:, 5].std() < 0.3
    assert np.allclose(inverse.basis @ inverse.basis.T, np.eye(8), atol=1e-6)
    assert (inverse.explained[:2] > 0.95).all()


def test_the_error_is_of_pictures_not_learned_from():
    small, w = world()
    told = 1 - np.diag(learn_inverse(small, w).error) / w[::6].var(axis=0)
    assert told[0] > 0.95
    assert told[1] > 0.95
    assert 0.3 < told[2] < 0.95
    assert (np.abs(told[3:]) < 0.15).all()
    noise = learn_inverse(np.random.default_rng(1).standard_normal(small.shape), w)
    assert (1 - np.diag(noise.error) / w[::6].var(axis=0) < 0.1).all()


def test_samples_are_pictures_with_their_w(tiny_generator):
    small, w = samples(tiny_generator, 20, None)
    assert small.shape == (20, 256)
    assert w.shape == (20, 16)
    assert small.dtype == np.float32
    assert 0 <= small.min() < small.max() <= 1
    again, _ = samples(tiny_generator, 20, None)
    assert np.array_equal(small, again)


def test_vectors_are_averages():
    picture = np.zeros((1, 64, 64), np.uint8)
    picture[0, :2, :2] = [[255, 0], [0, 0]]
    assert vectors(picture)[0, 0] == pytest.approx(0.25)
    assert vectors(picture)[0, 1:].max() == 0
