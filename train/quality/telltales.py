"""What gives generated heads away: their measurements together, the air around them, twins."""

import numpy as np
import torch
from scipy import ndimage
from sklearn.ensemble import HistGradientBoostingClassifier
from torch import Tensor

from gan.measure import head_masks, measure
from gan.picture import to_uint8
from train.quality.neighbours import nearest_others
from train.quality.twosample import two_sample_auc

_BLACK = 2  # grey levels that nobody sees
_RIM = 2  # pixels around the head that may be its own


def measured_auc(
    real: Tensor, other: Tensor, real_people: np.ndarray, other_people: np.ndarray
) -> float:
    """How well the ten measurements together tell two sets of pictures apart.

    As `two_sample_auc`, with boosted trees, which see combinations and take measurements that
    failed. real, other: [N, 1, R, R] in -1..1; people: [N].
    """
    tables = [measure(to_uint8(images)) for images in (real, other)]
    return two_sample_auc(
        *tables, real_people, other_people,
        model=lambda: HistGradientBoostingClassifier(max_iter=100, random_state=0),
    )  # fmt: skip


def bright_background(images: Tensor) -> float:
    """Share of the pixels around the head that are brighter than 2 of 255; NaN without any.

    images: [N, 1, R, R] in -1..1. Two pixels around the head's outline are left out.
    """
    pictures = to_uint8(images)
    air = ~ndimage.binary_dilation(head_masks(pictures), np.ones((1, 3, 3)), iterations=_RIM)
    return float((pictures[air] > _BLACK).mean()) if air.any() else float("nan")


def twins(images: Tensor, closest: float) -> float:
    """Share of pictures whose nearest other picture is closer than `closest`.

    Distances as in the search for copies: of pictures averaged down to 32 px.
    """
    return (nearest_others(images, torch.arange(len(images)))[0] < closest).float().mean().item()


def closest_people(images: Tensor, people: np.ndarray) -> float:
    """The smallest distance between slices of two people. images: [N, C, R, R]; people: [N]."""
    return nearest_others(images, torch.from_numpy(people))[0].min().item()
