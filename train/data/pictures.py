"""Pictures of the wanted size, and what is said where theirs differ."""

from collections import Counter

import numpy as np
from PIL import Image, ImageOps

from gan.scans import BrokenFile
from gan.scans.pictures import grey_if_grey
from train.usage import UsageError

MAX_BYTES = 512 << 20


def grey_of(pixels: np.ndarray) -> np.ndarray:
    """[H, W] as it is, uint8 [H, W, 3] -> [H, W]; raises BrokenFile where it has colour."""
    pixels = pixels if pixels.ndim == 2 else grey_if_grey(pixels)
    if pixels.ndim == 3:
        raise BrokenFile("a colour picture; train with --img-channels 3, or convert it to grey")
    return pixels


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
