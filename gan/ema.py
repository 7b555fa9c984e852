"""Exponential moving average of the generator: what is shown, saved and measured."""

import torch
from torch import nn


def ema_decay(batch: int, half_life_kimg: float, images_seen: int, ramp: float = 0.05) -> float:
    """beta = 0.5^(batch / half-life), the half-life never more than `ramp` of the images seen.

    The ramp lets the average forget the random start (Karras 2020b, appendix).
    """
    half_life = min(half_life_kimg * 1000, images_seen * ramp)
    return 0.5 ** (batch / max(half_life, 1e-8))


@torch.no_grad()
def update_ema(average: nn.Module, model: nn.Module, decay: float) -> None:
    """average <- decay average + (1 - decay) model, for parameters; buffers are copied."""
    targets, sources = list(average.parameters()), list(model.parameters())
    torch._foreach_lerp_(targets, sources, 1 - decay)
    for target, source in zip(average.buffers(), model.buffers(), strict=True):
        target.copy_(source)
