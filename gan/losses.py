"""Loss terms as pure functions, each with its equation."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[softplus(D(G(z)))] + E[softplus(-D(x))]: non-saturating logistic (Goodfellow 2014)."""
    return F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """E[softplus(-D(G(z)))]."""
    return F.softplus(-fake_logits).mean()


def hinge_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))], over all verdicts (Sauer 2021, section 4)."""
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def hinge_generator_loss(fake_logits: Tensor) -> Tensor:
    """-E[D(G(z))]."""
    return -fake_logits.mean()


def pairing_loss(winner_logits: Tensor, loser_logits: Tensor) -> Tensor:
    """E[softplus(-(D(a) - D(b)))] over pairs (a, b) of one class (Huang 2024, eq. 2).

    Relativistic: only which of two looks more real counts. The discriminator's loss with real
    slices as `a` and generated ones as `b`, the generator's the other way round. Logits: [N].
    """
    return F.softplus(loser_logits - winner_logits).mean()


def r1_penalty(images: Tensor, logits: Tensor, gamma: float) -> Tensor:
    """gamma / 2 E ||grad_x D(x)||^2 (Mescheder 2018); on generated pictures it is called R2.

    images: [N, C, R, R] with requires_grad, from which `logits` [N] were computed.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gamma / 2 * gradient.square().sum(dim=[1, 2, 3]).mean()


def path_length_penalty(
    images: Tensor, ws: Tensor, y: Tensor, mean_length: Tensor
) -> tuple[Tensor, Tensor]:
    """(||J^T y|| - a)^2 with y ~ N(0, I) / sqrt(HW) (Karras 2020, eq. 4), without its weight.

    ||J^T y|| = sqrt(mean over layers of sum over w of J^2); `a` is its running mean.

    images: [N, C, R, R] computed from ws [N, L, w_dim], which requires grad; y: random directions
    from N(0, 1), like images; mean_length: a, [].
    Returns (penalty [], this batch's mean length [] for the running mean).
    """
    y = y / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * y).sum(), ws, create_graph=True)  # [N, L, w_dim]
    lengths = gradient.square().sum(dim=2).mean(dim=1).sqrt()
    return (lengths - mean_length).square().mean(), lengths.mean().detach()
