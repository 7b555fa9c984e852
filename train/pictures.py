"""PNG and JPG files as 8-bit pictures of the wanted size."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from train.config import UsageError

SUFFIXES = (".png", ".jpg", ".jpeg")
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "F")
_MAX_PIXELS = 4096 * 4096  # a slice is never larger; a decompression bomb is


class BrokenFile(ValueError):
    """A file that cannot be read; the message names it."""


def decode(content: bytes, where: str, channels: int) -> Image.Image:
    """An 8-bit picture with the wanted number of channels."""
    try:
        picture = Image.open(io.BytesIO(content))
        if picture.width * picture.height > _MAX_PIXELS:
            raise BrokenFile(f"{where}: {picture.width}x{picture.height} is too large a picture")
        picture.load()
    except BrokenFile:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BrokenFile(f"{where}: not a readable picture ({error})") from error
    if picture.mode in _SIXTEEN_BIT:
        raise UsageError(
            f"{where}: 16 bits per pixel; save it with 8, scaling all pictures by the same window"
        )
    if channels == 3:
        return picture.convert("RGB")
    if picture.mode in ("1", "L", "LA"):
        return picture.convert("L")
    pixels = np.asarray(picture.convert("RGB"), np.int16)
    if np.ptp(pixels, axis=2).max() > 2:
        raise UsageError(
            f"{where}: a colour picture; train with --img-channels 3, or convert it to grey"
        )
    return Image.fromarray(pixels[:, :, 1].astype(np.uint8))


def fit_picture(picture: Image.Image, resolution: int, fit: str) -> Image.Image:
    """Square, at the wanted resolution."""
    target = (resolution, resolution)
    if fit == "pad":
        return ImageOps.pad(picture, target, Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(picture, target, Image.Resampling.LANCZOS)
    return picture.resize(target, Image.Resampling.LANCZOS)  # a copy if the size is right


def check_sizes(sizes: dict[str, tuple[int, int]], source: Path) -> None:
    """All pictures, by name, must be square and as large as most of them are."""
    remedy = "scale them alike, or give --fit pad or --fit crop"
    if not sizes:
        return
    usual = Counter(sizes.values()).most_common(1)[0][0]
    for name, size in sizes.items():
        shape = f"{source}: {name}: {size[0]}x{size[1]}"
        if size != usual:
            raise UsageError(f"{shape}, but most are {usual[0]}x{usual[1]}; {remedy}")
        if size[0] != size[1]:
            raise UsageError(f"{shape} is not square; {remedy}")
