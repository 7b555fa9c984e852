"""Tensors as torch writes them into pickles, brought back without torch's own loader.

A tensor is a view of a storage: where it begins, its size and its strides. The storage's numbers
lie beside the pickle: in an older file of torch behind it, in a newer one (a zip) in a file of
their own. NVIDIA's pickles hold one whole older file for each storage; numpy's arrays hold their
numbers themselves. Nothing is copied before its shape is known and wanted.
"""

import io
import math
import mmap
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from gan.convert.pickled import Budget, Built, Damaged, Inert, Name, Names, Refused, read

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_MOST = 2**31  # numbers or bytes of one storage
_MOST_AXES = 8
_MOST_DIRECTORY = 2**21  # bytes: some 20,000 entries; no network has 2,000
_TYPES = {
    "torch.FloatStorage": torch.float32, "torch.DoubleStorage": torch.float64,
    "torch.HalfStorage": torch.float16, "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64, "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16, "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8, "torch.BoolStorage": torch.bool,
    "torch.ComplexFloatStorage": torch.complex64, "torch.ComplexDoubleStorage": torch.complex128,
    "torch.storage.UntypedStorage": torch.uint8, "torch.UntypedStorage": torch.uint8,
}  # fmt: skip
_NUMPY = {
    "f2": torch.float16, "f4": torch.float32, "f8": torch.float64, "i1": torch.int8,
    "i2": torch.int16, "i4": torch.int32, "i8": torch.int64, "u1": torch.uint8, "b1": torch.bool,
}  # fmt: skip
_RAW = {1: "u1", 2: "<i2", 4: "<i4", 8: "<i8", 16: "<c16"}  # by bytes a number


@dataclass(eq=False)
class Storage:
    """A row of numbers, there once its file has been read to the end."""

    dtype: torch.dtype
    numel: int
    content: bytes | memoryview = b""
    crc: int | None = None  # of the content, to be compared before it is used

    def fill(self, content: bytes | memoryview, crc: int | None = None) -> None:
        """Raises Damaged where numbers are missing."""
        if len(content) != self.numel * self.dtype.itemsize:
            raise Damaged("it is cut short: numbers are missing")
        self.content, self.crc = content, crc

    def row(self) -> np.ndarray:
        """Its numbers' bytes, as so many numbers of no kind. Raises Damaged."""
        if self.crc is not None and zlib.crc32(self.content) != self.crc:
            raise Damaged("it is damaged: numbers have changed")
        self.crc = None
        return np.frombuffer(self.content, _RAW[self.dtype.itemsize])


@dataclass(frozen=True, eq=False)
class Stored:
    """A view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self) -> Tensor:
        """A copy of its own, in the storage's precision."""
        if not self.numel:
            return torch.empty(self.shape, dtype=self.dtype)
        row = self.storage.row()[self.offset :]
        steps = [step * row.itemsize for step in self.stride]
        view = np.lib.stride_tricks.as_strided(row, self.shape, steps, writeable=False)
        return torch.from_numpy(view.copy(order="C")).view(self.dtype)

    @property
    def dtype(self) -> torch.dtype:
        return self.storage.dtype

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @property
    def place(self) -> tuple:
        """The same for two views of the same numbers in the same order."""
        return id(self.storage), self.offset, self.shape, self.stride

    def without_axes(self, start: int, end: int | None = None) -> "Stored":
        """Its axes from `start` to `end`; the others must have length one. Raises Refused."""
        kept = slice(start, end)
        if math.prod(self.shape[kept]) != self.numel:
            raise Refused(f"a tensor is {list(self.shape)}, with more axes than its kind has")
        return Stored(self.storage, self.offset, self.shape[kept], self.stride[kept])

    def check(self) -> "Stored":
        """Raises Refused unless it stays within its storage."""
        steps = zip(self.shape, self.stride, strict=True)
        last = self.offset + sum((n - 1) * step for n, step in steps)
        if self.numel > self.storage.numel or (self.numel and last >= self.storage.numel):
            raise Refused("a tensor reaches beyond its storage")
        return self


@dataclass
class Allowance(Budget):
    """What one file may take in memory: views cost a file nothing.

    size: of the file in bytes, unfolded where it was packed; packed: before.
    """

    size: int = 0
    packed: int = 0
    stored: int = 0  # bytes taken so far, as they lie in the file
    widened: int = 0  # the same in float32

    def take(self, tensors: list[Stored]) -> None:
        """Raises Refused if these would be more than the file holds."""
        self.stored += sum(one.numel * one.dtype.itemsize for one in tensors)
        self.widened += sum(4 * one.numel for one in tensors)
        slack = 2**20  # small tensors may well be shared
        if self.stored > self.size + slack or self.widened > 3 * self.packed + slack:
            raise Refused("its tensors are larger than itself: they share the same numbers")


