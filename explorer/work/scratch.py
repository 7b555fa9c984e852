"""Folders for files that last no longer than the program."""

import atexit
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

_PREFIX = "stylegan2-brain-explorer"


def scratch_path() -> Path:
    """A folder that is still to be made, under a name that nobody can guess.

    Raises FileNotFoundError where no folder for temporary files can be written.
    """
    base = Path(tempfile.gettempdir()).resolve()
    return base / f"{_PREFIX}-{os.getpid()}-{secrets.token_hex(8)}"


def make_scratch(folder: Path) -> None:
    """Make a folder of `scratch_path`, for this user alone and until the program ends.

    Those that killed programs have left are removed.
    """
    _remove_leftovers(folder.parent)
    folder.mkdir(mode=0o700)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _remove_leftovers(base: Path) -> None:
    """Folders of programs that were killed."""
    if os.name != "posix":
        return
    for folder in base.glob(f"{_PREFIX}-*-*"):
        found = re.fullmatch(rf"{_PREFIX}-(\d+)-[0-9a-f]{{16}}", folder.name)
        try:
            if found and folder.stat().st_uid == os.getuid():
                os.kill(int(found[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
