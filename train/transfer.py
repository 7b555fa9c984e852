"""Start from another checkpoint: copy whatever fits, and say what did not."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Copied:
    """What became of a network's tensors; `unused` are the source's that had no place."""

    whole: tuple[str, ...]
    adapted: tuple[str, ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]

    def lines(self, network: str) -> list[str]:
        """For the user."""
        total = len(self.whole) + len(self.adapted) + len(self.fresh)
        lines = [f"{network}: copied {len(self.whole)} of {total} tensors"]
        for what, names in (
            ("turned to another number of colours", self.adapted),
            ("left fresh", self.fresh),
            ("no place for", self.unused),
        ):
            if names:
                lines.append(f"{network}: {what}: {', '.join(names)}")
        return lines


@torch.no_grad()
def copy_matching(source: dict[str, Tensor], network: nn.Module) -> Copied:
    """Copy tensors of the same name and shape into the network.

    Grey and colour fit each other at the picture's own layers; a network of another resolution or
    width shares the blocks it has in common.
    """
    whole, adapted, fresh = [], [], []
    wanted = network.state_dict()
    for name, target in wanted.items():
        tensor = source.get(name)
        if tensor is not None and tensor.shape == target.shape:
            target.copy_(tensor)
            whole.append(name)
        elif tensor is not None and (other := _recoloured(name, tensor, target)) is not None:
            target.copy_(other)
            adapted.append(name)
        else:
            fresh.append(name)
    unused = tuple(name for name in source if name not in wanted)
    return Copied(tuple(whole), tuple(adapted), tuple(fresh), unused)


def _recoloured(name: str, tensor: Tensor, target: Tensor) -> Tensor | None:
    """toRGB or fromRGB of a grey network for a colour one, or the other way round."""
    if ".torgb." in name and tensor.shape[1:] == target.shape[1:]:
        here, there = tensor.shape[0], target.shape[0]
        if {here, there} == {1, 3}:
            return tensor.mean(dim=0, keepdim=True).expand_as(target)
    if name.endswith("fromrgb.weight") and tensor.shape[0] == target.shape[0]:
        here, there = tensor.shape[1], target.shape[1]
        if {here, there} == {1, 3}:
            # Equalised: what counts is weight / sqrt(inputs), summed over equal inputs.
            total = tensor.sum(dim=1, keepdim=True) / math.sqrt(here)
            return (total * math.sqrt(there) / there).expand_as(target)
    return None
