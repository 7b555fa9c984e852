"""How much of what a model's first axes show is only that the slice climbs through the head."""

import numpy as np

from explorer.knowledge.directions.direction import Spread
from explorer.knowledge.powers import beyond, powers

AXES, _POWERS = 10, 4


def share_of_height(w: np.ndarray, spread: Spread, heights: np.ndarray) -> float:
    """Share of the variance along the first ten principal axes that the first powers of the height
    tell, 0..1.

    w: [N, w_dim]; spread: of it; heights: of its pictures in mm, [N], NaN where not readable.
    """
    known = np.isfinite(heights)
    _, axes = np.linalg.eigh(spread.covariance)
    places = (w[known].astype(np.float64) - spread.mean) @ axes[:, : -AXES - 1 : -1]
    left = beyond(places, powers(heights[known], _POWERS))
    return float(1 - (left**2).sum() / ((places - places.mean(axis=0)) ** 2).sum())
