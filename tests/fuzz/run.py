"""Give the program damaged files and see what it does."""

import random
import re
import time
import traceback
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.kinds import Kind
from tests.fuzz.mutate import damaged

MOST_SECONDS, MOST_BYTES = 10.0, 2 << 30
PYTHONS = re.compile(r"\b[A-Z]\w*(?:Error|Exception)\b|Traceback|\b0x[0-9a-f]{8,}")


@dataclass(frozen=True)
class Fault:
    """What went wrong with the file of a number, see `file_of`."""

    number: int
    kind: str
    name: str
    what: str


def file_of(kinds: dict[str, Kind], number: int, seed: int) -> tuple[str, str, bytes]:
    """The damaged file of a number: kind, name and content; the same each time."""
    kind = list(kinds)[number % len(kinds)]
    chance = random.Random(zlib.crc32(f"{seed} {number}".encode()))
    whole = kinds[kind].whole
    name, other = (chance.choice(sorted(whole)) for _ in range(2))
    return kind, name, damaged(whole[name], whole[other], chance)


def try_file(kind: Kind, path: Path) -> str:
    """Read a file as the program does; what is wrong with how it took it, or ""."""
    start, before = time.perf_counter(), _settle_peak()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kind.read(path)
    except kind.refusals as error:
        told = str(error)
        if not told or "\n" in told or PYTHONS.search(told):
            return f"not said in a sentence: {told[:300]!r}"
    except Exception:
        return traceback.format_exc(limit=-4)
    if (seconds := time.perf_counter() - start) > MOST_SECONDS:
        return f"it took {seconds:.1f} s"
    if (more := _peak() - before) > MOST_BYTES:
        return f"it took {more >> 20} MB"
    return ""


def faults(
    kinds: dict[str, Kind], numbers: range, seed: int, folder: Path
) -> Iterator[Fault | None]:
    """For each number its fault, or None. folder: the file lies there while it is read."""
    for number in numbers:
        kind, name, content = file_of(kinds, number, seed)
        place = folder / f"{number}"
        place.mkdir()
        path = place / name
        path.write_bytes(content)
        what = try_file(kinds[kind], path)
        for left in sorted(place.rglob("*"), reverse=True):
            left.rmdir() if left.is_dir() else left.unlink()
        place.rmdir()
        yield Fault(number, kind, name, what) if what else None


def _settle_peak() -> int:
    """Begin to count the most memory anew (Linux); bytes that are held now."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return 0
    return _peak()


def _peak() -> int:
    """The most memory that this process held since then, in bytes; 0 where it is not told."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10
