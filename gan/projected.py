"""A discriminator that looks at the feature maps of a fixed network (Sauer 2021, Projected GAN)."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan.config import ModelConfig
from gan.generator import Mapping
from gan.layers import channels_last
from gan.lite0 import CHANNELS, STEPS, Lite0

WIDTH = 64  # feature maps after mixing, and in the heads
SEES = 128  # smaller pictures are enlarged to this size: the network was taught on large ones
_VERDICTS = 4  # each head judges 4 x 4 places


class Mixing(nn.Module):
    """Fixed random mixing of channels and of scales (Sauer 2021, section 3.2).

    1x1 convolutions take every map to WIDTH channels; then from coarse to fine a 3x3 convolution,
    doubled in size, is added to the next finer one. Nothing here learns; it is saved, since a
    discriminator is worth nothing with another mixing.
    """

    def __init__(self):
        super().__init__()
        random = np.random.RandomState(0)
        for place, channels in enumerate(CHANNELS):
            for name, inputs, size in (("across", channels, 1), ("between", WIDTH, 3)):
                weight = random.randn(WIDTH, inputs, size, size) / math.sqrt(inputs * size * size)
                self.register_buffer(f"{name}{place}", torch.from_numpy(weight).float())

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Maps of Lite0, fine to coarse -> as many [N, WIDTH, r, r] of the same sizes."""
        mixed: list[Tensor] = []
        for place in reversed(range(len(maps))):
            x = F.conv2d(maps[place], getattr(self, f"across{place}").to(maps[place].dtype))
            if mixed:
                x = x + F.interpolate(mixed[0], scale_factor=2, mode="bilinear")
            x = F.conv2d(x, getattr(self, f"between{place}").to(x.dtype), padding=1)
            mixed.insert(0, x)
        return mixed


class Head(nn.Module):
    """Mixed maps of one scale -> features at 4 x 4 places; all weights spectrally normalised."""

    def __init__(self, size: int):
        """size: of the map, a power of two from 4 on."""
        super().__init__()
        halvings = int(math.log2(size // _VERDICTS))
        self.down = nn.ModuleList(
            spectral_norm(nn.Conv2d(WIDTH, WIDTH, 4, stride=2, padding=1)) for _ in range(halvings)
        )
        self.last = spectral_norm(nn.Conv2d(WIDTH, WIDTH, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """x: [N, WIDTH, size, size] -> [N, WIDTH, 4, 4]."""
        for conv in self.down:
            x = F.leaky_relu(conv(x), 0.2)
        return F.leaky_relu(self.last(x), 0.2)


class ProjectedDiscriminator(nn.Module):
    """D(x, c) -> a logit for each of four scales and 4 x 4 places.

    What it learns are the small heads alone. With classes every place's features are projected on
    the class's own vector (Miyato & Koyama 2018), as in `Discriminator`.
    """

    def __init__(self, config: ModelConfig):
        """Raises gan.lite0.MissingWeights."""
        super().__init__()
        self.config = config
        self.features, self.mixing = Lite0(config.img_channels), Mixing()
        size = max(config.resolution, SEES)
        self.heads = nn.ModuleList(Head(size // step) for step in STEPS)
        self.outs = nn.ModuleList(
            spectral_norm(nn.Conv2d(WIDTH, WIDTH if config.c_dim else 1, 1)) for _ in STEPS
        )
        if config.c_dim:
            self.mapping = Mapping(0, config.c_dim, WIDTH, num_layers=1)

    def forward(
        self, img: Tensor, c: Tensor | None = None, dtype: torch.dtype = torch.float32,
        fade: float = 1.0, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        """img: [N, img_channels, R, R] in -1..1; c: [N, c_dim]. Returns logits [N, 64].

        dtype: precision of the fixed network; the heads run in float32. fade and groups, as in
        `Discriminator`, change nothing: it has no block of its own to fade, and no picture sees
        another.
        """
        x = img
        if x.shape[-1] < SEES:
            x = F.interpolate(x, size=(SEES, SEES), mode="bilinear")
        maps = self.mixing(self.features(channels_last(x.to(dtype))))
        style = self.mapping(None, c)[:, :, None, None] if self.config.c_dim else None
        logits = []
        for head, out, x in zip(self.heads, self.outs, maps, strict=True):
            y = out(head(x.float()))
            if style is not None:
                y = (y * style).sum(dim=1) / math.sqrt(WIDTH)
            logits.append(y.flatten(1))
        return torch.cat(logits, dim=1)
