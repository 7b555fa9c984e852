"""A column of numbers from a table beside the pictures: each slice's own."""

from collections.abc import Sequence

import numpy as np

from train.data.files import Source
from train.data.labels import is_number, read_table
from train.data.slices import Slices
from train.usage import UsageError


def read_numbers(
    source: Source, labels: str, column: str, option: str, sides: Sequence[Slices]
) -> list[np.ndarray]:
    """The numbers in `column` of the table that `--labels` names, for the slices of each side.

    option: what names the column on the command line. Float64 [N] for each side, NaN for a slice
    that the table does not know, or whose cell is empty, n/a or no number. Raises UsageError where
    there is no such table or column, a row's name fits several files, or no slice has a number.
    """
    table = read_table(source, labels, column, option)
    for side in sides:
        table.check_names(dict(zip(side.names, side.subjects, strict=True)))
    table = table.for_people({person for side in sides for person in side.subjects})
    found = [
        np.array([_number(table.label_of(*at)) for at in zip(s.names, s.subjects, strict=True)])
        for s in sides
    ]
    if all(np.isnan(numbers).all() for numbers in found):
        raise UsageError(
            f"--labels {labels}: column {column} holds no number for any slice; give {option} a "
            "column of numbers, beside a column `file` or `subject` that names the slices"
        )
    return found


def _number(cell: str | None) -> float:
    return float(cell) if cell is not None and is_number(cell) else np.nan
