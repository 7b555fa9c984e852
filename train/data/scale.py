"""Classes in order: a number, such as the slice's height, as the condition of a network."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from train.usage import UsageError


@dataclass(frozen=True)
class Scale:
    """`count` classes, evenly spaced from `first` to `last` in the unit of a table's column.

    What lies between two classes is shown to the networks as a share of both, so that they learn a
    continuous scale and not steps.
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

    def position(self, value: str) -> float:
        """Of a number among the classes: 0 for the first, count - 1 for the last.

        What lies beyond an end counts as the end.
        """
        share = (float(value) - self.first) / (self.last - self.first)
        return min(max(share, 0.0), 1.0) * (self.count - 1)

    def to_dict(self) -> dict:
        return asdict(self)


def scale_of(values: Iterable[str], column: str, count: int, labels: str) -> Scale:
    """The scale over all the training slices' numbers. Raises UsageError if they are all one."""
    numbers = [float(value) for value in values]
    if not numbers or min(numbers) == max(numbers):
        raise UsageError(
            f"--labels {labels}: column {column} holds one number only; give --label-column a "
            "column whose numbers differ, or leave --ordered out"
        )
    return Scale(column, min(numbers), max(numbers), count)


def is_number(text: str) -> bool:
    """Whether a table's cell is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
