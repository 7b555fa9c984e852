"""image (and class) -> logit: real or generated? (Karras 2020, figure 7: residual network)."""

import math

import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.generator import Mapping
from gan.layers import Conv2d, FullyConnected, channels_last, minibatch_stddev
from gan.resample import downsample2d


class DiscriminatorBlock(nn.Module):
    """Two convolutions, the second halving the size, plus a skip: (y + skip) / sqrt(2).

    The architecture "orig" has no skip (Karras 2020, figure 7a).
    """

    def __init__(self, config: ModelConfig, resolution: int):
        super().__init__()
        here, below = config.channels(resolution), config.channels(resolution // 2)
        if resolution == config.resolution:
            self.fromrgb = Conv2d(config.img_channels, here, 1, clamp=config.conv_clamp)
        self.conv0 = Conv2d(here, here, 3, clamp=config.conv_clamp)
        self.conv1 = Conv2d(here, below, 3, down=True, clamp=config.conv_clamp)
        if config.d_architecture == "resnet":
            self.skip = Conv2d(here, below, 1, down=True, activate=False, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x: [N, C, r, r] (a picture for the first block) -> [N, C', r/2, r/2]."""
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        if not hasattr(self, "skip"):
            return self.conv1(self.conv0(x))
        gain = math.sqrt(0.5)
        return self.conv1(self.conv0(x), gain=gain) + self.skip(x, gain=gain)


class Epilogue(nn.Module):
    """Last block, at 4x4: minibatch standard deviation, convolution, two linear layers."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels = config.channels(4)
        self.mbstd = config.mbstd_group, config.mbstd_channels
        inputs = channels + config.mbstd_channels
        self.conv = Conv2d(inputs, channels, 3, clamp=config.conv_clamp)
        self.fc = FullyConnected(channels * 16, channels, activate=True)
        self.out = FullyConnected(channels, channels if config.c_dim else 1)

    def forward(self, x: Tensor, groups: int) -> Tensor:
        parts = [minibatch_stddev(part, *self.mbstd) for part in x.chunk(groups)]
        x = self.conv(torch.cat(parts))
        return self.out(self.fc(x.flatten(1)))


class Discriminator(nn.Module):
    """D(x, c) -> logit; above 0 where the picture looks real.

    With classes the last layer's features are projected on the class's own vector:
    <y, map(c)> / sqrt(dim) (Miyato & Koyama 2018; Karras 2020b).
    """

    def __init__(self, config: ModelConfig, grown: bool = False):
        """grown: with the entry of half the resolution beside the new one, to fade from."""
        super().__init__()
        self.config = config
        for r in config.block_resolutions[:0:-1]:
            setattr(self, f"b{r}", DiscriminatorBlock(config, r))
        if grown:
            below = config.channels(config.resolution // 2)
            self.fromrgb_below = Conv2d(config.img_channels, below, 1, clamp=config.conv_clamp)
        self.b4 = Epilogue(config)
        if config.c_dim:
            self.mapping = Mapping(0, config.c_dim, config.channels(4), num_layers=8)

    def forward(
        self, img: Tensor, c: Tensor | None = None, dtype: torch.dtype = torch.float32,
        fade: float = 1.0, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        """img: [N, img_channels, R, R] in -1..1; c: [N, c_dim], class vectors. Returns logits [N].

        dtype: precision of the convolutions (float16: of the four largest resolutions only); the
        4x4 block always runs in float32. fade: 0..1, how far the first block of a grown network has
        come in; at 0 only the picture at half the resolution is seen (Karras 2018, section 2).
        groups: into how many equal parts the batch falls that do not see each other: each has its
        own minibatch deviation.
        """
        x = img
        for r in self.config.block_resolutions[:0:-1]:
            x = channels_last(x.to(self.config.precision(r, dtype)))
            x = getattr(self, f"b{r}")(x)
            if fade < 1 and r == self.config.resolution:
                below = self.fromrgb_below(channels_last(downsample2d(img).to(x.dtype)))
                x = below + fade * (x - below)
        y = self.b4(x.float(), groups)
        if self.config.c_dim:
            return (y * self.mapping(None, c)).sum(dim=1) / math.sqrt(y.shape[1])
        return y[:, 0]
