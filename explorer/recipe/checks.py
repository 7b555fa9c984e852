"""Checks of values that strangers send: what the fields of a recipe may hold."""

import base64
import binascii
import math

import numpy as np

MAX_VECTOR = 50_000  # letters: 18 layers of 1024 numbers


class RecipeError(ValueError):
    """A recipe that makes no picture; the message names the field and the range."""


def pack_vector(values: np.ndarray) -> str:
    """Numbers in base64 of half precision, little end first; any shape, flattened."""
    return base64.b64encode(np.ascontiguousarray(values, "<f2").tobytes()).decode("ascii")


def unpack_vector(text: object, what: str) -> np.ndarray:
    """What `pack_vector` wrote: float32 [n]. Raises RecipeError on anything else."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_VECTOR:
        raise RecipeError(f"{what}: expected base64 of at most {MAX_VECTOR} letters")
    try:
        values = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise RecipeError(f"{what}: not base64 of half-precision numbers") from error
    if not np.isfinite(values).all():
        raise RecipeError(f"{what}: holds NaN or infinity")
    return values


def as_table(values, what: str) -> dict:
    if not isinstance(values, dict):
        raise RecipeError(f"{what}: expected a table of fields, got {short(values)}")
    return values


def as_tuple(values, what: str, most: int | None = None) -> tuple:
    """Raises RecipeError on anything but a list, and on one of more than `most` entries."""
    if not isinstance(values, list | tuple):
        raise RecipeError(f"{what}: expected a list, got {short(values)}")
    if most is not None and len(values) > most:
        raise RecipeError(f"{what}: expected at most {most}, got {len(values)}")
    return tuple(values)


def name_of(text: object, otherwise: str) -> str:
    """The first 60 letters of a name that a user gave; `otherwise` where there is none."""
    return text[:60] if isinstance(text, str) and text else otherwise


def is_name(x) -> bool:
    """A short text that can be shown, and written in UTF-8."""
    return isinstance(x, str) and 0 < len(x) <= 100 and x.isprintable()


def is_whole(x) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def is_number(x) -> bool:
    try:
        return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
    except OverflowError:  # JSON's whole numbers have no end
        return False


def check_whole(value, name: str, low: int, high: int) -> None:
    x = getattr(value, name)
    if isinstance(x, float) and x.is_integer():  # JavaScript has no other numbers
        x = int(x)
    if not is_whole(x) or not low <= x <= high:
        raise RecipeError(f"{name}: expected a whole number from {low} to {high}, got {short(x)}")
    object.__setattr__(value, name, x)


def check_number(value, name: str, low: float, high: float) -> None:
    x = getattr(value, name)
    if not is_number(x) or not low <= x <= high:
        raise RecipeError(f"{name}: expected a number from {low:g} to {high:g}, got {short(x)}")
    object.__setattr__(value, name, float(x))


def check_choice(value, name: str, choices: tuple[str, ...]) -> None:
    x = getattr(value, name)
    if x not in choices:
        raise RecipeError(f"{name}: expected {', '.join(choices)}; got {short(x)}")


def short(x) -> str:
    """The beginning of what a value looks like, for a message."""
    try:
        text = repr(x)
    except RecursionError:
        text = "something deeply nested"
    return text if len(text) <= 40 else text[:37] + "..."
