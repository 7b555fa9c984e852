"""The reference of a checkpoint: what its real slices measure, and where in w they would lie.

`python -m train reference` writes it beside the checkpoint; the explorer reads it. Numbers only,
unless small pictures were asked for. People are numbers from 0; no name, no file, no path.

One safetensors file; its metadata holds `format_version` and `about` (JSON).
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan import measure
from gan.checkpoint import write_atomic
from gan.config import ModelConfig

FILE = "reference.safetensors"  # beside the checkpoint
FORMAT_VERSION = 1
SIDE = 32  # pictures are compared, and places in w estimated, at this size
THUMBNAIL = 64  # pixels a side, at most
_TENSORS = ("table", "people", "held_out", "coordinates", "basis", "mean", "error")
_AGAIN = "make it again: python -m train reference"


class UnusableReference(ValueError):
    """A reference that cannot be used; the message names the file and says what to do."""


@dataclass(frozen=True)
class About:
    """Where a reference comes from.

    model: digest of the checkpoint; keys: what is measured, in columns; version: of
    gan.measure; trained_on: whether these are, by their digest, the slices the model was trained
    on; mirror: whether it was shown mirrored ones too; samples: generated pictures that the
    estimates were learned from.
    """

    model: str
    keys: tuple[str, ...]
    version: int
    resolution: int
    trained_on: bool
    mirror: bool
    samples: int
    data_source: str
    data_license: str


@dataclass(frozen=True)
class Estimates:
    """Where in w slices would lie: mean + coordinates @ basis, as far as small pictures tell.

    coordinates: [N, D]; basis: [D, w_dim], orthonormal; mean: [w_dim]; error: [w_dim, w_dim], mean
    of r r^T on generated pictures not learned from, r = w - its estimate.
    """

    coordinates: np.ndarray
    basis: np.ndarray
    mean: np.ndarray
    error: np.ndarray

    @property
    def w(self) -> np.ndarray:
        """[N, w_dim], float64."""
        return self.coordinates.astype(np.float64) @ self.basis + self.mean


@dataclass(frozen=True)
class Pictures:
    """small: uint8 [N, s, s], the slices in grey. unseen: [M], distances from unseen people's
    slices to the nearest training slice, as in the search for copies (train.quality.copies)."""

    small: np.ndarray
    unseen: np.ndarray


@dataclass(frozen=True)
class Reference:
    """N real slices. table: [N, K], columns as about.keys, NaN where a measurement failed.

    people: [N], whose each slice is; held_out: bool [N], of people the model never saw.
    """

    about: About
    table: np.ndarray
    people: np.ndarray
    held_out: np.ndarray
    estimates: Estimates
    pictures: Pictures | None = None


def save_reference(path: Path, reference: Reference) -> None:
    """Write the file whole or not at all."""
    about = json.dumps(asdict(reference.about))
    e = reference.estimates
    arrays = {
        "table": reference.table.astype(np.float32),
        "people": reference.people.astype(np.int32),
        "held_out": reference.held_out.astype(np.uint8),
        "coordinates": e.coordinates.astype(np.float16),
        "basis": e.basis.astype(np.float32),
        "mean": e.mean.astype(np.float32),
        "error": e.error.astype(np.float32),
    }
    if reference.pictures:
        arrays["small"] = reference.pictures.small
        arrays["unseen"] = reference.pictures.unseen.astype(np.float32)
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_atomic(path, save(arrays, {"format_version": str(FORMAT_VERSION), "about": about}))


def load_reference(path: Path, digest: str, config: ModelConfig) -> Reference:
    """Read the reference of the checkpoint with this digest.

    Raises UnusableReference, a sentence, where it is damaged, foreign or of another checkpoint.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, TypeError) as error:
        raise UnusableReference(f"{path.name} is damaged or no reference; {_AGAIN}") from error
    about = _about(path, metadata, digest)
    if not _whole(arrays, about, config):
        raise UnusableReference(f"{path.name} is damaged; {_AGAIN}")
    estimates = Estimates(*(arrays[f.name] for f in fields(Estimates)))
    pictures = Pictures(arrays["small"], arrays["unseen"]) if "small" in arrays else None
    return Reference(
        about, arrays["table"], arrays["people"], arrays["held_out"] > 0, estimates, pictures
    )


def _about(path: Path, metadata: dict, digest: str) -> About:
    try:
        values = json.loads(metadata["about"])
        about = About(**{f.name: f.type(values[f.name]) for f in fields(About)})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnusableReference(f"{path.name} is no reference of real slices; {_AGAIN}") from error
    if metadata.get("format_version") != str(FORMAT_VERSION) or about.version != measure.VERSION:
        raise UnusableReference(f"{path.name} was made by another version; {_AGAIN}")
    if about.model != digest:
        raise UnusableReference(f"{path.name} belongs to another checkpoint; {_AGAIN}")
    return about


def _whole(arrays: dict[str, np.ndarray], about: About, config: ModelConfig) -> bool:
    """Whether all arrays are there, fit each other and the model, and hold numbers."""
    if not set(_TENSORS) <= set(arrays) or arrays["table"].ndim != 2 or arrays["basis"].ndim != 2:
        return False
    N, D, W = len(arrays["table"]), len(arrays["basis"]), config.w_dim
    shapes = {
        "table": (N, len(about.keys)), "people": (N,), "held_out": (N,),
        "coordinates": (N, D), "basis": (D, W), "mean": (W,), "error": (W, W),
    }  # fmt: skip
    if (arrays["held_out"] != 0).all() or any(
        arrays[name].shape != shape for name, shape in shapes.items()
    ):
        return False
    if not all(np.isfinite(arrays[name]).all() for name in _TENSORS[3:]):
        return False
    if about.resolution != config.resolution or np.isinf(arrays["table"]).any():
        return False
    if "small" not in arrays:
        return True
    side = min(THUMBNAIL, config.resolution)
    small, unseen = arrays["small"], arrays.get("unseen", np.zeros(0))
    return (
        small.shape == (N, side, side) and small.dtype == np.uint8
        and unseen.ndim == 1 and len(unseen) > 0 and bool(np.isfinite(unseen).all())
    )  # fmt: skip
