"""What the brains are judged by: named factors, read off pictures or known.

On real models these are the measurements of the ruler; on a model whose pictures were drawn from
known factors they may be estimates of those.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from explorer.knowledge.cache import Kept
from explorer.knowledge.library import Library
from explorer.knowledge.population import PICTURES
from explorer.knowledge.ruler import AGE, HEIGHT
from explorer.knowledge.samples import pictures_of
from explorer.lab.intervals import usable


@dataclass(frozen=True)
class Factors:
    """K factors of one model.

    kind: how kept analyses call them, a short word. keys, names, units: [K]. table: [N, K], of the
    first N of the model's brains, NaN where one was not measured. read: uint8 [n, R, R] -> [n, K].
    held: keys of those that a direction for another must leave as they are (the height of a slice,
    with which everything goes). trust: of factors that are read by what was learned from known
    ones, the share of each one's variance that is read right, [K]; empty for measurements.
    """

    kind: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    table: np.ndarray
    read: Callable[[np.ndarray], np.ndarray]
    held: tuple[str, ...] = ()
    trust: tuple[float, ...] = ()

    @property
    def mean(self) -> np.ndarray:
        """[K]"""
        return np.nanmean(self.table.astype(np.float64), axis=0)

    @property
    def deviation(self) -> np.ndarray:
        """[K], not zero."""
        return np.maximum(np.nanstd(self.table.astype(np.float64), axis=0), 1e-9)

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """[..., K] in standard deviations from the population's mean."""
        return (values - self.mean) / self.deviation

    def number(self, key: str) -> int:
        """Raises ValueError, a sentence, where there is no such factor."""
        if key not in self.keys:
            raise ValueError(f"{key!r} is not measured here; there are {', '.join(self.keys)}")
        return self.keys.index(key)


def measured_factors(library: Library) -> Factors:
    """The ruler's measurements that have values on 200 of the model's brains; waits for them.

    But not the age, which is told by the others and would count them twice.
    """
    table = library.settled_population().table
    ruler = library.ruler
    chosen = np.flatnonzero(usable(table) & (np.array(ruler.keys) != AGE.key))
    found = [ruler.measurements[k] for k in chosen]

    def read(pictures: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return ruler.measure(pictures)[:, chosen]

    return Factors(
        "measured", tuple(m.key for m in found), tuple(m.name for m in found),
        tuple(m.unit for m in found), table[:, chosen], read,
        (HEIGHT.key,) if HEIGHT.key in [m.key for m in found] else (),
    )  # fmt: skip


_KIND, _VERSION = "known", 1


def kind_of(library: Library) -> str:
    """How kept analyses call what a model is judged by, without measuring it."""
    return "measured" if library.factor_reader is None else _KIND


def factors_of(library: Library, report: Callable[[float], None] | None = None) -> Factors:
    """What a model is judged by: its known factors where a reader of them lies beside it (drawn
    phantoms), else the measurements. Makes and reads 3,000 pictures the first time, or waits."""
    reader = library.factor_reader
    if reader is None:
        return measured_factors(library)

    def make() -> np.ndarray:
        ws = library.generator.broadcast(torch.from_numpy(library.w[:PICTURES]))
        parts = [reader.read(p) for p in pictures_of(library.generator, ws, report)]
        return np.concatenate(parts).astype(np.float32)

    table = library.shelf_resting_on().get(
        _KIND, _VERSION, make, lambda table: Kept({"table": table}, list(reader.names)),
        lambda kept: kept.arrays["table"] if kept.table == list(reader.names) else None,
    )  # fmt: skip
    names = tuple(name.replace("_", " ").capitalize() for name in reader.names)
    return Factors(
        _KIND, reader.names, names, ("",) * len(names), table, reader.read,
        trust=tuple(reader.r2.tolist()),
    )  # fmt: skip
