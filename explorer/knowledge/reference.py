"""Real slices beside a model: where a picture lies among them, and which come nearest to it.

All of it comes from `reference.safetensors` beside the checkpoint, which
`python -m train reference` makes; without that file there is nothing here.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from explorer.knowledge.cache import Kept, Shelf
from explorer.knowledge.directions.direction import Spread
from explorer.knowledge.ruler import Ruler
from gan import measure
from gan.config import ModelConfig
from gan.picture import grey, shrink
from gan.reference import FILE, SIDE, Reference, UnusableReference, load_reference

LEVEL_MM, FEWEST = 5.0, 30  # what counts as the same level, and how many slices make a comparison
HONEST = 0.3  # R^2 below which slices are not placed along an axis, as for measured directions
SHOWN = 600  # slices on a map, at most
NEIGHBOURS = 3
_SIDED = ("rotation", "sides")  # change their sign when the picture is mirrored
_COPY = 1.0  # per cent: nearer than all but these of unseen people's slices
_MANY = 100  # slices that are needed to tell that


@dataclass(frozen=True)
class Place:
    """below: per cent of `slices` real ones that have less; level: whether only of that height."""

    below: float
    slices: int
    level: bool


@dataclass(frozen=True)
class Neighbours:
    """The training slices nearest to a picture, one for each person.

    pictures: uint8 [k, s, s], mirrored where they were found so; levels: [k], root mean square
    differences at 32 px in grey levels; closer: per cent of the `compared` slices of unseen people
    (or, if there are none, of training slices beside other people's) that come nearer to a training
    slice.
    """

    pictures: np.ndarray
    levels: np.ndarray
    closer: float
    compared: int
    unseen: bool
    trained_on: bool

    def words(self, what: str) -> list[str]:
        """For people. what: "This picture", "Your scan"."""
        levels = ", ".join(f"{x:.0f}" for x in self.levels)
        many = self.compared >= _MANY
        near = self.closer < _COPY
        share = f"{self.closer:.0f} %" if not near else "fewer than 1 %" if many else "none"
        whose = "of people that the model never saw" if self.unseen else "beside other people’s"
        found = [
            f"Off by {levels} of 255 grey levels (root mean square at {SIDE} px).",
            f"Of {self.compared:,} real slices {whose}, {share} come nearer to a training slice.",
        ]
        if near and not many:
            found.append("These are too few to tell a copy by.")
        elif near:
            found.append(f"{what} may be a copy of a training slice, or all but one.")
        if not self.trained_on:
            found.append("But these may not be the slices that the model was trained on.")
        return found


class Reals:
    """The real slices of one model. Safe to use from several threads."""

    def __init__(self, reference: Reference):
        self.reference = reference
        order = np.random.default_rng(0).permutation(len(reference.table))
        self.shown = np.sort(order[:SHOWN])  # those that a map shows

    def __len__(self) -> int:
        return len(self.reference.table)

    @property
    def origin(self) -> str:
        """How many they are and where they come from, for people."""
        about = self.reference.about
        return ", ".join(
            text
            for text in (f"{len(self):,} slices", about.data_source, about.data_license)
            if text
        )

    def column(self, key: str) -> np.ndarray | None:
        """A measurement of every slice: [N], NaN where it failed; None if it was not taken."""
        keys = self.reference.about.keys
        return self.reference.table[:, keys.index(key)] if key in keys else None

    def places(self, keys: tuple[str, ...], values: np.ndarray) -> list[Place | None]:
        """Where a picture's measurements lie; None where that cannot be told.

        keys, values: [K], what was measured. Compared as in `among`.
        """
        height = dict(zip(keys, values, strict=True)).get("height")
        return [self._place(key, value, height) for key, value in zip(keys, values, strict=True)]

    def among(self, key: str, height: float | None) -> tuple[np.ndarray, int, bool]:
        """What a measurement of a picture of this height is compared with: [n], finite.

        That of the slices within 5 mm if they are enough, otherwise of all; then how many slices
        these are, and whether only those of that height. A model that knows each slice both ways
        has those numbers twice that change their sign in the mirror. No slices where it was not
        taken.
        """
        column = self.column(key)
        if column is None:
            return np.empty(0), 0, False
        found = np.isfinite(column)
        level = None if key == "height" else self._level(height)
        if level is not None and (found & level).sum() >= FEWEST:
            found &= level
        else:
            level = None
        others = column[found]
        if self.reference.about.mirror and key in _SIDED:
            others = np.concatenate([others, -others])
        return others, int(found.sum()), level is not None

    def _level(self, height: float | None) -> np.ndarray | None:
        """Which slices are of this height, bool [N]; None if too few, or nobody knows."""
        heights = self.column("height")
        if height is None or heights is None or not np.isfinite(height):
            return None
        near = np.abs(heights - height) <= LEVEL_MM
        return near if near.sum() >= FEWEST else None

    def _place(self, key: str, value: float, height: float | None) -> Place | None:
        others, slices, level = self.among(key, height)
        if not len(others) or not np.isfinite(value):
            return None
        below = 50 * ((others < value).mean() + (others <= value).mean())
        return Place(float(below), slices, level)

    def along(self, vector: np.ndarray, spread: Spread) -> tuple[np.ndarray, float]:
        """Estimated places along a direction of w: [N] in lengths of `vector` from the mean of w.

        Also their R^2, of generated pictures that the estimates were not learned from. vector:
        [w_dim].
        """
        estimates, vector = self.reference.estimates, vector.astype(np.float64)
        at = (estimates.w - spread.mean) @ vector / (vector @ vector)
        wrong = vector @ estimates.error.astype(np.float64) @ vector
        return at, float(1 - wrong / (vector @ spread.covariance @ vector))

    @property
    def has_pictures(self) -> bool:
        return self.reference.pictures is not None

    def nearest(self, picture: np.ndarray) -> Neighbours:
        """The training slices nearest to uint8 [R, R] (or [R, R, 3]); needs `has_pictures`.

        Euclidean distance of averages at 32 px, as in the search for copies of
        `python -m train evaluate`.
        """
        queries = [shrink(grey(picture[None]), SIDE)]
        if self.reference.about.mirror:
            queries.append(queries[0][:, :, ::-1])
        small, squares, numbers = self._searched
        found = np.concatenate(queries).reshape(len(queries), -1) / np.float32(127.5)
        distances = squares[:, None] - 2 * small @ found.T + (found**2).sum(axis=1)
        distances = np.sqrt(np.maximum(distances, 0))  # [training slices, 1 or 2]
        turned, distances = distances.argmin(axis=1), distances.min(axis=1)
        best = self._one_each(np.argsort(distances, kind="stable"), numbers)
        kept = self.reference.pictures
        pictures = kept.small[numbers[best]]
        pictures = np.where(turned[best][:, None, None], pictures[:, :, ::-1], pictures)
        return Neighbours(
            pictures, distances[best] * 127.5 / np.sqrt(small.shape[1]),
            float(100 * (kept.unseen < distances[best[0]]).mean()),
            len(kept.unseen), bool(self.reference.held_out.any()), self.reference.about.trained_on,
        )  # fmt: skip

    @cached_property
    def _searched(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Training slices as vectors [M, P], their squares [M], and their numbers [M]."""
        numbers = np.flatnonzero(~self.reference.held_out)
        small = shrink(self.reference.pictures.small[numbers], SIDE) / np.float32(127.5)
        small = small.reshape(len(numbers), -1)
        return small, (small**2).sum(axis=1), numbers

    def _one_each(self, order: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """The first few of an order, no two of one person: neighbouring slices are all but one."""
        _, first = np.unique(self.reference.people[numbers[order]], return_index=True)
        return order[np.sort(first)[:NEIGHBOURS]]


def open_reals(
    checkpoint: Path,
    digest: str,
    config: ModelConfig,
    ruler: Ruler,
    small: Shelf | None = None,
    side: int = 0,
) -> tuple[Reals | None, str]:
    """What lies beside a checkpoint, and a sentence if something does but cannot be used.

    Without values where the ruler gives none. small, side: what keeps measurements of smaller
    pictures than the model's, and their pixels, where these are measured: so are the slices then,
    as far as small pictures of them are there.
    """
    path = checkpoint.parent / FILE
    if not path.is_file():
        return None, ""
    try:
        reference = load_reference(path, digest, config)
    except UnusableReference as error:
        return None, f"{error}."
    if small:
        return _smaller(reference, ruler, small, side)
    table = ruler.within(reference.table, reference.about.keys)
    return Reals(replace(reference, table=table)), ""


def _smaller(reference: Reference, ruler: Ruler, shelf: Shelf, side: int) -> tuple[Reals, str]:
    """The same measured on small pictures; without these no values, and a sentence. The first time
    two milliseconds a slice."""
    about = replace(reference.about, keys=ruler.keys)
    if reference.pictures is None:
        table = np.full((len(reference.table), len(ruler.keys)), np.nan)
        return Reals(replace(reference, about=about, table=table)), (
            f"{FILE} has no small pictures, so its slices cannot be measured at {side} px; make it "
            "again: python -m train reference --pictures."
        )
    small = np.rint(shrink(reference.pictures.small, side)).astype(np.uint8)
    mark = [*ruler.keys, hashlib.sha256(small).hexdigest()]
    table = shelf.get(
        "reals", measure.VERSION, lambda: ruler.measure(small),
        lambda table: Kept({"table": table}, mark),
        lambda kept: kept.arrays["table"] if kept.table == mark else None,
    )  # fmt: skip
    return Reals(replace(reference, about=about, table=table)), ""
