"""t-SNE: a plane in which brains that are near in w stay near (van der Maaten 2008)."""

import numpy as np

from explorer.knowledge.cache import Kept

KIND, VERSION = "tsne", 1
_COMPONENTS = 50  # principal ones of w that go in, as its authors advise
_PERPLEXITY = 30.0


def embed(w: np.ndarray) -> np.ndarray:
    """w [N, w_dim] -> float32 [N, 2]; always the same for the same w. A minute for thousands.

    On one core, of this thread alone: pictures are made meanwhile. (n_jobs bounds only the search
    for neighbours; the descent takes as many as OpenMP gives it.)
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    components = min(_COMPONENTS, w.shape[1])
    x = PCA(components, svd_solver="covariance_eigh").fit_transform(w.astype(np.float64))
    perplexity = min(_PERPLEXITY, (len(w) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=0, n_jobs=1)
    with threadpool_limits(1, user_api="openmp"):
        return tsne.fit_transform(x).astype(np.float32)


def pack(points: np.ndarray) -> Kept:
    return Kept({"points": points}, len(points))


def unpack(kept: Kept, brains: int) -> np.ndarray | None:
    """None if it was made of another number of brains."""
    points = kept.arrays["points"]
    fits = points.shape == (brains, 2) and bool(np.isfinite(points).all())
    return points if fits else None
