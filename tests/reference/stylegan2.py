"""A textbook StyleGAN2: per-sample weights, zero insertion, filters as explicit convolutions."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy.signal import convolve2d

KERNEL = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def insert_zeros(x: np.ndarray) -> np.ndarray:
    """[H, W] -> [2H, 2W], the pixels at even places."""
    out = np.zeros((2 * x.shape[0], 2 * x.shape[1]))
    out[::2, ::2] = x
    return out


def filter_image(x: np.ndarray, before: int, after: int) -> np.ndarray:
    """Zero padding, then the FIR filter by scipy."""
    return convolve2d(np.pad(x, (before, after)), KERNEL, mode="valid")


def upsample_image(x: np.ndarray) -> np.ndarray:
    """Insert zeros, filter with gain 4, padding two before and one after."""
    return 4 * filter_image(insert_zeros(x), 2, 1)


def downsample_image(x: np.ndarray) -> np.ndarray:
    """Filter with padding one, keep every second pixel."""
    return filter_image(x, 1, 1)[::2, ::2]


def per_map(function, x: torch.Tensor) -> torch.Tensor:
    """Apply a function of one [H, W] map to every map of [N, C, H, W]."""
    maps = [[torch.from_numpy(function(m.numpy())) for m in sample] for sample in x.double()]
    return torch.stack([torch.stack(sample) for sample in maps])


def modulated_conv2d(x, weight, styles, up=False, demodulate=True):
    """Equation 1-3 sample by sample: modulate the weight, normalise it, convolve with it."""
    results = []
    for sample, style in zip(x, styles, strict=True):
        w = weight * style[None, :, None, None]
        if demodulate:
            w = w / torch.sqrt((w**2).sum(dim=(1, 2, 3), keepdim=True) + 1e-8)
        if up:
            y = F.conv_transpose2d(sample[None], w.transpose(0, 1), stride=2)
            y = 4 * per_map(lambda m: filter_image(m, 1, 1), y).to(x.dtype)
        else:
            y = F.conv2d(sample[None], w, padding=w.shape[2] // 2)
        results.append(y)
    return torch.cat(results)


def lrelu(x):
    """Leaky ReLU with slope 0.2 and gain sqrt(2)."""
    return torch.where(x > 0, x, 0.2 * x) * math.sqrt(2)


def linear(layer, x, lr_multiplier=1.0):
    """Equalised linear layer from its stored tensors."""
    weight = layer["weight"] * lr_multiplier / math.sqrt(x.shape[1])
    return x @ weight.T + layer["bias"] * lr_multiplier


def sub(tensors: dict, prefix: str) -> dict:
    """The tensors under one name."""
    return {k[len(prefix) + 1 :]: v for k, v in tensors.items() if k.startswith(prefix + ".")}


def mapping(t: dict, z, layers: int, c=None):
    """z and class, or one of them -> w from the stored tensors."""
    parts = [] if z is None else [z]
    if c is not None:
        parts.append(linear(sub(t, "embed"), c))
    x = torch.cat([p / torch.sqrt((p**2).mean(dim=1, keepdim=True) + 1e-8) for p in parts], dim=1)
    for i in range(layers):
        x = lrelu(linear(sub(t, f"fc{i}"), x, lr_multiplier=0.01))
    return x


def synthesis(t: dict, ws, resolution: int, clamp=None):
    """ws [N, L, w_dim] -> picture, with the stored noise, from the tensors by their names.

    clamp: bound of every layer's and toRGB's result.
    """
    clamp = clamp or math.inf
    x, img, index = None, None, 0
    for r in [2**k for k in range(2, int(math.log2(resolution)) + 1)]:
        block = sub(t, f"b{r}")
        if r == 4:
            x = block["const"].expand(len(ws), -1, -1, -1)
        for name in ["conv1"] if r == 4 else ["conv0", "conv1"]:
            layer = sub(block, name)
            style = linear(sub(layer, "affine"), ws[:, index])
            x = modulated_conv2d(x, layer["weight"], style, up=name == "conv0")
            x = x + layer["noise_const"] * layer["noise_strength"]
            x = lrelu(x + layer["bias"][:, None, None]).clamp(-clamp, clamp)
            index += 1
        layer = sub(block, "torgb")
        style = linear(sub(layer, "affine"), ws[:, index]) / math.sqrt(x.shape[1])
        rgb = modulated_conv2d(x, layer["weight"], style, demodulate=False)
        rgb = (rgb + layer["bias"][:, None, None]).clamp(-clamp, clamp)
        img = rgb if img is None else per_map(upsample_image, img).to(rgb.dtype) + rgb
    return img


def conv(layer, x, down=False, activate=True):
    """Equalised convolution from its stored tensors; with `down` filtered and then strided."""
    weight = layer["weight"] / math.sqrt(layer["weight"][0].numel())
    pad = weight.shape[2] // 2
    if down:
        x = per_map(lambda m: filter_image(m, pad + 1, pad + 1), x).to(weight.dtype)
        x = F.conv2d(x, weight, stride=2)
    else:
        x = F.conv2d(x, weight, padding=pad)
    x = x + layer["bias"][:, None, None] if "bias" in layer else x
    return lrelu(x) if activate else x


def minibatch_stddev(x, group: int, channels: int = 1):
    """For-loop version: group i holds every (N / group)-th sample, starting at i; channel f is of
    the f-th part of the maps."""
    N, C, H, W = x.shape
    count = N // group
    found = torch.zeros(N, channels, H, W, dtype=x.dtype)
    for i in range(count):
        members = [x[i + j * count] for j in range(group)]
        mean = sum(members) / group
        variance = sum((m - mean) ** 2 for m in members) / group
        deviation = torch.sqrt(variance + 1e-8)
        for f in range(channels):
            part = deviation[f * C // channels : (f + 1) * C // channels]
            for j in range(group):
                found[i + j * count, f] = part.mean()
    return torch.cat([x, found], dim=1)


def discriminator(t: dict, img, resolution: int, conv=conv, c=None, clamp=None, group=4):
    """Picture (and class) -> logit (Karras 2020, figure 7; with classes Karras 2020b).

    conv: how it convolves; clamp: bound of every activated convolution's result, before a gain
    that follows; group: of the minibatch standard deviation, which has as many channels as the next
    layer reads beyond the maps. Without skips it is the plain chain.
    """
    clamp = clamp or math.inf
    x = img
    for r in [2**k for k in range(int(math.log2(resolution)), 2, -1)]:
        block = sub(t, f"b{r}")
        if r == resolution:
            x = conv(sub(block, "fromrgb"), x).clamp(-clamp, clamp)
        y = conv(sub(block, "conv0"), x).clamp(-clamp, clamp)
        y = conv(sub(block, "conv1"), y, down=True).clamp(-clamp, clamp)
        if "skip.weight" in block:
            skip = conv(sub(block, "skip"), x, down=True, activate=False)
            y = (y + skip) / math.sqrt(2)
        x = y
    block = sub(t, "b4")
    channels = block["conv.weight"].shape[1] - x.shape[1]
    x = minibatch_stddev(x, min(group, len(x)), channels)
    x = conv(sub(block, "conv"), x).clamp(-clamp, clamp)
    x = lrelu(linear(sub(block, "fc"), x.reshape(len(x), -1)))
    y = linear(sub(block, "out"), x)
    if c is None:
        return y[:, 0]
    direction = mapping(sub(t, "mapping"), None, 8, c)
    return (y * direction).sum(dim=1) / math.sqrt(y.shape[1])
