"""Models that a user opens in the page.

A file comes in pieces, into a folder that lasts as long as the program, and is opened like one that
was named at the start: nothing in it is run.
"""

import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from explorer.picture.foreign import FOREIGN, OWN
from explorer.picture.model import Model
from explorer.picture.opening import opened
from explorer.recipe.checks import RecipeError, is_whole, short
from explorer.work.scratch import make_scratch, scratch_path
from gan.card import CardError
from gan.checkpoint import CheckpointError
from gan.convert.conversion import printable

MOST_CHUNK = 4 << 20  # bytes
MOST_BYTES = 2 << 30
KINDS = (OWN, *FOREIGN)


class ModelRoom:
    """Takes one file at a time. Every method raises RecipeError in one sentence.

    device: where the models make their pictures, see picture.opening.
    """

    def __init__(self, device: str):
        self._device = device
        self._folder: Path | None = None
        self._key, self._path, self._size = "", Path(), 0
        self._lock = threading.Lock()

    def open(self, name: object, size: object) -> str:
        """Expect a file, instead of one that did not come whole; returns the key for `send`."""
        if not isinstance(name, str) or not name.lower().endswith(KINDS):
            raise RecipeError(f"model: {short(name)} is none of {', '.join(KINDS)}")
        if not is_whole(size) or not 0 < size <= MOST_BYTES:
            raise RecipeError(f"model: expected 1 byte to {MOST_BYTES >> 30} GB, got {short(size)}")
        with self._lock, _in_words():
            if self._folder is None:
                folder = scratch_path()
                make_scratch(folder)
                self._folder = folder
            if shutil.disk_usage(self._folder).free < 2 * size:
                raise RecipeError("model: the folder for temporary files has no room; set TMPDIR")
            if self._key:
                self._path.unlink(missing_ok=True)
            self._key, self._size = secrets.token_urlsafe(16), size
            self._path = self._folder / self._key / _plain(name)
            self._path.parent.mkdir(mode=0o700)
            self._path.touch()
        return self._key

    def send(self, key: object, chunk: bytes) -> Model | None:
        """The next bytes; the model once they are all there."""
        with self._lock, _in_words():
            if not self._key or key != self._key:
                raise RecipeError("model: another file is on its way; open this one again")
            come = self._path.stat().st_size + len(chunk)
            if come > self._size:
                raise RecipeError("model: more bytes than were announced; open it again")
            with open(self._path, "ab") as file:
                file.write(chunk)
            if come < self._size:
                return None
            path, self._key = self._path, ""
        try:
            return opened(path, self._device)
        except BaseException as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            if not isinstance(error, CheckpointError | CardError):
                raise
            told = str(error).replace(str(path), path.name)
            raise RecipeError(f"model: the file {told}") from error


@contextmanager
def _in_words() -> Iterator[None]:
    """A disk that refuses, as a sentence."""
    try:
        yield
    except OSError as error:
        raise RecipeError(f"model: {error.strerror or error}") from error


def _plain(name: str) -> str:
    """A file's own name, whatever path it claims to have."""
    return printable(PurePath(name.replace("\\", "/")).name)[-100:]
