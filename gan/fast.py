"""The synthesis network for inference on a CPU: the same pictures, several times faster.

Nothing here learns. Weights are prepared once, and each picture is made by itself, so that its
bits do not depend on what else is asked for. Feature maps are [r, r, C], channels last.

For layer k with style s and demodulation d (Karras 2020, eq. 1-3) one has, as d > 0 passes
through the leaky ReLU,

    x_k = leaky_relu(conv(s_k g_{k-1} x_{k-1}) + (bias + strength * noise) / d_k)
    g_k = sqrt(2) d_k

where g_k x_k are the true feature maps: they are touched once before the convolution and once,
piece by piece in the cache, after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.generator import NOISE_MODES, Synthesis, SynthesisLayer
from gan.kernels import Conv3x3, UpConv3x3
from gan.layers import SQRT2
from gan.resample import upsample2d
from gan.winograd import WinogradConv3x3

# From here on Winograd's convolution in float32 beats the library's in either precision.
_WINOGRAD_CHANNELS, _WINOGRAD_RESOLUTION = {torch.float32: 64, torch.bfloat16: 256}, 32
_PIECE = 2**17  # numbers that stay in a core's cache
_MATRIX_UPSAMPLING = 64  # up to this size two small matrix products beat interpolation


@dataclass(frozen=True)
class Styles:
    """What the ws of one picture say to every layer and block.

    scale: [I] of the inputs; offset, noise_scale: [O], added before the activation;
    rgb: [C, img_channels].
    """

    scale: list[Tensor]
    offset: list[Tensor]
    noise_scale: list[Tensor]
    rgb: list[Tensor]


class FastSynthesis:
    """A prepared copy of a synthesis network, called like it. Safe to use from several threads.

    float32: the original but for rounding. bfloat16: the convolutions are, the rest is float32.
    """

    def __init__(self, synthesis: Synthesis, dtype: torch.dtype = torch.float32):
        self.config = synthesis.config
        blocks, layers = synthesis.blocks, synthesis.layers
        with torch.inference_mode():
            self.const = synthesis.b4.const.permute(1, 2, 0).contiguous()
            self.convs = [_convolution(layer, dtype) for layer in layers]
            self.outputs = [layer.weight.shape[0] for layer in layers]
            self.inputs = [layer.weight.shape[1] for layer in layers]
            self.noise_const = [layer.noise_const.clone() for layer in layers]
            self.noise_strength = torch.stack([layer.noise_strength for layer in layers])[:, None]
            self.bias = _stack([layer.bias for layer in layers])
            self.squares = _stack([layer.weight.square().sum(dim=[2, 3]) for layer in layers])
            self.affine = _Affines([layer.affine for layer in layers])
            rgbs = [block.torgb for block in blocks]
            self.rgb_affine = _Affines([rgb.affine for rgb in rgbs])
            # [C, img_channels], equalised
            self.rgb_weight = [(r.weight[:, :, 0, 0] * r.weight_gain).T.contiguous() for r in rgbs]
            self.rgb_bias = [rgb.bias.clone() for rgb in rgbs]
            self.doubling = [_doubling(block.resolution // 2) for block in blocks[1:]]

    @torch.inference_mode()
    def __call__(
        self,
        ws: Tensor,
        noise_mode: str = "const",
        noise: Sequence[Tensor | None] | None = None,
    ) -> Tensor:
        """Arguments, result and errors as of gan.generator.Synthesis."""
        noise = self.noise_maps(ws, noise_mode, noise)
        return torch.cat([self._picture(w, maps) for w, maps in zip(ws, noise, strict=True)])

    def _picture(self, ws: Tensor, noise: list[Tensor | None]) -> Tensor:
        styles = self.styles(ws)
        x = img = None
        for k in range(len(self.convs)):
            x = self.layer(k, x, styles, noise[k])
            if k % 2 == 0:
                img = self.to_rgb(k // 2, x, styles, img)
        return img

    def noise_maps(self, ws: Tensor, noise_mode: str, noise: Sequence | None) -> list[list]:
        """Check the call; one map [r, r] (or None) for each picture and layer."""
        expected = (self.config.num_ws, self.config.w_dim)
        if tuple(ws.shape[1:]) != expected:
            raise ValueError(
                f"ws: expected [N, {expected[0]}, {expected[1]}], got {list(ws.shape)}"
            )
        if noise_mode not in NOISE_MODES:
            raise ValueError(f"noise_mode: {noise_mode!r} is not one of {', '.join(NOISE_MODES)}")
        N = ws.shape[0]
        if noise is not None:
            if len(noise) != len(self.convs):
                raise ValueError(f"noise: expected {len(self.convs)} maps, got {len(noise)}")
            each = [[None] * N if m is None else m.expand(N, 1, -1, -1)[:, 0] for m in noise]
            return [list(maps) for maps in zip(*each, strict=True)]
        if noise_mode == "const":
            return [self.noise_const] * N
        if noise_mode == "none":
            return [[None] * len(self.convs)] * N
        return [[torch.randn_like(m) for m in self.noise_const] for _ in range(N)]

    def styles(self, ws: Tensor) -> Styles:
        """ws: [num_ws, w_dim] of one picture. All layers at once: each product is small."""
        ws = ws.clone()  # the library's last bit may depend on where in memory a row lies
        s = self.affine(ws[:-1])  # [L, C]
        power = _products(self.squares, s.square())
        gain = (power + 1e-8).rsqrt_()  # d, then g
        offset, noise_scale = self.bias / gain, self.noise_strength / gain
        gain *= SQRT2
        s[1:] *= gain[:-1]
        rgb_s = self.rgb_affine(ws[1::2]) * gain[::2]
        rgb = [w * s_b[: len(w), None] for w, s_b in zip(self.rgb_weight, rgb_s, strict=True)]
        return Styles(
            _rows(s, self.inputs),
            _rows(offset, self.outputs),
            _rows(noise_scale, self.outputs),
            rgb,
        )

    def layer(self, k: int, x: Tensor | None, styles: Styles, noise: Tensor | None) -> Tensor:
        """x_{k-1} [r, r, C] (None for k = 0) -> x_k; leaves x alone."""
        y = self.convs[k](self.const if x is None else x, styles.scale[k], styles.offset[k])
        return _activate(y, noise, styles.noise_scale[k])

    def to_rgb(self, block: int, x: Tensor, styles: Styles, img: Tensor | None) -> Tensor:
        """Block's feature maps [r, r, C] and the picture below [1, C, r/2, r/2] -> picture."""
        r = x.shape[0]
        rgb = torch.addmm(self.rgb_bias[block], x.view(r * r, -1), styles.rgb[block])
        rgb = rgb.T.reshape(1, -1, r, r)
        return rgb if img is None else rgb.add_(self.doubling[block - 1](img))


