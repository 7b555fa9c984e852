"""Snapshots that stay: how a training went can be seen later, picture by picture."""

import math
import re
from pathlib import Path

import torch
from torch import Tensor

from gan.checkpoint import named_tensors, save_checkpoint
from train.state import TrainState

FOLDER = "snapshots"
_NAME = re.compile(r"kimg(\d+\.\d{3})\.safetensors")


class Keepsakes:
    """Averaged generator and discriminator in half precision, of N moments of a training.

    They lie closer together at the start, where more happens: the k-th, of 0 to N - 1, at
    (k / (N - 1))^2 of the images to show, or at the first checkpoint after that.
    """

    def __init__(self, run: Path, count: int, total: int):
        """count: N, 0 for none; total: images to show."""
        self.folder, self.count, self.total = run / FOLDER, count, total

    def keep(
        self, state: TrainState, provenance: dict, average: dict[str, Tensor], judge: bool = True
    ) -> None:
        """Write one if it is due. average: the averaged generator's tensors as a model file has
        them; judge: with the discriminator."""
        if not self.count:
            return
        kept = self._kept()
        if kept and self._place(state.seen) <= self._place(max(kept)):
            return
        self.folder.mkdir(exist_ok=True)
        tensors = average | (named_tensors(D=state.D) if judge else {})
        halves = {
            name: t.half() if t.is_floating_point() else t
            for name, t in tensors.items()
            if torch.isfinite(t.half()).all()
        }
        if len(halves) == len(tensors):  # else a number is too large for it
            save_checkpoint(self._path(state.seen), state.model, provenance, halves)

    def forget_after(self, seen: int) -> None:
        """Drop those of images that a crash undid."""
        for images in self._kept():
            if images > seen:
                self._path(images).unlink()

    def _place(self, seen: int) -> int:
        return math.isqrt((self.count - 1) ** 2 * min(seen, self.total) // self.total)

    def _path(self, seen: int) -> Path:
        return self.folder / f"kimg{seen / 1000:010.3f}.safetensors"

    def _kept(self) -> list[int]:
        """Images at which there are some. The explorer's own files may lie beside them."""
        names = [_NAME.fullmatch(path.name) for path in self.folder.glob("kimg*")]
        return [round(float(name[1]) * 1000) for name in names if name]
