"""The principal axes of w (GANSpace, Harkonen 2020, section 2.1)."""

import numpy as np
import torch

from explorer.knowledge.directions.direction import Direction, fixed_sign

AXES = 10


def principal_axes(w: np.ndarray, axes: int = AXES) -> list[Direction]:
    """Principal component analysis of w, largest variance first: "pca1", "pca2", ...

    w: [N, w_dim]. At most w_dim axes.
    """
    from sklearn.decomposition import PCA  # takes a second to import and is seldom needed

    axes = min(axes, w.shape[1])
    pca = PCA(n_components=axes, svd_solver="covariance_eigh").fit(w.astype(np.float64))
    directions = []
    for i, axis in enumerate(pca.components_, start=1):
        vector = fixed_sign(axis) * np.sqrt(pca.explained_variance_[i - 1])
        share = float(pca.explained_variance_ratio_[i - 1])
        directions.append(
            Direction(f"pca{i}", f"PCA {i}", "pca", torch.from_numpy(vector).float(), share)
        )
    return directions
