"""Synthesis that computes only what changed: everything below an edited layer is kept.

Layer k depends on rows 0..k of ws, on the noise maps and style shifts up to its own, and on nothing
else, so those bytes are its key; a block's picture also on the shifts of the toRGBs up to its own.
An edit of fine layers or of their noise finds the coarse ones done, and a kept result is the
result: the picture is the same bit for bit.
"""

import hashlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from statistics import median

import torch
from torch import Tensor

from gan.config import ModelConfig
from gan.fast import FastSynthesis, Maps

Choice = Callable[[dict[int, float]], int]  # what each size still costs -> the size to make


class IncrementalSynthesis:
    """A FastSynthesis that remembers. Shared by all users; safe to use from several threads."""

    def __init__(self, fast: FastSynthesis, megabytes: float = 96):
        """megabytes: of feature maps kept, those used last; 64 px need 1 a picture, 256 px 70."""
        self.fast = fast
        self.kept = Kept(int(megabytes * 2**20))
        self.pace = Pace()
        self._costs = _costs(fast.config)

    @torch.inference_mode()
    def __call__(
        self,
        ws: Tensor,
        noise_mode: str = "const",
        noise: Sequence[Tensor | None] | None = None,
        shifts: Sequence[Tensor | None] | None = None,
        rgb_shifts: Sequence[Tensor | None] | None = None,
        choose: Choice | None = None,
    ) -> Tensor:
        """Arguments, result and errors as of gan.generator.Synthesis.

        choose: of one picture, how far to go: the blocks up to some size make a whole, smaller
        picture (Karras 2020, figure 7b).
        """
        calls = self.fast.calls(ws, noise_mode, noise, shifts, rgb_shifts)
        return torch.cat([self._timed(*call, choose) for call in calls])

    def _timed(self, *call) -> Tensor:
        made, start = [], time.perf_counter()
        found = self._picture(*call, made)
        self.pace.tell(sum(made), time.perf_counter() - start)
        return found

    def _picture(
        self, ws: Tensor, noise: list, shifts: list, rgb_shifts: list, choose: Choice | None,
        made: list[float],
    ) -> Tensor:  # fmt: skip
        """made: gets the multiplications of each layer that was not kept."""
        fast = self.fast
        maps_keys, img_keys = _keys(ws, noise, shifts, rgb_shifts)
        last = len(img_keys) - 1
        if choose:
            resolutions = fast.config.block_resolutions
            last = resolutions.index(choose(self._left(maps_keys)))
        done = self.kept.get(img_keys[last])
        if done is not None:
            return done

        def maps(k: int) -> Maps:
            kept = self.kept.get(maps_keys[k])
            if kept is None:
                below = maps(k - 1) if k else None
                kept = fast.layer(k, below, ws[k], noise[k], shifts[k])
                made.append(self._costs[k])
                self.kept.put(maps_keys[k], kept)
            return kept

        def img(block: int) -> Tensor:
            kept = self.kept.get(img_keys[block])
            if kept is None:
                below = img(block - 1) if block else None
                w, shift = ws[2 * block + 1], rgb_shifts[block]
                kept = fast.to_rgb(block, maps(2 * block), w, below, shift)
                self.kept.put(img_keys[block], kept)
            return kept

        return img(last)

    def _left(self, maps_keys: list[bytes]) -> dict[int, float]:
        """Multiplications that a picture of each size still needs."""
        left, found = 0.0, {}
        for k, (key, cost) in enumerate(zip(maps_keys, self._costs, strict=True)):
            left = 0.0 if key in self.kept else left + cost
            if k % 2 == 0:
                found[self.fast.config.block_resolutions[k // 2]] = left
        return found


def remembering(maker: Callable[..., Tensor], megabytes: float = 96) -> Callable[..., Tensor]:
    """A FastSynthesis that remembers; a card, which has no use for it, as it is."""
    return IncrementalSynthesis(maker, megabytes) if isinstance(maker, FastSynthesis) else maker


_FIRST = 3e10  # multiplications a second, until some were timed
_TELLING = 1e8  # multiplications: what has fewer spends its time on other things


class Pace:
    """Multiplications a second that networks were seen to make."""

    def __init__(self):
        self._rates = deque(maxlen=9)

    def tell(self, multiplications: float, seconds: float) -> None:
        if multiplications > _TELLING and seconds > 0:
            self._rates.append(multiplications / seconds)

    @property
    def rate(self) -> float:
        return median(self._rates) if self._rates else _FIRST


def costs_of_sizes(config: ModelConfig) -> dict[int, float]:
    """Multiplications of the picture of each size, where nothing is kept."""
    total, found = 0.0, {}
    for k, cost in enumerate(_costs(config)):
        total += cost
        if k % 2 == 0:
            found[config.block_resolutions[k // 2]] = total
    return found


def _costs(config: ModelConfig) -> list[float]:
    """Multiplications of each layer's convolution."""
    found = []
    for r in config.block_resolutions:
        widths = [config.channels(r)] if r == 4 else [config.channels(r // 2), config.channels(r)]
        found += [9.0 * r * r * width * config.channels(r) for width in widths]
    return found


class Kept:
    """Maps and pictures by key, within a number of bytes; what was used longest ago goes first."""

    def __init__(self, limit: int):
        self.limit, self.bytes = limit, 0
        self._results: OrderedDict[bytes, Maps | Tensor] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._results)

    def __contains__(self, key: bytes) -> bool:
        with self._lock:
            return key in self._results

    def get(self, key: bytes) -> Maps | Tensor | None:
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key)

    def put(self, key: bytes, result: Maps | Tensor) -> None:
        """Keep a result, which nobody may change from now on."""
        size = _bytes(result)
        with self._lock:
            if key in self._results or size > self.limit:
                return
            self._results[key] = result
            self.bytes += size
            while self.bytes > self.limit:
                self.bytes -= _bytes(self._results.popitem(last=False)[1])


def _bytes(result: Maps | Tensor) -> int:
    return result.x.nbytes if isinstance(result, Maps) else result.nbytes


def _keys(
    ws: Tensor, noise: list[Tensor | None], shifts: list[Tensor | None],
    rgb_shifts: list[Tensor | None],
) -> tuple[list[bytes], list[bytes]]:  # fmt: skip
    """A digest for each layer's feature maps, and for each block's picture."""
    maps_keys, img_keys = [], []
    digest, moved = hashlib.sha256(), hashlib.sha256()  # moved: what the toRGBs so far add
    for k, (w, noise_map, shift) in enumerate(zip(ws, noise, shifts, strict=False)):
        digest.update(w.contiguous().numpy())
        digest.update(b"none" if noise_map is None else noise_map.contiguous().numpy())
        if shift is not None:
            digest.update(b"shift")
            digest.update(shift.contiguous().numpy())
        maps_keys.append(digest.digest())
        if k % 2 == 0:
            if rgb_shifts[k // 2] is not None:
                moved.update(b"shift %d" % k)
                moved.update(rgb_shifts[k // 2].contiguous().numpy())
            above = digest.copy()  # the block's toRGB reads the next row
            above.update(b"rgb")
            above.update(ws[k + 1].contiguous().numpy())
            above.update(moved.digest())
            img_keys.append(above.digest())
    return maps_keys, img_keys
