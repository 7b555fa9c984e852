"""The map of the noise against the plain way, and that asking in parts changes nothing."""

import numpy as np
import pytest
import torch

from explorer import Recipe
from explorer.picture.latents import ws_of
from explorer.picture.layers import noise_maps
from explorer.recipe import Noise
from explorer.recipe.checks import RecipeError
from explorer.tools.noise_map import NoiseMaps

NOW = Recipe(3, noise=Noise("const", 0, 1.5, (1,)))


def plain(model, recipe: Recipe, draws: int, layer: int | None = None) -> np.ndarray:
    """All draws at once through the plain network, and numpy's deviation."""
    own, many = noise_maps(model.generator, recipe.noise), []
    strength, off = recipe.noise.strength, recipe.noise.off if layer is None else ()
    for seed in range(draws):
        drawn = noise_maps(model.generator, Noise("random", seed, strength, off))
        if layer is not None:
            drawn = [drawn[k] if k == layer else one for k, one in enumerate(own)]
        with torch.inference_mode():
            many.append(model.generator.synthesis(ws_of(model, recipe), noise=drawn)[0, 0])
    levels = (torch.stack(many) * 127.5 + 128).clamp(0, 255)
    return levels.double().numpy().std(axis=0, ddof=1)


@pytest.mark.parametrize("layer", [None, 1, 3])
def test_it_is_the_deviation_over_draws(model, layer):
    found = NoiseMaps(model).get(NOW, 12, layer)
    assert found.draws == 12
    assert found.deviation.max() > 0.1
    assert np.allclose(found.deviation, plain(model, NOW, 12, layer), atol=0.01)


def test_asking_for_more_continues(model):
    maps = NoiseMaps(model)
    for draws in (4, 10, 12):
        found = maps.get(NOW, draws)
        assert found.draws == draws
    assert np.array_equal(found.deviation, NoiseMaps(model).get(NOW, 12).deviation)
    assert maps.get(NOW, 4).draws == 12  # what is there already


def test_recipes_and_layers_are_kept_apart_and_few(model):
    maps = NoiseMaps(model)
    one, other = maps.get(Recipe(1), 3), maps.get(Recipe(2), 3)
    assert not np.array_equal(one.deviation, other.deviation)
    assert not np.array_equal(one.deviation, maps.get(Recipe(1), 3, 4).deviation)
    for seed in range(20):
        maps.get(Recipe(seed), 2)
    assert len(maps._kept) <= 16


def test_without_noise_nothing_varies(model):
    still = NoiseMaps(model).get(Recipe(noise=Noise("const", 0, 0)), 3)
    assert still.deviation.max() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"draws": 1}, {"draws": 101}, {"draws": "x"}, {"draws": 2.5}, {"layer": 5}, {"layer": -1},
        {"layer": "0"}, {"layer": True},
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(model, wrong):
    with pytest.raises(RecipeError, match="noise map"):
        NoiseMaps(model).get(Recipe(), **wrong)
