"""Each layer against a slower, plainer version of itself."""

import math

import pytest
import torch

from gan.layers import (
    Conv2d,
    FullyConnected,
    add_noise_and_bias,
    channels_last,
    minibatch_stddev,
    modulated_conv2d,
    pixel_norm,
)
from tests.reference import stylegan2 as plain

pytestmark = pytest.mark.cpu


@pytest.mark.parametrize("up", [False, True])
def test_modulated_convolution_agrees_with_per_sample_weights(up):
    x, weight, styles = torch.randn(3, 5, 6, 6), torch.randn(7, 5, 3, 3), torch.randn(3, 5)
    fast = modulated_conv2d(x, weight, styles, up=up, gain=1.5)
    assert torch.allclose(fast, 1.5 * plain.modulated_conv2d(x, weight, styles, up), atol=1e-5)


def test_modulated_convolution_gradients_agree_with_per_sample_weights():
    x, weight, styles = (
        torch.randn(s, dtype=torch.float64, requires_grad=True)
        for s in [(2, 3, 4, 4), (4, 3, 3, 3), (2, 3)]
    )
    y = torch.randn(2, 4, 4, 4, dtype=torch.float64)
    fast = torch.autograd.grad((modulated_conv2d(x, weight, styles) * y).sum(), (x, weight, styles))
    slow = torch.autograd.grad(
        (plain.modulated_conv2d(x, weight, styles) * y).sum(), (x, weight, styles)
    )
    for a, b in zip(fast, slow, strict=True):
        assert torch.allclose(a, b, atol=1e-10)


def test_demodulation_gives_unit_variance():
    """Statistics the equation was made for: unit-variance input gives unit-variance output."""
    x, weight, styles = torch.randn(8, 32, 32, 32), torch.randn(16, 32, 3, 3), torch.rand(8, 32) * 9
    y = modulated_conv2d(x, weight, styles)[:, :, 1:-1, 1:-1]
    assert torch.allclose(y.std(dim=(2, 3)), torch.ones(8, 16), atol=0.15)


@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_fully_connected_is_the_equalised_equation(lr_multiplier):
    layer = FullyConnected(6, 4, activate=True, lr_multiplier=lr_multiplier, bias=0.7)
    x = torch.randn(3, 6)
    expected = plain.lrelu(plain.linear(layer.state_dict(), x, lr_multiplier))
    assert torch.allclose(layer(x), expected, atol=1e-6)


def test_fully_connected_starts_at_unit_gain_whatever_the_multiplier():
    layer = FullyConnected(512, 512, lr_multiplier=0.01)
    assert layer(torch.randn(64, 512)).std().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("kernel", "down"), [(3, False), (3, True), (1, False), (1, True)])
@pytest.mark.parametrize("activate", [False, True])
def test_convolution_agrees_with_the_plain_one(kernel, down, activate):
    layer = Conv2d(4, 5, kernel, down=down, activate=activate)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 4, 8, 8)
    expected = math.sqrt(0.5) * plain.conv(layer.state_dict(), x, down, activate)
    assert torch.allclose(layer(x, gain=math.sqrt(0.5)), expected, atol=1e-5)


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (4, 4), (2, 2), (1, 1), (6, 3), (5, 1)])
def test_minibatch_stddev_agrees_with_the_loop(batch, group):
    x = torch.randn(batch, 3, 4, 4)
    assert torch.allclose(minibatch_stddev(x), plain.minibatch_stddev(x, group), atol=1e-6)
    several = minibatch_stddev(x, channels=3)
    assert torch.allclose(several, plain.minibatch_stddev(x, group, 3), atol=1e-6)
    assert torch.allclose(several[:, 3:].mean(dim=1), minibatch_stddev(x)[:, 3], atol=1e-6)


def test_minibatch_stddev_of_equal_pictures_is_nothing():
    x = torch.randn(1, 3, 4, 4).repeat(4, 1, 1, 1)
    assert minibatch_stddev(x)[:, 3].max().item() == pytest.approx(1e-4, rel=0.01)


def test_pixel_norm_gives_unit_mean_square():
    x = pixel_norm(torch.randn(5, 64) * 7)
    assert torch.allclose(x.square().mean(dim=1), torch.ones(5), atol=1e-5)


@pytest.mark.parametrize("channels", [3, 16, 32])
@pytest.mark.parametrize("pictures", [1, 4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_noise_and_bias_are_added_the_same_way_for_any_width(channels, pictures, dtype):
    x = torch.randn(4, channels, 8, 8).to(dtype).contiguous(memory_format=torch.channels_last)
    noise, bias = torch.randn(pictures, 1, 8, 8), torch.randn(channels)
    inputs = [t.requires_grad_() for t in (x, noise, bias)]
    found = add_noise_and_bias(*inputs)
    expected = x + noise.to(dtype) + bias.to(dtype)[:, None, None]
    assert torch.equal(found, expected)
    assert found.is_contiguous(memory_format=torch.channels_last)
    ours, plain_ones = (torch.autograd.grad(y.sum(), inputs) for y in (found, expected))
    for a, b in zip(ours, plain_ones, strict=True):
        assert torch.allclose(a.float(), b.float(), rtol=2e-2)  # sums in another order


@pytest.mark.parametrize("channels", [1, 3])
def test_convolutions_of_pictures_answer_channels_last(channels):
    x = torch.randn(2, channels, 8, 8)
    same = channels_last(x)
    assert torch.equal(same, x)
    weight = torch.randn(4, channels, 1, 1).contiguous(memory_format=torch.channels_last)
    y = torch.nn.functional.conv2d(same, weight)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert not y.is_contiguous()
