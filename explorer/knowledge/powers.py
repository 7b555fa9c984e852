"""What is left of figures when a smooth curve over one number is taken out of them."""

import numpy as np


def powers(values: np.ndarray, degree: int) -> np.ndarray:
    """Powers 0 to `degree` of values [N], brought to mean 0 and deviation 1: [N, degree + 1]."""
    z = (values - values.mean()) / max(values.std(), 1e-9)
    return np.stack([z**p for p in range(degree + 1)], axis=1)


def beyond(figures: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Figures [N] or [N, K] less their least-squares fit by the columns of curves [N, P]."""
    return figures - curves @ np.linalg.lstsq(curves, figures, rcond=None)[0]
