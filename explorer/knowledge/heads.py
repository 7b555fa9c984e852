"""Where the head is in a slice, and how bright."""

import numpy as np
from scipy import ndimage


def head_of(picture: np.ndarray) -> np.ndarray:
    """Where there is head and not air: bool [H, W], the largest piece of what is bright enough.

    picture: uint8 [H, W], or [H, W, 3]. All of it where nothing stands out.
    """
    grey = picture if picture.ndim == 2 else picture.max(axis=2)
    above = grey[grey > grey.min()]
    bright = grey > (0.1 * np.percentile(above, 99) if above.size else 255)
    pieces, count = ndimage.label(ndimage.binary_opening(bright))
    if not count:
        return np.ones(grey.shape, bool)
    sizes = np.bincount(pieces.reshape(-1))[1:]
    return ndimage.binary_fill_holes(pieces == 1 + sizes.argmax())


def heads_of(pictures: np.ndarray) -> np.ndarray:
    """The same of several: bool [N, H, W]."""
    return np.stack([head_of(picture) for picture in pictures])


def brightness_of(picture: np.ndarray, head: np.ndarray) -> float:
    """Grey level of the head's brighter tissue: the 90th percentile over a mask."""
    return float(np.percentile(picture[head], 90))
