"""One NIfTI file that is no volume but slices of many people, with a table beside it.

The layout of PACGAN (Lai et al. 2025): `ID, Label, Subject_ID`, one row a slice.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from gan.scans import BrokenFile, nifti
from train.data.files import Source
from train.data.volumes import MOST_VALUES


@dataclass(frozen=True)
class Row:
    """A slice: its place in the stack, and the table's words for it and its person."""

    place: int
    id: str
    subject: str


def rows_beside(source: Source, name: str, slices: int) -> tuple[list[Row], str]:
    """The rows of the table beside a NIfTI file, if there is one with as many as slices, and the
    table's name."""
    folder = PurePosixPath(name).parent
    for file in source.files:
        path = PurePosixPath(file.name)
        if path.suffix.lower() != ".csv" or path.parent != folder:
            continue
        rows = _rows(source, file.name)
        if rows and len(rows) == slices:
            return rows, file.name
    return [], ""


def _rows(source: Source, table: str) -> list[Row]:
    try:
        text = source.read(table, 64 << 20).decode("utf-8-sig")
        rows = [{k.strip().lower(): v for k, v in row.items() if k}
                for row in csv.DictReader(io.StringIO(text, newline=""))]  # fmt: skip
    except (BrokenFile, UnicodeDecodeError, csv.Error):
        return []
    if not rows or not {"id", "subject_id"} <= set(rows[0]):
        return []
    return [Row(i, str(row["id"]), str(row["subject_id"])) for i, row in enumerate(rows)]


class NiftiStack:
    """The slices of such a file: [H, W, N], front of the head up, the subject's right on the
    left."""

    def __init__(self, source: Source, name: str, partner: str):
        voxels = source.read(partner) if partner else None
        self.array = nifti.open_stack(source.read(name), voxels, MOST_VALUES)

    def frames(self, places: np.ndarray) -> Iterator[np.ndarray]:
        """uint8 as it is, everything else as float32 [H, W]."""
        for place in places:
            frame = np.ascontiguousarray(self.array[::-1, ::-1, place].T)
            yield frame if frame.dtype == np.uint8 else frame.astype(np.float32)
