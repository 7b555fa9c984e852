"""The synthesis network for inference on a CPU: the same pictures, several times faster.

Nothing here learns. Weights are prepared once, and each picture is made by itself, so that its
bits do not depend on what else is asked for. Feature maps are [r, r, C], channels last.

For layer k with style s and demodulation d (Karras 2020, eq. 1-3) one has, as d > 0 passes
through the leaky ReLU,

    x_k = leaky_relu(conv(s_k g_{k-1} x_{k-1}) + (bias + strength * noise) / d_k)
    g_k = sqrt(2) d_k

where g_k x_k are the true feature maps. So the maps are scaled once before each convolution, and
after it only noise and activation are left. Where the network bounds its maps by c, x_k is bounded
by c / g_k. Without demodulation g_k is a constant; layers that normalise their maps (AdaIN) leave
them with gain 1.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor

from gan.cpu import is_fast
from gan.generator import AdaINLayer, Synthesis, SynthesisLayer, ToRGB, check_call
from gan.kernels import Conv3x3, UpConv3x3
from gan.layers import SQRT2, FullyConnected, equalised_gain
from gan.resample import upsample2d
from gan.winograd import WinogradConv3x3

# From here on Winograd's convolution in float32 beats the library's in either precision.
_WINOGRAD_CHANNELS, _WINOGRAD_RESOLUTION = {torch.float32: 64, torch.bfloat16: 256}, 32
_MATRIX_UPSAMPLING = 64  # up to this size two small matrix products beat interpolation
_ALONE = 1.5e8  # multiplications from which pictures one by one are sooner there than in a batch


class Maps(NamedTuple):
    """Feature maps gain * x. x: [r, r, C], gain: [C]; float32, never changed once made."""

    x: Tensor
    gain: Tensor


class FastSynthesis:
    """A prepared copy of a synthesis network, called like it. Safe to use from several threads.

    float32: the original but for rounding. bfloat16: the convolutions are, the rest is float32;
    where the processor is not fast in it, all is float32.
    """

    def __init__(self, synthesis: Synthesis, dtype: torch.dtype = torch.float32):
        self.config = synthesis.config
        dtype = dtype if is_fast(dtype) else torch.float32
        with torch.inference_mode():
            const = synthesis.b4.const.permute(1, 2, 0).contiguous()
            self.const = Maps(const, torch.ones(const.shape[2]))
            self.layers = [
                (_AdaINLayer if isinstance(layer, AdaINLayer) else _Layer)(layer, dtype)
                for layer in synthesis.layers
            ]
            self.noise_const = [layer.noise_const.clone() for layer in synthesis.layers]
            self.rgbs = [_ToRGB(block.torgb, block.resolution) for block in synthesis.blocks]

    @torch.inference_mode()
    def __call__(
        self,
        ws: Tensor,
        noise_mode: str = "const",
        noise: Sequence[Tensor | None] | None = None,
        shifts: Sequence[Tensor | None] | None = None,
        rgb_shifts: Sequence[Tensor | None] | None = None,
    ) -> Tensor:
        """Arguments, result and errors as of gan.generator.Synthesis."""
        calls = self.calls(ws, noise_mode, noise, shifts, rgb_shifts)
        return torch.cat([self._picture(*call) for call in calls])

    def _picture(self, ws: Tensor, noise: list, shifts: list, rgb_shifts: list) -> Tensor:
        maps = img = None
        for k in range(len(self.layers)):
            maps = self.layer(k, maps, ws[k], noise[k], shifts[k])
            if k % 2 == 0:
                img = self.to_rgb(k // 2, maps, ws[k + 1], img, rgb_shifts[k // 2])
        return img

    def layer(
        self, k: int, below: Maps | None, w: Tensor, noise: Tensor | None,
        shift: Tensor | None = None,
    ) -> Maps:  # fmt: skip
        """One layer. below: None for k = 0; w: [w_dim]; noise: [r, r], shift: [C] or None."""
        return self.layers[k](self.const if below is None else below, w, noise, shift)

    def to_rgb(
        self, block: int, maps: Maps, w: Tensor, below: Tensor | None, shift: Tensor | None = None
    ) -> Tensor:
        """A block's picture [1, img_channels, r, r] from its maps and the picture below."""
        return self.rgbs[block](maps, w, below, shift)

    def calls(
        self, ws: Tensor, noise_mode: str, noise: Sequence | None, shifts: Sequence | None,
        rgb_shifts: Sequence | None,
    ) -> Iterator[tuple[Tensor, list, list, list]]:  # fmt: skip
        """Check the call; for each picture its ws, a map [r, r] and a shift [C] (or None) for each
        layer, and a shift [C] (or None) for each block's toRGB."""
        check_call(self.config, ws, noise_mode, noise, shifts, rgb_shifts)
        N = ws.shape[0]
        nothing = [[None] * len(self.layers)] * N
        if noise is not None:
            maps = _each(N, [None if m is None else m[:, 0] for m in noise])
        elif noise_mode == "const":
            maps = [self.noise_const] * N
        elif noise_mode == "none":
            maps = nothing
        else:
            maps = [[torch.randn_like(m) for m in self.noise_const] for _ in range(N)]
        shifts = nothing if shifts is None else _each(N, shifts)
        plain = [[None] * len(self.rgbs)] * N
        rgb_shifts = plain if rgb_shifts is None else _each(N, rgb_shifts)
        return zip(ws, maps, shifts, rgb_shifts, strict=True)


