"""How different two pictures look close by, without a network that has to be downloaded.

Squared, local distances: of pictures a small step apart they grow with the square of the step, as
the definition of path length needs it.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.resample import downsample2d, upsample2d

Distance = Callable[[Tensor, Tensor], Tensor]  # pictures [N, C, R, R] about -1..1, twice -> [N]
_SMALLEST = 8  # pixels a side of the coarsest level
_FLOOR = 0.05  # of the grey range: structure below it counts as it is, above it by its share
_WINDOW = 5  # pixels, of the neighbourhood


def pixel_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared difference of pictures, grey range 1."""
    return ((a - b) / 2).square().flatten(1).mean(dim=1)


def feature_distance(a: Tensor, b: Tensor) -> Tensor:
    """Normalised Laplacian pyramid distance, squared (after Laparra 2016, HVEI).

    The pictures' Laplacian pyramids down to 8 px; each band divided by the local contrast around
    it, sqrt(0.05^2 + mean of its square over 5 x 5), as the eye sees structure against what
    surrounds it; the coarsest level as it is. The mean squared difference of each level, averaged
    over levels. Other than in the paper: no curve for the display's luminance, which magnetic
    resonance has not; the neighbourhood's weights are equal, not learned; squares are averaged, not
    their roots.
    """
    differences = [
        (x - y).square().flatten(1).mean(dim=1)
        for x, y in zip(features(a), features(b), strict=True)
    ]
    return torch.stack(differences).mean(dim=0)


def features(images: Tensor) -> list[Tensor]:
    """The normalised bands of pictures [N, C, R, R], largest first."""
    levels, x = [], (images + 1) / 2
    while x.shape[2] > _SMALLEST:
        below = downsample2d(x)
        band = x - upsample2d(below)
        energy = F.avg_pool2d(
            band.square(), _WINDOW, stride=1, padding=_WINDOW // 2, count_include_pad=False
        )
        levels.append(band / (energy + _FLOOR**2).sqrt())
        x = below
    return [*levels, x]


DISTANCES: dict[str, Distance] = {"feature": feature_distance, "pixel": pixel_distance}
