"""z -> w -> ws -> feature maps -> image (Karras 2020, figure 2 and 7: skip generator)."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.layers import (
    SQRT2,
    FullyConnected,
    add_noise_and_bias,
    drawn,
    instance_norm,
    leaky_relu,
    modulated_conv2d,
    pixel_norm,
)
from gan.resample import upsample2d

NOISE_MODES = ("random", "const", "none")


class Mapping(nn.Module):
    """Mapping network f: z (and class) -> w (Karras 2019, section 2).

    Fully connected layers with learning-rate multiplier 0.01. A class vector is embedded,
    normalised like z and put behind it. `w_avg` is the running mean of w, for truncation.
    The discriminator of a conditional model uses the same network with z_dim 0 (no z).
    """

    def __init__(self, z_dim: int, c_dim: int, w_dim: int, num_layers: int):
        super().__init__()
        self.z_dim, self.c_dim, self.num_layers = z_dim, c_dim, num_layers
        if c_dim:
            self.embed = FullyConnected(c_dim, w_dim)
        features = z_dim + (w_dim if c_dim else 0)
        for i in range(num_layers):
            layer = FullyConnected(features, w_dim, activate=True, lr_multiplier=0.01)
            setattr(self, f"fc{i}", layer)
            features = w_dim
        if z_dim:
            self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor | None, c: Tensor | None = None) -> Tensor:
        """z: [N, z_dim] from N(0, 1); c: [N, c_dim], of `class_vectors`. Returns w [N, w_dim].

        Raises ValueError if the model is conditional and c is missing.
        """
        if self.c_dim and c is None:
            raise ValueError("this model is conditional: a class is needed")
        parts = [] if z is None else [pixel_norm(z.float())]
        if self.c_dim:
            parts.append(pixel_norm(self.embed(c.float())))
        x = torch.cat(parts, dim=1)
        for i in range(self.num_layers):
            x = getattr(self, f"fc{i}")(x)
        return x

    @torch.no_grad()
    def track_average(self, w: Tensor, decay: float = 0.995) -> None:
        """w_avg <- lerp(mean of this batch, w_avg, decay)."""
        self.w_avg.lerp_(w.detach().mean(dim=0), 1 - decay)


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, activation (Karras 2020, figure 2d)."""

    def __init__(
        self, in_channels: int, out_channels: int, w_dim: int, resolution: int, up: bool,
        clamp: float | None = None, demodulate: bool = True,
    ):  # fmt: skip
        """clamp: bound of the result. demodulate: see gan.layers.modulated_conv2d."""
        super().__init__()
        self.resolution, self.up, self.clamp = resolution, up, clamp
        self.demodulate = demodulate
        self.affine = FullyConnected(w_dim, in_channels, bias=1.0)
        self.weight = nn.Parameter(drawn(out_channels, in_channels, 3, 3))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.register_buffer("noise_const", drawn(resolution, resolution))

    def forward(
        self, x: Tensor, w: Tensor, noise: Tensor | None, shift: Tensor | None = None
    ) -> Tensor:
        """x: [N, I, H, W], w: [N, w_dim], noise: [N or 1, 1, r, r] or None -> [N, O, r, r].

        shift: [N or 1, I] or None, added to the style.
        """
        styles = self.affine(w) if shift is None else self.affine(w) + shift
        # The activation's gain sqrt(2) passes through the leaky ReLU: scale the small tensors.
        x = modulated_conv2d(
            x, self.weight, styles, up=self.up, gain=SQRT2, demodulate=self.demodulate
        )
        if noise is not None:
            noise = noise * (self.noise_strength * SQRT2)
        return leaky_relu(add_noise_and_bias(x, noise, self.bias * SQRT2), self.clamp)

    def draw_noise(self, mode: str, batch: int) -> Tensor | None:
        """One map for all channels: fresh, the stored one, or none."""
        if mode == "none":
            return None
        if mode == "const":
            return self.noise_const[None, None]
        return torch.randn(batch, 1, self.resolution, self.resolution, device=self.bias.device)


class AdaINLayer(SynthesisLayer):
    """A layer of the first StyleGAN: convolution, noise, bias, activation, and then each map to
    mean 0 and deviation 1, from where the style scales and shifts it (Karras 2019, eq. 1)."""

    def __init__(
        self, in_channels: int, out_channels: int, w_dim: int, resolution: int, up: bool,
        clamp: float | None = None,
    ):  # fmt: skip
        """clamp: bound of the result."""
        super().__init__(in_channels, out_channels, w_dim, resolution, up, clamp)
        self.affine = FullyConnected(w_dim, 2 * out_channels)  # scales, then shifts
        with torch.no_grad():
            self.affine.bias[:out_channels] = 1

    def forward(
        self, x: Tensor, w: Tensor, noise: Tensor | None, shift: Tensor | None = None
    ) -> Tensor:
        """As of a SynthesisLayer; shift: [N or 1, 2 O]."""
        dtype = x.dtype
        styles = self.affine(w) if shift is None else self.affine(w) + shift
        x = modulated_conv2d(x, self.weight, None, up=self.up, gain=SQRT2, demodulate=False)
        if noise is not None:
            noise = noise * (self.noise_strength * SQRT2)
        x = instance_norm(leaky_relu(add_noise_and_bias(x, noise, self.bias * SQRT2)))
        scale, offset = styles[:, :, None, None].chunk(2, dim=1)
        x = x * scale + offset
        return (x if self.clamp is None else x.clamp(-self.clamp, self.clamp)).to(dtype)


