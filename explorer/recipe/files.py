"""Recipes in files: the PNGs that leave the program, and plain JSON."""

import struct
import zlib
from pathlib import Path

from explorer.recipe.checks import RecipeError
from explorer.recipe.reading import plain_json
from explorer.recipe.recipe import Recipe

MOST_BYTES = 1_000_000  # of a file's beginning: the recipe stands before the pixels
_PNG = b"\x89PNG\r\n\x1a\n"


def read_recipe(content: bytes) -> Recipe:
    """The recipe in a PNG of this program or in a JSON file; pixels are never decoded.

    A PNG's recipe is for the model it names. Raises RecipeError if there is none or it was forged.
    """
    if not content.startswith(_PNG):
        try:
            text = content[:MOST_BYTES].decode("utf-8-sig")  # editors of Windows begin with a mark
        except UnicodeDecodeError as error:
            raise RecipeError("file: neither a PNG of this program nor a recipe in JSON") from error
        if not text.lstrip().startswith("{"):
            raise RecipeError("file: neither a PNG of this program nor a recipe in JSON")
        return Recipe.from_json(text)
    texts = _texts(content[:MOST_BYTES])
    if "recipe" not in texts:
        raise RecipeError(
            "file: this PNG carries no recipe; only pictures saved by this program do, and "
            "programs that edit or resend pictures may strip it"
        )
    values = plain_json(texts["recipe"])
    if isinstance(values, dict) and texts.get("model"):
        values.setdefault("model", None)
        values["model"] = values["model"] or texts["model"][:12]
    return Recipe.from_dict(values)


def recipe_of(path: str | Path) -> Recipe:
    """The recipe in a file; raises RecipeError, with the file's name, if there is none."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror or error}") from error
    try:
        return read_recipe(content)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from error


def _texts(content: bytes) -> dict[str, str]:
    """The plain iTXt chunks of a PNG before its pixels (PNG specification, 11.3.4.5)."""
    found, at = {}, len(_PNG)
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + length]
        at += length + 12
        if kind == b"IDAT" or at > len(content):
            break
        if (
            kind == b"iTXt"
            and zlib.crc32(kind + data) == struct.unpack(">I", content[at - 4 : at])[0]
        ):
            keyword, _, rest = data.partition(b"\0")
            if rest[:1] == b"\0":  # not compressed
                text = rest[2:].split(b"\0", 2)[-1]
                found[keyword.decode("latin-1")] = text.decode("utf-8", "replace")
    return found
