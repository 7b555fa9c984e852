"""The networks as first published: what `make bench` measures this program against.

Weights are scaled for each sample and applied by one grouped convolution (Karras 2020, appendix
B); up- and downsampling insert zeros and convolve with the filter. In torch, for any batch and
with gradients, contiguous NCHW throughout; no trick that the paper does not have.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.reference import stylegan2
from tests.reference.stylegan2 import linear, lrelu, sub

FIR = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # what is kept must serve training as well
def _kernel(gain: float, device: torch.device, dtype: torch.dtype) -> Tensor:
    return (FIR * gain).to(device, dtype)


def upfirdn2d(x: Tensor, up: int, before: int, after: int, gain: float = 1.0) -> Tensor:
    """Insert up - 1 zeros behind every pixel, pad, filter every channel. x: [N, C, H, W]."""
    N, C, H, W = x.shape
    x = F.pad(x.reshape(N, C, H, 1, W, 1), [0, up - 1, 0, 0, 0, up - 1])
    x = F.pad(x.reshape(N, C, H * up, W * up), [before, after, before, after])
    kernel = _kernel(gain, x.device, x.dtype).expand(C, 1, 4, 4)
    return F.conv2d(x, kernel, groups=C)


def modulated_conv2d(x, weight, styles, up=False, demodulate=True):
    """Equation 1-3 with one weight for each sample; the batch becomes groups."""
    N, C, H, W = x.shape
    w = weight[None] * styles[:, None, :, None, None]  # [N, O, I, k, k]
    if demodulate:
        w = w * (w.square().sum(dim=[2, 3, 4], keepdim=True) + 1e-8).rsqrt()
    w = w.to(x.dtype)
    x = x.reshape(1, N * C, H, W)
    if up:
        w = w.transpose(1, 2).flatten(0, 1)  # [N I, O, k, k]
        x = F.conv_transpose2d(x, w, stride=2, groups=N)
        x = upfirdn2d(x, 1, 1, 1, gain=4)
    else:
        x = F.conv2d(x, w.flatten(0, 1), padding=w.shape[-1] // 2, groups=N)
    return x.reshape(N, -1, *x.shape[2:])


def synthesis(t: dict, ws: Tensor, resolution: int, dtype=torch.float32) -> Tensor:
    """ws [N, L, w_dim] -> picture, with the stored noise, from the tensors by their names."""
    x, img, index = None, None, 0
    for r in [2**k for k in range(2, int(math.log2(resolution)) + 1)]:
        block = sub(t, f"b{r}")
        if r == 4:
            x = block["const"].to(dtype).repeat(len(ws), 1, 1, 1)
        for name in ["conv1"] if r == 4 else ["conv0", "conv1"]:
            layer = sub(block, name)
            style = linear(sub(layer, "affine"), ws[:, index])
            x = modulated_conv2d(x, layer["weight"], style, up=name == "conv0")
            x = x + (layer["noise_const"] * layer["noise_strength"]).to(dtype)
            x = lrelu(x + layer["bias"].to(dtype)[:, None, None])
            index += 1
        layer = sub(block, "torgb")
        style = linear(sub(layer, "affine"), ws[:, index]) / math.sqrt(x.shape[1])
        rgb = modulated_conv2d(x, layer["weight"], style, demodulate=False)
        rgb = rgb.float() + layer["bias"][:, None, None]
        img = rgb if img is None else upfirdn2d(img, 2, 2, 1, gain=4) + rgb
    return img


def conv(layer: dict, x: Tensor, down=False, activate=True) -> Tensor:
    """Equalised convolution; with `down` the picture is filtered first and every second taken."""
    weight = layer["weight"] / math.sqrt(layer["weight"][0].numel())
    pad = weight.shape[2] // 2
    if down:
        x = F.conv2d(upfirdn2d(x, 1, pad + 1, pad + 1), weight, stride=2)
    else:
        x = F.conv2d(x, weight, padding=pad)
    x = x + layer["bias"][:, None, None] if "bias" in layer else x
    return lrelu(x) if activate else x


def discriminator(t: dict, img: Tensor, resolution: int) -> Tensor:
    """Picture -> logit, from the tensors by their names."""
    return stylegan2.discriminator(t, img, resolution, conv)
