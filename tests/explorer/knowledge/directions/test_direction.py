"""Scaling, signs, and holding constant."""

import numpy as np
import pytest
import torch

from explorer.knowledge.directions.direction import fixed_sign, hold_constant, spread_of


@pytest.fixture(scope="module")
def spread():
    random = np.random.default_rng(0)
    return spread_of(random.standard_normal((3000, 6)) @ random.standard_normal((6, 6)))


def test_the_largest_entry_is_positive():
    assert np.array_equal(fixed_sign(np.array([1.0, -3, 2])), [-1, 3, -2])
    assert np.array_equal(fixed_sign(np.array([1.0, 3, -2])), [1, 3, -2])


def test_scaled_to_one_deviation(spread):
    axis = np.arange(1.0, 7)
    step = spread.scaled(axis).double().numpy()
    assert np.allclose(step / np.linalg.norm(step), axis / np.linalg.norm(axis))
    unit = axis / np.linalg.norm(axis)
    assert np.linalg.norm(step) == pytest.approx(np.sqrt(unit @ spread.covariance @ unit), rel=1e-5)


def test_what_is_held_does_not_move(spread):
    torch.manual_seed(0)
    step, held = torch.randn(6), [torch.randn(6), torch.randn(6)]
    freed = hold_constant(step, held, spread)
    for h in held:
        assert abs(float(freed @ h)) < 1e-4
    # Nothing is taken twice, and the same direction twice is once.
    assert torch.allclose(hold_constant(freed, held, spread), freed, atol=1e-4)
    assert torch.allclose(hold_constant(step, [held[0]] * 2, spread),
                          hold_constant(step, held[:1], spread), atol=1e-4)  # fmt: skip
    assert torch.equal(hold_constant(step, [], spread), step)


def test_no_smaller_step_back_would_do(spread):
    """Of all corrections that keep the coordinate the one taken is the likeliest."""
    torch.manual_seed(1)
    step, held = torch.randn(6), torch.randn(6)
    taken = (step - hold_constant(step, [held], spread)).double().numpy()
    inverse = np.linalg.inv(spread.covariance)
    size = taken @ inverse @ taken
    across = np.linalg.svd(held.double().numpy()[None])[2][1:]  # leaves the coordinate alone
    for other in across:
        for t in (-0.1, 0.1):
            assert (taken + t * other) @ inverse @ (taken + t * other) > size


def test_holding_a_direction_itself_leaves_nothing(spread):
    step = torch.randn(6)
    assert hold_constant(step, [step], spread).abs().max() < 10  # bounded
    assert abs(float(hold_constant(step, [step], spread) @ step)) < 1e-3
