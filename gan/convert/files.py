"""Which kind of file it is, by its content: a pickle or a file of torch, perhaps within gzip."""

import mmap
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gan.convert.nvidia import NAMES
from gan.convert.pickled import Damaged, Refused, read
from gan.convert.storages import Allowance, nested, read_legacy, read_zip

_MAGIC = b"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # torch's, as its pickle writes it


@dataclass(frozen=True)
class Opened:
    """kind: in words; content: plain values, Module, Stored, Inert; what may still be taken."""

    kind: str
    content: object
    allowance: Allowance


def open_file(path: Path) -> Opened:
    """Read a file as data, without its tensors' numbers. Raises Refused or OSError."""
    with open(path, "rb") as file:
        packed = path.stat().st_size
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not zipped:
            return _open(file, packed, "")
        with tempfile.TemporaryFile() as unfolded:
            _unfold(file, packed, unfolded)
            return _open(unfolded, packed, ", packed with gzip")


def _open(file: BinaryIO, packed: int, how: str) -> Opened:
    size = file.seek(0, 2)
    if not size:
        raise Refused("it is empty: neither a pickle nor a file of torch")
    # Never closed by hand: tensors still to be copied lie in it.
    raw = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    allowance = Allowance(size=size, packed=packed)
    if raw[:2] == b"PK":
        return Opened(f"file of torch{how}", read_zip(raw, NAMES, allowance), allowance)
    if _MAGIC in raw[:32]:
        content = read_legacy(raw, NAMES, allowance)
        return Opened(f"older file of torch{how}", content, allowance)
    try:
        content = read(raw, {**nested(allowance), **NAMES}, None, allowance)
    except Damaged as error:
        if raw[:1] == b"\x80":
            raise
        raise Refused("it is neither a pickle nor a file of torch, or it is damaged") from error
    return Opened(f"pickle{how}", content, allowance)


def _unfold(file: BinaryIO, packed: int, unfolded: BinaryIO) -> None:
    """What one gzip stream holds, which is little more than itself: numbers hardly get smaller."""
    stream, left = zlib.decompressobj(31), 3 * packed + 2**20
    try:
        while not stream.eof and (part := file.read(2**16)):
            while part and not stream.eof:
                some = stream.decompress(part, 2**20)
                left -= len(some)
                if left < 0:
                    raise Refused("it unfolds to far more than any model's gzip file")
                unfolded.write(some)
                part = stream.unconsumed_tail
    except zlib.error as error:
        raise Damaged("the gzip file is damaged") from error
    if not stream.eof:
        raise Damaged("the gzip file is cut short")
    unfolded.flush()
