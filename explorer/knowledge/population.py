"""The generator's own population: what its brains measure, and how they spread."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from explorer.knowledge.cache import Kept
from explorer.knowledge.powers import beyond, powers
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import pictures_of, sample_classes, sample_w
from explorer.work.background import computing
from gan.fast import for_many
from gan.generator import Generator
from gan.picture import to_uint8

PICTURES = 3000
KIND, VERSION = "population", 2
_FLOOR_BRAINS, _FLOOR_DRAWS = 8, 12
_POWERS = 6  # of the place on a scale, in the curve of a measurement's mean
_ITSELF = 0.03  # of a measurement's variance is left by that curve: then it is what the scale is of


@dataclass(frozen=True)
class Population:
    """Measurements of random pictures at psi 1.

    table: [N, K], of the first N of `sample_w`; NaN where a measurement failed. floor: [K],
    standard deviation of each over noise draws at a fixed w. built: [N, K], what directions are
    made from, see Ruler.build; None where none are. places: [N], of each on a scale of classes in
    order, if the model has one: then brains are compared with those at their own place, but for
    what the scale itself is of, such as the slice's height.
    """

    table: np.ndarray
    floor: np.ndarray
    built: np.ndarray | None = None
    places: np.ndarray | None = None

    @cached_property
    def mean(self) -> np.ndarray:
        return _quiet_mean(self.table)

    @cached_property
    def apart(self) -> np.ndarray:
        """The table less the mean, on a scale less that of the place: [N, K]."""
        return self.apart_of(self.table)

    def apart_of(self, table: np.ndarray) -> np.ndarray:
        """The same of any table of these brains."""
        whole = table - _quiet_mean(table)
        if self.places is None:
            return whole
        curves = powers(self.places, _POWERS)
        found = whole.copy()
        for k, column in enumerate(whole.T):
            known = np.isfinite(column)
            if known.sum() <= 2 * _POWERS:
                continue
            left = beyond(column[known], curves[known])
            if left.var() >= _ITSELF * column[known].var():
                found[known, k] = left
        return found

    @cached_property
    def deviation(self) -> np.ndarray:
        """[K], not zero. On a scale that of brains at one place."""
        return np.maximum(np.nan_to_num(np.sqrt(_quiet_mean(self.apart**2))), 1e-9)

    @cached_property
    def correlation(self) -> np.ndarray:
        """[K, K] of the measurements over the brains that have all of those that any has.

        Pair by pair over other brains it might be no correlation of anything. One that no brain has
        goes with none.
        """
        found = np.eye(self.apart.shape[1])
        some = np.flatnonzero(np.isfinite(self.apart).any(axis=0))
        whole = self.apart[:, some]
        whole = whole[np.isfinite(whole).all(axis=1)]
        if len(whole) > len(some):
            centred = whole - whole.mean(axis=0)
            z = centred / np.maximum(centred.std(axis=0), 1e-9)
            found[np.ix_(some, some)] = z.T @ z / len(z)
            np.fill_diagonal(found, 1)
        return found

    @cached_property
    def _sorted(self) -> list[np.ndarray]:
        return [np.sort(column[np.isfinite(column)]) for column in self.table.T]

    def percentile(self, values: np.ndarray, place: float | None = None) -> np.ndarray:
        """Per cent of the population below each of [K] values; NaN for NaN.

        place: on a scale of classes in order, of the picture that was measured: then among brains
        within one class of it, but for what the scale itself is of.
        """
        ranks = [
            100 * (np.searchsorted(s, v, "left") + np.searchsorted(s, v, "right")) / 2 / len(s)
            if len(s) and np.isfinite(v)
            else np.nan
            for s, v in zip(self.near(place), values, strict=True)
        ]
        return np.array(ranks)

    def near(self, place: float | None) -> list[np.ndarray]:
        """K columns in order, without what failed; place: as of `percentile`."""
        if place is None or self.places is None:
            return self._sorted
        there = np.abs(self.places - place) <= 1
        itself = (self.apart == self.table - self.mean) | ~np.isfinite(self.table)
        return [
            whole if same else np.sort(column[there & np.isfinite(column)])
            for whole, column, same in zip(
                self._sorted, self.table.T, itself.all(axis=0), strict=True
            )
        ]


def measure_population(
    generator: Generator,
    ruler: Ruler,
    report: Callable[[float], None] | None = None,
    pictures: int = PICTURES,
) -> Population:
    """Make and measure random pictures: seconds at 64 px, minutes at 256."""
    w = torch.from_numpy(sample_w(generator, pictures))
    rows, built = [], []
    with np.errstate(all="ignore"):
        for batch in pictures_of(generator, generator.broadcast(w), report):
            rows.append(ruler.measure(batch))
            built.append(ruler.build(batch))
    floor = _noise_floor(generator, ruler, w[:_FLOOR_BRAINS])
    table, built = (np.concatenate(each).astype(np.float32) for each in (rows, built))
    return Population(table, floor, built, places_of(generator, len(table)))


def places_of(generator: Generator, pictures: int) -> np.ndarray | None:
    """Of the population's pictures on a scale of classes in order; None where there is none."""
    return sample_classes(generator, pictures) if generator.config.c_ordered else None


def _noise_floor(generator: Generator, ruler: Ruler, w: torch.Tensor) -> np.ndarray:
    """Standard deviation of each measurement over noise draws, averaged over a few brains."""
    random = torch.Generator().manual_seed(0)
    tables, synthesis = [], for_many(generator.synthesis)
    for one in generator.broadcast(w):
        noise = [
            torch.randn(_FLOOR_DRAWS, 1, layer.resolution, layer.resolution, generator=random)
            for layer in generator.synthesis.layers
        ]
        with computing(), torch.inference_mode():
            images = synthesis(one.expand(_FLOOR_DRAWS, -1, -1), noise=noise)
        tables.append(ruler.measure(to_uint8(images)))
    return _quiet_mean(np.stack([_quiet_deviation(t) for t in tables])).astype(np.float32)


def _quiet_deviation(table: np.ndarray) -> np.ndarray:
    centred = table - _quiet_mean(table)
    return np.sqrt(_quiet_mean(centred**2))


def _quiet_mean(table: np.ndarray) -> np.ndarray:
    """Mean of each column over what is finite; NaN, without a warning, where nothing is."""
    finite = np.isfinite(table)
    count = finite.sum(axis=0)
    total = np.where(finite, table, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def pack(population: Population, ruler: Ruler) -> Kept:
    arrays = {"table": population.table, "floor": population.floor, "built": population.built}
    return Kept(arrays, list(ruler.keys))


def unpack(kept: Kept, ruler: Ruler, generator: Generator) -> Population | None:
    """None if other things were measured."""
    table, floor, built = (kept.arrays[name] for name in ("table", "floor", "built"))
    fits = kept.table == list(ruler.keys) and table.ndim == 2 and len(table) >= 100
    fits = fits and table.shape[1:] == floor.shape == (len(ruler.keys),)
    fits = fits and built.shape == table.shape
    return Population(table, floor, built, places_of(generator, len(table))) if fits else None
