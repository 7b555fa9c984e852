"""What is computed once for a checkpoint, kept beside it under the checkpoint's digest.

Where the folder cannot be written the user's cache folder serves. One safetensors file for each
kind, with a table of JSON in its metadata. A file that is missing, damaged, of another version or
made with other readers is made anew.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from gan.checkpoint import write_atomic

T = TypeVar("T")


def digest_of(files: Iterable[Path], *words: object) -> str:
    """One short digest of files, whichever of them can be read, and of some words."""
    found = hashlib.sha256(repr(words).encode())
    for path in files:
        with suppress(OSError), open(path, "rb") as file:
            found.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:12]


def users_cache() -> Path | None:
    """The user's folder for what can be made again; None for a user without a home."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return None if base.startswith("~") else Path(base) / "stylegan2-brain-explorer"


@dataclass(frozen=True)
class Kept:
    """The content of a cache file: arrays by name, and a JSON value."""

    arrays: dict[str, np.ndarray]
    table: object


@dataclass(frozen=True)
class Shelf:
    """The cache files of one checkpoint. mark: what their names have besides the digest, of files
    about a part of the network; passing: kinds that are read, but not kept; rests_on: digest of
    what else the content comes from, such as readers beside the checkpoint: a file that was made
    with others is made anew."""

    checkpoint: Path
    digest: str
    mark: str = ""
    passing: frozenset[str] = frozenset()
    rests_on: str = ""

    def resting_on(self, *words: str) -> "Shelf":
        """The same for what comes from something else too."""
        return replace(self, rests_on=digest_of((), *words))

    def places(self, kind: str) -> list[Path]:
        """Where the file of this kind may lie, best place first."""
        name = f"{self.checkpoint.stem}.{self.digest[:12]}{self.mark}.{kind}.safetensors"
        folders = [self.checkpoint.parent, users_cache()]
        return [folder / name for folder in folders if folder]

    def read(self, kind: str, version: int) -> Kept | None:
        """What `write` kept, or None."""
        for place in self.places(kind):
            try:
                with safe_open(place, framework="numpy") as file:
                    metadata = file.metadata() or {}
                    if metadata.get("version") != str(version):
                        continue
                    if metadata.get("rests_on", "") != self.rests_on:
                        continue
                    arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                    return Kept(arrays, json.loads(metadata["table"]))
            except (OSError, SafetensorError, ValueError, KeyError):
                continue
        return None

    def write(self, kind: str, version: int, kept: Kept) -> None:
        """Keep it in the first place that can be written; nowhere is no error."""
        if kind in self.passing:
            return
        metadata = {"version": str(version), "table": json.dumps(kept.table)}
        metadata |= {"rests_on": self.rests_on} if self.rests_on else {}
        content = save({k: np.ascontiguousarray(v) for k, v in kept.arrays.items()}, metadata)
        for place in self.places(kind):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(place, content)
                return
            except OSError:
                continue

    def get(
        self,
        kind: str,
        version: int,
        make: Callable[[], T],
        pack: Callable[[T], Kept],
        unpack: Callable[[Kept], T | None],
    ) -> T:
        """Read it, or make and keep it. `unpack` gives None for what does not fit."""
        kept = self.read(kind, version)
        if kept is not None:
            try:
                found = unpack(kept)
            except (KeyError, ValueError, TypeError, AttributeError):
                found = None
            if found is not None:
                return found
        made = make()
        self.write(kind, version, pack(made))
        return made
