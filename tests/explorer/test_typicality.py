"""The gauge: the average is typical, what is far out is rare, and the middle is the middle."""

import numpy as np
import pytest
import torch

from explorer import Recipe
from explorer.directions.direction import spread_of
from explorer.latents import ws_of
from explorer.recipe import Edit
from explorer.typicality import gauge_of


@pytest.fixture(scope="module")
def w():
    return np.random.default_rng(0).standard_normal((5000, 8)) * np.geomspace(4, 0.5, 8)


def test_distance_is_mahalanobis(w):
    gauge = gauge_of(w, spread_of(w))
    covariance = np.cov(w.T)
    regular = covariance + 1e-3 * np.trace(covariance) / 8 * np.eye(8)
    d = w[7] - w.mean(axis=0)
    assert gauge.distance(w[7:8])[0] == pytest.approx(np.sqrt(d @ np.linalg.inv(regular) @ d / 8))


def test_ranks(w):
    gauge = gauge_of(w, spread_of(w))
    ws = lambda row: torch.from_numpy(np.tile(row, (1, 6, 1)))  # noqa: E731
    assert gauge.rarer_than(ws(w.mean(axis=0))) == 0
    assert gauge.rarer_than(ws(10 * w[0])) == 100
    ranks = [gauge.rarer_than(ws(row)) for row in w[:400]]
    assert np.mean(ranks) == pytest.approx(50, abs=5)


def test_edits_are_rare_and_psi_is_typical(model):
    gauge = model.library.gauge
    rank = lambda **part: gauge.rarer_than(ws_of(model, Recipe(3, **part)))  # noqa: E731
    assert rank(psi=0.5) <= rank(psi=1) < 100
    assert rank(psi=1, edits=(Edit("pca1", 10), Edit("pca2", 10))) == 100
