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
AGE = Measurement(
    "age", "Age as it looks", "years",
    "Age of the real people whose slices look most like this one. Not of anybody: the picture is "
    "nobody's.",
    "older", "younger",
)  # fmt: skip
UNREADABLE, AGELESS = "Height not readable here.", "Age not readable here."


@dataclass(frozen=True)
class Ruler:
    """The ten measurements, and the height and the age if the model reads them.

    ranges: by key, of those that mean something at some heights only. Elsewhere they have no value;
    where nobody knows the height, those that mean something somewhere have one.
    """

    height: Readers | None = None
    ranges: dict[str, Range] = field(default_factory=ranges)
    age: Readers | None = None

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        return (*(m for m, _ in self._read), *MEASUREMENTS)

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
        read = [readers.read(pictures) for _, readers in self._read]
        return self.within(np.column_stack([*read, measure(pictures)]))

    def build(self, pictures: np.ndarray) -> np.ndarray:
        """The same by other instruments (gan.plain, the first reader): what directions are solved
        against, so that `measure` can judge them. At every height."""
        pictures = grey(pictures)
        read = [readers.build.read(pictures) for _, readers in self._read]
        return np.column_stack([*read, plain(pictures)])

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
        for read, readers in self._read:
            if m.key == read.key:
                trust = readers.trust
                return (
                    f"{m.meaning} Off by {trust.error:.1f} {m.unit} on average for "
                    f"{trust.people:.0f} people that the reader had not seen."
                )
        return " ".join([m.meaning, *(s.sentence() for k, s in self.ranges.items() if k == m.key)])

    def why_none(self, m: Measurement, height: float | None) -> str:
        """Why a measurement has no value on a picture of this height, a sentence. NaN: it is not
        readable; None: the model reads none."""
        if m.key in (HEIGHT.key, AGE.key):
            return UNREADABLE if m.key == HEIGHT.key else AGELESS
        span = self.ranges.get(m.key)
        if span and span.nowhere:
            return span.sentence()
        if span and height is not None and np.isnan(height):
            return f"{UNREADABLE} {span.sentence()}"
        if span and height is not None and not span.low <= height < span.high:
            return f"Not at this height. {span.sentence()}"
        return "Could not be measured on this picture."

    @property
    def _read(self) -> list[tuple[Measurement, Readers]]:
        """What is read by comparison with real slices, and by which readers."""
        pairs = ((HEIGHT, self.height), (AGE, self.age))
        return [(m, readers) for m, readers in pairs if readers]

    def _nowhere(self, key: str) -> bool:
        return key in self.ranges and self.ranges[key].nowhere
