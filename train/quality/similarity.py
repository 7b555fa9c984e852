"""MS-SSIM: how alike two pictures look at several scales. The mean over pairs says how varied
a set is, and means something only beside the same mean over real slices."""

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.ssim import structural_similarity

# The importance of each scale, finest first (Wang 2003).
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Multi-scale structural similarity of pairs (Wang, Simoncelli and Bovik 2003): [N].

    a, b: [N, C, R, R] in 0..1. The window is 11 px where five scales hold it (176 px and more),
    else 7 px over as many scales as hold that: five at 128 px, four at 64. The weights of the
    scales that are left add up to 1. Raises ValueError below 7 px.
    """
    R = a.shape[2]
    if R < 7:
        raise ValueError(f"pictures of at least 7 px are needed, got {R}")
    size = 11 if R >> 4 >= 11 else 7
    scales = next(s for s in range(len(_WEIGHTS), 0, -1) if R >> (s - 1) >= size)
    weights = torch.tensor(_WEIGHTS[:scales])
    weights = weights / weights.sum()
    product = torch.ones(len(a))
    for i, weight in enumerate(weights):
        similarity, structure = structural_similarity(a, b, size)
        term = structure if i < scales - 1 else similarity  # luminance counts at the coarsest only
        product = product * term.clamp(min=0).pow(weight).mean(dim=1)
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return product
