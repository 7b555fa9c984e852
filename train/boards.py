"""TensorBoard, for those who have it installed; for all others nothing happens."""

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image


class Board:
    """Writes scalars and pictures into a folder that `tensorboard --logdir` shows.

    The step is the number of images shown. Without TensorBoard, or a folder, every method does
    nothing.
    """

    def __init__(self, folder: Path | None):
        self._writer = None
        if folder is None:
            return
        with suppress(ImportError):
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder))

    def write(self, kimg: float, stats: dict[str, float]) -> None:
        """One value for each name, e.g. the losses or the figures of a judgement."""
        if self._writer is not None:
            for name, value in stats.items():
                self._writer.add_scalar(name, value, _step(kimg))
            self._writer.flush()

    def picture(self, kimg: float, picture: bytes | np.ndarray, name: str = "samples") -> None:
        """A PNG file's bytes, or uint8 [H, W] or [H, W, 3]."""
        if self._writer is None:
            return
        if isinstance(picture, bytes):
            picture = np.asarray(Image.open(io.BytesIO(picture)))
        layout = "HW" if picture.ndim == 2 else "HWC"
        self._writer.add_image(name, picture, _step(kimg), dataformats=layout)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()


def _step(kimg: float) -> int:
    return round(kimg * 1000)
