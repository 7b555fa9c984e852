"""How data is read: what counts as a class, who is held out, how volumes are cut."""

import math
import os
import re
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from train.data.volumes import Cut
from train.usage import UsageError, flag, option

APP = "stylegan2-brain-explorer"


@dataclass(frozen=True)
class DataConfig:
    """Everything that decides which pictures a data set gives."""

    labels: str = option(
        "none", "classes: none, folders (the folder each picture lies in), or a CSV, TSV or "
        "dataset.json file with a column file or subject; looked for inside the data too",
    )  # fmt: skip
    label_column: str = option(
        "", "column of that file that holds the class (default label, class, diagnosis or group)"
    )
    ordered: int = option(
        0, "that column holds numbers, such as the slice's height: so many classes in order over "
        "their range, blended in between; 0 for classes without order",
    )  # fmt: skip
    subject_pattern: str = option(
        "", r"regular expression whose one group is the person, e.g. 'scan(\d+)' (default: by rule)"
    )
    val_fraction: float = option(
        0.1, "share of the people held out where no folders say whom, if there are 10 or more"
    )
    held_out: str = option(
        "auto", "held-out folder that figures use; auto: val where there is one, else test",
        ("auto", "val", "test"),
    )  # fmt: skip
    allow_shared_subjects: bool = option(
        False, "accept people who are in the training and in a held-out folder"
    )
    fit: str = option(
        "refuse",
        "pictures of other shapes: refuse them, pad with black, or crop",
        ("refuse", "pad", "crop"),
    )
    skip_broken: bool = option(False, "leave unreadable files out instead of stopping")
    modality: str = option(
        "T1w", "which scans where several kinds are there (BIDS suffix, DICOM series description)"
    )
    plane: str = option("axial", "how volumes are cut", ("axial", "coronal", "sagittal"))
    slice_from: float = option(-30.0, "first slice of a volume, in mm from the middle of the head")
    slice_to: float = option(45.0, "last slice of a volume, in mm from the middle of the head")
    slice_step: float = option(1.0, "distance of a volume's slices in mm")
    field_mm: float = option(192.0, "side of a picture cut from a volume, in mm")
    pixel_mm: float = option(
        0.0, "side of a pixel of the trained pictures in mm, where the files are no volumes and do "
        "not tell it: the field of view over --resolution; 0 for unknown",
    )  # fmt: skip
    cache: str = option(
        "auto", "folder for decoded pictures, so that the next start is instant; none for none"
    )

    def __post_init__(self):
        for each in fields(self):
            choices, value = each.metadata["choices"], getattr(self, each.name)
            if choices and value not in choices:
                raise UsageError(f"{flag(each.name)} {value}: must be {' or '.join(choices)}")
        for name, value in asdict(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"{flag(name)} {value}: must be a finite number")
        for name in ("slice_step", "field_mm"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{flag(name)} {getattr(self, name)}: must be above 0")
        if self.ordered and not 2 <= self.ordered <= 256:
            raise UsageError(f"--ordered {self.ordered}: must be from 2 to 256, or 0")
        if self.ordered and self.labels in ("none", "folders"):
            raise UsageError(f"--ordered {self.ordered}: needs numbers; give --labels a table")
        if not 0 <= self.pixel_mm <= 100:
            raise UsageError(f"--pixel-mm {self.pixel_mm}: must be from 0 (unknown) to 100")
        if not 0 <= self.val_fraction < 1:
            raise UsageError(f"--val-fraction {self.val_fraction}: must be from 0 to below 1")
        if self.slice_to < self.slice_from:
            raise UsageError(f"--slice-to {self.slice_to}: must not lie below --slice-from")
        try:
            groups = re.compile(self.subject_pattern).groups
        except re.error as error:
            raise UsageError(
                f"--subject-pattern {self.subject_pattern}: no regular expression ({error})"
            ) from error
        if self.subject_pattern and groups != 1:
            raise UsageError(
                f"--subject-pattern {self.subject_pattern}: needs exactly one group in (), "
                "the person"
            )

    @property
    def cut(self) -> Cut:
        return Cut(self.plane, self.slice_from, self.slice_to, self.slice_step, self.field_mm)

    @property
    def cache_folder(self) -> Path | None:
        """Where decoded pictures are kept: `--cache`, or the place this system has for such."""
        if self.cache == "none":
            return None
        if self.cache != "auto":
            return Path(self.cache).expanduser()
        if base := os.environ.get("XDG_CACHE_HOME"):
            return Path(base) / APP
        if sys.platform == "win32":
            return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / APP
        if sys.platform == "darwin":
            return Path.home() / "Library/Caches" / APP
        return Path.home() / ".cache" / APP

    def to_dict(self) -> dict:
        """For a checkpoint: without the places on this machine."""
        labels = self.labels if self.labels in ("none", "folders") else Path(self.labels).name
        return {k: v for k, v in asdict(self).items() if k != "cache"} | {"labels": labels}
