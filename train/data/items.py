"""What a data set is made of: pictures, stacks, volumes, series. Each knows how to be read."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gan.scans import BrokenFile, nifti
from gan.scans.pictures import Pictures
from gan.scans.volume import upright
from train.data import dicom, pictures, volumes
from train.data.files import Source
from train.data.nifti_stacks import NiftiStack
from train.data.stacks import OpenStack


@dataclass(frozen=True)
class View:
    """What decoding needs to know: channels wanted, and for volumes how to cut them."""

    resolution: int
    channels: int
    cut: volumes.Cut


# Each `frames` gives uint8, uint16 or float32 [H, W], or uint8 [H, W, 3], one slice after the
# other, puts what it reads into `digest`, and raises BrokenFile, if need be in the middle.


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file; a TIFF, GIF or WebP may hold several pages."""

    name: str

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        content = source.read(self.name, pictures.MAX_BYTES)
        digest.update(content)
        for page in Pictures(content):
            yield page if view.channels == 3 else pictures.grey_of(page)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """An array of slices in a .npy or .npz file, or those of one person in it; partner: where it
    is a NIfTI file, its .img or nothing, else None."""

    name: str
    file: str
    key: str
    rows: np.ndarray | None
    partner: str | None = None

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        stack = source.keep((self.file, self.key), self._opener(source))
        rows = range(len(stack.array)) if self.rows is None else self.rows
        for frame in stack.frames(rows):
            digest.update(frame)
            yield frame if view.channels == 3 else pictures.grey_of(frame)

    def _opener(self, source: Source) -> Callable[[], OpenStack | NiftiStack]:
        if self.partner is not None:
            return lambda: NiftiStack(source, self.file, self.partner)
        return lambda: OpenStack(source, self.file, self.key)


@dataclass(frozen=True, slots=True)
class Flat:
    """A NIfTI file with a single slice; partner: its .img, if it is the .hdr of a pair."""

    name: str
    partner: str = ""

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        volume = _opened(source, self, digest)
        if volume.count > 1:
            raise BrokenFile(f"{volume.count} slices behind each other; keep the one to train on")
        if volume.thin != view.cut.plane:
            raise BrokenFile(f"a {volume.thin} slice; see --plane, or leave it out")
        for note in volume.notes:
            source.remark(self.name, note)
        values, sizes = upright(volume.values(), volume.affine, 0.0, volumes.MOST_VALUES)
        yield volumes.with_square_pixels(values, sizes, view.cut.plane)


@dataclass(frozen=True, slots=True)
class Volume:
    """A NIfTI or .mgz file; partner: its .img, if it is the .hdr of a pair."""

    name: str
    partner: str = ""

    def load(self, source: Source, digest) -> volumes.Loaded:
        return _told(source, self.name, volumes.load_volume(_opened(source, self, digest)))

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        yield from volumes.cut_volume(self.load(source, digest), view.cut, view.resolution)


@dataclass(frozen=True, slots=True)
class Scan:
    """A DICOM series."""

    name: str
    series: dicom.Series

    def load(self, source: Source, digest) -> volumes.Loaded:
        volume = dicom.open_series(source, self.series)
        return _told(source, self.name, volumes.load_volume(volume, digest))

    def frames(self, source: Source, view: View, digest) -> Iterator[np.ndarray]:
        yield from volumes.cut_volume(self.load(source, digest), view.cut, view.resolution)


def _opened(source: Source, item: Flat | Volume, digest):
    content = source.read(item.name)
    voxels = source.read(item.partner) if item.partner else None
    digest.update(content)
    digest.update(voxels or b"")
    return nifti.open_volume(content, voxels, volumes.MOST_VALUES)


def _told(source: Source, name: str, loaded: volumes.Loaded) -> volumes.Loaded:
    for note in loaded.notes:
        source.remark(name, note)
    return loaded


Item = Picture | Stack | Flat | Volume | Scan


def frames_of(item: Item, source: Source, view: View) -> Iterator[np.ndarray]:
    """The slices of an item, for who needs no digest."""
    return item.frames(source, view, hashlib.sha256())
