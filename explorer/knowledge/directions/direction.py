"""What a direction is, and how directions are scaled, signed and kept apart."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Direction:
    """A direction in the space of w.

    key: how recipes name it. source: "pca", "sefa", "activations", "measured" or "own". vector:
    float32 [w_dim], one standard deviation of w along it. share: what it explains, 0..1: of w's
    variance (pca), of the variance of a layer's maps (activations), of the style weights' energy
    (sefa), of the measurement's variance in held-out pictures (measured), right guesses in
    leave-one-out (own; NaN where there is nothing to guess). layers: where it acts unless an edit
    says otherwise, (first, end); None for all.
    """

    key: str
    name: str
    source: str
    vector: Tensor
    share: float
    layers: tuple[int, int] | None = None


_REGULARISATION = 1e-3  # of the mean variance: w hardly fills its smallest axes


@dataclass(frozen=True)
class Spread:
    """How w is spread: mean [w_dim] and covariance [w_dim, w_dim] of `samples` of it, float64."""

    mean: np.ndarray
    covariance: np.ndarray

    def axes(self) -> Tensor:
        """Principal axes as rows, each as long as one standard deviation: float32 [w_dim, w_dim].

        Numbers times them are a step of w that counts its size in standard deviations.
        """
        values, vectors = np.linalg.eigh(self.covariance)
        values = np.maximum(values, 0) + _REGULARISATION * values.mean()
        return torch.from_numpy(np.sqrt(values)[:, None] * vectors.T).float()

    def deviation(self, axis: np.ndarray) -> float:
        """Standard deviation of w along `axis` (any length)."""
        axis = axis / np.linalg.norm(axis)
        return float(np.sqrt(axis @ self.covariance @ axis))

    def scaled(self, axis: np.ndarray) -> Tensor:
        """`axis` as long as one standard deviation of w along it."""
        axis = np.asarray(axis, np.float64)
        return torch.from_numpy(axis / np.linalg.norm(axis) * self.deviation(axis)).float()


def spread_of(w: np.ndarray) -> Spread:
    """w: [N, w_dim]."""
    w = w.astype(np.float64)
    return Spread(w.mean(axis=0), np.atleast_2d(np.cov(w.T)))


def fixed_sign(axis: np.ndarray) -> np.ndarray:
    """An axis found up to its sign, with the entry of largest size positive."""
    return axis * (np.sign(axis[np.abs(axis).argmax()]) or 1.0)


def hold_constant(step: Tensor, held: list[Tensor], spread: Spread) -> Tensor:
    """The part of `step` that leaves the coordinates along `held` as they are.

    Shen 2020 (InterFaceGAN, section 3.3) projects on the orthogonal complement; here the step that
    is taken back is the smallest in units of w's spread C, so that the result stays as typical:
    d' = d - C B^T (B C B^T)^-1 B d, B the rows to hold. step, held: [w_dim]. Returns [w_dim].
    """
    if not held:
        return step
    rows = torch.stack(held).double().numpy()
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    across = spread.covariance @ rows.T  # [w_dim, held]
    d = step.double().numpy()
    # Least squares: two held directions may be the same.
    taken = across @ np.linalg.lstsq(rows @ across, rows @ d, rcond=1e-9)[0]
    return torch.from_numpy(d - taken).float()
