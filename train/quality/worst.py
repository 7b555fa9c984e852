"""The worst of a model's pictures: least like any real slice, and most like each other."""

import numpy as np
import torch
from torch import Tensor

from gan.picture import to_uint8
from train.quality.neighbours import nearest_others, realism
from train.quality.sheets import labelled_sheet

_ROW = 8


def worst_sheet(images: Tensor, real: Tensor, fake: Tensor) -> np.ndarray:
    """Sixteen pictures of the lowest realism, and the eight pairs most alike; uint8.

    images: [N, C, R, R] in -1..1, N at least 2; fake: features [M, D] of the first M of them;
    real: features of slices. Fewer are shown where there are fewer pictures.
    """
    first, second, distances = most_alike(images, _ROW)
    score, parts = realism(real, fake, min(5, len(real) - 1)), ["least like any real slice"]
    for places in score.argsort()[: 2 * _ROW].split(len(first)):
        if len(places) == len(first):
            parts += [to_uint8(images[places]), [f"{score[i]:.2f}" for i in places]]
    parts += ["most like each other: each picture above its twin", to_uint8(images[first]),
              to_uint8(images[second]), [f"{d:.2f}" for d in distances]]  # fmt: skip
    return labelled_sheet(parts)


def most_alike(images: Tensor, count: int) -> tuple[list[int], list[int], list[float]]:
    """Places of at most `count` pictures, of the nearest other picture of each, and the distances.

    The closest first; no picture is in two pairs. images: [N, C, R, R]; distances as in the search
    for copies.
    """
    distances, places = nearest_others(images, torch.arange(len(images)))
    pairs, taken = [], set()
    for i in distances.argsort().tolist():
        j = places[i].item()
        if not {i, j} & taken and len(pairs) < count:
            taken |= {i, j}
            pairs.append((i, j, distances[i].item()))
    firsts, seconds, apart = zip(*pairs, strict=True)
    return list(firsts), list(seconds), list(apart)
