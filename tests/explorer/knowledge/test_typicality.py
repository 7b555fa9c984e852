"""The gauge: the average is typical, what is far out is rare, and the middle is the middle."""

import numpy as np
import pytest
import torch

from explorer import Recipe
from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.typicality import Gauge
from explorer.picture.latents import ws_of
from explorer.picture.model import BUNDLED, load
from explorer.recipe import Edit
from explorer.tools.views import rarer_than


@pytest.fixture(scope="module")
def w():
    return np.random.default_rng(0).standard_normal((5000, 8)) * np.geomspace(4, 0.5, 8)


def repeated(row):
    """The same w in six layers."""
    return torch.from_numpy(np.tile(row, (1, 6, 1)))


def test_distance_is_mahalanobis(w):
    spread = spread_of(w)
    covariance = np.cov(w.T)
    regular = covariance + 1e-3 * np.trace(covariance) / 8 * np.eye(8)
    d = w - w.mean(axis=0)
    squares = np.einsum("ni,ij,nj->n", d, np.linalg.inv(regular), d)
    expected = 100 * (squares < squares[7]).mean()
    assert Gauge(w, spread).rarer_than(repeated(w[7])) == pytest.approx(expected, abs=0.05)


def test_ranks(w):
    gauge = Gauge(w, spread_of(w))
    assert gauge.rarer_than(repeated(w.mean(axis=0))) == 0
    assert gauge.rarer_than(repeated(10 * w[0])) == 100
    ranks = [gauge.rarer_than(repeated(row)) for row in w[:400]]
    assert np.mean(ranks) == pytest.approx(50, abs=5)


def test_it_may_be_told_among_others(w):
    gauge, axes = Gauge(w, spread_of(w)), [torch.eye(8)[2].double()]
    for among in (axes, None):
        ranks = [gauge.rarer_than(repeated(3 * row), among, 3 * w) for row in w[:400]]
        assert np.mean(ranks) == pytest.approx(50, abs=5)
        assert np.mean([gauge.rarer_than(repeated(3 * row), among) for row in w[:400]]) > 70


@pytest.mark.parametrize("edits", [(), (Edit("pca1", 0.01),)])
def test_a_random_brain_is_as_rare_at_every_height(edits):
    """At the ends of the scale, where w spreads most, too."""
    model = load(BUNDLED / "adults128")
    for mm in (model.scale.first, model.scale.middle, model.scale.last):
        recipes = [Recipe(s, psi=1, condition=mm, edits=edits) for s in range(150)]
        ranks = [rarer_than(model, recipe) for recipe in recipes]
        assert np.mean(ranks) == pytest.approx(50, abs=7)


def test_along_an_axis_two_deviations_are_rarer_than_95_per_cent(w):
    gauge, axis = Gauge(w, spread_of(w)), torch.eye(8)[2].double()
    place = w.mean(axis=0) + 2 * w.std(axis=0) * axis.numpy()
    assert gauge.rarer_than(repeated(place)) < 50
    assert gauge.rarer_than(repeated(place), [axis]) == pytest.approx(95.4, abs=1)
    assert gauge.rarer_than(repeated(place), [axis, 3 * axis]) == pytest.approx(95.4, abs=1)
    assert gauge.rarer_than(repeated(place), [torch.eye(8)[0]]) < 5


def test_edits_are_rare_and_psi_is_typical(model):
    gauge = model.library.gauge
    rank = lambda **part: gauge.rarer_than(ws_of(model, Recipe(3, **part)))  # noqa: E731
    assert rank(psi=0.5) <= rank(psi=1) < 100
    assert rank(psi=1, edits=(Edit("pca1", 10), Edit("pca2", 10))) == 100
