"""A folder or zip of slices or volumes as one uint8 array, and batches from it."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from train import pictures, volumes
from train.config import UsageError
from train.pictures import BrokenFile
from train.subjects import subject_of
from train.volumes import Cut, VolumeError

SUFFIXES = pictures.SUFFIXES + volumes.SUFFIXES


@dataclass(frozen=True)
class Slices:
    """The decoded data.

    images: uint8 [N, C, R, R]; labels: int64 [N], class numbers (all 0 without classes);
    subjects: whose slice each is.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    subjects: tuple[str, ...]
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.images)

    def order(self, seen: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Which slices come after the first `seen`: places int64 [size], mirrored or not [size].

        Every pass shows each picture once, in an order (and mirroring) that depends on the seed
        and the pass alone; so a resumed training goes on exactly where it stopped.
        """
        positions = np.arange(seen, seen + size)
        chosen, flips = np.empty(size, np.int64), np.empty(size, bool)
        for epoch in np.unique(positions // len(self)):
            here = positions // len(self) == epoch
            random = np.random.default_rng([seed, int(epoch)])
            order, turned = random.permutation(len(self)), random.random(len(self)) < 0.5
            chosen[here] = order[positions[here] % len(self)]
            flips[here] = turned[chosen[here]]
        return chosen, flips

    def take(self, chosen: np.ndarray, flips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures uint8 [n, C, R, R], those with a flip mirrored, and their labels [n]."""
        images = self.images[chosen]
        images[flips] = images[flips][..., ::-1]
        return images, self.labels[chosen]


def load_slices(
    source: Path,
    resolution: int,
    channels: int,
    *,
    labels: str = "none",
    fit: str = "refuse",
    skip_broken: bool = False,
    split: str = "train",
    cut: Cut | None = None,
) -> Slices:
    """Read every PNG, JPG and NIfTI file of a folder or zip, at any depth, or one NIfTI file.

    If some lie in a folder named `train`, only those are read: the others are held out. Another
    `split` reads the files in the folder of that name. Pictures are scaled to `resolution`; they
    must be square and of one size unless `fit` says how to make them so. Volumes are cut as `cut`
    says. Raises UsageError, naming the file and the remedy.
    """
    files, notes = _part(_list_files(source), split, source)
    cut = cut or Cut()
    digest = hashlib.sha256()
    images, names, sizes, skipped = [], [], {}, []
    for name, read in files:
        where = f"{source}: {name}"
        try:
            content = read()
            if name.lower().endswith(volumes.SUFFIXES):
                found = _slices_of_volume(content, where, cut, resolution)
                digest.update(repr(cut).encode())
            else:
                picture = pictures.decode(content, where, channels)
                sizes[name] = picture.size
                found = [np.asarray(pictures.fit_picture(picture, resolution, fit), np.uint8)]
        except BrokenFile as error:
            if not skip_broken:
                raise UsageError(
                    f"{error}; mend or remove it, or give --skip-broken to leave it out"
                ) from error
            skipped.append(name)
            continue
        images += [_with_channels(pixels, channels) for pixels in found]
        names += [name] * len(found)
        digest.update(name.encode() + b"\0" + content)
    if not images:
        raise UsageError(f"--data {source}: every file is broken, e.g. {skipped[0]}")
    if fit == "refuse":
        pictures.check_sizes(sizes, source)
    numbers, classes = _classes(names, source) if labels == "folders" else ([0] * len(names), ())
    return Slices(
        source.name, np.stack(images), np.array(numbers, np.int64),
        tuple(map(subject_of, names)), classes, tuple(skipped), notes, digest.hexdigest(),
    )  # fmt: skip


def _slices_of_volume(content: bytes, where: str, cut: Cut, resolution: int) -> list[np.ndarray]:
    try:
        found = volumes.cut_volume(*volumes.read_volume(content, where), cut, resolution)
    except VolumeError as error:
        raise BrokenFile(f"{where}: {error}") from error
    if not len(found):
        raise BrokenFile(
            f"{where}: no slice from {cut.first:g} to {cut.last:g} mm holds any head; "
            "see --slice-from and --slice-to"
        )
    return list(found)


def _with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """[R, R] or [R, R, 3] -> [C, R, R]."""
    if pixels.ndim == 3:
        return pixels.transpose(2, 0, 1)
    return np.broadcast_to(pixels, (channels, *pixels.shape))


def _list_files(source: Path) -> list:
    """(name inside the source, function that reads it), sorted by name."""
    if not source.exists():
        raise UsageError(f"--data {source}: no such folder or zip")
    if source.is_dir():
        paths = sorted(
            p for p in source.rglob("*") if p.name.lower().endswith(SUFFIXES) and p.is_file()
        )
        paths = [(p.relative_to(source).as_posix(), p.read_bytes) for p in paths]
        files = [(name, read) for name, read in paths if _visible(name)]
    elif source.name.lower().endswith(volumes.SUFFIXES):
        files = [(source.name, source.read_bytes)]
    elif zipfile.is_zipfile(source):
        files = list(_zip_files(source))
    else:
        raise UsageError(f"--data {source}: neither a folder, a zip nor a NIfTI file")
    if not files:
        raise UsageError(
            f"--data {source}: no .png, .jpg or .nii.gz found; see the README on your own scans"
        )
    return files


def _part(files: list, split: str, source: Path) -> tuple[list, tuple[str, ...]]:
    """Of a split data set only what lies in the folder `split`, and a note that says so."""
    part = [file for file in files if split in PurePosixPath(file[0]).parts[:-1]]
    if not part and split != "train":
        raise UsageError(f"--data {source}: no pictures in a folder named {split}")
    if not part or len(part) == len(files):
        return files, ()
    return part, (f"used the folder {split}; left {len(files) - len(part)} other pictures alone",)


def _zip_files(source: Path) -> Iterator:
    archive = zipfile.ZipFile(source)

    def reader(info: zipfile.ZipInfo):
        def read() -> bytes:
            try:
                return archive.read(info)
            except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
                raise BrokenFile(f"{source}: {info.filename}: {error}") from error

        return read

    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if info.filename.lower().endswith(SUFFIXES) and _visible(info.filename):
            yield info.filename, reader(info)


def _visible(name: str) -> bool:
    """Not one of the shadow files that operating systems leave (`._x.png`, `__MACOSX/`)."""
    return not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _classes(names: list[str], source: Path) -> tuple[list[int], tuple[str, ...]]:
    """Class numbers from the name of the folder that each picture lies in."""
    folders = [PurePosixPath(name).parent.name for name in names]
    classes = tuple(sorted(set(folders)))
    if len(classes) < 2:
        raise UsageError(
            f"--labels folders: all pictures of {source} lie in one folder; use one per class"
        )
    return [classes.index(folder) for folder in folders], classes
