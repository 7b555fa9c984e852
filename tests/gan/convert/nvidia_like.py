"""Networks laid out as NVIDIA's, plainly computed, and pickled as theirs pickle themselves.

Names, attributes and the order of computing are theirs; the arithmetic is written from the papers.
"""

import math
import sys
import types
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HARM = "open({!r}, 'w').write('run')"  # what a file must never bring about
SLOPES = {"lrelu": 0.2, "linear": 1.0, "relu": 0.0}


def fir(taps=(1, 3, 3, 1)) -> torch.Tensor:
    row = torch.tensor(taps, dtype=torch.float32)
    return torch.outer(row, row) / row.sum() ** 2


def filtered(x, f, up=1, down=1, before=0, after=0, gain=1.0):
    """Insert up - 1 zeros behind each pixel, pad, filter, keep every down-th."""
    N, C, H, W = x.shape
    spread = x.new_zeros(N, C, H * up, W * up)
    spread[:, :, ::up, ::up] = x
    spread = F.pad(spread, [before, after, before, after])
    kernel = (f * gain).to(x.dtype).expand(C, 1, *f.shape)
    return F.conv2d(spread, kernel, groups=C)[:, :, ::down, ::down]


def activated(x, bias, kind, gain=1.0, clamp=None):
    if bias is not None:
        x = x + bias.reshape([1, -1] + [1] * (x.ndim - 2))
    x = torch.where(x > 0, x, x * SLOPES[kind]) * (gain * (1 if kind == "linear" else math.sqrt(2)))
    return x if clamp is None else x.clamp(-clamp, clamp)


