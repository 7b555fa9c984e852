"""What each file of a data set is, by its content; what is not read is counted and named."""

import re
from collections import Counter
from pathlib import PurePosixPath

from tqdm import tqdm

from gan.scans import BrokenFile
from gan.scans.kinds import DICOM, PAIR, START, kind_of
from train.data.files import DAMAGE, DICOMS, Source, promised, stem_of

_SHOWN = 5  # kinds
_NUMBER = re.compile(r"\.\d+")


def kinds_of(source: Source, names: list[str]) -> dict[str, str | None]:
    """The kind of every file, one of gan.scans.kinds; None for what is none of them."""
    kinds = {}
    for name in tqdm(names, "files", unit="file", delay=1, leave=False):
        if PurePosixPath(name).name.upper() == "DICOMDIR":
            kinds[name] = None
            continue
        try:
            with source.open(name) as file:
                kinds[name] = kind_of(file.read(START)) or promised(name)
        except (BrokenFile, *DAMAGE):  # told when it is read, if it should be
            kinds[name] = promised(name) or (DICOM if name.lower().endswith(DICOMS) else None)
    return kinds


def pairs_of(names: list[str], kinds: dict[str, str | None]) -> dict[str, str]:
    """The .img of each .hdr, "" where it is missing."""
    voxels = {stem_of(name, ".img"): name for name in names if stem_of(name, ".img")}
    headers = [name for name in names if kinds[name] == PAIR]
    return {name: voxels.get(stem_of(name, ".hdr") or "", "") for name in headers}


def suffix_of(name: str) -> str:
    """How a kind of file is called: its suffix in small letters, or "no suffix"."""
    base = PurePosixPath(name)
    suffix = base.suffix.lower()
    if suffix == ".gz" and len(base.suffixes) > 1:
        suffix = "".join(base.suffixes[-2:]).lower()
    return "no suffix" if not suffix or _NUMBER.fullmatch(suffix) else suffix


def left_alone(names: list[str]) -> str:
    """A sentence for files that are not read; empty where there are none."""
    if not names:
        return ""
    kinds = Counter(map(suffix_of, names)).most_common()
    words = [f"{kind} {count}" for kind, count in kinds[:_SHOWN]] + ["..."] * (len(kinds) > _SHOWN)
    files = "file" if len(names) == 1 else "files"
    return f"left alone: {len(names)} {files} ({', '.join(words)})"
