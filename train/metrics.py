"""How good generated slices are, as pure functions of two sets of pictures or features.

None needs a network or a download. Every figure is to be read beside its floor: the same figure
between two sets of real slices of different people.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.resample import downsample2d, upsample2d


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
        a, b = (((x - mean) / deviation).flatten(1) for x in (a, b))
        vectors = F.normalize(torch.randn(a.shape[1], directions, generator=random), dim=0)
        total = sum(
            ((a @ v).sort(dim=0).values - (b @ v).sort(dim=0).values).abs().mean().item()
            for v in vectors.split(64, dim=1)
        )
        resolution = real.shape[2] >> len(distances)
        distances[resolution] = 1000 * total / (directions / 64)
    return distances


def _patches(images: Tensor, count: int, random: torch.Generator, size: int = 7) -> Tensor:
    """`count` patches of each picture at random places: [N count, C, size size]."""
    N, C, H, W = images.shape
    places = (H - size + 1) * (W - size + 1)
    chosen = torch.randint(places, (N, 1, count), generator=random)
    unfolded = F.unfold(images, size).view(N, C * size * size, places)
    picked = unfolded.gather(2, chosen.expand(-1, C * size * size, -1))
    return picked.permute(0, 2, 1).reshape(N * count, C, size * size)


def precision_recall_density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> dict[str, float]:
    """Fidelity and diversity from k-nearest-neighbour balls (Kynkaanniemi 2019; Naeem 2020).

    precision: share of fakes inside some real ball; recall: of reals inside some fake ball;
    density: how many real balls hold a fake, over k; coverage: share of real balls that hold one.
    real, fake: features [N, D], equally many (unequal numbers bias recall and coverage).
    """
    if len(real) != len(fake):
        raise ValueError(f"sets of equal size are needed, got {len(real)} and {len(fake)}")
    between = torch.cdist(real, fake)  # [real, fake]
    # The k-th neighbour, not counting the point itself.
    real_radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values[:, None]
    fake_radius = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values[None]
    inside_real = between < real_radius
    return {
        "precision": inside_real.any(dim=0).float().mean().item(),
        "recall": (between < fake_radius).any(dim=1).float().mean().item(),
        "density": inside_real.float().sum(dim=0).mean().item() / k,
        "coverage": (between.min(dim=1).values < real_radius[:, 0]).float().mean().item(),
    }


def small_features(images: Tensor, size: int = 32) -> Tensor:
    """Pictures as vectors for neighbour searches: averaged down to 32 px. [N, C * 32 * 32]."""
    factor = max(1, images.shape[2] // size)
    return F.avg_pool2d(images, factor).flatten(1)


def nearest(features: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to, and place of, each vector's nearest neighbour in the reference."""
    distances = torch.cdist(features, reference)
    values, places = distances.min(dim=1)
    return values, places


def memorised_share(fake: Tensor, held_out: Tensor, train: Tensor) -> float:
    """Share of fakes nearer to a training slice than 99 % of unseen people's slices are.

    A generator that copies nothing scores about 0.01. All are features [N, D].
    """
    fake_distance, _ = nearest(fake, train)
    held_out_distance, _ = nearest(held_out, train)
    return (fake_distance < held_out_distance.quantile(0.01)).float().mean().item()
