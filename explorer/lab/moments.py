"""A training seen again: both networks as they were at the moments that were kept of it.

The trainer's `--keep-snapshots` writes them beside the finished model.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explorer.picture.variants import REFERENCE, VARIANTS
from gan.checkpoint import load_generator
from gan.generator import Generator, class_vectors
from gan.judge import load_discriminator
from gan.picture import to_uint8

FOLDER = "snapshots"
BUNDLED = VARIANTS / REFERENCE / "model.safetensors"
_NETWORKS = 4  # moments whose networks are held in memory; those of 256 px take 200 MB each


@dataclass(frozen=True)
class Moment:
    """kimg: thousands of images that the training had shown."""

    kimg: float
    path: Path


@dataclass(frozen=True)
class Networks:
    """generator: the averaged one. discriminator: None where it cannot be built here: its fixed
    features are not installed."""

    generator: Generator
    discriminator: nn.Module | None


@dataclass(frozen=True)
class Shown:
    """N brains of a moment. pictures: uint8 [N, R, R] or [N, R, R, 3]. logits: [N], above 0 where
    the discriminator of that moment takes them for real. looks: 0..1, [N, R, R], how strongly its
    verdict hangs on each pixel. Both None without a discriminator."""

    pictures: np.ndarray
    logits: np.ndarray | None
    looks: np.ndarray | None


def moments_beside(checkpoint: Path) -> list[Moment]:
    """What was kept of a checkpoint's training, in order; none where nothing was."""
    found = []
    for path in (checkpoint.parent / FOLDER).glob("kimg*.safetensors"):
        try:
            found.append(Moment(float(path.stem.removeprefix("kimg")), path))
        except ValueError:
            continue
    return sorted(found, key=lambda moment: moment.kimg)


@lru_cache(maxsize=_NETWORKS)
def networks_of(path: Path) -> Networks:
    """Raises gan.checkpoint.CheckpointError."""
    generator, checkpoint = load_generator(path)
    return Networks(generator, load_discriminator(checkpoint))


def ws_of(generator: Generator, z: Tensor, psi: float = 1.0, shift: Tensor | None = None) -> Tensor:
    """ws of brains in the first class, or at the middle of a scale. z: [N, z_dim]; psi: truncation
    in all layers; shift: a step of w, [w_dim]."""
    w = generator.mapping.w_avg.lerp(generator.mapping(z, _classes(generator, len(z))), psi)
    return generator.broadcast(w if shift is None else w + shift)


def show(networks: Networks, z: Tensor, psi: float = 1.0, shift: Tensor | None = None) -> Shown:
    """The same z and the same step at another moment. The verdicts are on all brains together: the
    discriminator compares neighbours (minibatch deviation)."""
    with torch.inference_mode():
        images = networks.generator.synthesis(
            ws_of(networks.generator, z, psi, shift), noise_mode="const"
        )
    pictures, D = to_uint8(images), networks.discriminator
    if D is None:
        return Shown(pictures, None, None)
    logits, gradient = verdict(D, networks.generator, images)
    return Shown(pictures, logits.numpy(), _looks(gradient).numpy())


def verdict(D: nn.Module, generator: Generator, images: Tensor) -> tuple[Tensor, Tensor]:
    """Logits [N] of images [N, C, R, R] and what they hang on: d logit / d image, [N, C, R, R].

    generator: whose pictures they are, for their class.
    """
    with torch.inference_mode(False), torch.enable_grad():
        asked = images.clone().requires_grad_()
        logits = D(asked, _classes(generator, len(images)))
        (gradient,) = torch.autograd.grad(logits.sum(), asked)
    return logits.detach(), gradient


def _classes(generator: Generator, count: int) -> Tensor | None:
    """Of the first class, or of the middle of a scale: [count, c_dim]."""
    config = generator.config
    place = (config.c_dim - 1) / 2 if config.c_ordered else 0.0
    return class_vectors(torch.full((count,), place), config.c_dim) if config.c_dim else None


def _looks(gradient: Tensor) -> Tensor:
    """Sizes over colours, smoothed by 3 x 3; 1: what only 1 % of a picture's pixels are above."""
    size = gradient.abs().sum(dim=1, keepdim=True)
    size = F.avg_pool2d(size, 3, stride=1, padding=1)[:, 0]
    top = size.flatten(1).quantile(0.99, dim=1).clamp(min=1e-12)
    return (size / top[:, None, None]).clamp(max=1)


def history(checkpoint: Path) -> list[dict]:
    """The lines of a training's log beside its checkpoint: losses and verdicts by kimg. Whatever is
    no line of one is passed over."""
    try:
        text = (checkpoint.parent / "stats.jsonl").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for line in text.splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values, dict) and isinstance(values.get("kimg"), int | float):
            found.append(values)
    return found
