"""Metrics against plain loops, hand-computed cases and what they must notice."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from gan.resample import upsample2d
from train.metrics import (
    laplacian_pyramid,
    memorised_share,
    nearest,
    precision_recall_density_coverage,
    sliced_wasserstein,
    small_features,
)


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


def test_distance_in_one_dimension_is_the_known_one(monkeypatch):
    """On vectors that only differ along one axis the sorted differences are scipy's distance."""
    from train import metrics

    random = np.random.default_rng(0)
    a, b = random.standard_normal(200), 2 + random.standard_normal(200)
    as_patches = {0: a, 1: b}
    calls = iter((0, 1))

    def patches(images, count, generator):
        values = torch.from_numpy(as_patches[next(calls)]).float()
        return values[:, None, None].expand(200, 1, 1)

    monkeypatch.setattr(metrics, "_patches", patches)
    images = torch.zeros(200, 1, 16, 16)
    found = sliced_wasserstein(images, images, directions=64)[16]
    expected = 1000 * wasserstein_distance(
        (a - a.mean()) / a.std(ddof=1), (b - a.mean()) / a.std(ddof=1)
    )
    assert found == pytest.approx(expected, rel=1e-3)


def test_sets_must_be_equally_large():
    with pytest.raises(ValueError, match="equal size"):
        sliced_wasserstein(torch.zeros(2, 1, 16, 16), torch.zeros(3, 1, 16, 16))
    with pytest.raises(ValueError, match="equal size"):
        precision_recall_density_coverage(torch.zeros(9, 2), torch.zeros(8, 2))


def plain_prdc(real, fake, k):
    """The definitions as loops."""
    radius = lambda s, i: sorted((s[i] - x).norm().item() for x in s)[k]  # noqa: E731
    real_r = [radius(real, i) for i in range(len(real))]
    fake_r = [radius(fake, i) for i in range(len(fake))]
    inside = [
        [(r - f).norm().item() < rr for f in fake] for r, rr in zip(real, real_r, strict=True)
    ]
    other = [[(r - f).norm().item() < fr for f, fr in zip(fake, fake_r, strict=True)] for r in real]
    return {
        "precision": np.mean(np.any(inside, axis=0)),
        "recall": np.mean(np.any(other, axis=1)),
        "density": np.sum(inside) / (k * len(fake)),
        "coverage": np.mean(np.any(inside, axis=1)),
    }


def test_neighbour_figures_agree_with_the_loops():
    real, fake = torch.randn(40, 3), 0.7 + torch.randn(40, 3)
    found = precision_recall_density_coverage(real, fake, k=3)
    expected = plain_prdc(real, fake, 3)
    assert found == pytest.approx(expected, abs=1e-6)
    assert 0 < expected["coverage"] < 1


def test_neighbour_figures_notice_dropped_modes():
    real = torch.cat([torch.randn(100, 4), 30 + torch.randn(100, 4)])
    half = torch.randn(200, 4)
    found = precision_recall_density_coverage(real, half)
    assert found["precision"] > 0.9
    assert found["recall"] < 0.6
    assert found["coverage"] < 0.6


def test_copies_are_noticed():
    train, held_out = torch.randn(300, 20), torch.randn(100, 20)
    honest = torch.randn(100, 20)
    copies = train[:100] + 0.01 * torch.randn(100, 20)
    assert memorised_share(honest, held_out, train) < 0.05
    assert memorised_share(copies, held_out, train) == 1
    distances, places = nearest(copies, train)
    assert places.tolist() == list(range(100))
    assert distances.max() < 0.1


def test_features_are_small_pictures():
    images = torch.arange(16.0).view(1, 1, 4, 4).repeat_interleave(32, 2).repeat_interleave(32, 3)
    features = small_features(images)
    assert features.shape == (1, 1024)
    assert features.view(32, 32)[::8, ::8].flatten().tolist() == list(range(16))
