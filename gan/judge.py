"""The discriminator that a configuration asks for, new or out of a checkpoint."""

import torch
from torch import Tensor, nn

from gan.checkpoint import Checkpoint
from gan.config import ModelConfig
from gan.discriminator import Discriminator
from gan.lite0 import MissingWeights
from gan.projected import ProjectedDiscriminator

CUT = "pictures_cut"  # in the provenance of a training that cuts pictures at black and white
BELOW = "fromrgb_below."  # the second entry of a grown one


def new_discriminator(config: ModelConfig, grown: bool = False) -> nn.Module:
    """grown: with the entry of half the resolution beside the new one.

    Raises gan.lite0.MissingWeights where its fixed features are not installed.
    """
    if config.d_architecture == "projected":
        return ProjectedDiscriminator(config)
    return Discriminator(config, grown)


def load_discriminator(checkpoint: Checkpoint) -> nn.Module | None:
    """In float32 on the CPU, ready to judge. None where the file holds none, or where its fixed
    features are not installed. Raises gan.checkpoint.CheckpointError.

    What it was never shown, darker than black or brighter than white, it is not shown here either.
    """
    tensors = checkpoint.part("D")
    if not tensors:
        return None
    try:
        found = new_discriminator(checkpoint.config, any(n.startswith(BELOW) for n in tensors))
    except MissingWeights:
        return None
    checkpoint.load_into(found, "D")
    found.eval().requires_grad_(False)
    found = found.to(memory_format=torch.channels_last)
    return Cutting(found) if checkpoint.provenance.get(CUT) else found


class Cutting(nn.Module):
    """A discriminator that was shown pictures cut at black and white."""

    def __init__(self, D: nn.Module):
        super().__init__()
        self.D = D

    def forward(self, img: Tensor, c: Tensor | None = None) -> Tensor:
        """As of the discriminator itself."""
        return self.D(img.clamp(-1, 1), c)