_prepared: WeakKeyDictionary[Synthesis, FastSynthesis] = WeakKeyDictionary()
_elsewhere: WeakKeyDictionary[Synthesis, Callable[..., Tensor]] = WeakKeyDictionary()
_preparing = threading.Lock()


def draw_elsewhere(synthesis: Synthesis, maker: Callable[..., Tensor]) -> None:
    """Let another make a network's pictures from now on: its copy on a card, see gan.card."""
    _elsewhere[synthesis] = maker


def elsewhere(synthesis: Synthesis) -> Callable[..., Tensor] | None:
    """Who else makes a network's pictures, if anybody."""
    return _elsewhere.get(synthesis)


def prepared(synthesis: Synthesis) -> FastSynthesis:
    """The fast copy of a network whose weights stay as they are, made once."""
    with _preparing:
        if synthesis not in _prepared:
            _prepared[synthesis] = FastSynthesis(synthesis)
        return _prepared[synthesis]


def for_many(synthesis: Synthesis) -> Callable[..., Tensor]:
    """What makes many pictures soonest, called with a few at a time; what is no network of this
    program stays what it is.

    A card if there is one. On the processor small networks are sooner done with a batch as they are
    (1.5 times at 64 px), large ones by the fast copy (2 times at 128 px, 2.8 times at 256 px with
    the paper's widths).
    """
    if type(synthesis) is not Synthesis:
        return synthesis
    if (maker := elsewhere(synthesis)) is not None:
        return maker
    return prepared(synthesis) if synthesis.config.multiplications > _ALONE else synthesis


def _each(N: int, layers: Sequence[Tensor | None]) -> list[list[Tensor | None]]:
    """For each layer one for all N pictures, N, or None -> for each picture those of all layers."""
    each = [[None] * N if x is None else x.expand(N, *x.shape[1:]) for x in layers]
    return [list(one) for one in zip(*each, strict=True)]


class _Layer:
    """A SynthesisLayer: style, convolution, noise, bias, activation."""

    def __init__(self, layer: SynthesisLayer, dtype: torch.dtype):
        self.affine = _Affine(layer.affine)
        # Of 1 / (2 d^2), so that its inverse root is the gain.
        self.squares = layer.weight.square().sum(dim=[2, 3]) / 2  # [O, I]
        self.eps = torch.full_like(layer.bias, 1e-8 / 2)
        if not layer.demodulate:
            self.squares = torch.zeros_like(self.squares)
            self.eps.fill_(1 / (SQRT2 * equalised_gain(layer.weight)) ** 2)
        strength = layer.noise_strength.expand_as(layer.bias)
        self.additions = torch.stack([layer.bias, strength]) * SQRT2  # [2, O]
        self.convolution = _convolution(layer, dtype)
        self.clamp = layer.clamp

    def __call__(self, below: Maps, w: Tensor, noise: Tensor | None, shift: Tensor | None) -> Maps:
        styles = self.affine(w)
        if shift is not None:
            styles += shift
        gain = torch.addmv(self.eps, self.squares, styles.square()).rsqrt_()
        bias, noise_scale = (self.additions / gain).unbind()
        x = self.convolution(below.x, styles * below.gain, bias)
        x = _activate(x, noise, noise_scale)
        return Maps(x if self.clamp is None else _clamp(x, self.clamp, gain), gain)


