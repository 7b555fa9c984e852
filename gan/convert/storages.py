"""Tensors as torch writes them into pickles, brought back without torch's own loader.

A tensor is a view of a storage: where it begins, its size and its strides. The storage's numbers
lie beside the pickle: in an older file of torch behind it, in a newer one (a zip) in a file of
their own. NVIDIA's pickles hold one whole older file for each storage.
"""

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from gan.convert.pickled import Name, Names, Refused, read

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_MOST = 2**28  # numbers; the largest published networks have 30 million each
_MOST_AXES = 8
_TYPES = {
    "torch.FloatStorage": torch.float32, "torch.DoubleStorage": torch.float64,
    "torch.HalfStorage": torch.float16, "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64, "torch.IntStorage": torch.int32,
    "torch.ByteStorage": torch.uint8, "torch.BoolStorage": torch.bool,
}  # fmt: skip


@dataclass(eq=False)
class Storage:
    """A row of numbers, there once its file has been read to the end."""

    dtype: torch.dtype
    numel: int
    content: bytes = b""

    def fill(self, content: bytes) -> None:
        if len(content) != self.numel * self.dtype.itemsize:
            raise Refused("it is cut short: numbers are missing")
        self.content = content


@dataclass(frozen=True, eq=False)
class Stored:
    """A view of a storage."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self) -> Tensor:
        """A copy of its own, in the storage's precision."""
        if not self.numel:
            return torch.empty(self.size, dtype=self.storage.dtype)
        each = self.storage.dtype.itemsize
        content = bytearray(self.storage.content[self.offset * each : (self._last + 1) * each])
        row = torch.frombuffer(content, dtype=self.storage.dtype)
        return row.as_strided(self.size, self.stride).clone(memory_format=torch.contiguous_format)

    @property
    def numel(self) -> int:
        return math.prod(self.size)

    @property
    def _last(self) -> int:
        """Where in the storage its last number lies."""
        steps = zip(self.size, self.stride, strict=True)
        return self.offset + sum((n - 1) * step for n, step in steps)

    def check(self) -> "Stored":
        """Raises Refused unless it stays within its storage."""
        if self.numel > self.storage.numel or (self.numel and self._last >= self.storage.numel):
            raise Refused("a tensor reaches beyond its storage")
        return self


def load(stored: dict[str, Stored]) -> dict[str, Tensor]:
    """The tensors, unless there are more numbers than any network has: views cost a file nothing.

    Raises Refused.
    """
    if sum(one.numel for one in stored.values()) > _MOST:
        raise Refused("its tensors are larger than any such network's")
    return {name: one.tensor() for name, one in stored.items()}


def read_zip(path: Path, names: Names) -> object:
    """What a file of torch.save holds, tensors as Stored. Raises Refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [n for n in archive.namelist() if n.endswith("/data.pkl")]
            if len(inside) != 1:
                raise Refused("it is a zip, but not one of torch")
            folder = inside[0].removesuffix("data.pkl")
            order = f"{folder}byteorder"
            if order in archive.namelist() and _plain(archive, order) != b"little":
                raise Refused("its numbers are big-endian")

            storages = _Storages()
            content = read(_plain(archive, inside[0]), {**TENSORS, **names}, storages)
            # Entries of a zip may lie within each other, and each would be read.
            size = sum(one.numel * one.dtype.itemsize for one in storages.found.values())
            if size > path.stat().st_size:
                raise Refused("it is cut short: numbers are missing")
            for key, storage in storages.found.items():
                storage.fill(_plain(archive, f"{folder}data/{key}"))
            return content
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, RuntimeError) as error:
        raise Refused(f"the zip is damaged ({error})") from error


def read_legacy(stream: BinaryIO, names: Names) -> object:
    """What an older file of torch.save holds, tensors as Stored. Raises Refused.

    Five pickles (magic number, protocol, about the machine, the object, keys of its storages),
    then for each key its length and numbers.
    """
    if read(stream, {}) != _MAGIC or read(stream, {}) != _PROTOCOL:
        raise Refused("it is no file of torch")
    about = read(stream, {})
    if not isinstance(about, dict) or about.get("little_endian") is not True:
        raise Refused("its numbers are big-endian")
    storages = _Storages()
    content = read(stream, {**TENSORS, **names}, storages)
    keys = read(stream, {})
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Refused("it does not list its storages")
    if set(keys) != storages.found.keys():
        raise Refused("its storages are not those that it lists")
    for key in keys:
        storage = storages.found[key]
        if int.from_bytes(stream.read(8), "little") != storage.numel:
            raise Refused("a storage has another length than its tensor says")
        storage.fill(stream.read(storage.numel * storage.dtype.itemsize))
    return content


def from_bytes(content: bytes) -> Storage:
    """For `torch.storage._load_from_bytes`: a file of torch that holds one storage."""
    found = read_legacy(io.BytesIO(content), {})
    if not isinstance(found, Storage):
        raise Refused("where a storage should be is something else")
    return found


def view(storage, offset, size, stride, *_) -> Stored:
    """For `torch._utils._rebuild_tensor_v2`: a view that stays within its storage."""
    numbers = [offset, *size, *stride]
    whole = all(type(n) is int and 0 <= n <= _MOST for n in numbers)
    if not isinstance(storage, Storage) or not whole or len(size) > _MOST_AXES:
        raise Refused("a tensor is not made of a storage and whole numbers")
    return Stored(storage, offset, tuple(size), tuple(stride)).check()


TENSORS: Names = {
    "torch._utils._rebuild_tensor_v2": view,
    "torch._utils._rebuild_parameter": lambda data, *_: data,
    **dict.fromkeys(_TYPES),
}


class _Storages:
    """The storages that a pickle refers to, each once."""

    def __init__(self):
        self.found: dict[str, Storage] = {}

    def __call__(self, reference) -> Storage:
        """('storage', type, key, where it was, how many numbers[, of which other it is a view])."""
        kind, type_, key, _, numel, *of = reference
        if kind != "storage" or not isinstance(type_, Name) or type_.dotted not in _TYPES:
            raise Refused("a storage is of an unknown kind")
        if any(of) or type(numel) is not int or not 0 <= numel <= _MOST:
            raise Refused("a storage has no length, or one that no network needs")
        if not isinstance(key, str):
            raise Refused("a storage has no name")
        return self.found.setdefault(key, Storage(_TYPES[type_.dotted], numel))


def _plain(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the archive; a compressed one could unfold to any size, and torch has none."""
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise Refused("it holds compressed files, which torch does not write")
    return archive.read(name)
