"""A folder or zip of PNG/JPG slices as one uint8 array, and batches from it."""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from train.config import UsageError

SUFFIXES = (".png", ".jpg", ".jpeg")
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "F")
_MAX_PIXELS = 4096 * 4096  # a slice is never larger; a decompression bomb is


@dataclass(frozen=True)
class Slices:
    """The decoded data.

    images: uint8 [N, C, R, R]; labels: int64 [N], class numbers (all 0 without classes).
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    skipped: tuple[str, ...]
    notes: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, seen: int, size: int, seed: int, mirror: bool) -> tuple[np.ndarray, np.ndarray]:
        """The pictures after the first `seen`: uint8 [size, C, R, R] and their labels.

        Every pass shows each picture once, in an order (and mirroring) that depends on the seed
        and the pass alone; so a resumed training goes on exactly where it stopped.
        """
        positions = np.arange(seen, seen + size)
        images = np.empty((size, *self.images.shape[1:]), np.uint8)
        labels = np.empty(size, np.int64)
        for epoch in np.unique(positions // len(self)):
            here = positions // len(self) == epoch
            random = np.random.default_rng([seed, int(epoch)])
            order, flips = random.permutation(len(self)), random.random(len(self)) < 0.5
            chosen = order[positions[here] % len(self)]
            images[here], labels[here] = self.images[chosen], self.labels[chosen]
            if mirror:
                flipped = np.flatnonzero(here)[flips[chosen]]
                images[flipped] = images[flipped][..., ::-1]
        return images, labels


def load_slices(
    source: Path,
    resolution: int,
    channels: int,
    *,
    labels: str = "none",
    fit: str = "refuse",
    skip_broken: bool = False,
    split: str = "train",
) -> Slices:
    """Read every PNG and JPG of a folder or zip, at any depth.

    If some lie in a folder named `train`, only those are read: the others are held out. Another
    `split` reads the pictures in the folder of that name.
    Pictures are scaled to `resolution`; they must be square and of one size unless `fit` says how
    to make them so. Raises UsageError, naming the file and the remedy.
    """
    files = _list_files(source)
    files, notes = _part(files, split, source)
    digest = hashlib.sha256()
    images, names, sizes, skipped = [], [], [], []
    for name, read in files:
        where = f"{source}: {name}"
        try:
            content = read()
            picture = _decode(content, where, channels)
        except _BrokenPicture as error:
            if not skip_broken:
                raise UsageError(
                    f"{error}; mend or remove it, or give --skip-broken to leave it out"
                ) from error
            skipped.append(name)
            continue
        sizes.append(picture.size)
        pixels = np.asarray(_fit(picture, resolution, fit), np.uint8)
        images.append(pixels[None] if channels == 1 else pixels.transpose(2, 0, 1))
        names.append(name)
        digest.update(name.encode() + b"\0" + content)
    if not images:
        raise UsageError(f"--data {source}: every picture is broken, e.g. {skipped[0]}")
    if fit == "refuse":
        _check_sizes(names, sizes, source)
    numbers, classes = _classes(names, source) if labels == "folders" else ([0] * len(names), ())
    return Slices(
        source.name, np.stack(images), np.array(numbers, np.int64), classes,
        tuple(skipped), notes, digest.hexdigest(),
    )  # fmt: skip


class _BrokenPicture(ValueError):
    pass


def _list_files(source: Path) -> list:
    """(name inside the source, function that reads it), sorted by name."""
    if not source.exists():
        raise UsageError(f"--data {source}: no such folder or zip")
    if source.is_dir():
        paths = sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        paths = [(p.relative_to(source).as_posix(), p.read_bytes) for p in paths]
        files = [(name, read) for name, read in paths if _visible(name)]
    elif zipfile.is_zipfile(source):
        files = list(_zip_files(source))
    else:
        raise UsageError(f"--data {source}: neither a folder nor a zip file")
    if not files:
        raise UsageError(f"--data {source}: no .png or .jpg found; point it at the pictures")
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
                raise _BrokenPicture(f"{source}: {info.filename}: {error}") from error

        return read

    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        if info.filename.lower().endswith(SUFFIXES) and _visible(info.filename):
            yield info.filename, reader(info)


def _visible(name: str) -> bool:
    """Not one of the shadow files that operating systems leave (`._x.png`, `__MACOSX/`)."""
    return not any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _decode(content: bytes, where: str, channels: int) -> Image.Image:
    """An 8-bit picture with the wanted number of channels."""
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > _MAX_PIXELS:
            raise _BrokenPicture(
                f"{where}: {picture.width}x{picture.height} is too large a picture"
            )
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, _BrokenPicture):
            raise
        raise _BrokenPicture(f"{where}: not a readable picture ({error})") from error
    if picture.mode in _SIXTEEN_BIT:
        raise UsageError(
            f"{where}: 16 bits per pixel; save it with 8, scaling all pictures by the same window"
        )
    if channels == 3:
        return picture.convert("RGB")
    if picture.mode in ("1", "L", "LA"):
        return picture.convert("L")
    pixels = np.asarray(picture.convert("RGB"), np.int16)
    if np.ptp(pixels, axis=2).max() > 2:
        raise UsageError(
            f"{where}: a colour picture; train with --img-channels 3, or convert it to grey"
        )
    return Image.fromarray(pixels[:, :, 1].astype(np.uint8))


def _fit(picture: Image.Image, resolution: int, fit: str) -> Image.Image:
    """Square, at the wanted resolution."""
    target = (resolution, resolution)
    if fit == "pad":
        return ImageOps.pad(picture, target, Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(picture, target, Image.Resampling.LANCZOS)
    return picture.resize(target, Image.Resampling.LANCZOS)  # a copy if the size is right


def _check_sizes(names: list[str], sizes: list[tuple[int, int]], source: Path) -> None:
    """All pictures must be square and as large as most of them are."""
    usual = Counter(sizes).most_common(1)[0][0]
    remedy = "scale them alike, or give --fit pad or --fit crop"
    for name, size in zip(names, sizes, strict=True):
        shape = f"{source}: {name}: {size[0]}x{size[1]}"
        if size != usual:
            raise UsageError(f"{shape}, but most are {usual[0]}x{usual[1]}; {remedy}")
        if size[0] != size[1]:
            raise UsageError(f"{shape} is not square; {remedy}")


def _classes(names: list[str], source: Path) -> tuple[list[int], tuple[str, ...]]:
    """Class numbers from the name of the folder that each picture lies in."""
    folders = [PurePosixPath(name).parent.name for name in names]
    classes = tuple(sorted(set(folders)))
    if len(classes) < 2:
        raise UsageError(
            f"--labels folders: all pictures of {source} lie in one folder; use one per class"
        )
    return [classes.index(folder) for folder in folders], classes
