"""Inside the synthesis network: styles, feature maps, and the picture as a sum.

Everything here is of the plain network, not of the one made for speed, and exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.picture.latents import away_of, ws_of
from explorer.picture.layers import noise_maps, rgb_style_shifts, style_shifts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, is_whole, short
from explorer.work.turns import Pieces
from gan.resample import upsample2d
from gan.trace import tracing


@dataclass(frozen=True)
class Trace:
    """What passed through the network while it made one picture.

    maps: for each synthesis layer its feature maps [C, r, r]. rgbs: for each resolution what its
    toRGB gave [img_channels, r, r].
    """

    maps: tuple[Tensor, ...]
    rgbs: tuple[Tensor, ...]


def trace(model: Model, recipe: Recipe, layers: int | None = None) -> Trace:
    """Make a recipe's picture and keep everything; with `layers` only so far. In short turns."""
    maps, rgbs = [], []

    def run() -> Iterator[None]:
        nonlocal maps, rgbs
        ws, noise = ws_of(model, recipe), noise_maps(model.generator, recipe.noise)
        shifts, rgb_shifts = style_shifts(model, recipe), rgb_style_shifts(model, recipe)
        steps = tracing(model.network, ws, noise, shifts, layers, rgb_shifts)
        for maps, rgbs in steps:  # noqa: B007
            yield

    pieces = Pieces(run())
    with torch.inference_mode():
        while not pieces.ended:
            model.turns.take(object(), pieces.go_on)
    return Trace(tuple(m[0].cpu() for m in maps), tuple(rgb[0].cpu() for rgb in rgbs))


def feature_maps(model: Model, recipe: Recipe, layer: int) -> np.ndarray:
    """The maps of one synthesis layer, 0 the first: float32 [C, r, r]. Raises RecipeError."""
    check_layer(model, layer)
    return trace(model, recipe, layer + 1).maps[layer].numpy()


def activity(maps: np.ndarray) -> np.ndarray:
    """How much each channel differs from place to place: standard deviation, [C]."""
    return maps.std(axis=(1, 2))


@dataclass(frozen=True)
class Parts:
    """The picture as a sum over resolutions (Karras 2020, section 4.1: the skip generator).

    resolutions: 4, 8, ...; parts: what each adds, upsampled, float32 [n, img_channels, R, R]. Their
    sum is the picture. share: [n], of its variance over all pixels, cov(part, picture) /
    var(picture); they add up to 1, and one that works against the others is negative.
    """

    resolutions: tuple[int, ...]
    parts: np.ndarray

    @property
    def sums(self) -> np.ndarray:
        """The picture so far: [n, img_channels, R, R]."""
        return self.parts.cumsum(axis=0)

    @property
    def share(self) -> np.ndarray:
        flat = self.parts.astype(np.float64).reshape(len(self.parts), -1)
        flat -= flat.mean(axis=1, keepdims=True)
        whole = flat.sum(axis=0)
        return flat @ whole / max(whole @ whole, 1e-30)


def parts_of(model: Model, recipe: Recipe) -> Parts:
    """What each resolution's toRGB adds to a recipe's picture."""
    rgbs, parts = trace(model, recipe).rgbs, []
    for i, rgb in enumerate(rgbs):
        part = rgb[None]
        for _ in range(len(rgbs) - 1 - i):
            part = upsample2d(part)
        parts.append(part[0].numpy())
    return Parts(model.config.block_resolutions, np.stack(parts))


@dataclass(frozen=True)
class StyleSize:
    """The style of one layer: s = A w + b, one number for each channel that it scales.

    size: root mean square of s. rarity: root mean square of (s - mean) / deviation, over the
    model's brains at psi 1, on a scale at its place: a brain drawn at random has about 1, the
    average brain 0.
    """

    kind: str  # "conv" or "toRGB"
    resolution: int
    channels: int
    size: float
    rarity: float


def style_sizes(model: Model, recipe: Recipe) -> list[StyleSize]:
    """Of every style of a recipe, in the order of the network: 4 px conv, 4 px toRGB, 8 px ..."""
    sizes, first = [], 0
    with torch.inference_mode():
        ws, shifts = ws_of(model, recipe)[0], style_shifts(model, recipe)
        middle = ws - away_of(model, recipe)
        rgb_shifts = rgb_style_shifts(model, recipe)
        for block, rgb_shift in zip(model.generator.synthesis.blocks, rgb_shifts, strict=True):
            modules = [*block.layers, block.torgb]
            for k, module in enumerate(modules, start=first):
                shift = rgb_shift if module is block.torgb else shifts[k]
                style, there = (
                    (module.affine(w) + (0 if shift is None else shift[0])).double().numpy()
                    for w in (ws[k], middle[k])
                )
                mean, deviation = model.library.style_moments(module.affine, here=True)
                rarity = _rms((there - mean) / np.maximum(deviation, 1e-12))
                kind = "toRGB" if module is block.torgb else "conv"
                sizes.append(StyleSize(kind, block.resolution, len(style), _rms(style), rarity))
            first += len(block.layers)
    return sizes


def log_spectrum(picture: np.ndarray) -> np.ndarray:
    """log10 of the power at each frequency of a grey picture [R, R], the lowest in the middle.

    A Hann window keeps the borders from drawing a cross. float64 [R, R].
    """
    window = np.hanning(picture.shape[0])
    picture = (picture - picture.mean()) * np.outer(window, window)
    power = np.abs(np.fft.fftshift(np.fft.fft2(picture))) ** 2
    return np.log10(power + 1e-3)


def check_layer(model: Model, layer: object) -> None:
    """Raise RecipeError unless it is the number of a synthesis layer."""
    layers = model.config.num_ws - 1
    if not is_whole(layer) or not 0 <= layer < layers:
        raise RecipeError(f"inside: layer must be 0 to {layers - 1}, got {short(layer)}")


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
