"""Losses against hand-computed values and finite differences."""

import math

import pytest
import torch

from gan import Discriminator, Generator, ModelConfig
from gan.losses import (
    discriminator_loss,
    generator_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
    pairing_loss,
    path_length_penalty,
    r1_penalty,
)
from tests.conftest import TINY


def test_logistic_losses_by_hand():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([1.0, -3.0])
    softplus = lambda x: math.log(1 + math.exp(x))  # noqa: E731
    expected = (softplus(1) + softplus(-3)) / 2 + (softplus(0) + softplus(-2)) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(expected, rel=1e-6)
    assert generator_loss(fake).item() == pytest.approx((softplus(-1) + softplus(3)) / 2, rel=1e-6)


def test_hinge_losses_by_hand():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([1.0, -3.0])
    assert hinge_discriminator_loss(real, fake).item() == (1 + 0) / 2 + (2 + 0) / 2
    assert hinge_generator_loss(fake).item() == 1


def test_pairing_loss_by_hand():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([1.0, -3.0])
    softplus = lambda x: math.log(1 + math.exp(x))  # noqa: E731
    assert pairing_loss(real, fake).item() == pytest.approx((softplus(1) + softplus(-5)) / 2)
    assert pairing_loss(fake, real).item() == pytest.approx((softplus(-1) + softplus(5)) / 2)


def test_pairing_loss_knows_no_level():
    """Only the difference counts: what raises all verdicts alike changes nothing."""
    a, b = torch.randn(8), torch.randn(8)
    assert pairing_loss(a + 3, b + 3).item() == pytest.approx(pairing_loss(a, b).item(), rel=1e-5)


def test_r1_agrees_with_finite_differences():
    D = Discriminator(ModelConfig(**TINY)).double()
    img = torch.randn(4, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    logits = lambda x: _logits64(D, x)  # noqa: E731
    penalty = r1_penalty(img, logits(img), gamma=3.0)
    h, squares = 1e-5, 0.0
    with torch.no_grad():
        for place in range(256):
            bump = torch.zeros(1, 1, 256, dtype=torch.float64)
            bump[..., place] = h
            for n in range(4):  # the minibatch statistic couples the pictures of a group
                moved = torch.zeros_like(img)
                moved[n] = bump.view(1, 16, 16)
                slope = (logits(img + moved).sum() - logits(img - moved).sum()) / (2 * h)
                squares += slope.item() ** 2
    assert penalty.item() == pytest.approx(3.0 / 2 * squares / 4, rel=1e-4)


def test_r1_gradient_agrees_with_finite_differences():
    """What training uses is the penalty's derivative: a second derivative of D."""
    D = Discriminator(ModelConfig(**TINY)).double()
    img = torch.randn(2, 1, 16, 16, dtype=torch.float64, requires_grad=True)
    weight = D.b16.conv0.weight
    penalty = lambda: r1_penalty(img, _logits64(D, img), 1.0)  # noqa: E731
    (gradient,) = torch.autograd.grad(penalty(), weight)
    direction = torch.randn_like(weight)
    h = 1e-5
    with torch.no_grad():
        weight.add_(h * direction)
    above = penalty().item()
    with torch.no_grad():
        weight.sub_(2 * h * direction)
    below = penalty().item()
    expected = (above - below) / (2 * h)
    assert (gradient * direction).sum().item() == pytest.approx(expected, rel=1e-3)


def test_path_length_agrees_with_finite_differences():
    G = Generator(ModelConfig(**TINY)).double()
    ws = torch.randn(1, 6, 16, dtype=torch.float64, requires_grad=True)
    make = lambda ws: _picture64(G, ws)  # noqa: E731
    y = torch.randn(1, 1, 16, 16, dtype=torch.float64)
    two = torch.tensor(2.0, dtype=torch.float64)
    penalty, mean = path_length_penalty(make(ws), ws, y, two)
    y = y / 16
    h, squares = 1e-5, 0.0
    with torch.no_grad():
        for place in range(6 * 16):
            bump = torch.zeros(6 * 16, dtype=torch.float64)
            bump[place] = h
            bump = bump.view(1, 6, 16)
            slope = ((make(ws + bump) - make(ws - bump)) * y).sum() / (2 * h)
            squares += slope.item() ** 2
    length = math.sqrt(squares / 6)
    assert mean.item() == pytest.approx(length, rel=1e-6)
    assert penalty.item() == pytest.approx((length - 2) ** 2, rel=1e-4)


def test_path_length_reaches_every_layer(tiny_config):
    G = Generator(tiny_config)
    ws = G.broadcast(G.mapping(torch.randn(2, 16)))
    images = G.synthesis(ws)
    penalty, _ = path_length_penalty(images, ws, torch.randn_like(images), torch.zeros([]))
    penalty.backward()
    without = {n for n, p in G.named_parameters() if p.grad is None}
    # The picture's additive terms have no part in its derivative.
    assert all(n.endswith("torgb.bias") for n in without)
    assert G.mapping.fc0.weight.grad.abs().sum() > 0


def _logits64(D, x):
    """The discriminator in double precision (its forward fixes float32 for the last block)."""
    from gan.layers import minibatch_stddev

    for r in (16, 8):
        x = getattr(D, f"b{r}")(x)
    y = D.b4.conv(minibatch_stddev(x))
    return D.b4.out(D.b4.fc(y.flatten(1)))[:, 0]


def _picture64(G, ws):
    """The synthesis network in double precision, without noise."""
    from gan.resample import upsample2d

    x, img, index = G.synthesis.b4.const[None], None, 0
    for block in G.synthesis.blocks:
        for layer in block.layers:
            x = layer(x, ws[:, index], None)
            index += 1
        styles = block.torgb.affine(ws[:, index]) * block.torgb.weight_gain
        rgb = torch.einsum("nchw,oc,nc->nohw", x, block.torgb.weight[:, :, 0, 0], styles)
        img = rgb if img is None else upsample2d(img) + rgb
    return img
