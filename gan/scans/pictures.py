"""Picture files of every kind that Pillow reads, as slices."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin

from gan.scans.limits import BrokenFile, check_size

# Told by the content, whatever the file is called.
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "PPM", "JPEG2000")
_PAGED = ("TIFF", "GIF", "WEBP", "PNG")  # the others hold one picture, or a small copy of it
_MOST_PAGES = 2048
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # tags of TIFF
_WHITE_IS_ZERO, _SIGNED = 0, 2
# Of numbers with more than 8 bits Pillow knows nearly only those where black is zero, and no large
# ones of a big-endian TIFF. What is stored is the same; it is turned round below.
_KNOWN = TiffImagePlugin.OPEN_INFO
_KNOWN.setdefault((b"MM", 1, (1,), 1, (32,), ()), ("I", "I;32BS"))
for _order, _, *_rest in [key for key in _KNOWN if key[1] == 1 and key[4] in ((16,), (32,))]:
    _KNOWN.setdefault((_order, 0, *_rest), _KNOWN[(_order, 1, *_rest)])
_GREY = 10  # levels between the colours of a pixel that nobody sees: of lossy files, of screenshots


class Pictures:
    """The pages of a file, decoded one after the other."""

    def __init__(self, content: bytes, most: int | None = None):
        """most: pixels of all pages together, where there is a limit. Raises BrokenFile."""
        self._content = content
        if not content:
            raise BrokenFile("not a readable picture (it is empty); copy it again")
        with _in_words():
            self._picture = Image.open(io.BytesIO(content), formats=FORMATS)
            check_size(*self._picture.size)
            self.count = self._pages()
            check_size(*self._picture.size, self.count, most)

    def _pages(self) -> int:
        """Raises BrokenFile where they are too many, without a look at the others."""
        if self._picture.format not in _PAGED:
            return 1
        for count in range(1, _MOST_PAGES + 1):
            try:
                self._picture.seek(count)
            except EOFError:
                self._picture.seek(0)
                return count
        raise BrokenFile(f"more than {_MOST_PAGES} pages are too many; split the file")

    def __iter__(self) -> Iterator[np.ndarray]:
        """[H, W] of uint8, uint16 or float32, or uint8 [H, W, 3] where there is colour.

        Turned as EXIF says. Colour that is grey in truth comes out grey, what is transparent
        black, and what a TIFF keeps as WhiteIsZero the right way round (float32 with the sign
        changed, as nobody knows where its black lies). Raises BrokenFile, if need be in the middle.
        """
        with _in_words():
            for index in range(self.count):
                self._picture.seek(index)
                check_size(*self._picture.size)
                self._refuse_deep_colour()
                yield self._pixels()

    def _refuse_deep_colour(self) -> None:
        """Pillow would silently drop the lower bits."""
        picture, bits = self._picture, 8
        if picture.format == "PNG" and len(self._content) > 24:
            bits = self._content[24]
        elif picture.format == "TIFF":
            bits = max(picture.tag_v2.get(_BITS, (1,)))
        elif picture.format == "PPM" and picture.mode == "RGB":
            bits = _anymap_bits(self._content)
        elif picture.format == "JPEG2000":
            bits = _jpeg2000_bits(self._content)
        if bits > 8 and len(picture.getbands()) > 1:
            raise BrokenFile("16 bits with colour or transparency; save it as 16-bit grey")

    def _pixels(self) -> np.ndarray:
        picture = self._picture
        tags = picture.tag_v2 if isinstance(picture, TiffImagePlugin.TiffImageFile) else {}
        inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
        bits = max(tags.get(_BITS, (1,)))
        form = (tags.get(_SAMPLE_FORMAT) or (1,))[0]
        picture.load()
        page = ImageOps.exif_transpose(picture)
        if page.mode.startswith("I;16"):
            pixels = np.asarray(page).astype(np.uint16)
            return (1 << bits) - 1 - pixels if inverted else pixels
        if page.mode == "F":
            pixels = np.asarray(page)
            return -pixels if inverted else pixels
        if page.mode == "I":
            pixels = np.asarray(page)
            if tags and form != _SIGNED:
                pixels = pixels.view(np.uint32)
            if inverted:
                pixels = ~pixels  # in two's complement the largest value less each
            if pixels.min() >= 0 and pixels.max() <= 0xFFFF:
                return pixels.astype(np.uint16)
            return pixels.astype(np.float32)
        if page.mode == "L" and tags and form == _SIGNED:
            return np.asarray(page).view(np.int8).astype(np.float32)
        if page.mode in ("1", "L") and not page.has_transparency_data:
            return np.asarray(page.convert("L"))
        if page.has_transparency_data:
            page = page.convert("RGBA")
            black = Image.new("RGBA", page.size, (0, 0, 0, 255))
            page = Image.alpha_composite(black, page)
        pixels = np.asarray(page.convert("RGB"))
        return grey_if_grey(pixels)


def grey_if_grey(pixels: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] -> [H, W], each pixel's middle value, if none has a colour that one sees."""
    low, middle, high = np.moveaxis(np.sort(pixels, axis=2), 2, 0)
    return pixels if int((high - low).max()) > _GREY else np.ascontiguousarray(middle)


@contextmanager
def _in_words():
    """What Pillow raises, in words of our own: it raises many kinds on damaged files."""
    try:
        yield
    except BrokenFile:
        raise
    except Exception as error:
        if isinstance(error, Image.UnidentifiedImageError):
            words = "neither PNG, JPG, TIFF, BMP, GIF nor WebP inside; save it again as PNG"
        elif isinstance(error, Image.DecompressionBombError):
            words = "so many pixels that it must be a decompression bomb"
        elif "trunc" in str(error):
            words = "cut short; copy it again"
        else:
            words = "damaged, or a rare kind; save it again as PNG"
        raise BrokenFile(f"not a readable picture ({words})") from error


def _anymap_bits(content: bytes) -> int:
    """Of a PPM, from the fourth word of its header: the largest value."""
    words = [line.partition(b"#")[0].split() for line in content[:512].splitlines()]
    numbers = [word for line in words for word in line]
    return 16 if len(numbers) > 3 and numbers[3].isdigit() and int(numbers[3]) > 255 else 8


def _jpeg2000_bits(content: bytes) -> int:
    """From the marker SIZ of a JPEG 2000 codestream (ISO 15444-1, A.5.1): bits of a component."""
    at = content.find(b"\xff\x4f\xff\x51")
    return (content[at + 42] & 0x7F) + 1 if 0 <= at < len(content) - 42 else 8
