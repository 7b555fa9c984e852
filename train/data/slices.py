"""The decoded data as one uint8 array, and batches from it in an order that can be resumed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gan.scale import Scale


@dataclass(frozen=True)
class Slices:
    """The decoded data, or one split of it.

    images: uint8 [N, C, R, R], mapped from the cache where there is one; labels: int64 [N], class
    numbers (all 0 without classes), or with a scale float32 [N], places between the classes;
    subjects: whose slice each is; skipped: files left out;
    notes: what the user should know; digest: of the files and of what decides how they are shown;
    options: of the data, for the checkpoint; pixel_mm: side of a pixel, None where nobody knows;
    scale: of classes in order; names: in which file inside the data each slice lies.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    subjects: tuple[str, ...]
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str
    options: dict = field(default_factory=dict)
    pixel_mm: float | None = None
    scale: Scale | None = None
    names: tuple[str, ...] = ()
    _orders: dict = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def labels_digest(self) -> str:
        """Of the class of each slice: its number, or its place on the scale in millionths."""
        if self.scale:
            return _digest(np.rint(self.labels * 1e6).astype(np.int64))
        return _digest(self.labels)

    @cached_property
    def people_digest(self) -> str:
        """Of which slices are of one person, whatever the people are called."""
        numbers: dict[str, int] = {}
        return _digest(numbers.setdefault(person, len(numbers)) for person in self.subjects)

    def order(
        self, seen: int, size: int, seed: int, alike: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which pictures come after the first `seen`, and which a mirroring training turns.

        Every pass shows each picture once, in an order (and mirroring) that depends on the seed
        and the pass alone; so a resumed training goes on exactly where it stopped.
        alike: each so many pictures in a row are of one class, as far as it has so many, or near
        each other on the scale. The first row is whole, so up to alike - 1 pictures before `seen`
        may come again; a pass leaves out what fills no row, other pictures each time.
        Returns int64 [size] and bool [size].
        """
        alike = min(alike, len(self))
        length = len(self) // alike * alike
        positions = np.arange(size) + seen // alike * alike
        indices, flips = np.empty(size, np.int64), np.empty(size, bool)
        for epoch in np.unique(positions // length):
            here = positions // length == epoch
            order, turned = self._pass(seed, int(epoch), alike)
            indices[here] = order[positions[here] % length]
            flips[here] = turned[indices[here]]
        return indices, flips

    def take(self, indices: np.ndarray, flips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pictures uint8 [n, C, R, R] at these places, turned where `flips`, and labels [n]."""
        images = np.asarray(self.images[indices])  # a copy, out of the cache
        images[flips] = images[flips][..., ::-1]
        return images, self.labels[indices]

    def batch(self, seen: int, size: int, seed: int, mirror: bool) -> tuple[np.ndarray, np.ndarray]:
        """The pictures after the first `seen`: uint8 [size, C, R, R] and their labels."""
        indices, flips = self.order(seen, size, seed)
        return self.take(indices, flips & mirror)

    def _pass(self, seed: int, epoch: int, alike: int) -> tuple[np.ndarray, np.ndarray]:
        """The order of a pass, and the mirroring by picture; the last one is remembered."""
        if (seed, epoch, alike) not in self._orders:
            random = np.random.default_rng([seed, epoch])
            order, turned = random.permutation(len(self)), random.random(len(self)) < 0.5
            if alike > 1:
                rows = self._alike(order[: len(order) // alike * alike], alike, random)
                order = random.permutation(rows.reshape(-1, alike)).flatten()
            self._orders.clear()
            self._orders[seed, epoch, alike] = order, turned
        return self._orders[seed, epoch, alike]

    def _alike(self, order: np.ndarray, alike: int, random: np.random.Generator) -> np.ndarray:
        """The same pictures in rows of one class, or near each other on the scale."""
        order = order[np.argsort(self.labels[order], kind="stable")]
        if self.scale:  # not the same neighbours in every pass
            return order[
                np.argsort(np.arange(len(order)) + random.uniform(0, 2 * alike, len(order)))
            ]
        _, first, count = np.unique(self.labels[order], return_index=True, return_counts=True)
        place = np.arange(len(order)) - np.repeat(first, count)
        whole = place < np.repeat(count // alike * alike, count)
        return np.concatenate([order[whole], order[~whole]])


def _digest(numbers: Iterable[int]) -> str:
    """SHA-256, hexadecimal, the same on every machine."""
    return hashlib.sha256(np.fromiter(numbers, "<i8").tobytes()).hexdigest()