def read_zip(raw: "bytes | mmap.mmap", names: Names, budget: Budget) -> object:
    """What a file of torch.save holds, tensors as Stored. Raises Refused."""
    stream = _Directory(raw)
    try:
        archive = zipfile.ZipFile(stream)
        inside = [n for n in archive.namelist() if n.endswith("/data.pkl")]
        if len(inside) != 1:
            raise Refused("it is a zip, but not one of torch")
        folder = inside[0].removesuffix("data.pkl")
        if f"{folder}byteorder" in archive.NameToInfo:
            order, _ = _plain(raw, archive.getinfo(f"{folder}byteorder"))
            if bytes(order[:8]) != b"little":
                raise Refused("its numbers are big-endian")
        storages = _Storages()
        pickled, crc = _plain(raw, archive.getinfo(inside[0]))
        if zlib.crc32(pickled) != crc:
            raise Damaged("the zip is damaged")
        content = read(bytes(pickled), {**TENSORS, **names}, storages, budget)
        # Entries of a zip may lie within each other, and each would be read.
        if storages.bytes > len(raw):
            raise Damaged("it is cut short: numbers are missing")
        for key, storage in storages.found.items():
            storage.fill(*_plain(raw, archive.getinfo(f"{folder}data/{key}")))
        return content
    except Refused:
        raise
    except (zipfile.BadZipFile, LookupError, ValueError, EOFError, OSError, RuntimeError) as error:
        raise Damaged("the zip is damaged") from error


def read_legacy(raw: "bytes | memoryview | mmap.mmap", names: Names, budget: Budget) -> object:
    """What an older file of torch.save holds, tensors as Stored. Raises Refused.

    Five pickles (magic number, protocol, about the machine, the object, keys of its storages),
    then for each key its length and numbers.
    """
    stream = raw if isinstance(raw, mmap.mmap) else io.BytesIO(raw)
    if read(stream, {}, None, budget) != _MAGIC or read(stream, {}, None, budget) != _PROTOCOL:
        raise Refused("it is no file of torch")
    about = read(stream, {}, None, budget)
    if not isinstance(about, dict) or about.get("little_endian") is not True:
        raise Refused("its numbers are big-endian")
    storages = _Storages()
    content = read(stream, {**TENSORS, **names}, storages, budget)
    keys = read(stream, {}, None, budget)
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Refused("it does not list its storages")
    if set(keys) != storages.found.keys():
        raise Refused("its storages are not those that it lists")
    rest, place = memoryview(raw), stream.tell()
    for key in dict.fromkeys(keys):
        storage = storages.found[key]
        if int.from_bytes(rest[place : place + 8], "little") != storage.numel:
            raise Damaged("a storage has another length than its tensor says")
        end = place + 8 + storage.numel * storage.dtype.itemsize
        storage.fill(rest[place + 8 : end])
        place = end
    return content


def from_bytes(content, budget: Budget | None = None) -> Storage:
    """For `torch.storage._load_from_bytes`: a file of torch that holds one storage."""
    if not isinstance(content, bytes | bytearray):
        raise Refused("where a storage should be is something else")
    found = read_legacy(content, {}, budget or Budget())
    if not isinstance(found, Storage):
        raise Refused("where a storage should be is something else")
    return found


def view(storage, offset, size, stride, *_) -> Stored:
    """For `torch._utils._rebuild_tensor_v2`: a view that stays within its storage."""
    axes = all(isinstance(n, tuple | list) and len(n) <= _MOST_AXES for n in (size, stride))
    numbers = [offset, *size, *stride] if axes else [None]
    whole = all(type(n) is int and 0 <= n <= _MOST for n in numbers)
    if not isinstance(storage, Storage) or not whole:
        raise Refused("a tensor is not made of a storage and whole numbers")
    return Stored(storage, offset, tuple(size), tuple(stride)).check()


class _Dtype(Built):
    """numpy's kind of number: code ("f8"), and byte order."""

    def __init__(self, code="", *_):
        self.code, self.order = code, "<"

    def build(self, state) -> None:
        if isinstance(state, tuple) and len(state) > 1:
            self.order = state[1]

    @property
    def dtype(self) -> torch.dtype | None:
        """None for kinds that no network has, and for big-endian numbers."""
        known = isinstance(self.code, str) and self.order in ("<", "|", "=")
        return _NUMPY.get(self.code) if known else None


