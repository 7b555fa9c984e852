"""Where the signal sits: maps whose peak, share and place are known, and a droplet planted by
weights."""

import numpy as np
import pytest
import torch

from explorer.lab import keeping
from explorer.lab.magnitudes import magnitude, magnitudes, of_maps, staying
from gan import Generator, ModelConfig
from tests.conftest import TINY

SIDE = 20


def spotted(places, height=30.0) -> np.ndarray:
    """Ones with one pixel of some height in each."""
    maps = np.ones((len(places), SIDE, SIDE))
    for one, (row, column) in zip(maps, places, strict=True):
        one[row, column] = height
    return maps


def test_flat_maps_hold_a_hundredth_in_a_hundredth():
    peak, share, _ = of_maps(np.full((2, SIDE, SIDE), 7.0))
    assert peak == pytest.approx([1, 1])
    assert share == pytest.approx([0.01, 0.01])
    # Also where a hundredth of the map is less than a pixel.
    assert of_maps(np.full((1, 4, 4), 7.0))[1] == pytest.approx([0.01])


def test_one_planted_spot():
    peak, share, place = of_maps(spotted([(3, 5)]))
    assert peak == pytest.approx([30])
    assert share == pytest.approx([(900 + 3) / (900 + 399)])  # 4 of the 400 pixels
    assert place == [3 * SIDE + 5]


def test_nothing_is_told_of_a_map_without_signal():
    peak, share, _ = of_maps(np.zeros((1, 8, 8)))
    assert np.isnan(peak[0])
    assert np.isnan(share[0])


def test_the_magnitude_is_the_norm_over_channels():
    maps = torch.zeros(1, 2, 4, 4)
    maps[0, :, 1, 2] = torch.tensor([3.0, -4.0])
    found = magnitude(maps)
    assert found.shape == (1, 4, 4)
    assert found[0, 1, 2] == 5
    assert found.sum() == 5


def test_a_spot_stays_or_wanders():
    at = lambda *places: np.array([r * SIDE + c for r, c in places])  # noqa: E731
    near, place = staying(at((4, 4), (4, 5), (5, 4), (4, 4), (15, 15)), SIDE)
    assert near.tolist() == [1, 1, 1, 1, 0]
    assert place == (4, 4)
    near, _ = staying(np.arange(0, SIDE * SIDE, 7), SIDE)
    assert near.mean() < 0.06
    assert staying(at((0, 0)), SIDE)[1] == (0, 0)  # at the border, not beyond it


def network(architecture: str) -> Generator:
    G = Generator(ModelConfig(**TINY, architecture=architecture)).requires_grad_(False)
    return G.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("architecture", ["stylegan2", "undemodulated", "adain"])
def test_every_architecture_is_measured(architecture):
    found = magnitudes(network(architecture), 12)
    assert [layer.resolution for layer in found.layers] == [4, 8, 8, 16, 16]
    assert found.brains == 12
    for layer in found.layers:
        low, high = layer.peak.interval
        assert 1 <= low <= layer.peak.mean <= high
        assert 0.01 <= layer.share.mean <= 1
    assert found.top.peak.mean == max(layer.peak.mean for layer in found.layers)
    assert found.map.shape == (found.top.resolution,) * 2
    back = keeping.unpack(keeping.pack((found,), {}), {})[0]
    assert back.layers == found.layers
    assert np.array_equal(back.map, found.map)


def test_a_droplet_planted_by_noise_is_found_where_it_is():
    """The last layer adds its stored noise; a map of one pixel is a spot in every picture."""
    G = network("stylegan2")
    before = magnitudes(G, 12)
    layer = G.synthesis.layers[4]
    layer.noise_const.zero_()
    layer.noise_const[5, 9] = 1
    layer.noise_strength.fill_(200.0)
    found = magnitudes(G, 12)
    assert found.strongest == 4
    assert found.top.place == (5, 9)
    assert found.top.stays.mean == 1
    assert found.top.share.mean > 0.9
    assert found.top.common > 20 * before.layers[4].peak.mean
    assert np.unravel_index(found.map.argmax(), found.map.shape) == (5, 9)
    assert found.layers[:4] == before.layers[:4]
