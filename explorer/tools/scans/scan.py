"""A scan in memory: 8-bit slices, whatever the file was."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.knowledge.heads import brightness_of, head_of

MOST_BYTES = 100 << 20  # of all files of a scan
MOST_VALUES = 100_000_000  # pixels or voxels of a scan
_LEAST = 0.02  # of a slice is head, or it lies above


@dataclass(frozen=True)
class Scan:
    """The slices of a file, or of a DICOM series.

    slices: uint8 [N, H, W] or [N, H, W, 3]; of a volume axial and from the neck up, the front of
    the head up and the subject's right on the left. pixel: height and width of a pixel, in mm where
    they are known. middle: the slice to begin with. notes: what the user should know, sentences.
    """

    slices: np.ndarray
    pixel: tuple[float, float] = (1.0, 1.0)
    middle: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def head(self) -> tuple[np.ndarray, float]:
        """Where there is head, bool [H, W], and its brightness: of all slices of a volume together.

        From a little below the middle up: lower down are neck and face, which slices for training
        seldom show.
        """
        middle = self.slices[self.middle]
        bright = brightness_of(middle, head_of(middle))
        first = max(0, self.middle - len(self.slices) // 10)
        some = self.slices[first :: max(1, (len(self.slices) - first) // 16)]
        heads = [head_of(picture) for picture in some if (picture > 0.25 * bright).mean() > _LEAST]
        return np.any(heads or [head_of(middle)], axis=0), bright
