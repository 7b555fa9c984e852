"""Synthesis that computes only what changed: everything below an edited layer is kept.

Layer k depends on rows 0..k of ws and on the noise maps up to its own, and on nothing else, so
those bytes are its key. An edit of fine layers or of their noise finds the coarse ones done, and
a kept result is the result: the picture is the same bit for bit.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from gan.fast import FastSynthesis


class IncrementalSynthesis:
    """A FastSynthesis that remembers. Shared by all users; safe to use from several threads."""

    def __init__(self, fast: FastSynthesis, megabytes: float = 128):
        """megabytes: of feature maps kept, those used last; 64 px need 1 a picture, 256 px 70."""
        self.fast = fast
        self.kept = Kept(int(megabytes * 2**20))

    @torch.inference_mode()
    def __call__(
        self,
        ws: Tensor,
        noise_mode: str = "const",
        noise: Sequence[Tensor | None] | None = None,
    ) -> Tensor:
        """Arguments, result and errors as of gan.generator.Synthesis."""
        noise = self.fast.noise_maps(ws, noise_mode, noise)
        return torch.cat([self._picture(w, maps) for w, maps in zip(ws, noise, strict=True)])

    def _picture(self, ws: Tensor, noise: list[Tensor | None]) -> Tensor:
        fast = self.fast
        x_keys, img_keys = _keys(ws, noise)
        last = len(img_keys) - 1
        done = self.kept.get(img_keys[last])
        if done is not None:
            return done
        styles = fast.styles(ws)

        def x(k: int) -> Tensor:
            kept = self.kept.get(x_keys[k])
            if kept is None:
                kept = fast.layer(k, x(k - 1) if k else None, styles, noise[k])
                self.kept.put(x_keys[k], kept)
            return kept

        def img(block: int) -> Tensor:
            kept = self.kept.get(img_keys[block])
            if kept is None:
                below = img(block - 1) if block else None
                kept = fast.to_rgb(block, x(2 * block), styles, below)
                self.kept.put(img_keys[block], kept)
            return kept

        return img(last)


class Kept:
    """Tensors by key within a number of bytes; the one used longest ago goes first."""

    def __init__(self, limit: int):
        self.limit, self.bytes = limit, 0
        self._tensors: OrderedDict[bytes, Tensor] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._tensors)

    def get(self, key: bytes) -> Tensor | None:
        with self._lock:
            if key in self._tensors:
                self._tensors.move_to_end(key)
            return self._tensors.get(key)

    def put(self, key: bytes, tensor: Tensor) -> None:
        """Keep a tensor, which nobody may change from now on."""
        with self._lock:
            if key in self._tensors or tensor.nbytes > self.limit:
                return
            self._tensors[key] = tensor
            self.bytes += tensor.nbytes
            while self.bytes > self.limit:
                self.bytes -= self._tensors.popitem(last=False)[1].nbytes


def _keys(ws: Tensor, noise: list[Tensor | None]) -> tuple[list[bytes], list[bytes]]:
    """A digest for each layer's feature maps, and for each block's picture."""
    x_keys, img_keys = [], []
    digest = hashlib.sha256()
    for k, (w, noise_map) in enumerate(zip(ws, noise, strict=False)):
        digest.update(w.contiguous().numpy())
        digest.update(b"none" if noise_map is None else noise_map.contiguous().numpy())
        x_keys.append(digest.digest())
        if k % 2 == 0:  # the block's toRGB reads the next row
            above = digest.copy()
            above.update(b"rgb")
            above.update(ws[k + 1].contiguous().numpy())
            img_keys.append(above.digest())
    return x_keys, img_keys
