"""How the styles of a layer are spread over the model's brains."""

import numpy as np

from explorer.knowledge.directions.direction import Spread
from gan.layers import FullyConnected


def style_moments(affine: FullyConnected, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of a style, float64 [channels], at psi 1.

    A style is affine in w, s = A w + b, so they follow from those of w: A mean + b and the root of
    the diagonal of A C A^T.
    """
    matrix = (affine.weight * affine.weight_gain).detach().double().numpy()
    bias = (affine.bias * affine.bias_gain).detach().double().numpy()
    variance = ((matrix @ spread.covariance) * matrix).sum(axis=1)
    return matrix @ spread.mean + bias, np.sqrt(np.maximum(variance, 0))
