"""The building blocks both networks share (Karras 2018, 2019, 2020)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan.resample import fir_filter

SQRT2 = math.sqrt(2.0)


def leaky_relu(x: Tensor, bound: float | None = None) -> Tensor:
    """Leaky ReLU with slope 0.2, without the gain of sqrt(2) that follows it in the paper.

    The result is kept within +-bound; in float16 within +-256 at most, far from where that format
    ends (Karras 2020b).
    """
    y = F.leaky_relu(x, 0.2)
    if y.dtype == torch.float16:
        bound = min(bound or 256, 256)
    return y if bound is None else y.clamp(-bound, bound)


def channels_last(x: Tensor) -> Tensor:
    """The memory format in which convolutions are fastest. x: [N, C, H, W].

    A picture of one channel lies in both formats at once, and a convolution then answers channels
    first, which makes it and all that follow slower; other strides for the same memory tell it.
    """
    if x.shape[1] == 1:
        return x.reshape(x.shape[0], *x.shape[2:], 1).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def pixel_norm(x: Tensor) -> Tensor:
    """Scale each vector to unit mean square (Karras 2018, section 4.2). x: [N, D]."""
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def drawn(*size: int, std: float = 1.0) -> Tensor:
    """Values of N(0, std^2); on the meta device none, for there torch would load its compiler."""
    values = torch.empty(size)
    return values if values.is_meta else values.normal_().mul_(std)


class FullyConnected(nn.Module):
    """Equalised linear layer: y = x (W lr / sqrt(in))^T + b lr (Karras 2018, section 4.1).

    `lr_multiplier` slows the layer's learning (0.01 in the mapping network): weights are drawn
    from N(0, 1) / lr_multiplier, so that the output's scale does not depend on it.
    """

    def __init__(self, in_features, out_features, *, activate=False, lr_multiplier=1.0, bias=0.0):
        super().__init__()
        self.weight = nn.Parameter(drawn(out_features, in_features, std=1 / lr_multiplier))
        self.bias = nn.Parameter(torch.full([out_features], float(bias)))
        self.activate = activate
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """x: [N, in] -> [N, out], float32."""
        # The gain scales the input, which is far smaller than the weight.
        y = F.linear(x * self.weight_gain, self.weight, self.bias * self.bias_gain)
        return leaky_relu(y) * SQRT2 if self.activate else y


class Conv2d(nn.Module):
    """Equalised k x k convolution, optionally halving the size (FIR filter, then stride 2).

    Weights are drawn from N(0, 1) and used times 1 / sqrt(in k k).
    """

    def __init__(
        self, in_channels, out_channels, kernel, *, down=False, activate=True, bias=True, clamp=None
    ):
        """clamp: bound of the result, times the gain of the call."""
        super().__init__()
        self.weight = nn.Parameter(drawn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.down = down
        self.activate, self.clamp = activate, clamp
        self.weight_gain = 1 / math.sqrt(in_channels * kernel * kernel)

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        """x: [N, in, H, W] -> [N, out, H, W], or half the size; computed in x's precision.

        `gain` multiplies the result. It and the activation's sqrt(2) pass through the leaky ReLU,
        so they scale the small weight instead of the large feature maps.
        """
        bound = None if self.clamp is None else self.clamp * gain
        if self.activate:
            gain = gain * SQRT2
        weight = (self.weight * (self.weight_gain * gain)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * gain).to(x.dtype)
        pad = weight.shape[2] // 2
        if self.down:  # paddings keep pixel centres in place: 2 before a 3x3, 1 before a 1x1
            y = F.conv2d(fir_filter(x, pad=pad + 1), weight, bias, stride=2)
        else:
            y = F.conv2d(x, weight, bias, padding=pad)
        return leaky_relu(y, bound) if self.activate else y


def modulated_conv2d(
    x: Tensor, weight: Tensor, styles: Tensor | None, *, up: bool = False, gain: float = 1.0,
    demodulate: bool = True,
) -> Tensor:  # fmt: skip
    """Convolution with weights scaled per sample and then normalised (Karras 2020, eq. 1-3).

        w'_ijk = s_i w_ijk,    w''_ijk = w'_ijk / sqrt(sum_ik w'_ijk^2 + 1e-8)

    Scaling the weights' input channels is scaling the input, and normalising their output channels
    is scaling the output; so one shared convolution serves the whole batch.

    Without `demodulate` weights are used times 1 / sqrt(9 I) instead, as in an equalised
    convolution; styles None then scale nothing.

    x: [N, I, H, W]; weight: [O, I, 3, 3]; styles: [N, I]; `gain` multiplies the result.
    Returns [N, O, H, W], or [N, O, 2H, 2W] with `up`: transposed convolution, then the FIR filter.
    """
    demodulation = None
    if not demodulate:
        gain = gain * equalised_gain(weight)
    elif x.dtype == torch.float16:  # a common factor drops out below; without it sums overflow
        weight = weight / (weight.abs().amax() * math.sqrt(weight[0].numel()))
        styles = styles / styles.abs().amax(dim=1, keepdim=True)
    if demodulate:
        squares = weight.square().sum(dim=[2, 3])
        demodulation = (styles.square() @ squares.T + 1e-8).rsqrt()  # [N, O]
    if styles is not None:
        x = x * styles.to(x.dtype)[:, :, None, None]
    if up:
        x = F.conv_transpose2d(
            x, weight.to(x.dtype).transpose(0, 1), stride=2
        )  # [N, O, 2H+1, 2W+1]
        x = fir_filter(x, pad=1)
        gain = gain * 4  # three of four pixels were zeros
    else:
        x = F.conv2d(x, weight.to(x.dtype), padding=1)
    if demodulation is None:
        return x * gain
    return x * (demodulation * gain).to(x.dtype)[:, :, None, None]


def equalised_gain(weight: Tensor) -> float:
    """1 / sqrt(in k k) for a weight [out, in, k, k]."""
    return 1 / math.sqrt(weight[0].numel())


def instance_norm(x: Tensor) -> Tensor:
    """Each map to mean 0 and deviation 1 (Ulyanov 2016), in float32. x: [N, C, H, W]."""
    x = x.float()
    centred = x - x.mean(dim=[2, 3], keepdim=True)
    return centred * (centred.square().mean(dim=[2, 3], keepdim=True) + 1e-8).rsqrt()


def add_noise_and_bias(x: Tensor, noise: Tensor | None, bias: Tensor) -> Tensor:
    """x + noise + bias in x's precision. x: [N, C, H, W]; noise: [N or 1, 1, H, W]; bias: [C]."""
    N, C, H, W = x.shape
    bias = bias.to(x.dtype)
    noise = None if noise is None else noise.to(x.dtype)
    if x.dtype != torch.bfloat16 or C >= 32 or x.device.type != "cpu":
        return (x if noise is None else x + noise) + bias[:, None, None]
    # Less than a vector of the processor would be added number by number: add whole rows.
    rows = x.permute(0, 2, 3, 1).reshape(N, H, W * C)
    if noise is not None:
        rows = rows + noise[:, 0, :, :, None].expand(-1, H, W, C).reshape(-1, H, W * C)
    return (rows + bias.repeat(W)).view(N, H, W, C).permute(0, 3, 1, 2)


def minibatch_stddev(x: Tensor, group_size: int = 4, channels: int = 1) -> Tensor:
    """Append what says how much the pictures of a group differ (Karras 2018, sec. 3).

    Per group: variance over the group at every place, square root, mean over C, H, W; with several
    channels F, over each F-th part of C (as NVIDIA's num_channels), which tells in what they
    differ. Groups take every (N / G)-th picture. A batch that group_size does not divide is split
    into the largest smaller groups that do.

    x: [N, C, H, W], C divisible by F -> [N, C + F, H, W].
    """
    N, C, H, W = x.shape
    G = next(g for g in range(min(group_size, N), 0, -1) if N % g == 0)
    groups = x.reshape(G, -1, C, H, W)  # [G, N/G, C, H, W]
    # Written out: torch's own variance over the first axis takes ten times as long on a CPU.
    variance = (groups - groups.mean(dim=0)).square().mean(dim=0)
    stddev = (variance + 1e-8).sqrt()
    statistic = stddev.unflatten(1, (channels, -1)).mean(dim=[2, 3, 4])  # [N/G, F]
    found = statistic.repeat(G, 1)[:, :, None, None].expand(N, channels, H, W)
    return torch.cat([x, found], dim=1)
