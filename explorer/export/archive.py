"""A zip that grows entry by entry and survives being killed at any moment.

While it grows it is `NAME.part`, beside a journal with a line for each entry: what it is, its size
and its checksum. Whoever goes on later trusts only entries that are whole, cuts off what follows,
and ends with the same bytes as if nothing had happened. Then the part is given its name.
"""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from explorer.recipe.checks import RecipeError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

_DATE = (1980, 1, 1, 0, 0, 0)  # the same content is the same file


class Archive:
    """The unfinished zip at `path`; as a context it is closed, and stays for the next to go on.

    head: what the archive is about, JSON. Raises RecipeError if an unfinished one with another
    head lies there (`overwrite` removes it), or if somebody is writing it.
    """

    def __init__(self, path: Path, head: dict, overwrite: bool = False):
        self.path = path
        self.part = path.with_name(path.name + ".part")
        self.journal = path.with_name(path.name + ".journal")
        self._file = open(self.part, "ab+")  # noqa: SIM115
        self._lock()
        try:
            if overwrite:
                self._file.truncate(0)
                self.journal.unlink(missing_ok=True)
            self._infos, end = self._whole_entries(json.loads(json.dumps(head)))
        except BaseException:
            empty = self._file.seek(0, os.SEEK_END) == 0
            self._file.close()
            if empty:
                self.part.unlink()
            raise
        self._file.truncate(self.size)
        self._lines = open(self.journal, "ab")  # noqa: SIM115
        self._lines.truncate(end)
        if end == 0:
            self._note({"head": head})

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_) -> None:
        self._lines.close()
        self._file.close()

    @property
    def count(self) -> int:
        return len(self._infos)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._infos[-1].header_offset + _length(self._infos[-1]) if self._infos else 0

    def add(self, name: str, content: bytes, note: dict) -> None:
        """Append an entry, as it is; `note`, JSON, is remembered with it."""
        info = _info(name)
        info.header_offset = self.size
        info.file_size = info.compress_size = len(content)
        info.CRC = zlib.crc32(content)
        self._file.write(info.FileHeader() + content)
        self._file.flush()
        self._note({"name": name, "size": len(content), "crc": info.CRC, "note": note})
        self._infos.append(info)

    def notes(self) -> Iterator[dict]:
        """What was remembered with each entry so far, in order."""
        for line in islice(self._journal(), 1, None):  # the head is first
            yield json.loads(line)["note"]

    def finish(self, texts: dict[str, Iterable[str]]) -> None:
        """Append texts, given piece by piece and compressed, and give the file its name."""
        if not fcntl:  # Windows renames nothing that is open
            self._file.close()
        with open(self.part, "r+b") as file:
            file.seek(self.size)
            with zipfile.ZipFile(file, "w") as archive:
                archive.infolist().extend(self._infos)
                archive.NameToInfo.update({info.filename: info for info in self._infos})
                for name, pieces in texts.items():
                    with archive.open(_info(name, zipfile.ZIP_DEFLATED), "w") as entry:
                        for piece in pieces:
                            entry.write(piece.encode("utf-8"))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.part, self.path)
        self._lines.close()
        self.journal.unlink()
        self._file.close()  # last: with it goes the lock

    def discard(self) -> None:
        """Close and remove what is unfinished."""
        self.__exit__()
        self.part.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def _journal(self) -> Iterator[bytes]:
        if self.journal.exists():
            with open(self.journal, "rb") as lines:
                yield from lines

    def _note(self, line: dict) -> None:
        self._lines.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        self._lines.flush()

    def _lock(self) -> None:
        try:
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()  # the part stays, empty too: it is the other's
            raise RecipeError(
                f"{self.part}: another export is writing it; wait for that, or choose another name"
            ) from error

    def _whole_entries(self, head: dict) -> tuple[list[zipfile.ZipInfo], int]:
        """Entries that an earlier run left whole, and how much of the journal speaks of them."""
        infos, end = [], 0
        self._file.seek(0)
        for line in self._journal():
            try:
                values = json.loads(line) if line.endswith(b"\n") else {}
                whole = values["head"] == head if end == 0 else self._is_whole(values, infos)
            except (ValueError, KeyError, TypeError, AttributeError, struct.error):
                break  # damaged: what it says cannot be an entry
            if not whole:
                break
            end += len(line)
        if end == 0 and self._file.seek(0, os.SEEK_END):
            raise RecipeError(
                f"{self.part}: unfinished, and of another request; finish it with its own command, "
                "choose another name, or give --overwrite to begin anew"
            )
        return infos, end

    def _is_whole(self, values: dict, infos: list[zipfile.ZipInfo]) -> bool:
        """Whether the next entry of the part is what its journal line says; if so it is listed."""
        info = _info(values["name"])
        info.header_offset = self._file.tell()
        info.file_size = info.compress_size = values["size"]
        info.CRC = values["crc"]
        head = info.FileHeader()
        if "note" not in values or info.file_size > self.part.stat().st_size:
            return False
        whole = self._file.read(len(head)) == head
        content = self._file.read(info.file_size)
        whole = whole and len(content) == info.file_size and zlib.crc32(content) == info.CRC
        if whole:
            infos.append(info)
        return whole


def read_entry(path: Path, name: str) -> bytes | None:
    """An entry of a finished zip; None if there is none or it is no zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def _info(name: str, compression: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = compression
    info.create_system = 3  # Unix, wherever this runs
    info.external_attr = 0o644 << 16
    return info


def _length(info: zipfile.ZipInfo) -> int:
    return len(info.FileHeader()) + info.file_size
