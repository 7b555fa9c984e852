"""Classes in order: a number, such as the slice's height, as the condition of a network."""

import math
from dataclasses import asdict, dataclass

MOST = 1e9  # of a scale's ends, up or down
_FINEST, _SMALLEST = 1e-9, 1e-30  # share of the larger end that a range must have; and at least
HEIGHT_COLUMN = "z_mni_mm"  # of tables: mm above MNI z = 0, as of `gan.height`
_NAMES = {HEIGHT_COLUMN: ("Slice height", "mm"), "age": ("Age", "years")}


@dataclass(frozen=True)
class Scale:
    """`count` classes, evenly spaced from `first` to `last` in the unit of a table's column.

    What lies between two classes is shown to the networks as a share of both (see class_vectors in
    gan.generator), so that they learn a continuous scale and not steps.
    """

    column: str
    first: float
    last: float
    count: int

    @property
    def classes(self) -> tuple[str, ...]:
        """Their values as words."""
        step = (self.last - self.first) / (self.count - 1)
        digits = max(0, 1 - math.floor(math.log10(step)))
        return tuple(f"{round(self.first + k * step, digits):g}" for k in range(self.count))

    @property
    def name(self) -> str:
        """What it is, as people say it."""
        return _NAMES.get(self.column, (self.column.replace("_", " ").capitalize(),))[0]

    @property
    def title(self) -> str:
        """The name with the unit, if it has one."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def unit(self) -> str:
        return _NAMES.get(self.column, ("", ""))[1]

    @property
    def step(self) -> float:
        """A fine step for the hand: a round number, at least a hundred of them."""
        return 10.0 ** math.floor(math.log10((self.last - self.first) / 100))

    @property
    def middle(self) -> float:
        return (self.first + self.last) / 2

    def position(self, value: float | str) -> float:
        """Of a number among the classes: 0 for the first, count - 1 for the last.

        What lies beyond an end counts as the end.
        """
        share = (float(value) - self.first) / (self.last - self.first)
        return min(max(share, 0.0), 1.0) * (self.count - 1)

    def value(self, position: float) -> float:
        """The number at a position: the inverse of `position`."""
        return self.first + position / (self.count - 1) * (self.last - self.first)

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: object, count: int) -> "Scale":
        """What `to_dict` gave; numbers of the classes where a checkpoint tells nothing else."""
        try:
            found = cls(str(values["column"]), float(values["first"]), float(values["last"]), count)
        except (TypeError, KeyError, ValueError, OverflowError):
            return cls("class", 0, count - 1, count)
        usable = is_range(found.first, found.last)
        return found if usable else cls("class", 0, count - 1, count)


def is_range(first: float, last: float) -> bool:
    """Whether a scale may go from first to last: up, within +-1e9, in steps that numbers have."""
    largest = max(abs(first), abs(last))
    return largest <= MOST and last - first > max(_FINEST * largest, _SMALLEST)
