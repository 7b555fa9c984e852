"""What a data set is made of: pictures, stacks, volumes, series. Each knows how to be read."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from train.data import dicom, pictures, volumes
from train.data.files import VOLUMES, Source
from train.data.nifti_stacks import NiftiStack
from train.data.stacks import OpenStack


@dataclass(frozen=True)
class View:
    """What decoding needs to know: channels wanted, and for volumes how to cut them."""

    resolution: int
    channels: int
    cut: volumes.Cut


# Each `frames` gives uint8, uint16 or float32 [H, W], or uint8 [H, W, 3], one slice after the
# other, puts what it reads into `digest`, and raises files.BrokenFile, if need be in the middle.


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file; a TIFF may hold several pages."""

    name: str

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        content = source.read(self.name, pictures.MAX_BYTES)
        digest.update(content)
        yield from pictures.decode(content, view.channels)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """An array of slices in a .npy, .npz or NIfTI file, or those of one person in it."""

    name: str
    file: str
    key: str
    rows: np.ndarray | None

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        stack = source.keep((self.file, self.key), self._opener(source))
        rows = range(len(stack.array)) if self.rows is None else self.rows
        for frame in stack.frames(rows):
            digest.update(frame)
            yield frame if frame.ndim == 2 or view.channels == 3 else pictures.grey_of(frame)

    def _opener(self, source: Source) -> Callable[[], OpenStack | NiftiStack]:
        if self.file.lower().endswith(VOLUMES):
            return lambda: NiftiStack(source, self.file)
        return lambda: OpenStack(source, self.file, self.key)


@dataclass(frozen=True, slots=True)
class Volume:
    """A NIfTI file."""

    name: str

    def load(self, source: Source, digest) -> tuple[np.ndarray, np.ndarray]:
        """float32 [X, Y, Z] in RAS+ and voxel sizes in mm [3]."""
        content = source.read(self.name)
        digest.update(content)
        return volumes.read_volume(content, self.name)

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        yield from volumes.cut_volume(*self.load(source, digest), view.cut, view.resolution)


@dataclass(frozen=True, slots=True)
class Scan:
    """A DICOM series."""

    name: str
    series: dicom.Series

    def load(self, source: Source, digest) -> tuple[np.ndarray, np.ndarray]:
        """float32 [X, Y, Z] in RAS+ and voxel sizes in mm [3]."""
        volume, zooms = dicom.read_series(source, self.series)
        digest.update(np.ascontiguousarray(volume))
        return volume, zooms

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        yield from volumes.cut_volume(*self.load(source, digest), view.cut, view.resolution)


Item = Picture | Stack | Volume | Scan


def frames_of(item: Item, source: Source, view: View) -> Iterator[np.ndarray]:
    """The slices of an item, for who needs no digest."""
    return item.frames(source, view, hashlib.sha256())
