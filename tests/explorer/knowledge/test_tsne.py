"""t-SNE: neighbours stay together, and the same w give the same plane."""

import os

import numpy as np
import pytest
from sklearn.manifold import TSNE
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_limits

from explorer.knowledge.cache import Kept
from explorer.knowledge.tsne import embed, pack, unpack


@pytest.fixture(scope="module")
def clumps():
    random = np.random.default_rng(0)
    centres = 10 * np.eye(3, 60)
    return np.concatenate([c + random.standard_normal((40, 60)) for c in centres])


def test_clumps_stay_apart_and_the_same(clumps):
    points = embed(clumps)
    assert points.shape == (120, 2)
    assert points.dtype == np.float32
    which = np.repeat([0, 1, 2], 40)
    distance = ((points[:, None] - points) ** 2).sum(axis=-1) + 1e9 * np.eye(120)
    assert (which[distance.argmin(axis=1)] == which).all()
    assert np.array_equal(embed(clumps), points)


def test_one_core_is_taken(clumps, monkeypatch):
    """As many as OpenMP would give the descent while it runs."""
    seen, descend = [], TSNE.fit_transform

    def watched(self, x):
        seen.append(_openmp_effective_n_threads())
        return descend(self, x)

    monkeypatch.setattr(TSNE, "fit_transform", watched)
    with threadpool_limits(2, user_api="openmp"):
        embed(clumps)
        assert _openmp_effective_n_threads() == min(2, os.cpu_count())
    assert seen == [1]


def test_few_points_and_few_numbers():
    points = embed(np.random.default_rng(0).standard_normal((10, 5)))
    assert np.isfinite(points).all()


def test_kept_planes_of_other_brains_are_refused(clumps):
    points = clumps[:, :2].astype(np.float32)
    assert unpack(pack(points), 120) is points
    assert unpack(pack(points), 121) is None
    assert unpack(Kept({"points": np.full((120, 2), np.nan)}, 120), 120) is None
