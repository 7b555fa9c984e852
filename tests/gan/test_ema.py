"""The running average against its closed form."""

import pytest
import torch

from gan.ema import ema_decay, update_ema


def test_average_agrees_with_its_closed_form():
    model, average = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    start = average.weight.detach().clone()
    history = []
    for _ in range(12):
        with torch.no_grad():
            model.weight.normal_()
        history.append(model.weight.detach().clone())
        update_ema(average, model, 0.8)
    expected = 0.8**12 * start + sum(0.2 * 0.8 ** (11 - i) * w for i, w in enumerate(history))
    assert torch.allclose(average.weight, expected, atol=1e-6)


def test_buffers_are_copied():
    model, average = torch.nn.BatchNorm1d(4), torch.nn.BatchNorm1d(4)
    model.running_mean.normal_()
    update_ema(average, model, 0.999)
    assert torch.equal(average.running_mean, model.running_mean)


def test_half_life_in_images():
    """After one half-life of images half of the old value is left, whatever the batch."""
    for batch in (16, 50):
        steps = 5000 // batch
        assert ema_decay(batch, 5, 10**9) ** steps == pytest.approx(0.5, abs=0.01)


def test_half_life_is_short_at_first():
    assert ema_decay(16, 5, 1600) == pytest.approx(0.5 ** (16 / 80))
    assert ema_decay(16, 5, 0) == 0
