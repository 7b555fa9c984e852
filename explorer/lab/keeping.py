"""Results of the lab as files: where they lie; dataclasses to arrays and JSON, and back."""

from dataclasses import fields, is_dataclass

import numpy as np

from explorer.knowledge.cache import Kept, Shelf
from explorer.knowledge.library import Library
from explorer.lab.against_data import Against, Slider
from explorer.lab.agreement import Agreement
from explorer.lab.axes import Axes
from explorer.lab.dci import Dci
from explorer.lab.dependency import Dependency
from explorer.lab.lpips import NAME as PERCEPTUAL
from explorer.lab.magnitudes import Figure, Layer, Magnitudes
from explorer.lab.mig import Mig
from explorer.lab.moments import Moment, moments_beside
from explorer.lab.race import Arrival, Lane, Race
from explorer.lab.sap import Sap
from explorer.lab.separability import Separability
from explorer.lab.settling import Settling
from explorer.lab.smoothness import Length, Smoothness
from explorer.lab.spaces import Score, Space
from explorer.lab.ways import Way

FREE = ("smooth", "signal", "axes")  # parts that rest on no factor
TRAINING = "training"  # nor does this, which is there where moments of the training were kept
DATA, HEIGHT = "data", "height"  # people and model, as they are and at equal height

_KNOWN = {
    known.__name__: known
    for known in (
        Against, Agreement, Arrival, Axes, Dci, Dependency, Figure, Lane, Layer, Length,
        Magnitudes, Mig, Race, Sap, Score, Separability, Settling, Slider, Smoothness, Space, Way,
    )
}  # fmt: skip


def shelf_of(library: Library, key: str, moments: list[Moment] | None = None) -> Shelf:
    """Where a part is kept, so that it is made anew where what it rests on is another: what
    measures pictures, for a comparison with people their reference too, for the course of the
    training the moments (those that are there now unless they are given)."""
    if key in ("smooth", "signal", PERCEPTUAL):  # of the weights alone
        return library.shelf
    if key == TRAINING:
        moments = moments_beside(library.shelf.checkpoint) if moments is None else moments
        return library.shelf.resting_on(*(moment.path.name for moment in moments))
    return library.shelf_resting_on(*[library.reference_mark] * (key in (DATA, HEIGHT)))


def pack(value: object, settings: dict) -> Kept:
    """settings: what the value was made with, JSON."""
    arrays: dict[str, np.ndarray] = {"none": np.zeros(1)}
    return Kept(arrays, {"settings": settings, "value": _plain(value, arrays)})


def unpack(kept: Kept, settings: dict) -> object | None:
    """None where it was made with other settings. Raises KeyError, TypeError or ValueError where
    the file is none of these."""
    if kept.table["settings"] != settings:
        return None
    return _whole(kept.table["value"], kept.arrays)


def _plain(value: object, arrays: dict[str, np.ndarray]) -> object:
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        small = value.dtype == np.float64
        arrays[name] = value.astype(np.float32) if small else value
        return {"array": name}
    if is_dataclass(value):
        found = {f.name: _plain(getattr(value, f.name), arrays) for f in fields(value)}
        return {"is": type(value).__name__, "of": found}
    if isinstance(value, dict):
        return {"pairs": [[_plain(k, arrays), _plain(v, arrays)] for k, v in value.items()]}
    if isinstance(value, tuple | list):
        return {"row": [_plain(v, arrays) for v in value]}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _whole(value: object, arrays: dict[str, np.ndarray]) -> object:
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return arrays[value["array"]]
    if "is" in value:
        values = {name: _whole(v, arrays) for name, v in value["of"].items()}
        return _KNOWN[value["is"]](**values)
    if "pairs" in value:
        return {_whole(k, arrays): _whole(v, arrays) for k, v in value["pairs"]}
    return tuple(_whole(v, arrays) for v in value["row"])
