"""Networks laid out as rosinality's, plainly computed from their own tensors."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.gan.convert.nvidia_like import (
    MinibatchStdLayer,
    activated,
    filtered,
    fir,
    narrow,
    unit_length,
)


class EqualLinear(nn.Module):
    def __init__(self, inputs, outputs, bias_init=0.0, lr_mul=1.0, activate=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_mul)
        self.bias = nn.Parameter(bias_init + 0.2 * torch.randn(outputs) / lr_mul)
        self.scale, self.lr_mul, self.activate = lr_mul / math.sqrt(inputs), lr_mul, activate

    def forward(self, x):
        y = x @ (self.weight * self.scale).T
        return activated(y, self.bias * self.lr_mul, "lrelu" if self.activate else "linear")


class Kernel(nn.Module):
    """A blur, or a doubling of the size: both keep nothing but their filter."""

    def __init__(self, taps, total):
        super().__init__()
        self.register_buffer("kernel", fir(taps) * total)


class Bias(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(0.3 * torch.randn(channels))


class Noise(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(0.3 * torch.randn(1))


class ModulatedConv2d(nn.Module):
    def __init__(self, inputs, outputs, kernel, style_dim, demodulate=True, up=False, taps=None):
        super().__init__()
        self.demodulate, self.up = demodulate, up
        self.scale = 1 / math.sqrt(inputs * kernel**2)
        if up:
            self.blur = Kernel(taps, 4)
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, kernel, kernel))
        self.modulation = EqualLinear(style_dim, inputs, bias_init=1.0)

    def forward(self, x, w):
        results = []
        for one, style in zip(x, self.modulation(w), strict=True):
            weight = self.scale * self.weight[0] * style[:, None, None]
            if self.demodulate:
                weight = weight * (weight.square().sum(dim=[1, 2, 3], keepdim=True) + 1e-8).rsqrt()
            if self.up:
                y = F.conv_transpose2d(one[None], weight.transpose(0, 1), stride=2)
                y = filtered(y, self.blur.kernel, before=1, after=1)
            else:
                y = F.conv2d(one[None], weight, padding=weight.shape[2] // 2)
            results.append(y)
        return torch.cat(results)


class StyledConv(nn.Module):
    def __init__(self, inputs, outputs, style_dim, up=False, taps=None):
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, style_dim, up=up, taps=taps)
        self.noise, self.activate = Noise(), Bias(outputs)

    def forward(self, x, w, noise):
        return activated(self.conv(x, w) + self.noise.weight * noise, self.activate.bias, "lrelu")


class ToRGB(nn.Module):
    def __init__(self, inputs, style_dim, taps, up=True):
        super().__init__()
        if up:
            self.upsample = Kernel(taps, 4)
        self.conv = ModulatedConv2d(inputs, 3, 1, style_dim, demodulate=False)
        self.bias = nn.Parameter(torch.randn(1, 3, 1, 1))

    def forward(self, x, w, skip=None):
        rgb = self.conv(x, w) + self.bias
        if skip is not None:
            rgb = rgb + filtered(skip, self.upsample.kernel, up=2, before=2, after=1)
        return rgb


class Generator(nn.Module):
    def __init__(self, size=16, style_dim=16, n_mlp=2, lr_mlp=0.01, taps=(1, 3, 3, 1)):
        super().__init__()
        layers = [EqualLinear(style_dim, style_dim, 0, lr_mlp, True) for _ in range(n_mlp)]
        self.style = nn.Sequential(nn.Identity(), *layers)
        self.input = nn.Module()
        self.input.input = nn.Parameter(torch.randn(1, narrow(4), 4, 4))
        self.conv1 = StyledConv(narrow(4), narrow(4), style_dim)
        self.to_rgb1 = ToRGB(narrow(4), style_dim, taps, up=False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        self.noises = nn.Module()
        self.noises.register_buffer("noise_0", torch.randn(1, 1, 4, 4))
        for k, r in enumerate([8 << i for i in range(int(math.log2(size)) - 2)]):
            up = StyledConv(narrow(r // 2), narrow(r), style_dim, up=True, taps=taps)
            self.convs.extend([up, StyledConv(narrow(r), narrow(r), style_dim)])
            self.to_rgbs.append(ToRGB(narrow(r), style_dim, taps))
            for i in (2 * k + 1, 2 * k + 2):
                self.noises.register_buffer(f"noise_{i}", torch.randn(1, 1, r, r))

    def forward(self, z):
        w = self.style(unit_length(z))
        noises = list(self.noises._buffers.values())
        x = self.conv1(self.input.input.expand(len(z), -1, -1, -1), w, noises[0])
        skip = self.to_rgb1(x, w)
        for k, to_rgb in enumerate(self.to_rgbs):
            for i in (2 * k, 2 * k + 1):
                x = self.convs[i](x, w, noises[i + 1])
            skip = to_rgb(x, w, skip)
        return skip


class Blurred(nn.Sequential):
    """A convolution, perhaps after a blur and with a bias behind: numbered as theirs."""

    def __init__(self, inputs, outputs, kernel, down=False, activate=True, taps=(1, 3, 3, 1)):
        conv = nn.Module()
        conv.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        parts = [Kernel(taps, 1)] if down else []
        super().__init__(*parts, conv, *([Bias(outputs)] if activate else []))
        self.down, self.activate, self.pad = down, activate, kernel // 2

    def forward(self, x):
        conv = self[1] if self.down else self[0]
        weight = conv.weight / math.sqrt(conv.weight[0].numel())
        if self.down:
            x = filtered(x, self[0].kernel, before=self.pad + 1, after=self.pad + 1)
            x = F.conv2d(x, weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=self.pad)
        return activated(x, self[-1].bias, "lrelu") if self.activate else x


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, taps):
        super().__init__()
        self.conv1 = Blurred(inputs, inputs, 3)
        self.conv2 = Blurred(inputs, outputs, 3, down=True, taps=taps)
        self.skip = Blurred(inputs, outputs, 1, down=True, activate=False, taps=taps)

    def forward(self, x):
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    def __init__(self, size=16, taps=(1, 3, 3, 1)):
        super().__init__()
        sizes = [size >> k for k in range(int(math.log2(size)) - 2)]
        blocks = [ResBlock(narrow(r), narrow(r // 2), taps) for r in sizes]
        self.convs = nn.Sequential(Blurred(3, narrow(size), 1), *blocks)
        self.final_conv = Blurred(narrow(4) + 1, narrow(4), 3)
        last = EqualLinear(narrow(4) * 16, narrow(4), activate=True)
        self.final_linear = nn.Sequential(last, EqualLinear(narrow(4), 1))

    def forward(self, img):
        x = MinibatchStdLayer(4)(self.convs(img))
        return self.final_linear(self.final_conv(x).flatten(1))[:, 0]
