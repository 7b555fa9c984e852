"""Directions of w that sliders move along: the principal axes of w (GANSpace, Harkonen 2020)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from gan.checkpoint import write_atomic
from gan.generator import Generator, one_hot

SAMPLES = 20_000
AXES = 10
_CACHE_VERSION = 1


@dataclass(frozen=True)
class Direction:
    """A named direction in the space of w.

    vector: [w_dim], one standard deviation of w along it. variance: its share of w's variance.
    """

    name: str
    vector: Tensor
    variance: float


def sample_w(generator: Generator, samples: int = SAMPLES) -> np.ndarray:
    """w of fixed random z (and classes): float32 [samples, w_dim], without truncation."""
    random = np.random.RandomState(0)
    config = generator.config
    batches = []
    with torch.inference_mode():
        for start in range(0, samples, 1000):
            size = min(1000, samples - start)
            z = torch.from_numpy(random.randn(size, config.z_dim)).float()
            c = None
            if config.c_dim:
                c = one_hot(torch.from_numpy(random.randint(0, config.c_dim, size)), config.c_dim)
            batches.append(generator.mapping(z, c).numpy())
    return np.concatenate(batches)


def principal_axes(w: np.ndarray, axes: int = AXES) -> list[Direction]:
    """Principal component analysis of w (GANSpace, section 2.1), largest variance first.

    w: [N, w_dim]. Signs are fixed: the entry of largest size is positive. At most w_dim axes.
    """
    from sklearn.decomposition import PCA  # takes a second to import and is seldom needed

    axes = min(axes, w.shape[1])
    pca = PCA(n_components=axes, svd_solver="covariance_eigh").fit(w.astype(np.float64))
    directions = []
    for i, axis in enumerate(pca.components_):
        axis = axis * np.sign(axis[np.abs(axis).argmax()])
        vector = torch.from_numpy(axis * np.sqrt(pca.explained_variance_[i])).float()
        share = float(pca.explained_variance_ratio_[i])
        directions.append(Direction(f"pca{i + 1}", vector, share))
    return directions


def cached_axes(generator: Generator, checkpoint: Path, digest: str) -> list[Direction]:
    """The principal axes of a model, from the file beside its checkpoint if there is one.

    The file carries the checkpoint's digest in its name. Where the folder cannot be written the
    user's cache folder serves.
    """
    name = f"{checkpoint.stem}.{digest[:12]}.pca.safetensors"
    places = [checkpoint.parent / name, _cache_folder() / name]
    for place in places:
        found = _read(place, generator.config.w_dim)
        if found:
            return found
    directions = principal_axes(sample_w(generator))
    for place in places:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(place, directions)
            break
        except OSError:
            continue
    return directions


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "stylegan2-brain-explorer"


def _write(path: Path, directions: list[Direction]) -> None:
    table = [{"name": d.name, "variance": d.variance} for d in directions]
    metadata = {"version": str(_CACHE_VERSION), "directions": json.dumps(table)}
    write_atomic(path, save({"vectors": torch.stack([d.vector for d in directions])}, metadata))


def _read(path: Path, w_dim: int) -> list[Direction] | None:
    """What `_write` wrote, or None if the file is missing, of another version or damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("version") != str(_CACHE_VERSION):
                return None
            vectors, table = file.get_tensor("vectors"), json.loads(metadata["directions"])
        directions = [
            Direction(str(entry["name"]), vector, float(entry["variance"]))
            for entry, vector in zip(table, vectors, strict=True)
        ]
    except (OSError, SafetensorError, ValueError, KeyError, TypeError):
        return None
    usable = vectors.ndim == 2 and vectors.shape[1] == w_dim and bool(vectors.isfinite().all())
    return directions if usable else None