class _AdaINLayer:
    """An AdaINLayer: convolution, noise, bias, activation, normalisation, style."""

    def __init__(self, layer: AdaINLayer, dtype: torch.dtype):
        self.affine = _Affine(layer.affine)
        self.gain = SQRT2 * equalised_gain(layer.weight)
        self.bias, self.noise_scale = layer.bias * SQRT2, layer.noise_strength * SQRT2
        self.convolution = _convolution(layer, dtype)
        self.clamp = layer.clamp

    def __call__(self, below: Maps, w: Tensor, noise: Tensor | None, shift: Tensor | None) -> Maps:
        styles = self.affine(w)
        if shift is not None:
            styles += shift
        scale, offset = styles.chunk(2)
        x = self.convolution(below.x, below.gain * self.gain, self.bias)
        x = _activate(x, noise, self.noise_scale.expand_as(self.bias))
        x = x - x.mean(dim=(0, 1))
        x *= scale * (x.square().mean(dim=(0, 1)) + 1e-8).rsqrt()
        x += offset
        if self.clamp is not None:
            x.clamp_(-self.clamp, self.clamp)
        return Maps(x, torch.ones_like(scale))


class _ToRGB:
    """A block's toRGB, added to the upsampled picture of the block below."""

    def __init__(self, layer: ToRGB, resolution: int):
        self.affine = _Affine(layer.affine)
        self.weight = layer.weight[:, :, 0, 0] * layer.weight_gain  # [img_channels, C]
        self.bias, self.clamp = layer.bias.clone(), layer.clamp
        self.upsample = _upsampling(resolution // 2)

    def __call__(self, maps: Maps, w: Tensor, below: Tensor | None, shift: Tensor | None) -> Tensor:
        r, _, C = maps.x.shape
        styles = self.affine(w)
        if shift is not None:
            styles += shift
        weight = self.weight * (styles * maps.gain)
        rgb = torch.addmm(self.bias, maps.x.view(r * r, C), weight.T).T.reshape(1, -1, r, r)
        if self.clamp is not None:
            rgb.clamp_(-self.clamp, self.clamp)
        return rgb if below is None else rgb.add_(self.upsample(below))


class _Affine:
    """From w to styles: [w_dim] -> [C]."""

    def __init__(self, layer: FullyConnected):
        self.weight = layer.weight * layer.weight_gain
        self.bias = layer.bias * layer.bias_gain

    def __call__(self, w: Tensor) -> Tensor:
        # A copy, since the library's last bit may depend on where in memory a vector lies.
        return torch.addmv(self.bias, self.weight, w.clone())


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
    x = y.float()
    if noise is not None:
        x.addcmul_(noise[..., None], noise_scale)
    return F.leaky_relu_(x, 0.2)


def _clamp(x: Tensor, bound: float, gain: Tensor) -> Tensor:
    """x so that gain * x stays within +-bound, in place; x: [r, r, C], gain: [C], above 0."""
    # Few networks come near their bound: looking costs half of what writing would.
    low, high = torch.aminmax(x)
    if max(-low.item(), high.item()) * gain.amax().item() > bound:
        limit = bound / gain
        torch.clamp(x, -limit, limit, out=x)
    return x


def _upsampling(r: int) -> Callable[[Tensor], Tensor]:
    """Upsampling of a picture of r x r pixels, as gan.resample.upsample2d."""
    if r > _MATRIX_UPSAMPLING:
        return upsample2d
    i = torch.arange(r)
    matrix = torch.zeros(r, 2, r)
    matrix[i, 0, i] = matrix[i, 1, i] = 0.75
    matrix[i[1:], 0, i[:-1]] = matrix[i[:-1], 1, i[1:]] = 0.25
    matrix = matrix.view(2 * r, r)
    return lambda img: matrix @ img @ matrix.T
