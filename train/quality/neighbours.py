"""Nearest neighbours: are the fakes among the reals, everywhere among them, and no copies?"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_PIECE = 2048


@dataclass(frozen=True)
class Neighbours:
    """Who lies in whose ball; a ball reaches to the k-th neighbour in its own set.

    precise: bool [N], fakes inside some real ball; around: [N], how many real balls hold each
    fake; recalled: bool [N], reals inside some fake ball; covered: bool [N], reals whose own ball
    holds a fake.
    """

    precise: Tensor
    around: Tensor
    recalled: Tensor
    covered: Tensor


def neighbours(real: Tensor, fake: Tensor, k: int = 5) -> Neighbours:
    """Look into the balls around features [N, D] of two sets.

    Raises ValueError if they are not equally large (unequal numbers bias recall and coverage).
    """
    if len(real) != len(fake):
        raise ValueError(f"sets of equal size are needed, got {len(real)} and {len(fake)}")
    between = torch.cdist(real, fake)  # [real, fake]
    # The k-th neighbour, not counting the point itself.
    real_radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values[:, None]
    fake_radius = torch.cdist(fake, fake).kthvalue(k + 1, dim=1).values[None]
    inside_real = between < real_radius
    return Neighbours(
        precise=inside_real.any(dim=0),
        around=inside_real.float().sum(dim=0),
        recalled=(between < fake_radius).any(dim=1),
        covered=between.min(dim=1).values < real_radius[:, 0],
    )


def precision_recall_density_coverage(real: Tensor, fake: Tensor, k: int = 5) -> dict[str, float]:
    """Fidelity and diversity from k-nearest-neighbour balls (Kynkaanniemi 2019; Naeem 2020).

    precision: share of fakes inside some real ball; recall: of reals inside some fake ball;
    density: how many real balls hold a fake, over k; coverage: share of real balls that hold one.
    real, fake: features [N, D], equally many.
    """
    found = neighbours(real, fake, k)
    return {
        "precision": found.precise.float().mean().item(),
        "recall": found.recalled.float().mean().item(),
        "density": found.around.mean().item() / k,
        "coverage": found.covered.float().mean().item(),
    }


def realism(real: Tensor, fake: Tensor, k: int = 5) -> Tensor:
    """How close each fake comes to the reals; 1 and more where it is in a ball: [N].

    Kynkaanniemi 2019, equation 3: the largest of radius over distance among the real balls, of
    which the larger half is left out. real, fake: features [M, D], [N, D], M over k.
    """
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    small = radius <= radius.median()
    return (radius[small, None] / torch.cdist(real[small], fake)).amax(dim=0)


def small_pictures(images: Tensor, size: int = 32) -> Tensor:
    """Pictures as vectors for the search of copies: averaged down to 32 px. [N, C * 32 * 32]."""
    factor = max(1, images.shape[2] // size)
    return F.avg_pool2d(images, factor).flatten(1)


def nearest(
    queries: Tensor, reference: Iterable[tuple[Tensor, Tensor]], own: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Distance to, and number of, each query's nearest neighbour in a reference read in pieces.

    queries: [N, D]. reference: pieces of (vectors [M, D], whose each is [M]), so that it need not
    fit into memory. own: whose each query is [N]; the same person's vectors are passed over.
    The distance is infinite and the number -1 where nobody else is left.
    """
    best = torch.full((len(queries),), torch.inf)
    place = torch.full((len(queries),), -1)
    start = 0
    for vectors, owners in reference:
        distances = torch.cdist(queries, vectors)
        if own is not None:
            distances[own[:, None] == owners[None]] = torch.inf
        values, places = distances.min(dim=1)
        closer = values < best
        best[closer], place[closer] = values[closer], start + places[closer]
        start += len(vectors)
    return best, place


def nearest_others(images: Tensor, owners: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to, and place of, the nearest picture that is somebody else's: [N], [N].

    images: [N, C, R, R]; owners: whose each is [N]. Distances as in the search for copies: of
    pictures averaged down to 32 px.
    """
    vectors = small_pictures(images)
    pieces = zip(vectors.split(_PIECE), owners.split(_PIECE), strict=True)
    return nearest(vectors, pieces, owners)


def authenticity(distances: Tensor, own_distances: Tensor) -> float:
    """Share of fakes that are no copies (Alaa 2022).

    A fake is authentic if it lies farther from its nearest training slice than that slice lies
    from its own nearest neighbour. distances: [N], fake to its nearest training slice;
    own_distances: [N], that slice to its nearest neighbour.
    """
    return (distances > own_distances).float().mean().item()


def memorised_share(distances: Tensor, unseen: Tensor) -> float:
    """Share of fakes nearer to a training slice than 99 % of unseen people's slices are.

    distances, unseen: [N], [M], each to the nearest training slice. A generator that copies
    nothing scores about 0.01.
    """
    return (distances < unseen.quantile(0.01)).float().mean().item()