class _Affines:
    """The affine layers of all styles in one product: [L, w_dim] -> [L, C]."""

    def __init__(self, layers):
        self.weight = _stack([layer.weight * layer.weight_gain for layer in layers])
        self.bias = _stack([layer.bias * layer.bias_gain for layer in layers])

    def __call__(self, ws: Tensor) -> Tensor:
        return _products(self.weight, ws).add_(self.bias)


def _products(matrices: Tensor, vectors: Tensor) -> Tensor:
    """[L, O, I] times [L, I] -> [L, O]; in this order many times faster than the other."""
    return torch.bmm(vectors[:, None], matrices.transpose(1, 2))[:, 0]


def _convolution(layer: SynthesisLayer, dtype: torch.dtype):
    """The fastest convolution for a layer."""
    if layer.up:
        return UpConv3x3(layer.weight, layer.resolution, dtype)
    least = _WINOGRAD_CHANNELS[dtype]
    if layer.resolution >= _WINOGRAD_RESOLUTION and min(layer.weight.shape[:2]) >= least:
        return WinogradConv3x3(layer.weight)
    return Conv3x3(layer.weight, layer.resolution, dtype)


def _activate(y: Tensor, noise: Tensor | None, noise_scale: Tensor) -> Tensor:
    """leaky_relu(y + noise * noise_scale) in float32, in place where it can be; y: [r, r, C]."""
    x = y if y.dtype == torch.float32 else torch.empty(y.shape)
    noise = None if noise is None else noise[..., None]
    r, _, C = y.shape
    step = _PIECE // (r * C) or 1
    if step >= r:
        return _activate_piece(x, y, noise, noise_scale)
    for top in range(0, r, step):
        rows = slice(top, top + step)
        _activate_piece(x[rows], y[rows], None if noise is None else noise[rows], noise_scale)
    return x


def _activate_piece(x: Tensor, y: Tensor, noise: Tensor | None, noise_scale: Tensor) -> Tensor:
    if x.dtype != y.dtype:
        x.copy_(y)
    if noise is not None:
        x.addcmul_(noise, noise_scale)
    return F.leaky_relu_(x, 0.2)


def _doubling(r: int) -> Callable[[Tensor], Tensor]:
    """Upsampling of a picture of r x r pixels, as gan.resample.upsample2d."""
    if r > _MATRIX_UPSAMPLING:
        return upsample2d
    i = torch.arange(r)
    matrix = torch.zeros(r, 2, r)
    matrix[i, 0, i] = matrix[i, 1, i] = 0.75
    matrix[i[1:], 0, i[:-1]] = matrix[i[:-1], 1, i[1:]] = 0.25
    matrix = matrix.view(2 * r, r)
    return lambda img: matrix @ img @ matrix.T


def _rows(stacked: Tensor, lengths: list[int]) -> list[Tensor]:
    """Undo `_stack` of vectors."""
    return [row[:n] for row, n in zip(stacked.unbind(), lengths, strict=True)]


def _stack(tensors: list[Tensor]) -> Tensor:
    """[n_i, ...] -> [L, max n, ...], zeros behind."""
    shape = [max(sizes) for sizes in zip(*(t.shape for t in tensors), strict=True)]
    stacked = torch.zeros(len(tensors), *shape)
    for row, t in zip(stacked, tensors, strict=True):
        row[tuple(slice(n) for n in t.shape)] = t
    return stacked
