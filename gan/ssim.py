"""Structural similarity of pictures (Wang, Bovik, Sheikh and Simoncelli 2004)."""

import torch
import torch.nn.functional as F
from torch import Tensor

_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2


def structural_similarity(a: Tensor, b: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """SSIM (equation 13) and its contrast-structure part, averaged over the picture: [N, C] each.

    Arguments as of `similarity_maps`.
    """
    similarity, structure = similarity_maps(a, b, size)
    return similarity.mean(dim=(2, 3)), structure.mean(dim=(2, 3))


def similarity_maps(a: Tensor, b: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """SSIM and its contrast-structure part of each window: [N, C, R - size + 1, R - size + 1] each.

    a: [N, C, R, R] in 0..1; b: the same, or one picture. size: of the Gaussian window (sigma
    1.5 px), odd and at most R.
    """
    C = a.shape[1]
    places = torch.arange(size, device=a.device) - size // 2
    taps = torch.exp(-places.square() / (2 * _SIGMA**2))
    taps = (taps / taps.sum()).expand(C, 1, 1, size)

    def blur(x: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(x, taps, groups=C), taps.transpose(2, 3), groups=C)

    mean_a, mean_b = blur(a), blur(b)
    spread = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
    structure = (2 * (blur(a * b) - mean_a * mean_b) + _C2) / (spread + _C2)
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    return luminance * structure, structure
