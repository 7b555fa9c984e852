"""Sliced Wasserstein distance: are small patches alike, at every scale? (Karras 2018, section 5)"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.resample import downsample2d, upsample2d

_GROUP = 32  # directions sorted at a time: bounds the memory


def laplacian_pyramid(images: Tensor, smallest: int = 16) -> list[Tensor]:
    """Band-pass pictures [N, C, r, r] for r = R, R/2, ..., `smallest`; the last is low-pass."""
    levels = []
    while images.shape[2] > smallest:
        below = downsample2d(images)
        levels.append(images - upsample2d(below))
        images = below
    return [*levels, images]


def sliced_wasserstein(
    real: Tensor, fake: Tensor, directions: int = 512, patches: int = 128, seed: int = 0
) -> dict[int, float]:
    """Sliced Wasserstein distance of 7x7 patches at each scale, times 1000 (Karras 2018, sec. 5).

    Patches are normalised by the real set's mean and deviation per channel, projected on random
    unit vectors, sorted, and compared. real, fake: float [N, C, R, R], equally many.
    Returns {resolution: distance}. Raises ValueError if the sets differ in size.
    """
    if real.shape != fake.shape:
        raise ValueError(f"sets of equal size are needed, got {len(real)} and {len(fake)}")
    random = torch.Generator().manual_seed(seed)
    distances = {}
    for a, b in zip(laplacian_pyramid(real), laplacian_pyramid(fake), strict=True):
        a, b = (_patches(x, patches, random) for x in (a, b))  # [M, C, 49]
        mean, deviation = a.mean(dim=(0, 2), keepdim=True), a.std(dim=(0, 2), keepdim=True)
        a, b = (((x - mean) / deviation.clamp(min=1e-6)).flatten(1) for x in (a, b))
        vectors = F.normalize(torch.randn(a.shape[1], directions, generator=random), dim=0)
        total = sum(
            np.abs(_sorted(a, v) - _sorted(b, v)).mean(axis=1).sum()
            for v in vectors.split(_GROUP, dim=1)
        )
        resolution = real.shape[2] >> len(distances)
        distances[resolution] = 1000 * float(total) / directions
    return distances


def _sorted(patches: Tensor, vectors: Tensor) -> np.ndarray:
    """Projections on each vector, sorted: [directions, M]. numpy's sort is the fast one."""
    return np.sort((vectors.T @ patches.T).numpy(), axis=1)


def _patches(images: Tensor, count: int, random: torch.Generator, size: int = 7) -> Tensor:
    """`count` patches of each picture at random places: [N count, C, size size]."""
    N, C, H, W = images.shape
    top = torch.randint(H - size + 1, (N, count, 1, 1), generator=random)
    left = torch.randint(W - size + 1, (N, count, 1, 1), generator=random)
    rows, columns = top + torch.arange(size)[:, None], left + torch.arange(size)
    picture = torch.arange(N)[:, None, None, None]
    picked = images.permute(0, 2, 3, 1)[picture, rows, columns]  # [N, count, size, size, C]
    return picked.reshape(N * count, size * size, C).transpose(1, 2)
