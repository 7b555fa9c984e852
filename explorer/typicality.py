"""How rare a w is among the model's own."""

from dataclasses import dataclass

import numpy as np
import torch

from explorer.directions.direction import Spread

_REGULARISATION = 1e-3  # of the mean variance: w hardly fills its smallest axes


@dataclass(frozen=True)
class Gauge:
    """Mahalanobis distance, sqrt((w - mean)^T C^-1 (w - mean) / w_dim), against samples' own.

    whiten: [w_dim, w_dim]; sorted_distances: [N], of random w.
    """

    mean: np.ndarray
    whiten: np.ndarray
    sorted_distances: np.ndarray

    def distance(self, w: np.ndarray) -> np.ndarray:
        """w: [N, w_dim] -> [N]; about 1 for a random w, 0 for the average."""
        return np.sqrt((((w - self.mean) @ self.whiten) ** 2).mean(axis=-1))

    def rarer_than(self, ws: torch.Tensor) -> float:
        """Per cent of random w that lie closer to the average than ws [1, num_ws, w_dim] does.

        The distances of the layers' w are averaged as squares.
        """
        distance = np.sqrt((self.distance(ws[0].double().numpy()) ** 2).mean())
        return float(
            100 * np.searchsorted(self.sorted_distances, distance) / len(self.sorted_distances)
        )


def gauge_of(w: np.ndarray, spread: Spread) -> Gauge:
    """w: [N, w_dim], random, without truncation."""
    values, vectors = np.linalg.eigh(spread.covariance)
    whiten = vectors / np.sqrt(values + _REGULARISATION * values.mean())
    distances = Gauge(spread.mean, whiten, np.empty(0)).distance(w.astype(np.float64))
    return Gauge(spread.mean, whiten, np.sort(distances))
