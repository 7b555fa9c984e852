"""Where files come from: a folder, a zip or a single file. Nothing is ever unpacked to disk."""

import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar

from gan.scans import BrokenFile
from gan.scans.kinds import PAIR, PICTURE, START, VOLUME, kind_of
from train.usage import UsageError

STACKS = (".npy", ".npz")
DICOMS = (".dcm", ".dicom", ".ima")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")

# What the suffix of a scan promises.
_PROMISES = {
    PICTURE: (
        ".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".pgm", ".ppm",
        ".pnm", ".pbm", ".jp2",
    ),
    VOLUME: (".nii", ".nii.gz", ".mgz", ".mgh", ".mgh.gz"),
    PAIR: (".hdr", ".hdr.gz"),
}  # fmt: skip

MAX_FILE = (
    4 << 30
)  # no slice, volume or table is larger; what claims more is a mistake or an attack
_MAX_RATIO = 200  # of an entry that unpacks to more than _LARGE
_LARGE = 256 << 20


# What reading a file, or a damaged entry of a zip, raises.
DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class File:
    """name: inside the source, `/` between folders; size in bytes; stamp changes with content."""

    name: str
    size: int
    stamp: int


class Kept:
    """Keeps the last thing that was opened: many slices come from one file, one after another."""

    def __init__(self, path: Path):
        self.path = path
        self.broken: list[tuple[str, str]] = []
        self.left: list[str] = []
        self.remarks: dict[str, list[str]] = {}
        self._kept: tuple[object, object] = (None, None)

    def keep(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gave for this key, made again only if another was asked for in between."""
        if self._kept[0] != key:
            self._kept = (None, None)  # lets go of the old one first
            self._kept = (key, make())
        return self._kept[1]

    def remark(self, name: str, note: str) -> None:
        """Note something of a file that is read nevertheless."""
        names = self.remarks.setdefault(note, [])
        if name not in names[-1:]:
            names.append(name)

    def _unreadable_file(self, name: str, reason: str) -> None:
        """Broken if it should be a scan by its name, else left alone."""
        known = promised(name) or name.lower().endswith(STACKS + DICOMS)
        if known or not PurePosixPath(name).suffix:
            self.broken.append((name, reason))
        else:
            self.left.append(name)

    def told(self) -> list[str]:
        """The remarks, each once, with how many files it is about and the first of them."""
        told = []
        for note, names in self.remarks.items():
            names = list(dict.fromkeys(names))
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            told.append(f"{names[0]}{more}: {note}")
        return told


class Folder(Kept):
    """Every file of a folder, at any depth, or a single file (of a .hdr/.img pair both)."""

    def __init__(self, path: Path):
        super().__init__(path)
        self.files: list[File] = sorted(self._walk(), key=lambda file: file.name)

    def _walk(self):
        if not self.path.is_dir():
            for path in _with_partner(self.path):
                facts = path.stat()
                yield File(path.name, facts.st_size, _stamp(facts))
            return
        above = {str(self.path): frozenset()}  # by folder, those on the way to it
        for folder, inner, names in os.walk(self.path, followlinks=True, onerror=self._unreadable):
            facts = os.stat(folder)
            here, way = (facts.st_dev, facts.st_ino), above.pop(folder)
            if here in way:  # links in a circle; a folder may well be reached on two ways
                inner.clear()
                continue
            prefix = Path(folder).relative_to(self.path).as_posix()
            prefix = "" if prefix == "." else prefix + "/"
            inner[:] = sorted(filter(_visible, inner))
            above |= {os.path.join(folder, name): way | {here} for name in inner}
            for name in filter(_visible, names):
                try:
                    facts = os.stat(os.path.join(folder, name))
                except OSError as error:
                    reason = "a link to nothing" if error.errno == 2 else error.strerror
                    self._unreadable_file(prefix + name, reason)
                    continue
                if stat.S_ISREG(facts.st_mode):
                    yield File(prefix + name, facts.st_size, _stamp(facts))

    def _unreadable(self, error: OSError) -> None:
        name = Path(error.filename).relative_to(self.path).as_posix()
        self.broken.append((name, f"a folder that cannot be read ({error.strerror})"))

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any file does; reads no content."""
        digest = hashlib.sha256(str(self.path.resolve()).encode("utf-8", "surrogateescape"))
        for file in self.files:
            digest.update(f"{file.name}\0{file.size}\0{file.stamp}\n".encode("utf-8", "replace"))
        return digest.hexdigest()

    def place(self, name: str) -> Path:
        return self.path / name if self.path.is_dir() else self.path.with_name(name)

    def open(self, name: str) -> BinaryIO:
        try:
            return open(self.place(name), "rb")
        except OSError as error:
            raise BrokenFile(f"cannot be read ({error.strerror})") from error

    def read(self, name: str, limit: int = MAX_FILE) -> bytes:
        return _read(self.open(name), limit)


class Archive(Kept):
    """The files of a zip."""

    @cached_property
    def fingerprint(self) -> str:
        facts = self.path.stat()
        text = f"{self.path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    @cached_property
    def files(self) -> list[File]:
        found = [File(name, info.file_size, info.CRC) for name, info in self._entries.items()]
        return sorted(found, key=lambda file: file.name)

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
            raise UsageError(
                f"--data {self.path}: not a whole zip; make or download it again"
            ) from error

    @cached_property
    def _entries(self) -> dict[str, zipfile.ZipInfo]:
        entries = {}
        for info in self._zip.infolist():
            name = info.filename.replace("\\", "/")
            if name.endswith("/") or not all(map(_visible, PurePosixPath(name).parts)):
                continue
            if reason := _unsafe(name, info):
                self._unreadable_file(name, reason)
                continue
            entries[name] = info
        return entries

    def open(self, name: str) -> BinaryIO:
        try:
            return self._zip.open(self._entries[name])
        except DAMAGE as error:
            raise BrokenFile("a damaged entry of the zip; make or download it again") from error

    def read(self, name: str, limit: int = MAX_FILE) -> bytes:
        return _read(self.open(name), limit)


Source = Folder | Archive


def open_source(path: Path) -> Source:
    """Raises UsageError where there is nothing that could be data."""
    if not path.exists():
        raise UsageError(f"--data {path}: no such folder or file")
    try:
        if path.is_dir() or path.name.lower().endswith(STACKS):
            return Folder(path)
        if zipfile.is_zipfile(path):
            return Archive(path)
        with open(path, "rb") as file:
            known = kind_of(file.read(START))
    except OSError as error:
        raise UsageError(f"--data {path}: cannot be read ({error.strerror})") from error
    if known or promised(path.name) or len(_with_partner(path)) > 1:
        return Folder(path)
    if path.name.lower().endswith(".slices"):
        raise UsageError(
            f"--data {path}: packed without the names of files and people, which this needs; give "
            "the data it was packed from"
        )
    if path.name.lower().endswith(".zip"):
        raise UsageError(f"--data {path}: not a whole zip; make or download it again")
    raise UsageError(
        f"--data {path}: neither a folder, a zip, a picture, a stack (.npy, .npz) nor a volume "
        "(.nii, .nii.gz, .mgz, .hdr with .img)"
    )


def promised(name: str) -> str | None:
    """The kind of scan that a name promises: where its content is something else, it is broken."""
    lower = name.lower()
    return next((kind for kind, suffixes in _PROMISES.items() if lower.endswith(suffixes)), None)


def stem_of(name: str, suffix: str) -> str | None:
    """What comes before `suffix`, or `suffix` and .gz; None where a name does not end so."""
    plain = name[:-3] if name.lower().endswith(".gz") else name
    return plain[: -len(suffix)] if plain.lower().endswith(suffix) else None


def _with_partner(path: Path) -> list[Path]:
    """A file, and the other half of its pair where it has one."""
    for mine, other in ((".hdr", ".img"), (".img", ".hdr")):
        if stem := stem_of(path.name, mine):
            beside = sorted(path.parent.iterdir())
            return [path, *(p for p in beside if stem_of(p.name, other) == stem)][:2]
    return [path]


def _stamp(facts: os.stat_result) -> int:
    """When it was changed, and who may read it: what could not be read may be readable now."""
    return facts.st_mtime_ns << 16 | facts.st_mode


def _visible(name: str) -> bool:
    """Not one of the shadow files that operating systems leave (`._x.png`, `__MACOSX/`)."""
    return name == ".." or not name.startswith((".", "__MACOSX"))


def _unsafe(name: str, info: zipfile.ZipInfo) -> str:
    """Why an entry is not to be read; nothing is written under its name, but it means harm."""
    path = PurePosixPath(name)
    if not path.parts:
        return "an entry without a name; make or download the zip again"
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "its name points outside the zip"
    if info.flag_bits & 1:
        return "encrypted; unpack the zip with its password and give the folder"
    return too_large(info) or ""


def too_large(info: zipfile.ZipInfo) -> str | None:
    """What a decompression bomb looks like before it is opened. zipfile reads no more of an entry
    than it declares."""
    ratio = info.file_size / max(info.compress_size, 1)
    if info.file_size > _LARGE and ratio > _MAX_RATIO:
        return f"{info.compress_size} bytes that claim to be {info.file_size}: a zip bomb"
    return None


def _read(stream: BinaryIO, limit: int) -> bytes:
    """All of a stream, but no more than `limit`."""
    content = io.BytesIO()
    try:
        with stream:
            while piece := stream.read(1 << 20):
                content.write(piece)
                if content.tell() > limit:
                    raise BrokenFile(f"more than {limit >> 20} MiB")
    except zlib.error as error:
        raise BrokenFile("a damaged entry of the zip; make or download it again") from error
    except DAMAGE as error:
        raise BrokenFile("cannot be read (it is damaged); copy it again") from error
    return content.getvalue()
