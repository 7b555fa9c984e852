"""Decoded pictures on disk, mapped into memory: a second start is instant, RAM stays flat.

Two files: `NAME.npy`, uint8 [N, C, R, R], and `NAME.json`, the index, written last. NAME is made
of the data's place and options, and of a fingerprint of its files. Both appear whole or not at
all, so any number of processes may write the same cache.
"""

import io
import json
import os
import secrets
import time
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

FORMAT_VERSION = 6  # of the array and of how people, splits and items are told
CHUNK = 256  # pictures held by the decoder before they are written
_HEADER = 128
_BLOCKS, _BLOCK = 128, 1 << 20  # bytes compared when a cache is opened
_STALE = 24 * 3600  # seconds after which an unfinished file was left by a killed process


class DiskWriter:
    """Pictures to a temporary file; `finish` makes them a cache."""

    def __init__(self, folder: Path, name: str, shape: tuple[int, int, int]):
        """Raises OSError if the folder cannot be written."""
        self._folder, self._name, self._shape = folder, name, shape
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # pictures of people lie here
        _remove_leftovers(folder)
        self._path = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
        self._file = open(self._path, "w+b")  # noqa: SIM115
        self._file.write(bytes(_HEADER))
        self._pending: list[np.ndarray] = []
        self._written = 0

    def __len__(self) -> int:
        return self._written + len(self._pending)

    def append(self, picture: np.ndarray) -> None:
        self._pending.append(picture)
        if len(self._pending) == CHUNK:
            self._flush()

    def rollback(self, count: int) -> None:
        """Forget all but the first `count` pictures."""
        kept = max(count - self._written, 0)
        del self._pending[kept:]
        if count < self._written:
            self._written = count
            self._file.seek(_HEADER + count * int(np.prod(self._shape)))
            self._file.truncate()

    def _flush(self) -> None:
        if self._pending:
            self._file.write(np.ascontiguousarray(np.stack(self._pending)))
            self._written += len(self._pending)
            self._pending.clear()

    def finish(self, index: dict) -> np.ndarray:
        """Publish array and index; returns the mapped array."""
        self._flush()
        shape = (self._written, *self._shape)
        self._file.seek(0)
        self._file.write(_npy_header(shape))
        index = index | {
            "format_version": FORMAT_VERSION,
            "shape": shape,
            "checks": _checks(self._file, _HEADER + int(np.prod(shape))),
        }
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        target = self._folder / f"{self._name}.npy"
        place = self._name.partition("-")[0]
        for old in self._folder.glob(f"{place}-*"):  # of the same data before it changed
            if old.stem != self._name:
                _unlink(old)
        os.replace(self._path, target)
        temporary = self._path.with_suffix(".json.tmp")
        temporary.write_text(json.dumps(index))
        os.replace(temporary, target.with_suffix(".json"))
        return np.load(target, mmap_mode="c")

    def discard(self) -> None:
        self._file.close()
        _unlink(self._path)


class MemoryWriter:
    """The same where nothing may or can be written."""

    def __init__(self, shape: tuple[int, int, int]):
        self._shape = shape
        self._pictures: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._pictures)

    def append(self, picture: np.ndarray) -> None:
        self._pictures.append(np.array(picture))

    def rollback(self, count: int) -> None:
        del self._pictures[count:]

    def finish(self, index: dict) -> np.ndarray:
        array = np.empty((len(self._pictures), *self._shape), np.uint8)
        self._pictures.reverse()
        for i in range(len(array)):  # never all of them twice
            array[i] = self._pictures.pop()
        return array

    def discard(self) -> None:
        self._pictures.clear()


def read(folder: Path, name: str) -> tuple[np.ndarray, dict] | None:
    """The array (mapped; writing to it changes no file) and its index; None if there is none, or
    it is damaged or of another version."""
    path = folder / f"{name}.npy"
    try:
        index = json.loads(path.with_suffix(".json").read_text())
        if index["format_version"] != FORMAT_VERSION:
            return None
        shape = tuple(index["shape"])
        size = _HEADER + int(np.prod(shape))
        if path.stat().st_size != size:
            return None
        with open(path, "rb") as file:
            if _checks(file, size) != index["checks"]:
                return None
        array = np.load(path, mmap_mode="c")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (array, index) if array.shape == shape and array.dtype == np.uint8 else None


def _npy_header(shape: tuple[int, ...]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    header = buffer.getvalue()
    assert len(header) == _HEADER
    return header


def _checks(file, size: int) -> list[int]:
    """Checksums of blocks spread over a file; of a file up to 128 MiB they cover all."""
    places = np.unique(np.linspace(0, max(size - _BLOCK, 0), _BLOCKS).astype(int))
    if size <= _BLOCKS * _BLOCK:
        places = np.arange(0, size, _BLOCK)
    checks = []
    for place in places.tolist():
        file.seek(place)
        checks.append(zlib.crc32(file.read(_BLOCK)))
    return checks


def _remove_leftovers(folder: Path) -> None:
    for path in folder.glob(".*.tmp"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE:
                _unlink(path)


def _unlink(path: Path) -> None:
    with suppress(OSError):  # another process was faster, or Windows still maps it
        path.unlink(missing_ok=True)
