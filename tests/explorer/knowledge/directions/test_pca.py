"""Principal axes: against the eigenvectors of the covariance."""

import numpy as np
import pytest

from explorer.knowledge.directions.pca import principal_axes
from explorer.knowledge.samples import sample_w


def test_axes_agree_with_the_eigenvectors_of_the_covariance():
    random = np.random.default_rng(0)
    w = (random.standard_normal((5000, 6)) * [5, 3, 2, 1, 0.5, 0.1]) @ np.linalg.qr(
        random.standard_normal((6, 6))
    )[0]
    values, vectors = np.linalg.eigh(np.cov(w.T))
    for i, direction in enumerate(principal_axes(w, 4)):
        expected = vectors[:, -1 - i] * np.sqrt(values[-1 - i])
        found = direction.vector.numpy()
        assert np.allclose(found * np.sign(found @ expected), expected, atol=1e-4)
        assert direction.share == pytest.approx(values[-1 - i] / values.sum(), rel=1e-5)
        assert direction.key == f"pca{i + 1}"


def test_one_unit_is_one_standard_deviation(model):
    w = sample_w(model.generator, 4000)
    for direction in (*model.library.pca, *model.library.sefa((0, 4))):
        v = direction.vector.numpy()
        assert (w @ (v / np.linalg.norm(v))).std() == pytest.approx(np.linalg.norm(v), rel=0.05)


def test_signs_are_fixed():
    w = np.random.default_rng(0).standard_normal((1000, 5)) * [3, 2, 1, 1, 1]
    for one, two in zip(principal_axes(w), principal_axes(-w), strict=True):
        assert np.allclose(one.vector, two.vector, atol=1e-5)
