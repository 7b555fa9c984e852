"""3x3 convolution with a quarter of the multiplications (Lavin, Gray 2015: F(4x4, 3x3)).

A tile of 4 x 4 results needs 6 x 6 inputs. In a basis where convolution is a product place by
place, 36 multiplications for each pair of channels do the work of 144:

    Y = A^T [ (G w G^T) * (B^T x B) ] A

Over the channels these are 36 ordinary matrix products; the transforms hold small constants.
"""

import math

import torch
from torch import Tensor

_BT = (
    (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1),
)  # fmt: skip
_G = (
    (1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1),
)  # fmt: skip
_AT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
_TILES = 64  # at a time: enough rows for a matrix product, few enough to stay in the cache


class WinogradConv3x3:
    """A 3x3 convolution with padding 1 of one picture in float32, exact but for rounding (1e-4)."""

    def __init__(self, weight: Tensor):
        """weight: [outputs, inputs, 3, 3]."""
        outputs, inputs = weight.shape[:2]
        G = torch.tensor(_G)
        # Places are numbered column first, as the input's transform leaves them.
        weight = torch.einsum("ai,bj,ocij->baco", G, G, weight)
        self.weight = weight.reshape(36, inputs, outputs).contiguous()
        self.BT, self.AT = torch.tensor(_BT).float(), torch.tensor(_AT).float()

    def __call__(self, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        """conv(x * scale) + bias: [H, W, inputs] -> [H, W, outputs]; H, W multiples of 4."""
        H, W, inputs = x.shape
        outputs = bias.shape[0]
        across, row = W // 4, (W + 2) * inputs
        padded = x.new_zeros(H + 2, W + 2, inputs)
        torch.mul(x, scale, out=padded[1:-1, 1:-1])
        sixes = padded.as_strided((H // 4, 6, row), (4 * row, row, 1))  # for each row of tiles

        down = math.gcd(H // 4, max(1, _TILES // across))  # rows of tiles at a time
        tiles = down * across
        rows = x.new_empty(down, 6, row)
        windows = rows.as_strided(
            (6, 6, down, across, inputs), (inputs, row, 6 * row, 4 * inputs, 1)
        )
        columns, V = x.new_empty(windows.shape), x.new_empty(6, 6 * tiles * inputs)
        M = x.new_empty(36, tiles, outputs)
        half, turned = x.new_empty(4, 6, tiles * outputs), x.new_empty(6, 4, tiles * outputs)
        Y, out = x.new_empty(4, 4 * tiles * outputs), x.new_empty(H, W, outputs)
        for y in range(0, H // 4, down):
            torch.bmm(self.BT.expand(down, 6, 6), sixes[y : y + down], out=rows)
            columns.copy_(windows)
            torch.mm(self.BT, columns.view(6, -1), out=V)
            torch.bmm(V.view(36, tiles, inputs), self.weight, out=M)
            torch.mm(self.AT, M.view(6, -1), out=half.view(4, -1))
            turned.copy_(half.transpose(0, 1))
            torch.mm(self.AT, turned.view(6, -1), out=Y)
            pixels = Y.view(4, 4, down, across, outputs).permute(2, 0, 3, 1, 4)
            target = out[4 * y : 4 * (y + down)].view(down, 4, across, 4, outputs)
            torch.add(pixels, bias, out=target)
        return out
