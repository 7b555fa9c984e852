"""PNG, JPG and TIFF files as scans."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.scan import Scan, check_size, eight_bits

_FORMATS = ("PNG", "JPEG", "TIFF")  # told by the content, whatever the file is called
_MOST_PAGES = 2048


def is_picture(content: bytes) -> bool:
    return content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*"))


def read_picture(content: bytes, channels: int) -> Scan:
    """A picture, or the pages of a TIFF; colour that is grey in truth comes out grey.

    Raises RecipeError, for colour too where `channels` is 1.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        count = _count_pages(picture) if picture.format == "TIFF" else 1
        check_size(*picture.size, count)
        slices = eight_bits(lambda: _pages(picture, count, channels), count, keep=True)
    except RecipeError:
        raise
    except Image.DecompressionBombError as error:
        raise RecipeError("scan: too many pixels for a slice") from error
    except Exception as error:  # Pillow raises many kinds on damaged files
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "cannot identify" in words:  # Pillow names an object in memory
            words = "its header is damaged"
        raise RecipeError(f"scan: not a readable picture ({words[:120]})") from error
    notes = (f"{count} pages: choose one.",) if count > 1 else ()
    return Scan(slices, middle=count // 2, notes=notes)


def _count_pages(picture: Image.Image) -> int:
    """Raises RecipeError where they are too many, without a look at the others."""
    for count in range(1, _MOST_PAGES + 1):
        try:
            picture.seek(count)
        except EOFError:
            return count
    raise RecipeError(f"scan: more than {_MOST_PAGES} pages are too many")


def _pages(picture: Image.Image, count: int, channels: int) -> Iterator[np.ndarray]:
    for index in range(count):
        picture.seek(index)
        check_size(*picture.size, count)
        yield _pixels(picture, channels)


def _pixels(picture: Image.Image, channels: int) -> np.ndarray:
    """uint8 [H, W] or [H, W, 3], or deeper [H, W]."""
    picture.load()
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return np.asarray(picture)
    if picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L"))
    rgba = picture.convert("RGBA")  # what is transparent is black
    black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
    pixels = np.asarray(Image.alpha_composite(black, rgba).convert("RGB"))
    if channels == 3:
        return pixels
    if int((pixels.max(axis=2) - pixels.min(axis=2)).max()) > 2:  # more than JPEG's rounding
        raise RecipeError("scan: a colour picture, but this model makes grey ones; make it grey")
    return pixels[:, :, 1]
