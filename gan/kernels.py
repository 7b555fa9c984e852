"""Convolutions of one picture for inference, in the layouts that oneDNN likes best.

All take [H, W, inputs] float32 and compute conv(x * scale) + bias, scale and bias one number for
each channel; feature maps are channels last throughout.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.cpu import has_prepacking, is_fast
from gan.resample import fir_kernel


class _Convolution:
    """A convolution whose weight is reordered once instead of at every call."""

    def __init__(self, weight: Tensor, resolution: int, dtype: torch.dtype, groups: int = 1):
        """weight: [outputs, inputs / groups, k, k]; resolution: of the maps it will see."""
        self.groups = groups
        self.weight = weight.to(dtype).contiguous(memory_format=torch.channels_last)
        self.prepacked = has_prepacking() and is_fast(dtype)
        if self.prepacked:
            shape = [1, weight.shape[1] * groups, resolution, resolution]
            self.weight = torch.ops.mkldnn._reorder_convolution_weight(
                weight.to(dtype).contiguous(), [1, 1], [1, 1], [1, 1], groups, shape
            )

    def __call__(self, x: Tensor, bias: Tensor) -> Tensor:
        """x: [1, inputs, H, W], channels last; padding 1, stride 1."""
        if not self.prepacked:
            return F.conv2d(x, self.weight, bias, padding=1, groups=self.groups)
        return torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, bias, [1, 1], [1, 1], [1, 1], self.groups, "none", [], ""
        )


class Conv3x3:
    """3x3 convolution with padding 1: [H, W, inputs] -> [H, W, outputs]."""

    def __init__(self, weight: Tensor, resolution: int, dtype: torch.dtype):
        """weight: [outputs, inputs, 3, 3]."""
        self.dtype = dtype
        self.conv = _Convolution(weight, resolution, dtype)

    def __call__(self, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        x = _to_nchw(x * scale).to(self.dtype)
        return _to_hwc(self.conv(x, bias.to(self.dtype)))


class UpConv3x3:
    """Transposed 3x3 convolution, then the FIR filter: [H, W, inputs] -> [2H, 2W, outputs]."""

    def __init__(self, weight: Tensor, resolution: int, dtype: torch.dtype):
        """weight: [outputs, inputs, 3, 3]; resolution: of the output."""
        self.dtype = dtype
        # The library reorders this one faster at each call than it runs it prepacked.
        self.weight = weight.transpose(0, 1).to(dtype)
        self.weight = self.weight.contiguous(memory_format=torch.channels_last)
        outputs = weight.shape[0]
        fir = 4 * fir_kernel().expand(outputs, 1, 4, 4)  # three of four pixels were zeros
        self.fir = _Convolution(fir, resolution + 1, torch.float32, groups=outputs)

    def __call__(self, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        x = _to_nchw(x * scale).to(self.dtype)
        x = F.conv_transpose2d(x, self.weight, stride=2)  # [1, outputs, 2H + 1, 2W + 1]
        return _to_hwc(self.fir(x.float(), bias))


def _to_nchw(x: Tensor) -> Tensor:
    return x.permute(2, 0, 1)[None]


def _to_hwc(x: Tensor) -> Tensor:
    return x[0].permute(1, 2, 0)
