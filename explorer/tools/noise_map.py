"""Where noise acts: the deviation of each pixel over draws of the noise (Karras 2019, figure 4).

Large where the picture is left to chance, near zero where anatomy decides.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from explorer.picture.latents import ws_of
from explorer.picture.layers import noise_maps, rgb_style_shifts, style_shifts
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, is_whole, short
from gan.incremental import remembering

DRAWS = 100
_KEPT = 16  # maps, the last asked for


@dataclass(frozen=True)
class NoiseMap:
    """deviation: float64 [R, R], grey levels of 255; draws: how many it is taken over."""

    deviation: np.ndarray
    draws: int


@dataclass
class _Moments:
    """Mean and sum of squared deviations so far [R, R] (Welford 1962), float64."""

    draws: int = 0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, picture: np.ndarray) -> None:
        self.draws += 1
        change = picture - self.mean
        self.mean = self.mean + change / self.draws
        self.squares = self.squares + change * (picture - self.mean)


class NoiseMaps:
    """The maps of a model's recipes, made a few draws at a time.

    A map depends on the recipe, the layer and the number of draws alone. What was drawn is kept
    for the last few recipes, so that asking for more draws continues.
    """

    def __init__(self, model: Model):
        self.model = model
        self._kept: OrderedDict[tuple[str, int | None], _Moments] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, recipe: Recipe, draws: int = DRAWS, layer: int | None = None) -> NoiseMap:
        """The standard deviation over noise seeds 0, 1, ...

        All layers with noise draw anew at the recipe's strength, switched off or not as there; with
        `layer` this one alone, switched on, while the others keep the recipe's noise. At least
        `draws` draws, 2 to 100. A colour picture counts by its luma. Each draw takes a turn of its
        own. Raises RecipeError.
        """
        layers = self.model.config.num_ws - 1
        if layer is not None and (not is_whole(layer) or not 0 <= layer < layers):
            raise RecipeError(f"noise map: layer must be 0 to {layers - 1}, got {short(layer)}")
        if not is_whole(draws) or not 2 <= draws <= DRAWS:
            raise RecipeError(f"noise map: draws must be 2 to {DRAWS}, got {short(draws)}")
        moments = self._moments(recipe, layer)
        with moments.lock:
            if moments.draws < draws:
                self._draw(recipe, layer, moments, draws)
            return NoiseMap(np.sqrt(moments.squares / (moments.draws - 1)), moments.draws)

    def _moments(self, recipe: Recipe, layer: int | None) -> _Moments:
        key = (recipe.to_json(), layer)
        with self._lock:
            moments = self._kept.setdefault(key, _Moments())
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return moments

    def _draw(self, recipe: Recipe, layer: int | None, moments: _Moments, draws: int) -> None:
        model, drawn = self.model, replace(recipe.noise, mode="random")
        with torch.inference_mode():
            ws, own = ws_of(model, recipe), noise_maps(model.generator, recipe.noise)
            shifts, rgb_shifts = style_shifts(model, recipe), rgb_style_shifts(model, recipe)
        synthesis = model.synthesis.fast
        if layer is not None:  # what lies below the layer stays: computed once
            synthesis, drawn = remembering(synthesis), replace(drawn, off=())

        def draw(seed: int) -> np.ndarray:
            noise = noise_maps(model.generator, replace(drawn, seed=seed))
            if layer is not None:
                noise = [*own[:layer], noise[layer], *own[layer + 1 :]]
            return _grey_levels(synthesis(ws, noise=noise, shifts=shifts, rgb_shifts=rgb_shifts))

        for seed in range(moments.draws, draws):
            moments.add(model.turns.take(object(), lambda seed=seed: draw(seed)))


def _grey_levels(images: Tensor) -> np.ndarray:
    """[1, C, R, R] about -1..1 -> float64 [R, R], 0..255 as shown but not rounded."""
    pixels = (images[0] * 127.5 + 128).clamp(0, 255).double().numpy()
    if len(pixels) == 1:
        return pixels[0]
    return np.tensordot([0.299, 0.587, 0.114], pixels, axes=1)
