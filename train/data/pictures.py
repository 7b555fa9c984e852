"""PNG, JPG and TIFF files as arrays, and arrays as pictures of the wanted size."""

import io
from collections import Counter

import numpy as np
from PIL import Image, ImageOps

from train.data.files import BrokenFile
from train.usage import UsageError

FORMATS = ("PNG", "JPEG", "TIFF")  # told by the content, whatever the file is called
MAX_BYTES = 512 << 20
_MAX_PIXELS = 4096 * 4096  # a slice is never larger; a decompression bomb is
_MAX_FRAMES = 4096
_BITS_PER_SAMPLE = 258  # a tag of TIFF
_SMALLEST, _NARROWEST = 8, 8  # pixels of a side; times that one side may be the other


def decode(content: bytes, channels: int) -> list[np.ndarray]:
    """The pictures of a file: [H, W] of uint8, uint16 or float32, or uint8 [H, W, 3].

    Colour that is grey in truth comes out grey where grey is wanted. What is transparent is black.
    Raises BrokenFile.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
        if count > _MAX_FRAMES:
            raise BrokenFile(f"{count} pages are too many for a file of slices")
        check_size(*picture.size)
        frames = []
        for index in range(count):
            if count > 1:
                picture.seek(index)
            check_size(*picture.size)
            _refuse_deep_colour(picture, content)
            frames.append(_pixels(picture, channels))
        return frames
    except BrokenFile:
        raise
    except Exception as error:  # Pillow raises many kinds on damaged files
        words = str(error) or type(error).__name__ if content else "it is empty"
        if "cannot identify" in words:  # Pillow names an object in memory
            words = "neither PNG, JPG nor TIFF inside, or a kind of it that Pillow does not know"
        raise BrokenFile(f"not a readable picture ({words})") from error


def check_size(width: int, height: int) -> None:
    """Raises BrokenFile for what cannot be a slice of a head."""
    if width * height > _MAX_PIXELS:
        raise BrokenFile(f"{width}x{height} is too large a picture")
    if min(width, height) < _SMALLEST:
        raise BrokenFile(f"{width}x{height} is too small to be a slice")
    if max(width, height) > _NARROWEST * min(width, height):
        raise BrokenFile(f"{width}x{height} is too narrow to be a slice")


def _refuse_deep_colour(picture: Image.Image, content: bytes) -> None:
    """Pillow would silently drop the lower bits. Of a TIFF, the page it is at."""
    bits = 8
    if picture.format == "PNG" and len(content) > 24:
        bits = content[24]
    elif picture.format == "TIFF":
        bits = max(picture.tag_v2.get(_BITS_PER_SAMPLE, (1,)))
    if bits > 8 and len(picture.getbands()) > 1:
        raise BrokenFile("16 bits with colour or transparency; save it as 16-bit grey")


def _pixels(picture: Image.Image, channels: int) -> np.ndarray:
    picture.load()
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(np.uint16)
    if picture.mode in ("I", "F"):
        pixels = np.asarray(picture)
        if picture.mode == "I" and pixels.min() >= 0 and pixels.max() <= 0xFFFF:
            return pixels.astype(np.uint16)
        return pixels.astype(np.float32)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        black = Image.new("RGBA", picture.size, (0, 0, 0, 255))
        picture = Image.alpha_composite(black, picture)
    elif picture.mode in ("1", "L"):
        return np.asarray(picture.convert("L"))
    pixels = np.asarray(picture.convert("RGB"))
    return pixels if channels == 3 else grey_of(pixels)


def grey_of(pixels: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] -> [H, W], if no pixel has any colour but JPEG's rounding."""
    if int((pixels.max(axis=2) - pixels.min(axis=2)).max()) > 2:
        raise BrokenFile("a colour picture; train with --img-channels 3, or convert it to grey")
    return np.ascontiguousarray(pixels[:, :, 1])


def fit_picture(pixels: np.ndarray, resolution: int, fit: str) -> np.ndarray:
    """uint8 [H, W] or [H, W, 3] -> square, at the wanted resolution."""
    if pixels.shape[:2] == (resolution, resolution):
        return pixels
    picture, target = Image.fromarray(pixels), (resolution, resolution)
    if fit == "pad":
        picture = ImageOps.pad(picture, target, Image.Resampling.LANCZOS)
    elif fit == "crop":
        picture = ImageOps.fit(picture, target, Image.Resampling.LANCZOS)
    else:
        picture = picture.resize(target, Image.Resampling.LANCZOS)
    return np.asarray(picture)


class Sizes:
    """The sizes met, and whose; all pictures must be square and as large as most of them are."""

    _EARLY = 64  # nobody should wait for a million pictures to be told that none is square

    def __init__(self):
        self.counts: Counter[tuple[int, int]] = Counter()
        self.first: dict[tuple[int, int], str] = {}

    def add(self, pixels: np.ndarray, name: str, where: str, fit: str) -> None:
        size = (pixels.shape[1], pixels.shape[0])
        self.counts[size] += 1
        self.first.setdefault(size, name)
        if fit == "refuse" and self.counts.total() == self._EARLY:
            self.check(where)

    def check(self, where: str) -> None:
        """Raises UsageError, naming a picture that does not fit."""
        if not self.counts:
            return
        usual = self.counts.most_common(1)[0][0]
        for (width, height), name in self.first.items():
            shape = f"{where}: {name}: {width}x{height}"
            if (width, height) != usual:
                raise UsageError(
                    f"{shape}, but most are {usual[0]}x{usual[1]}; "
                    "scale them alike, or give --fit pad or --fit crop"
                )
            if width != height:
                bars = abs(width - height) / 2
                sides = ("above and below", "left and right") if width > height else (
                    "left and right", "above and below")  # fmt: skip
                raise UsageError(
                    f"{shape} is not square; --fit pad keeps everything ({bars:g} px of black "
                    f"{sides[0]}), --fit crop cuts {bars:g} px {sides[1]}"
                )