def _layer(config: ModelConfig, *args, **options) -> SynthesisLayer:
    """A layer of the architecture that the configuration names."""
    if config.architecture == "adain":
        return AdaINLayer(*args, **options)
    return SynthesisLayer(*args, **options, demodulate=config.architecture == "stylegan2")


class ToRGB(nn.Module):
    """Modulated 1x1 convolution without demodulation or activation: feature maps -> picture."""

    def __init__(self, in_channels: int, img_channels: int, w_dim: int, clamp: float | None = None):
        """clamp: bound of the result."""
        super().__init__()
        self.affine = FullyConnected(w_dim, in_channels, bias=1.0)
        self.weight = nn.Parameter(drawn(img_channels, in_channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(img_channels))
        self.weight_gain, self.clamp = 1 / math.sqrt(in_channels), clamp

    def forward(self, x: Tensor, w: Tensor, shift: Tensor | None = None) -> Tensor:
        """x: [N, C, r, r], w: [N, w_dim] -> [N, img_channels, r, r], float32.

        shift: [N or 1, C] or None, added to the style.
        """
        N, C, H, W = x.shape
        styles = self.affine(w) if shift is None else self.affine(w) + shift
        styles = styles * self.weight_gain
        weight = self.weight[:, :, 0, 0] * styles[:, None, :]  # [N, img_channels, C]
        pixels = x.permute(0, 2, 3, 1).reshape(N, H * W, C)  # free in channels_last
        y = torch.bmm(pixels, weight.transpose(1, 2).to(x.dtype)).float() + self.bias
        if self.clamp is not None:
            y = y.clamp(-self.clamp, self.clamp)
        return y.transpose(1, 2).reshape(N, -1, H, W)


class SynthesisBlock(nn.Module):
    """All layers at one resolution: (2x up) conv, conv, toRGB. The first block has one conv."""

    def __init__(self, config: ModelConfig, resolution: int):
        super().__init__()
        self.resolution = resolution
        out, w_dim, clamp = config.channels(resolution), config.w_dim, config.conv_clamp
        if resolution == 4:
            self.const = nn.Parameter(drawn(out, 4, 4))
        else:
            below = config.channels(resolution // 2)
            self.conv0 = _layer(config, below, out, w_dim, resolution, up=True, clamp=clamp)
        self.conv1 = _layer(config, out, out, w_dim, resolution, up=False, clamp=clamp)
        self.torgb = ToRGB(out, config.img_channels, w_dim, clamp)

    @property
    def layers(self) -> list[SynthesisLayer]:
        return [self.conv1] if self.resolution == 4 else [self.conv0, self.conv1]

    def forward(
        self, x: Tensor | None, img: Tensor | None, ws: Tensor, noise: Sequence, shifts: Sequence,
        rgb_shift: Tensor | None, dtype: torch.dtype, fade: float = 1.0,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """ws: [N, convs + 1, w_dim]; noise, shifts: one or None per conv; rgb_shift: of the toRGB;
        fade: weight of this block's part of the picture. Returns (x, img)."""
        if x is None:
            x = self.const.expand(ws.shape[0], -1, -1, -1)
            x = x.contiguous(memory_format=torch.channels_last)
        x = x.to(dtype)
        for i, layer in enumerate(self.layers):
            x = layer(x, ws[:, i], noise[i], shifts[i])
        rgb = self.torgb(x, ws[:, len(self.layers)], rgb_shift)
        img = rgb if img is None else upsample2d(img) + rgb * fade
        return x, img


class Synthesis(nn.Module):
    """Synthesis network g: ws -> image; every block adds its toRGB to the upsampled picture.

    Block r reads its convolutions' ws in order; its toRGB reads the next one, which it shares with
    the first convolution of the block above.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        for r in config.block_resolutions:
            setattr(self, f"b{r}", SynthesisBlock(config, r))

    @property
    def blocks(self) -> list[SynthesisBlock]:
        return [getattr(self, f"b{r}") for r in self.config.block_resolutions]

    @property
    def device(self) -> torch.device:
        return self.b4.const.device

    @property
    def layers(self) -> list[SynthesisLayer]:
        """The layers that take noise, from 4 px up: num_ws - 1 of them."""
        return [layer for block in self.blocks for layer in block.layers]

    def forward(
        self,
        ws: Tensor,
        noise_mode: str = "random",
        noise: Sequence[Tensor | None] | None = None,
        dtype: torch.dtype = torch.float32,
        fade: float = 1.0,
        shifts: Sequence[Tensor | None] | None = None,
        rgb_shifts: Sequence[Tensor | None] | None = None,
        size: int | None = None,
    ) -> Tensor:
        """Make pictures.

        ws: [N, num_ws, w_dim] float32. noise_mode: "random" (fresh), "const" (the stored maps) or
        "none". `noise` overrules it with one map [N or 1, 1, r, r] (or None) for each of `layers`.
        dtype: precision of the feature maps (float16: of the four largest resolutions only); the
        picture is summed in float32. fade: 0..1, how far the last block has come in when a network
        grows (Karras 2018, section 2); at 0 the picture is the upsampled one of the block below.
        shifts: what is added to the style of each of `layers` (Wu 2021, StyleSpace), [N or 1, the
        style's length] or None; rgb_shifts: the same for the toRGB of each of `blocks`. size: stop
        at the block of so many pixels, whose picture is a smaller one (Karras 2020, figure 7b).
        Returns [N, img_channels, R, R], about -1 to 1 but unbounded.

        Raises ValueError on a wrong shape or noise mode.
        """
        check_call(self.config, ws, noise_mode, noise, shifts, rgb_shifts)
        if noise is None:
            noise = [layer.draw_noise(noise_mode, ws.shape[0]) for layer in self.layers]
        shifts = shifts or [None] * len(noise)
        rgb_shifts = rgb_shifts or [None] * len(self.blocks)
        x = img = None
        first = 0
        for block, rgb_shift in zip(self.blocks, rgb_shifts, strict=True):
            convs = len(block.layers)
            top = block.resolution == self.config.resolution
            x, img = block(
                x, img, ws[:, first : first + convs + 1], noise[first:], shifts[first:], rgb_shift,
                self.config.precision(block.resolution, dtype), fade if top else 1.0,
            )  # fmt: skip
            first += convs
            if block.resolution == size:
                break
        return img


def check_call(
    config: ModelConfig, ws: Tensor, noise_mode: str, noise: Sequence[Tensor | None] | None,
    shifts: Sequence[Tensor | None] | None = None,
    rgb_shifts: Sequence[Tensor | None] | None = None,
) -> None:  # fmt: skip
    """Raises ValueError where a synthesis network cannot be called like this."""
    expected = (config.num_ws, config.w_dim)
    if tuple(ws.shape[1:]) != expected:
        raise ValueError(f"ws: expected [N, {expected[0]}, {expected[1]}], got {list(ws.shape)}")
    if noise_mode not in NOISE_MODES:
        raise ValueError(f"noise_mode: {noise_mode!r} is not one of {', '.join(NOISE_MODES)}")
    layers = config.num_ws - 1
    if noise is not None and len(noise) != layers:
        raise ValueError(f"noise: expected {layers} maps, got {len(noise)}")
    if shifts is not None and len(shifts) != layers:
        raise ValueError(f"shifts: expected one or None for {layers} layers, got {len(shifts)}")
    blocks = len(config.block_resolutions)
    if rgb_shifts is not None and len(rgb_shifts) != blocks:
        raise ValueError(
            f"rgb_shifts: expected one or None for {blocks} blocks, got {len(rgb_shifts)}"
        )


class Generator(nn.Module):
    """Mapping and synthesis together: G(z, c) = g(f(z, c)), with the truncation trick."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.mapping = Mapping(config.z_dim, config.c_dim, config.w_dim, config.mapping_layers)
        self.synthesis = Synthesis(config)

    def forward(
        self,
        z: Tensor,
        c: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: str = "random",
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """z: [N, z_dim], c: [N, c_dim] or None -> pictures [N, img_channels, R, R]."""
        ws = self.broadcast(self.mapping(z, c))
        ws = truncate(ws, self.mapping.w_avg, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, noise_mode=noise_mode, dtype=dtype)

    def broadcast(self, w: Tensor) -> Tensor:
        """The same w for every layer: [N, w_dim] -> [N, num_ws, w_dim]."""
        return w[:, None].expand(-1, self.config.num_ws, -1)


def truncate(ws: Tensor, w_avg: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
    """Truncation trick (Karras 2019, appendix B): w' = w_avg + psi (w - w_avg).

    ws: [N, L, w_dim]. Only the layers below `cutoff` move; None means all of them.
    psi 1 changes nothing, 0 gives the average picture.
    """
    if psi == 1:
        return ws
    moved = w_avg + psi * (ws - w_avg)
    if cutoff is None:
        return moved
    return torch.cat([moved[:, :cutoff], ws[:, cutoff:]], dim=1)


def class_vectors(labels: Tensor, c_dim: int) -> Tensor:
    """Class numbers [N] -> [N, c_dim] float32: 1 for the class, 0 for all others.

    Of classes in order there may be something in between: floating-point 2.25 is three quarters of
    class 2 and a quarter of class 3.
    """
    if labels.is_floating_point():
        numbers = torch.arange(c_dim, device=labels.device)
        return (1 - (labels.float()[:, None] - numbers).abs()).clamp(min=0)
    return F.one_hot(labels, c_dim).float()
