"""The synthesis network on a graphics card, called from the processor.

What describes a picture (w, noise maps, style shifts) is small and lies on the processor; feature
maps never leave the card; the picture comes back. So whoever draws or measures asks a card in the
same way as gan.fast. A card makes a picture anew sooner than the processor finds parts of an
earlier one, so nothing is kept here.

The same arguments give the same bytes on the same card. Between a card and the processor pictures
differ by BOUND grey levels at most, which is seen to before a card is used.
"""

import copy
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from gan.fast import draw_elsewhere, elsewhere
from gan.generator import Generator, Synthesis, check_call
from gan.incremental import Choice, Pace, costs_of_sizes
from gan.picture import to_uint8

BOUND = 3  # grey levels of 255
_HALF = 2  # grey levels that half precision may change
_LEAST = 1e9  # multiplications: with fewer a card waits for its launches, not for the arithmetic
_TRIED = 4  # brains


class CardError(RuntimeError):
    """A card that cannot be used, or no longer; the message says what helps."""


class CardSynthesis:
    """A copy of a synthesis network on a card. Safe to use from several threads.

    network: the copy, for gradients and feature maps. dtype: float16 where that changes pictures
    by two grey levels at most and is worth it, else float32; see `place`.
    """

    def __init__(self, synthesis: Synthesis, device: torch.device):
        self.config, self.device, self.dtype = synthesis.config, device, torch.float32
        self.pace = Pace()
        network = copy.deepcopy(synthesis).requires_grad_(False)
        self.network = network.to(device, memory_format=torch.channels_last)
        self._costs = costs_of_sizes(self.config)
        self._recorded: _Recorded | None = None
        self._lock = threading.Lock()  # a recording has one place for its arguments

    @property
    def fast(self) -> "CardSynthesis":
        """What keeps nothing, as of gan.incremental.IncrementalSynthesis: itself."""
        return self

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
        """Arguments, result and errors as of gan.incremental.IncrementalSynthesis, all of them on
        the processor. Raises CardError where the card fails."""
        check_call(self.config, ws, noise_mode, noise, shifts, rgb_shifts)
        if noise is None:
            noise = self._noise(noise_mode, len(ws))
        size = choose(self._costs) if choose else self.config.resolution
        start = time.perf_counter()
        with self._lock, _in_words():
            images = self._make(ws, noise, shifts, rgb_shifts, size).cpu()
        self.pace.tell(len(ws) * self._costs[size], time.perf_counter() - start)
        return images

    def _make(self, ws: Tensor, noise, shifts, rgb_shifts, size: int) -> Tensor:
        if self._recorded and len(ws) == 1 and size == self.config.resolution:
            return self._recorded(ws, noise, shifts, rgb_shifts)
        there = lambda many: None if many is None else [_to(x, self.device) for x in many]  # noqa: E731
        return self.network(
            ws.to(self.device), noise=there(noise), shifts=there(shifts),
            rgb_shifts=there(rgb_shifts), dtype=self.dtype, size=size,
        )  # fmt: skip

    def _noise(self, mode: str, batch: int) -> list[Tensor | None]:
        """As a network on the processor would draw them."""
        if mode == "const":
            return [layer.noise_const[None, None] for layer in self.network.layers]
        sizes = [layer.resolution for layer in self.network.layers]
        return [torch.randn(batch, 1, r, r) if mode == "random" else None for r in sizes]

    def settle(self, ws: Tensor) -> None:
        """Choose the precision on the pictures of ws, and record the work where it is short."""
        if self.config.multiplications < _LEAST:
            self._recorded = self._record(ws[:1])
            return
        whole = to_uint8(self(ws))
        self.dtype = torch.float16
        if _apart(whole, to_uint8(self(ws))) > _HALF:
            self.dtype = torch.float32

    def _record(self, ws: Tensor) -> "_Recorded | None":
        """None where it cannot be recorded, or would not give the very same picture."""
        if self.device.type != "cuda":
            return None
        plain = self(ws)
        try:
            recorded = _Recorded(self.network, self.device)
            with torch.inference_mode():
                same = torch.equal(plain, recorded(ws, self._noise("const", 1), None, None).cpu())
        except RuntimeError:  # of a driver that is older than torch expects
            return None
        return recorded if same else None


