"""What passes through a synthesis network while it makes a picture."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from gan.generator import Synthesis


def trace(
    synthesis: Synthesis,
    ws: Tensor,
    noise: Sequence[Tensor | None],
    shifts: Sequence[Tensor | None] | None = None,
    layers: int | None = None,
    rgb_shifts: Sequence[Tensor | None] | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Synthesis that keeps what it makes on the way, in float32, where the network lies.

    Arguments as of Synthesis, from anywhere. Returns the feature maps of each of its layers
    [N, C, r, r] and what each block's toRGB gave [N, img_channels, r, r]; with `layers` only of the
    first so many.
    """
    *_, found = tracing(synthesis, ws, noise, shifts, layers, rgb_shifts)
    return found


def tracing(
    synthesis: Synthesis,
    ws: Tensor,
    noise: Sequence[Tensor | None],
    shifts: Sequence[Tensor | None] | None = None,
    layers: int | None = None,
    rgb_shifts: Sequence[Tensor | None] | None = None,
) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """As `trace`, with a pause before each layer: the same two lists, which grow, each time."""
    count = len(synthesis.layers) if layers is None else layers
    shifts = shifts or [None] * len(synthesis.layers)
    rgb_shifts = rgb_shifts or [None] * len(synthesis.blocks)
    device = synthesis.device
    ws = ws.to(device)
    noise, shifts, rgb_shifts = (
        [None if t is None else t.to(device) for t in many] for many in (noise, shifts, rgb_shifts)
    )
    x = synthesis.b4.const.expand(ws.shape[0], -1, -1, -1)
    x = x.contiguous(memory_format=torch.channels_last)
    maps, rgbs = [], []
    for block, rgb_shift in zip(synthesis.blocks, rgb_shifts, strict=True):
        for layer in block.layers:
            k = len(maps)
            yield maps, rgbs
            if k == count:
                return
            x = layer(x, ws[:, k], noise[k], shifts[k])
            maps.append(x)
        rgbs.append(block.torgb(x, ws[:, len(maps)], rgb_shift))
    yield maps, rgbs
