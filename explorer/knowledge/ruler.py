"""What is measured on a model's pictures, and where a measurement has something to say."""

from dataclasses import dataclass, field

import numpy as np

from explorer.knowledge.ranges import Range, ranges
from gan.height import Readers
from gan.measure import MEASUREMENTS, Measurement, measure
from gan.picture import grey
from gan.plain import plain

HEIGHT = Measurement(
    "height", "Slice height", "mm",
    "Height of the slice above MNI z = 0, the level of the anterior commissure.",
    "higher slice", "lower slice",
)  # fmt: skip
UNREADABLE = "Height not readable here."


@dataclass(frozen=True)
class Ruler:
    """The ten measurements, and the height if the model reads it.

    ranges: by key, of those that mean something at some heights only. Elsewhere they have no value;
    where nobody knows the height, those that mean something somewhere have one.
    """

    height: Readers | None = None
    ranges: dict[str, Range] = field(default_factory=ranges)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        return (*((HEIGHT,) if self.height else ()), *MEASUREMENTS)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(m.key for m in self.measurements)

    @property
    def usable(self) -> tuple[Measurement, ...]:
        """Those that have a value somewhere."""
        return tuple(m for m in self.measurements if not self._nowhere(m.key))

    def measure(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 [N, R, R] (or [N, R, R, 3]) -> float64 [N, K], columns as `keys`.

        NaN where a measurement failed, or means nothing at the picture's height.
        """
        pictures = grey(pictures)
        table = measure(pictures)
        if self.height:
            table = np.column_stack([self.height.read_heights(pictures), table])
        return self.within(table)

    def build(self, pictures: np.ndarray) -> np.ndarray:
        """The same by other instruments (gan.plain, the first reader): what directions are solved
        against, so that `measure` can judge them. At every height."""
        pictures = grey(pictures)
        table = plain(pictures)
        if self.height:
            table = np.column_stack([self.height.build.read_heights(pictures), table])
        return table

    def within(self, table: np.ndarray, keys: tuple[str, ...] | None = None) -> np.ndarray:
        """A table [N, K] without what means nothing at its slices' heights.

        keys: of its columns, if they are not the ruler's.
        """
        keys, table = keys or self.keys, table.copy()
        for key in set(self.ranges) & set(keys):
            span, inside = self.ranges[key], np.full(len(table), not self.ranges[key].nowhere)
            if HEIGHT.key in keys:
                heights = table[:, keys.index(HEIGHT.key)]
                inside &= (heights >= span.low) & (heights < span.high)
            table[~inside, keys.index(key)] = np.nan
        return table

    def meaning(self, m: Measurement) -> str:
        """What it is, how far off it is where that is known, and where it means something."""
        if m.key == HEIGHT.key:
            trust = self.height.trust
            return (
                f"{m.meaning} Off by {trust.error:.1f} mm on average for {trust.people:.0f} people "
                "that the reader had not seen."
            )
        return " ".join([m.meaning, *(s.sentence() for k, s in self.ranges.items() if k == m.key)])

    def why_none(self, m: Measurement, height: float | None) -> str:
        """Why a measurement has no value on a picture of this height, a sentence. NaN: it is not
        readable; None: the model reads none."""
        if m.key == HEIGHT.key:
            return UNREADABLE
        span = self.ranges.get(m.key)
        if span and span.nowhere:
            return span.sentence()
        if span and height is not None and np.isnan(height):
            return f"{UNREADABLE} {span.sentence()}"
        if span and height is not None and not span.low <= height < span.high:
            return f"Not at this height. {span.sentence()}"
        return "Could not be measured on this picture."

    def _nowhere(self, key: str) -> bool:
        return key in self.ranges and self.ranges[key].nowhere