def unit_length(x):
    return x / (x.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()


class EasyDict(dict):
    """Pickled under the name that theirs has."""


EasyDict.__module__, EasyDict.__qualname__ = "dnnlib.util", "EasyDict"


def _reconstruct_persistent_obj(meta):
    raise AssertionError("this would run the source beside it")


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"


class Theirs(nn.Module):
    """A module whose pickle is the call that would run `source`, with the module's own state."""

    source = ""

    def __init__(self, **attributes):
        super().__init__()
        self._init_args, self._init_kwargs = (), EasyDict(nested=EasyDict(fp16=0))
        self.__dict__.update(attributes)

    def __reduce__(self):
        meta = {"type": "class", "version": 6, "module_src": Theirs.source,
                "class_name": type(self).__name__, "state": dict(self.__dict__)}  # fmt: skip
        return _reconstruct_persistent_obj, (meta,)


@contextmanager
def their_programs(source: str = ""):
    """Their classes' names can be pickled, with `source` beside them."""
    modules = {name: types.ModuleType(name) for name in (
        "torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util",
    )}  # fmt: skip
    modules["torch_utils.persistence"]._reconstruct_persistent_obj = _reconstruct_persistent_obj
    modules["dnnlib.util"].EasyDict = EasyDict
    sys.modules.update(modules)
    Theirs.source = source
    try:
        yield
    finally:
        Theirs.source = ""
        for name in modules:
            del sys.modules[name]


class FullyConnectedLayer(Theirs):
    def __init__(self, inputs, outputs, activation="linear", lr_multiplier=1.0, bias_init=0.0):
        super().__init__(activation=activation)
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(bias_init + 0.2 * torch.randn(outputs) / lr_multiplier)
        self.weight_gain, self.bias_gain = lr_multiplier / np.sqrt(inputs), lr_multiplier

    def forward(self, x):
        y = x @ (self.weight * float(self.weight_gain)).T
        return activated(y, self.bias * self.bias_gain, self.activation)


class MappingNetwork(Theirs):
    def __init__(self, z_dim, c_dim, w_dim, layers=2, lr_multiplier=0.01, average=True):
        super().__init__(z_dim=z_dim, c_dim=c_dim, w_dim=w_dim, num_layers=layers)
        if c_dim:
            self.embed = FullyConnectedLayer(c_dim, w_dim)
        features = z_dim + (w_dim if c_dim else 0)
        for i in range(layers):
            setattr(self, f"fc{i}", FullyConnectedLayer(features, w_dim, "lrelu", lr_multiplier))
            features = w_dim
        if average:
            self.register_buffer("w_avg", torch.randn(w_dim))

    def forward(self, z, c):
        parts = [unit_length(z)] if self.z_dim else []
        if self.c_dim:
            parts.append(unit_length(self.embed(c)))
        x = torch.cat(parts, dim=1)
        for i in range(self.num_layers):
            x = getattr(self, f"fc{i}")(x)
        return x


class SynthesisLayer(Theirs):
    def __init__(self, inputs, outputs, w_dim, resolution, up, use_noise, conv_clamp, taps):
        super().__init__(up=up, use_noise=use_noise, conv_clamp=conv_clamp, activation="lrelu",
                         act_gain=np.sqrt(2), padding=1, resolution=resolution)  # fmt: skip
        self.register_buffer("resample_filter", fir(taps))
        self.affine = FullyConnectedLayer(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        if use_noise:
            self.register_buffer("noise_const", torch.randn(resolution, resolution))
            self.noise_strength = nn.Parameter(0.3 * torch.randn([]))
        self.bias = nn.Parameter(0.3 * torch.randn(outputs))

    def forward(self, x, w):
        results = []
        for one, style in zip(x, self.affine(w), strict=True):
            weight = self.weight * style[:, None, None]
            weight = weight / (weight.square().sum(dim=[1, 2, 3], keepdim=True) + 1e-8).sqrt()
            if self.up == 2:
                y = F.conv_transpose2d(one[None], weight.transpose(0, 1), stride=2)
                y = filtered(y, self.resample_filter, before=1, after=1, gain=4)
            else:
                y = F.conv2d(one[None], weight, padding=1)
            results.append(y)
        x = torch.cat(results)
        if self.use_noise:
            x = x + self.noise_const * self.noise_strength
        return activated(x, self.bias, self.activation, clamp=self.conv_clamp)


class ToRGBLayer(Theirs):
    def __init__(self, inputs, channels, w_dim, conv_clamp):
        super().__init__(conv_clamp=conv_clamp, weight_gain=1 / np.sqrt(inputs))
        self.affine = FullyConnectedLayer(w_dim, inputs, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.randn(channels))

    def forward(self, x, w):
        styles = self.affine(w) * float(self.weight_gain)
        x = torch.cat([F.conv2d(one[None], self.weight * s[:, None, None])
                       for one, s in zip(x, styles, strict=True)])  # fmt: skip
        return activated(x, self.bias, "linear", clamp=self.conv_clamp)


class SynthesisBlock(Theirs):
    def __init__(self, inputs, outputs, w_dim, r, channels, architecture, taps, **layer):
        super().__init__(architecture=architecture, use_fp16=True, num_conv=1 + bool(inputs))
        self.register_buffer("resample_filter", fir(taps))
        layer["taps"] = taps
        if inputs:
            self.conv0 = SynthesisLayer(inputs, outputs, w_dim, r, 2, **layer)
        else:
            self.const = nn.Parameter(torch.randn(outputs, 4, 4))
        self.conv1 = SynthesisLayer(outputs, outputs, w_dim, r, 1, **layer)
        if channels:
            self.torgb = ToRGBLayer(outputs, channels, w_dim, layer["conv_clamp"])
        if architecture == "resnet" and inputs:
            self.skip = Conv2dLayer(inputs, outputs, 1, "linear", bias=False, taps=taps)

    def forward(self, x, img, ws):
        ws = list(ws)
        x = self.const.expand(len(ws[0]), -1, -1, -1) if x is None else self.conv0(x, ws.pop(0))
        x = self.conv1(x, ws.pop(0))
        if img is not None:
            img = filtered(img, self.resample_filter, up=2, before=2, after=1, gain=4)
        rgb = self.torgb(x, ws.pop(0))
        return x, rgb if img is None else img + rgb


class SynthesisNetwork(Theirs):
    def __init__(self, w_dim, R, channels, widths, architecture="skip", **layer):
        super().__init__(block_resolutions=[4 << k for k in range(int(math.log2(R)) - 1)])
        inputs = 0
        for r in self.block_resolutions:
            shown = channels if architecture == "skip" or r == R else 0
            block = SynthesisBlock(inputs, widths(r), w_dim, r, shown, architecture, **layer)
            setattr(self, f"b{r}", block)
            inputs = widths(r)

    def forward(self, ws):
        x, img, first = None, None, 0
        for r in self.block_resolutions:
            block = getattr(self, f"b{r}")
            x, img = block(x, img, ws[:, first : first + block.num_conv + 1].unbind(dim=1))
            first += block.num_conv
        return img


def narrow(r: int) -> int:
    return min(128 // r, 12)


class Generator(Theirs):
    def __init__(
        self, R=16, channels=1, c_dim=0, dim=16, layers=2, lr_multiplier=0.01, architecture="skip",
        use_noise=True, conv_clamp=None, taps=(1, 3, 3, 1), average=True, widths=narrow,
    ):  # fmt: skip
        super().__init__(z_dim=dim, c_dim=c_dim, w_dim=dim, img_resolution=R)
        self.mapping = MappingNetwork(dim, c_dim, dim, layers, lr_multiplier, average)
        self.synthesis = SynthesisNetwork(
            dim, R, channels, widths, architecture,
            use_noise=use_noise, conv_clamp=conv_clamp, taps=taps,
        )  # fmt: skip

    def forward(self, z, c=None):
        num_ws = 2 * int(math.log2(self.img_resolution)) - 2
        return self.synthesis(self.mapping(z, c)[:, None].expand(-1, num_ws, -1))


class Conv2dLayer(Theirs):
    def __init__(
        self, inputs, outputs, kernel, activation="lrelu", bias=True, down=1, conv_clamp=None,
        taps=(1, 3, 3, 1),
    ):  # fmt: skip
        super().__init__(activation=activation, down=down, up=1, conv_clamp=conv_clamp,
                         padding=kernel // 2, act_gain=np.sqrt(2))  # fmt: skip
        self.register_buffer("resample_filter", fir(taps))
        self.weight_gain = 1 / np.sqrt(inputs * kernel**2)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(0.3 * torch.randn(outputs)) if bias else None

    def forward(self, x, gain=1.0):
        weight = self.weight * float(self.weight_gain)
        if self.down == 2:
            pad = self.padding + 1
            x = F.conv2d(filtered(x, self.resample_filter, before=pad, after=pad), weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=self.padding)
        clamp = None if self.conv_clamp is None else self.conv_clamp * gain
        return activated(x, self.bias, self.activation, gain, clamp)


class DiscriminatorBlock(Theirs):
    def __init__(self, inputs, here, below, channels, architecture, clamp, activation):
        super().__init__(in_channels=inputs, architecture=architecture)
        self.register_buffer("resample_filter", fir())
        if inputs == 0 or architecture == "skip":
            self.fromrgb = Conv2dLayer(channels, here, 1, activation, conv_clamp=clamp)
        self.conv0 = Conv2dLayer(here, here, 3, activation, conv_clamp=clamp)
        self.conv1 = Conv2dLayer(here, below, 3, activation, down=2, conv_clamp=clamp)
        if architecture == "resnet":
            self.skip = Conv2dLayer(here, below, 1, "linear", bias=False, down=2)

    def forward(self, x):
        if self.in_channels == 0:
            x = self.fromrgb(x)
        if self.architecture == "resnet":
            y = self.skip(x, gain=math.sqrt(0.5))
            return y + self.conv1(self.conv0(x), gain=math.sqrt(0.5))
        return self.conv1(self.conv0(x))


class MinibatchStdLayer(Theirs):
    def __init__(self, group_size, num_channels=1):
        super().__init__(group_size=group_size, num_channels=num_channels)

    def forward(self, x):
        N, C, H, W = x.shape
        G = N if self.group_size is None else min(self.group_size, N)
        F = self.num_channels
        y = x.reshape(G, N // G, F, C // F, H, W)
        y = (y.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=[2, 3, 4])
        return torch.cat([x, y.repeat(G, 1).reshape(N, F, 1, 1).expand(N, F, H, W)], dim=1)


class DiscriminatorEpilogue(Theirs):
    def __init__(self, channels, cmap_dim, architecture, mbstd, mbstd_channels, clamp, activation):
        super().__init__(cmap_dim=cmap_dim, architecture=architecture)
        self.mbstd = MinibatchStdLayer(mbstd, mbstd_channels) if mbstd_channels else None
        inputs = channels + mbstd_channels
        self.conv = Conv2dLayer(inputs, channels, 3, activation, conv_clamp=clamp)
        self.fc = FullyConnectedLayer(channels * 16, channels, activation)
        self.out = FullyConnectedLayer(channels, cmap_dim or 1)

    def forward(self, x, cmap):
        y = self.out(self.fc(self.conv(self.mbstd(x)).flatten(1)))
        if self.cmap_dim:
            y = (y * cmap).sum(dim=1, keepdim=True) / math.sqrt(self.cmap_dim)
        return y[:, 0]


class Discriminator(Theirs):
    def __init__(
        self, R=16, channels=1, c_dim=0, architecture="resnet", mbstd=4, mbstd_channels=1,
        conv_clamp=None, activation="lrelu", lr_multiplier=0.01,
    ):  # fmt: skip
        super().__init__(c_dim=c_dim, img_resolution=R)
        self.sizes = [R >> k for k in range(int(math.log2(R)) - 2)]
        inputs = 0
        for r in self.sizes:
            block = DiscriminatorBlock(
                inputs, narrow(r), narrow(r // 2), channels, architecture, conv_clamp, activation
            )
            setattr(self, f"b{r}", block)
            inputs = narrow(r)
        self.b4 = DiscriminatorEpilogue(
            narrow(4), narrow(4) if c_dim else 0, architecture, mbstd, mbstd_channels, conv_clamp,
            activation,
        )  # fmt: skip
        if c_dim:
            self.mapping = MappingNetwork(0, c_dim, narrow(4), 8, lr_multiplier, average=False)

    def forward(self, img, c=None):
        x = img
        for r in self.sizes:
            x = getattr(self, f"b{r}")(x)
        return self.b4(x, self.mapping(None, c) if self.c_dim else None)
