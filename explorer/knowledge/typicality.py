"""How rare a w is among the model's own."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from explorer.knowledge.directions.direction import Spread

_REGULARISATION = 1e-3  # of the mean variance: w hardly fills its smallest axes


@dataclass(frozen=True)
class Gauge:
    """Mahalanobis distance to the mean, against the distances of random w.

    samples: [N, w_dim], without truncation.
    """

    samples: np.ndarray
    spread: Spread

    def rarer_than(
        self,
        ws: torch.Tensor,
        axes: list[torch.Tensor] | None = None,
        among: np.ndarray | None = None,
    ) -> float:
        """Per cent of random w that lie closer to the mean than ws [1, num_ws, w_dim] does.

        axes: only where w lies along these, [w_dim] each. Over all of a w of hundreds of entries a
        step along one direction, however far, would drown in the others. The squares of the
        layers' distances are averaged. among: other random w than the samples, [M, w_dim].
        """
        whiten, distances = self._whole if not axes else self._along(axes)
        square = self._square(ws[0].double().numpy(), whiten).mean()
        if among is not None:
            distances = np.sort(self._square(among, whiten))
        return float(100 * np.searchsorted(distances, square) / len(distances))

    @cached_property
    def _whole(self) -> tuple[np.ndarray, np.ndarray]:
        values, vectors = np.linalg.eigh(self.spread.covariance)
        return self._ranked(vectors / np.sqrt(values + _REGULARISATION * values.mean()))

    def _along(self, axes: list[torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
        basis = torch.stack(axes).double().numpy().T  # [w_dim, axes]
        basis = basis / np.linalg.norm(basis, axis=0)
        values, vectors = np.linalg.eigh(basis.T @ self.spread.covariance @ basis)
        kept = values > 1e-6 * values.max()  # two axes may be the same
        return self._ranked(basis @ vectors[:, kept] / np.sqrt(values[kept]))

    def _ranked(self, whiten: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """whiten [w_dim, k], and the random w's squared distances in it in order."""
        return whiten, np.sort(self._square(self.samples, whiten))

    def _square(self, w: np.ndarray, whiten: np.ndarray) -> np.ndarray:
        """w: [N, w_dim] -> [N], about 1 for a random w."""
        return (((w - self.spread.mean) @ whiten) ** 2).mean(axis=1)
