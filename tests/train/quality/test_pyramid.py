"""Sliced Wasserstein distance: adds up, sees each scale's own change, agrees with scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import wasserstein_distance

from gan.resample import upsample2d
from train.quality import pyramid
from train.quality.pyramid import laplacian_pyramid, sliced_wasserstein


def test_pyramid_adds_up_to_the_picture():
    images = torch.randn(2, 1, 64, 64)
    levels = laplacian_pyramid(images)
    assert [level.shape[2] for level in levels] == [64, 32, 16]
    total = levels[-1]
    for level in levels[-2::-1]:
        total = level + upsample2d(total)
    assert torch.allclose(total, images, atol=1e-5)


def test_each_scale_sees_its_own_change():
    random = torch.Generator().manual_seed(0)
    real = upsample2d(upsample2d(torch.randn(60, 1, 16, 16, generator=random)))
    fine = real + 0.3 * torch.randn(real.shape, generator=random)
    brighter = real + 1.0
    same, texture, level = (sliced_wasserstein(real, x) for x in (real.flip(0), fine, brighter))
    assert set(same) == {64, 32, 16}
    assert texture[64] > 5 * same[64]
    assert level[16] > 5 * same[16]
    assert level[64] < 0.2 * level[16]


def test_blur_shows_at_the_finest_scale():
    random = torch.Generator().manual_seed(0)
    images = torch.randn(80, 1, 64, 64, generator=random)
    real, other = images[:40], images[40:]
    blurred = torch.from_numpy(gaussian_filter(other.numpy(), (0, 0, 0.7, 0.7)))
    same, blur = sliced_wasserstein(real, other), sliced_wasserstein(real, blurred)
    assert blur[64] > 5 * same[64]
    assert blur[64] > blur[16]


def test_distance_in_one_dimension_is_the_known_one(monkeypatch):
    """On vectors that only differ along one axis the sorted differences are scipy's distance."""
    random = np.random.default_rng(0)
    a, b = random.standard_normal(200), 2 + random.standard_normal(200)
    calls = iter((a, b))

    def patches(images, count, generator):
        values = torch.from_numpy(next(calls)).float()
        return values[:, None, None].expand(200, 1, 1)

    monkeypatch.setattr(pyramid, "_patches", patches)
    images = torch.zeros(200, 1, 16, 16)
    found = sliced_wasserstein(images, images, directions=50)[16]
    expected = 1000 * wasserstein_distance(
        (a - a.mean()) / a.std(ddof=1), (b - a.mean()) / a.std(ddof=1)
    )
    assert found == pytest.approx(expected, rel=1e-3)


def test_patches_are_pieces_of_their_picture():
    images = torch.arange(2 * 3 * 9 * 9.0).view(2, 3, 9, 9)
    found = pyramid._patches(images, 4, torch.Generator().manual_seed(0))
    assert found.shape == (8, 3, 49)
    places = images.unfold(2, 7, 1).unfold(3, 7, 1)  # [N, C, 3, 3, 7, 7]
    for i, patch in enumerate(found):
        possible = places[i // 4].permute(1, 2, 0, 3, 4).reshape(9, 3, 49)
        assert (possible == patch).all(dim=2).all(dim=1).sum() == 1


def test_a_constant_set_is_no_division_by_zero():
    found = sliced_wasserstein(torch.zeros(3, 1, 16, 16), torch.zeros(3, 1, 16, 16))
    assert found == {16: 0.0}


def test_sets_must_be_equally_large():
    with pytest.raises(ValueError, match="equal size"):
        sliced_wasserstein(torch.zeros(2, 1, 16, 16), torch.zeros(3, 1, 16, 16))