class _Recorded:
    """The work of one picture, recorded once and then launched as one piece (a CUDA graph).

    Launching some two hundred short pieces one by one takes longer than their arithmetic.
    """

    @torch.inference_mode()
    def __init__(self, network: Synthesis, device: torch.device):
        config = network.config
        empty = lambda *shape: torch.zeros(*shape, device=device)  # noqa: E731
        self._ws = empty(1, config.num_ws, config.w_dim)
        self._noise = [empty(1, 1, layer.resolution, layer.resolution) for layer in network.layers]
        self._shifts = [empty(1, len(layer.affine.weight)) for layer in network.layers]
        self._rgb = [empty(1, len(block.torgb.affine.weight)) for block in network.blocks]

        def run() -> Tensor:
            return network(self._ws, noise=self._noise, shifts=self._shifts, rgb_shifts=self._rgb)

        before = torch.cuda.Stream(device)
        before.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(before):  # what libraries set up at first must not be recorded
            for _ in range(3):
                run()
        torch.cuda.current_stream(device).wait_stream(before)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._image = run()

    def __call__(self, ws: Tensor, noise, shifts, rgb_shifts) -> Tensor:
        """The picture, in a place that the next one overwrites. What is None adds nothing."""
        given = [ws, *noise, *(shifts or [None] * len(self._shifts))]
        given += rgb_shifts or [None] * len(self._rgb)
        for place, x in zip(
            [self._ws, *self._noise, *self._shifts, *self._rgb], given, strict=True
        ):
            place.zero_() if x is None else place.copy_(x)
        self._graph.replay()
        return self._image


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise CardError(
            "the card’s memory is full: end other programs that use it, or start with --device cpu"
        ) from error


def pick(name: str) -> torch.device:
    """Where to draw: "cuda", "mps" or "cpu", or "auto": an NVIDIA card if there is one, else the
    processor. Raises CardError where torch finds no such card."""
    here = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    if name in here and not here[name]():
        raise CardError(f"--device {name}: torch finds none; leave it out, or give --device cpu")
    if name == "auto":
        name = "cuda" if here["cuda"]() else "cpu"
    return torch.device(name)


def place(generator: Generator, device: torch.device) -> CardSynthesis:
    """Let a card make the generator's pictures from now on, for all who ask gan.fast for them.

    The generator itself stays on the processor. Raises CardError if the card's pictures are not
    the processor's within BOUND.
    """
    if device.type == "cuda":  # the same bytes each time, and as near to the processor's as can be
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.allow_tf32 = False
    ws = _brains(generator)
    with _in_words():
        card = CardSynthesis(generator.synthesis, device)
        card.settle(ws)
    with torch.inference_mode():
        here = to_uint8(generator.synthesis(ws[:1], "const"))
    if (apart := _apart(here, to_uint8(card(ws[:1])))) > BOUND:
        raise CardError(
            f"--device {device.type}: its pictures differ from the processor’s by {apart} grey "
            "levels of 255: the driver may be at fault; start with --device cpu"
        )
    draw_elsewhere(generator.synthesis, card)
    return card


def home(synthesis: Synthesis) -> Synthesis:
    """The network itself where its pictures are made, for gradients and feature maps: on the
    processor, or its copy on a card, whose tensors lie there."""
    card = elsewhere(synthesis)
    return synthesis if card is None else card.network


@torch.inference_mode()
def _brains(generator: Generator) -> Tensor:
    """ws of a few brains, always the same: [4, num_ws, w_dim]."""
    config = generator.config
    z = torch.randn(_TRIED, config.z_dim, generator=torch.Generator().manual_seed(0))
    c = torch.eye(config.c_dim)[:1].expand(_TRIED, -1) if config.c_dim else None
    return generator.broadcast(generator.mapping(z, c))


def _apart(a, b) -> int:
    """Grey levels between two pictures uint8, where they differ most."""
    return int(abs(a.astype(int) - b).max())


def _to(x: Tensor | None, device: torch.device) -> Tensor | None:
    return None if x is None else x.to(device)
