"""From a picture back to w, as far as one linear map can tell it."""

from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from gan.fast import FastSynthesis
from gan.generator import Generator, class_vectors
from gan.picture import grey, shrink, to_uint8
from gan.reference import SIDE

AXES = 20  # of w that are estimated
_HELD_OUT = 6  # every sixth picture judges
_BATCH = 16
_RIDGES = np.logspace(-1, 3, 9)


@dataclass(frozen=True)
class Inverse:
    """Reduced-rank ridge regression of w on small pictures (Izenman 1975).

    basis: [D, w_dim], orthonormal, the axes along which the estimates of w vary most; w is about
    mean + coordinates @ basis. error: [w_dim, w_dim], mean of r r^T, r = w - its estimate, and
    explained: [D], R^2 along each axis; both on pictures that were not learned from.
    """

    weights: np.ndarray  # [P, D]
    centre: np.ndarray  # [P]
    basis: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    explained: np.ndarray

    def coordinates(self, small: np.ndarray) -> np.ndarray:
        """Small pictures [N, P] -> [N, D]."""
        return (small - self.centre) @ self.weights


def vectors(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, R, R] -> float32 [N, P] in 0..1: averages at 32 px."""
    return shrink(pictures, SIDE).reshape(len(pictures), -1) / 255


def learn_inverse(small: np.ndarray, w: np.ndarray) -> Inverse:
    """small: [N, P], of generated pictures; w: [N, w_dim], what they were made of."""
    from sklearn.linear_model import RidgeCV

    judged = np.arange(len(w)) % _HELD_OUT == 0
    centre, mean = small[~judged].mean(axis=0), w[~judged].mean(axis=0)
    x, y = small - centre, w - mean
    ridge = RidgeCV(_RIDGES, fit_intercept=False).fit(x[~judged], y[~judged])
    weights = np.atleast_2d(ridge.coef_).T  # [P, w_dim]
    _, _, axes = np.linalg.svd(x[~judged] @ weights, full_matrices=False)
    basis = axes[:AXES]
    weights = weights @ basis.T
    rest = y[judged] - x[judged] @ weights @ basis
    spread = ((y[judged] @ basis.T) ** 2).mean(axis=0)
    explained = 1 - ((rest @ basis.T) ** 2).mean(axis=0) / np.maximum(spread, 1e-12)
    return Inverse(weights, centre, basis, mean, rest.T @ rest / len(rest), explained)


@torch.inference_mode()
def samples(
    generator: Generator, count: int, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Random pictures, with fresh noise, and their w: `vectors` [N, P], [N, w_dim].

    labels: class numbers to draw from, for a conditional model.
    """
    config, synthesis = generator.config, FastSynthesis(generator.synthesis)
    random = np.random.RandomState(20)
    small, found = [], []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)  # of the noise
        for start in tqdm(range(0, count, _BATCH), "drawing", leave=False, mininterval=1):
            N = min(_BATCH, count - start)
            z = torch.from_numpy(random.randn(N, config.z_dim)).float()
            c = None
            if config.c_dim:
                c = class_vectors(torch.from_numpy(random.choice(labels, N)), config.c_dim)
            w = generator.mapping(z, c)
            images = synthesis(generator.broadcast(w), noise_mode="random")
            small.append(vectors(grey(to_uint8(images))))
            found.append(w.numpy())
    return np.concatenate(small), np.concatenate(found)
