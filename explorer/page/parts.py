"""The page's templates and scripts, as files beside this one."""

from pathlib import Path

_FOLDER = Path(__file__).parent


def part(name: str) -> str:
    """A template."""
    return (_FOLDER / name).read_text(encoding="utf-8")


def script(*names: str) -> str:
    """One script of several files, after what all scripts share."""
    return "".join(part(name) for name in ("shared.js", *names))
