"""Up- and downsampling by two with the FIR filter [1, 3, 3, 1] (Karras 2020, appendix B)."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor


@torch.inference_mode(False)  # what is kept must serve training as well
def fir_kernel(device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> Tensor:
    """outer([1,3,3,1], [1,3,3,1]) / 64: [4, 4], of sum 1.

    Computed on its device: numbers sent to a graphics card make the program wait.
    """
    place = torch.arange(4, device=device)
    taps = 1 + place * (3 - place)
    return (torch.outer(taps, taps) / 64).to(dtype)


_kept_kernel = lru_cache(maxsize=16)(fir_kernel)  # which torch.compile would only warn of


class _Filter(torch.autograd.Function):
    """The filter is linear, and its adjoint is the same filter with the borders exchanged.

    Telling autograd so keeps every derivative as cheap as the forward pass: R1 and path length
    differentiate twice, and the general double backward of a grouped convolution is very slow.
    """

    @staticmethod
    def forward(ctx, x: Tensor, pad: int) -> Tensor:
        ctx.pad = pad
        channels = x.shape[1]
        kernel = (fir_kernel if torch.compiler.is_compiling() else _kept_kernel)(x.device, x.dtype)
        kernel = kernel.expand(channels, 1, 4, 4)
        return F.conv2d(x, kernel, padding=pad, groups=channels)

    @staticmethod
    def backward(ctx, grad: Tensor):
        return _Filter.apply(grad, 3 - ctx.pad), None


def fir_filter(x: Tensor, pad: int) -> Tensor:
    """Low-pass filter with outer([1,3,3,1], [1,3,3,1]) / 64.

    x: [N, C, H, W]; pad: zeros added on every side, 0 to 3.
    Returns [N, C, H + 2 pad - 3, W + 2 pad - 3].
    """
    return _Filter.apply(x, pad)


def upsample2d(x: Tensor) -> Tensor:
    """Double the size of a picture: insert zeros, filter with gain 4. [N,C,H,W] -> [N,C,2H,2W].

    Along each axis the filter leaves two phases, (x[i-1] + 3 x[i]) / 4 and (3 x[i] + x[i+1]) / 4:
    bilinear interpolation, with zeros beyond the border.
    """
    padded = F.pad(x, [1, 1, 1, 1])
    doubled = F.interpolate(padded, scale_factor=2, mode="bilinear", align_corners=False)
    return doubled[:, :, 2:-2, 2:-2]


def downsample2d(x: Tensor) -> Tensor:
    """Halve the size: filter, keep every second pixel. [N,C,H,W] -> [N,C,H/2,W/2]."""
    return fir_filter(x, pad=1)[:, :, ::2, ::2]