class Array(Built):
    """numpy's array: `stored` once it has its state, if its numbers are of a known kind."""

    stored: Stored | None = None

    def build(self, state) -> None:
        _, shape, kind, fortran, content = state
        if not isinstance(kind, _Dtype) or kind.dtype is None or not isinstance(content, bytes):
            return
        if not isinstance(shape, tuple) or len(shape) > _MOST_AXES:
            raise Refused("an array is of no shape")
        storage = Storage(kind.dtype, len(content) // kind.dtype.itemsize)
        storage.fill(content)
        stride = [math.prod(shape[:i] if fortran else shape[i + 1 :]) for i in range(len(shape))]
        self.stored = view(storage, 0, shape, stride)


def _frombuffer(content, kind, shape, order="C", *_) -> Array:
    array = Array()
    content = bytes(content) if isinstance(content, bytes | bytearray) else None
    array.build((1, shape, kind, order == "F", content))
    return array


def _scalar(kind, content=b"") -> int | float | bool | Inert:
    """A number of numpy's, such as gains that were computed with it."""
    if not isinstance(kind, _Dtype) or kind.dtype is None or not isinstance(content, bytes):
        return Inert("numpy.generic")
    if len(content) != kind.dtype.itemsize:
        raise Damaged("a number is cut short")
    return np.frombuffer(content, "?" if kind.code == "b1" else f"<{kind.code}")[0].item()


def _either(*names: str) -> tuple[str, ...]:
    """numpy renamed its inner modules with version 2."""
    return tuple(f"{inner}.{name}" for inner in ("numpy.core", "numpy._core") for name in names)


TENSORS: Names = {
    "torch._utils._rebuild_tensor_v2": view,
    "torch._utils._rebuild_parameter": lambda data, *_: data,
    "torch._utils._rebuild_parameter_with_state": lambda data, *_: data,
    **dict.fromkeys(_TYPES),
    "numpy.dtype": _Dtype,
    **dict.fromkeys(_either("multiarray._reconstruct"), lambda *_: Array()),
    **dict.fromkeys(_either("numeric._frombuffer"), _frombuffer),
    **dict.fromkeys(_either("multiarray.scalar"), _scalar),
}


def nested(budget: Budget) -> Names:
    """TENSORS of plain pickles, which hold whole files of torch; one budget for all of them."""
    return {**TENSORS, "torch.storage._load_from_bytes": partial(from_bytes, budget=budget)}


class _Storages:
    """The storages that a pickle refers to, each once."""

    def __init__(self):
        self.found: dict[str, Storage] = {}
        self.bytes = 0  # of all together

    def __call__(self, reference) -> Storage | Name:
        """('storage', type, key, where it was, how many numbers[, of which other it is a view]);
        or ('module', class, file, source) for a class whose source lies beside it."""
        if not isinstance(reference, tuple) or not 4 <= len(reference) <= 6:
            raise Refused("it refers to what is no storage")
        kind, type_, key, _, *rest = reference
        if kind == "module" and isinstance(type_, Name):
            return type_
        if kind != "storage" or not isinstance(type_, Name) or type_.dotted not in _TYPES:
            raise Refused("a storage is of an unknown kind")
        numel = rest[0] if rest else None
        if any(rest[1:]) or type(numel) is not int or not 0 <= numel <= _MOST:
            raise Refused("a storage has no length, or one that no network needs")
        if not isinstance(key, str):
            raise Refused("a storage has no name")
        if key not in self.found:
            self.found[key] = Storage(_TYPES[type_.dotted], numel)
            self.bytes += numel * _TYPES[type_.dotted].itemsize
        return self.found[key]


class _Directory(io.RawIOBase):
    """A file as zipfile reads it for its directory, a part at a time and no more than needed."""

    def __init__(self, raw: "bytes | mmap.mmap"):
        self.raw, self.place = memoryview(raw), 0

    def read(self, size: int = -1) -> bytes:
        end = len(self.raw) if size is None or size < 0 else self.place + size
        if end - self.place > _MOST_DIRECTORY:
            raise Refused("it is a zip with more entries than any model has")
        part = bytes(self.raw[self.place : end])
        self.place += len(part)
        return part

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + (0, self.place, len(self.raw))[whence]
        if place < 0:
            raise OSError("before the file's beginning")
        self.place = place
        return place

    def tell(self) -> int:
        return self.place

    def seekable(self) -> bool:
        return True


def _plain(raw: "bytes | mmap.mmap", entry: zipfile.ZipInfo) -> tuple[memoryview, int]:
    """A file of the archive where it lies, and its checksum.

    A compressed one could unfold to any size, and torch has none.
    """
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise Refused("it holds compressed files, which torch does not write")
    content, start = memoryview(raw), entry.header_offset
    name, extra = (int.from_bytes(content[start + i : start + i + 2], "little") for i in (26, 28))
    begin = start + 30 + name + extra
    if bytes(content[start : start + 4]) != b"PK\3\4" or begin + entry.file_size > len(content):
        raise Damaged("the zip is damaged")
    return content[begin : begin + entry.file_size], entry.CRC
