"""Networks laid out as OpenMMLab's mmgeneration and mmagic, plainly computed from their tensors.

Their pictures are blue, green, red.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.gan.convert.nvidia_like import MinibatchStdLayer, activated, filtered, fir, narrow

TAPS = (1, 3, 3, 1)


class Equalised(nn.Module):
    """Keeps weight_orig; what is computed with has the fan-in and the multiplier in it."""

    def __init__(self, *shape, lr_mul=1.0):
        super().__init__()
        self.weight_orig = nn.Parameter(torch.randn(shape) / lr_mul)
        self.lr_mul = lr_mul

    def weight(self):
        one = self.weight_orig[0] if self.weight_orig.ndim == 5 else self.weight_orig
        return one * math.sqrt(1 / one[0].numel()) * self.lr_mul


class EqualLinearAct(nn.Module):
    """The bias lies beside the linear layer, not in it."""

    def __init__(self, inputs, outputs, bias_init=0.0, lr_mul=1.0, activate=False):
        super().__init__()
        self.linear = Equalised(outputs, inputs, lr_mul=lr_mul)
        self.bias = nn.Parameter(bias_init + 0.2 * torch.randn(outputs) / lr_mul)
        self.lr_mul, self.activate = lr_mul, activate

    def forward(self, x):
        y = F.linear(x, self.linear.weight())
        return activated(y, self.bias * self.lr_mul, "lrelu" if self.activate else "linear")


class PixelNorm(nn.Module):
    def forward(self, x):
        length = torch.linalg.norm(x, dim=1, keepdim=True) / math.sqrt(x.shape[1])
        return x / (length + 1e-6)


class Kernel(nn.Module):
    def __init__(self, taps, total):
        super().__init__()
        self.register_buffer("kernel", fir(taps) * total)


class Bias(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(0.3 * torch.randn(channels))


class NoiseInjection(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(0.3 * torch.randn(1))

    def forward(self, x, noise):
        return x + self.weight * noise


class ModulatedConv(Equalised):
    def __init__(self, inputs, outputs, kernel, style, demodulate=True, up=False, taps=TAPS):
        super().__init__(1, outputs, inputs, kernel, kernel)
        self.style_modulation = EqualLinearAct(style, inputs, bias_init=1.0)
        self.demodulate, self.up = demodulate, up
        if up:
            self.blur = Kernel(taps, 4)

    def forward(self, x, w):
        s = self.style_modulation(w)
        weight = self.weight()[None] * s[:, None, :, None, None]  # [N, O, I, k, k]
        if self.demodulate:
            d = (weight.square().sum(dim=[2, 3, 4]) + 1e-8).rsqrt()
            weight = weight * d[:, :, None, None, None]
        pairs = zip(x[:, None], weight, strict=True)
        if not self.up:
            pad = weight.shape[-1] // 2
            return torch.cat([F.conv2d(one, kernel, padding=pad) for one, kernel in pairs])
        ups = [F.conv_transpose2d(one, k.transpose(0, 1), stride=2) for one, k in pairs]
        return filtered(torch.cat(ups), self.blur.kernel, before=1, after=1)


class ModulatedStyleConv(nn.Module):
    def __init__(self, inputs, outputs, style, up=False, taps=TAPS):
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style, up=up, taps=taps)
        self.noise_injector, self.activate = NoiseInjection(), Bias(outputs)

    def forward(self, x, w, noise):
        return activated(self.noise_injector(self.conv(x, w), noise), self.activate.bias, "lrelu")


class ModulatedToRGB(nn.Module):
    def __init__(self, inputs, style, channels, up=True):
        super().__init__()
        if up:
            self.upsample = Kernel(TAPS, 4)
        self.conv = ModulatedConv(inputs, channels, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.randn(1, channels, 1, 1))

    def forward(self, x, w, skip=None):
        picture = self.conv(x, w) + self.bias
        if skip is None:
            return picture
        return picture + filtered(skip, self.upsample.kernel, up=2, before=2, after=1)


class Generator(nn.Module):
    def __init__(self, size=16, style=16, num_mlps=2, lr_mlp=0.01, taps=TAPS, channels=3):
        super().__init__()
        layers = [EqualLinearAct(style, style, 0.0, lr_mlp, True) for _ in range(num_mlps)]
        self.style_mapping = nn.Sequential(PixelNorm(), *layers)
        self.constant_input = nn.Module()
        self.constant_input.input = nn.Parameter(torch.randn(1, narrow(4), 4, 4))
        self.conv1 = ModulatedStyleConv(narrow(4), narrow(4), style)
        self.to_rgb1 = ModulatedToRGB(narrow(4), style, channels, up=False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for r in [8 << i for i in range(int(math.log2(size)) - 2)]:
            up = ModulatedStyleConv(narrow(r // 2), narrow(r), style, up=True, taps=taps)
            self.convs.extend([up, ModulatedStyleConv(narrow(r), narrow(r), style)])
            self.to_rgbs.append(ModulatedToRGB(narrow(r), style, channels))
        for i in range(1 + len(self.convs)):
            r = 2 ** ((i + 5) // 2)
            self.register_buffer(f"injected_noise_{i}", torch.randn(1, 1, r, r))

    def forward(self, z):
        """[N, 3, R, R], blue, green, red."""
        w = self.style_mapping(z)
        x = self.constant_input.input.repeat(len(z), 1, 1, 1)
        x = self.conv1(x, w, self.injected_noise_0)
        picture = self.to_rgb1(x, w)
        for i, conv in enumerate(self.convs):
            x = conv(x, w, getattr(self, f"injected_noise_{i + 1}"))
            if i % 2:
                picture = self.to_rgbs[i // 2](x, w, picture)
        return picture


class Convolution(nn.Module):
    """An equalised convolution lies one module deeper than its blur and its bias."""

    def __init__(self, *shape):
        super().__init__()
        self.conv = Equalised(*shape)


class ConvDown(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, down=False, activate=True, taps=TAPS):
        blur = [Kernel(taps, 1)] if down else []
        bias = [Bias(outputs)] if activate else []
        super().__init__(*blur, Convolution(outputs, inputs, kernel, kernel), *bias)
        self.down, self.activate, self.pad = down, activate, kernel // 2

    def forward(self, x):
        weight = self[int(self.down)].conv.weight()
        if self.down:
            x = filtered(x, self[0].kernel, before=self.pad + 1, after=self.pad + 1)
            x = F.conv2d(x, weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=self.pad)
        return activated(x, self[-1].bias, "lrelu") if self.activate else x


class ResBlock(nn.Module):
    def __init__(self, inputs, outputs, taps):
        super().__init__()
        self.conv1 = ConvDown(inputs, inputs, 3)
        self.conv2 = ConvDown(inputs, outputs, 3, down=True, taps=taps)
        self.skip = ConvDown(inputs, outputs, 1, down=True, activate=False, taps=taps)

    def forward(self, x):
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    def __init__(self, size=16, taps=TAPS):
        super().__init__()
        sizes = [size >> k for k in range(int(math.log2(size)) - 2)]
        blocks = [ResBlock(narrow(r), narrow(r // 2), taps) for r in sizes]
        self.convs = nn.Sequential(ConvDown(3, narrow(size), 1), *blocks)
        self.final_conv = ConvDown(narrow(4) + 1, narrow(4), 3)
        last = EqualLinearAct(narrow(4) * 16, narrow(4), activate=True)
        self.final_linear = nn.Sequential(last, EqualLinearAct(narrow(4), 1))

    def forward(self, img):
        """[N], of pictures that are blue, green, red."""
        x = MinibatchStdLayer(4)(self.convs(img))
        return self.final_linear(self.final_conv(x).flatten(1))[:, 0]


def whole(G_ema, G=None, D=None, within="") -> dict[str, torch.Tensor]:
    """One state dict of all networks; mmagic's average lies one module deeper, with a counter."""
    state = {f"generator_ema.{within}{k}": t for k, t in G_ema.state_dict().items()}
    if within:
        state["generator_ema.steps"] = torch.tensor(7)
    for part, network in {"generator": G, "discriminator": D}.items():
        if network is not None:
            state |= {f"{part}.{k}": t for k, t in network.state_dict().items()}
    return state
