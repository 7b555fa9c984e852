"""Lessons in files: one JSON each."""

import json
from pathlib import Path

from explorer.lessons.draft import Draft
from explorer.lessons.fields import LessonError
from explorer.work.assets import assets

BUNDLED = assets() / "lessons"
MOST_BYTES = 200_000


def read_lesson(path: Path) -> Draft:
    """Raises LessonError that names the file and the field."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LessonError(f"{path}: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise LessonError(f"{path}: a lesson has at most {MOST_BYTES:,} bytes")
    try:
        values = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise LessonError(f"{path}: not JSON ({error})") from error
    try:
        return Draft.read(values)
    except LessonError as error:
        raise LessonError(f"{path}: {error}") from error


def read_lessons(folder: Path) -> dict[str, Draft]:
    """All lessons of a folder by their files' names, in their order.

    Raises LessonError where one is broken, and where there is none.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise LessonError(f"{folder}: no lessons (*.json) there")
    found = {file.stem: read_lesson(file) for file in files}
    return dict(sorted(found.items(), key=lambda item: (item[1].lesson.order, item[0])))


def bundled_lessons() -> dict[str, Draft]:
    """The lessons that come with the program."""
    return read_lessons(BUNDLED)
