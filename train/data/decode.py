"""From the items of a plan to 8-bit pictures of the network's size, one after the other."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from gan.scans import BrokenFile
from gan.scans.levels import Sample, Window
from train.data.files import Source
from train.data.items import Scan, View, Volume, frames_of
from train.data.options import DataConfig
from train.data.pictures import Sizes, fit_picture
from train.data.plan import Entry, Plan


class Decoder:
    """Decodes entries; remembers sizes, and the grey scale of each person with deep pictures."""

    def __init__(self, source: Source, plan: Plan, view: View, config: DataConfig):
        self.source, self.plan, self.view, self.config = source, plan, view, config
        self.sizes = Sizes()
        self.deep = False  # whether anything had more than 8 bits
        self._windows: dict[str, Window] = {}
        self._groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in plan.entries:
            self._groups[self._group(entry)].append(entry)

    def _group(self, entry: Entry) -> str:
        """Whose pictures share a grey scale: one person's, or everybody's if that is not known."""
        return entry.subject if self.plan.known else ""

    def frames(self, entry: Entry, digest=None) -> Iterator[np.ndarray]:
        """The slices of an entry as they are, in 8 bits: uint8 [H, W] or [H, W, 3].

        Raises BrokenFile, if need be in the middle.
        """
        digest = digest or hashlib.sha256()
        for frame in entry.item.frames(self.source, self.view, digest):
            if frame.dtype != np.uint8:
                frame = self._window(self._group(entry)).to_8_bit(frame)
                self.deep = True
            yield frame

    def slices(self, entry: Entry, digest) -> Iterator[np.ndarray]:
        """The slices of an entry for the network: uint8 [C, R, R]."""
        for frame in self.frames(entry, digest):
            if not isinstance(entry.item, Volume | Scan):  # volumes are cut to the size wanted
                self.sizes.add(frame, entry.item.name, str(self.source.path), self.config.fit)
            pixels = fit_picture(frame, self.view.resolution, self.config.fit)
            yield _with_channels(pixels, self.view.channels)

    def _window(self, group: str) -> Window:
        if group not in self._windows:
            sample = Sample()
            for entry in self._groups[group]:
                try:
                    for frame in frames_of(entry.item, self.source, self.view):
                        if frame.dtype != np.uint8:
                            sample.add(frame)
                except BrokenFile:
                    continue  # told when its turn comes
            window = self._windows[group] = sample.window()
            for note in sample.notes(window):
                self.source.remark(group or self._groups[group][0].item.name, note)
        return self._windows[group]


def _with_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """[R, R] or [R, R, 3] -> [C, R, R]."""
    if pixels.ndim == 3:
        return pixels.transpose(2, 0, 1)
    return np.broadcast_to(pixels, (channels, *pixels.shape))
