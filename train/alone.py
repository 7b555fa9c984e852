"""One training at a time in a folder: two would write over each other's state."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from train.usage import UsageError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder, making it if need be; however this process ends, it is free again.

    Made for nothing, as where the data cannot be read, it goes again. Where the system or the file
    system knows no locks, nobody is kept out. Raises UsageError if another process holds the
    folder, or if there can be no such folder.
    """
    try:
        made = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder}: {error.strerror}; give another folder") from error
    try:
        with _lock(folder) if fcntl else nullcontext():
            yield
    finally:
        if made:
            with suppress(OSError):  # not empty
                folder.rmdir()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"--out {folder}: another training is at work there; wait for it, stop it, "
                "or give another folder"
            ) from error
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(held)
