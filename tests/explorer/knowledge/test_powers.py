"""A smooth curve is taken out, and nothing else."""

import numpy as np

from explorer.knowledge.powers import beyond, powers


def test_a_curve_of_the_degree_is_taken_out_wholly_and_noise_stays():
    random = np.random.default_rng(0)
    x, noise = random.uniform(-20, 59, 500), random.standard_normal((500, 2))
    curve = 1e-4 * x**3 - 0.02 * x**2 + 3
    curves = powers(x, 3)
    assert np.abs(beyond(curve, curves)).max() < 1e-9
    left = beyond(curve[:, None] + noise, curves)
    assert np.abs(curves.T @ left).max() < 1e-8
    assert 0.97 < left.std() / noise.std() <= 1


def test_a_number_that_never_differs_is_a_constant():
    curves = powers(np.full(9, 4.0), 2)
    assert np.isfinite(curves).all()
    assert np.allclose(beyond(np.arange(9.0), curves), np.arange(9.0) - 4)
