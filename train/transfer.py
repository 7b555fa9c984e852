"""Start from another checkpoint: copy whatever fits, and say what did not."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan.generator import AdaINLayer


@dataclass(frozen=True)
class Copied:
    """What became of a network's tensors; `unused` are the source's that had no place."""

    whole: tuple[str, ...]
    adapted: tuple[str, ...]
    widened: tuple[str, ...]
    fresh: tuple[str, ...]
    unused: tuple[str, ...]

    def lines(self, network: str) -> list[str]:
        """For the user."""
        total = sum(map(len, (self.whole, self.adapted, self.widened, self.fresh)))
        lines = [f"{network}: copied {len(self.whole)} of {total} tensors"]
        for what, names in (
            ("turned to another number of colours", self.adapted),
            ("widened", self.widened),
            ("left fresh", self.fresh),
            ("no place for", self.unused),
        ):
            if names:
                lines.append(f"{network}: {what}: {', '.join(names)}")
        return lines


@torch.no_grad()
def copy_matching(source: dict[str, Tensor], network: nn.Module) -> Copied:
    """Copy tensors of the same name and shape into the network.

    Grey and colour fit each other at the picture's own layers; a network of another resolution
    shares the blocks it has in common; a narrower one becomes part of a wider (see `_widened`).
    """
    whole, adapted, widened, fresh = [], [], [], []
    wanted = network.state_dict()
    doubled = {  # a scale for each map, then a shift for each
        f"{layer}.affine.{kind}" for layer, module in network.named_modules()
        if isinstance(module, AdaINLayer) for kind in ("weight", "bias")
    }  # fmt: skip
    for name, target in wanted.items():
        tensor = source.get(name)
        if tensor is not None and tensor.shape == target.shape:
            target.copy_(tensor)
            whole.append(name)
            continue
        tensor = tensor if tensor is None else _recoloured(name, tensor, target)
        if tensor is not None and tensor.shape == target.shape:
            target.copy_(tensor)
            adapted.append(name)
        elif (
            tensor is not None
            and (other := _widened(name, tensor, target, parts=1 + (name in doubled))) is not None
        ):
            target.copy_(other)
            widened.append(name)
        else:
            fresh.append(name)
    unused = tuple(name for name in source if name not in wanted)
    return Copied(tuple(whole), tuple(adapted), tuple(widened), tuple(fresh), unused)


def _recoloured(name: str, tensor: Tensor, target: Tensor) -> Tensor:
    """toRGB or fromRGB of a grey network for a colour one, or the other way round; its width, and
    all other tensors, as they are."""
    if name.endswith(("torgb.weight", "torgb.bias")):
        here, there = tensor.shape[0], target.shape[0]
        if {here, there} == {1, 3}:
            return tensor.mean(dim=0, keepdim=True).expand(there, *tensor.shape[1:])
    if name.endswith("fromrgb.weight"):
        here, there = tensor.shape[1], target.shape[1]
        if {here, there} == {1, 3}:
            # Equalised: what counts is weight / sqrt(inputs), summed over equal inputs.
            total = tensor.sum(dim=1, keepdim=True) / math.sqrt(here)
            return (total * math.sqrt(there) / there).expand(-1, there, -1, -1)
    return tensor


def _widened(name: str, tensor: Tensor, target: Tensor, parts: int) -> Tensor | None:
    """A layer of fewer feature maps inside a wider one, which computes the same to begin with.

    The old maps come first and take nothing from the new ones; these begin at random and are
    listened to as soon as it pays (after Chen 2016, Net2Net, which doubles maps instead: here
    demodulation would see that). Not for the mapping networks: the generator's has the sizes of z
    and w; the discriminator's has that of the 4 px block, and begins anew where this gets wider,
    so that the verdicts of a network with classes are not the same then. parts: of the layer's
    outputs, each with its old maps first.
    """
    fits = tensor.dim() == target.dim() and all(
        old <= new for old, new in zip(tensor.shape, target.shape, strict=True)
    )
    if not fits or "mapping." in name or "noise" in name:
        return None
    if parts > 1:
        pairs = zip(tensor.chunk(parts), target.chunk(parts), strict=True)
        return torch.cat([_widened(name, *pair, parts=1) for pair in pairs])
    wide = target.clone()
    if tensor.dim() > 1:
        wide[: len(tensor)] = 0
        # Equalised: what counts is weight / sqrt(inputs).
        tensor = tensor * math.sqrt(target.shape[1] / tensor.shape[1])
        if name == "b4.conv.weight":  # the minibatch deviations stay the last inputs
            maps, deviations = len(tensor), target.shape[1] - len(target)
            wide[:maps, len(target) :] = _finer(tensor[:, maps:], deviations)
            tensor = tensor[:, :maps]
    wide[tuple(slice(size) for size in tensor.shape)] = tensor
    return wide


def _finer(weights: Tensor, count: int) -> Tensor:
    """Weights of minibatch deviations [O, F, 3, 3] for `count` finer ones, whose means they are."""
    if count % weights.shape[1]:
        return weights.sum(dim=1, keepdim=True).expand(-1, count, -1, -1) / count
    share = count // weights.shape[1]
    return weights.repeat_interleave(share, dim=1) / share
