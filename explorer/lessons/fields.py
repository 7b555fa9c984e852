"""The fields of a lesson file, and messages that say where in it something is wrong."""

import types
from dataclasses import MISSING, fields
from typing import Any, Union, get_args, get_origin, get_type_hints

from explorer.recipe.checks import RecipeError, is_number, is_whole, short

LONGEST = 2000  # letters of a text
MOST = 40  # entries of a list


class LessonError(RecipeError):
    """A lesson that cannot be used; the message names the field."""


def within(where: str, name: str | int) -> str:
    """ "steps[2].task" out of "steps[2]" and "task"."""
    if isinstance(name, int):
        return f"{where}[{name}]"
    return f"{where}.{name}" if where else name


def table_of(values: object, where: str) -> dict:
    if not isinstance(values, dict):
        raise LessonError(f"{where or 'lesson'}: expected a table of fields, got {short(values)}")
    return values


def list_of(values: object, where: str, least: int = 0) -> list:
    if not isinstance(values, list) or not least <= len(values) <= MOST:
        raise LessonError(f"{where}: expected a list of {least} to {MOST}, got {short(values)}")
    return values


def text_of(value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        raise LessonError(f"{where}: expected a text of 1 to {LONGEST} letters, got {short(value)}")
    return value


def build(kind: type, values: object, where: str):
    """A dataclass from a table of plain fields: numbers, texts, lists of texts.

    The types of the fields say what is expected; the class' own __post_init__ checks the rest.
    """
    values = table_of(values, where)
    known = {f.name: f for f in fields(kind) if f.init}
    hints = get_type_hints(kind)
    for name in values:
        if name not in known:
            raise LessonError(
                f"{within(where, str(name)[:40])}: unknown field; known are {', '.join(known)}"
            )
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise LessonError(f"{within(where, name)}: is missing")
    ready = {k: _as(hints[k], v, within(where, k)) for k, v in values.items()}
    try:
        return kind(**ready)
    except LessonError as error:
        raise LessonError(within(where, str(error))) from error


def _as(hint: Any, value: object, where: str):
    """The value as the type says, or a LessonError."""
    if get_origin(hint) in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        hint = next(h for h in get_args(hint) if h is not type(None))
    if hint is str:
        return text_of(value, where)
    if hint is bool:
        if not isinstance(value, bool):
            raise LessonError(f"{where}: expected true or false, got {short(value)}")
        return value
    if hint is int:
        if not is_whole(value):
            raise LessonError(f"{where}: expected a whole number, got {short(value)}")
        return value
    if hint is float:
        if not is_number(value):
            raise LessonError(f"{where}: expected a number, got {short(value)}")
        return float(value)
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        entries = list_of(value, where)
        return tuple(_as(inner, entry, within(where, i)) for i, entry in enumerate(entries))
    if isinstance(value, hint):
        return value
    return hint.read(value, where)  # a part with a reader of its own


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise LessonError(f"{name}: expected {low:g} to {high:g}, got {value:g}")


def check_word(name: str, value: str, words) -> None:
    if value not in words:
        raise LessonError(f"{name}: expected one of {', '.join(words)}; got {short(value)}")
