"""Neighbour figures against plain loops, and what they must notice: dropped modes and copies."""

import numpy as np
import pytest
import torch

from train.quality.neighbours import (
    authenticity,
    memorised_share,
    nearest,
    precision_recall_density_coverage,
    small_pictures,
)


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


def test_sets_must_be_equally_large():
    with pytest.raises(ValueError, match="equal size"):
        precision_recall_density_coverage(torch.zeros(9, 2), torch.zeros(8, 2))


def test_nearest_in_pieces_is_nearest_in_all():
    queries, reference = torch.randn(10, 4), torch.randn(25, 4)
    owners = torch.arange(25) // 5
    pieces = [(reference[:7], owners[:7]), (reference[7:], owners[7:])]
    all_distances = torch.cdist(queries, reference)
    distances, places = nearest(queries, pieces)
    assert torch.allclose(distances, all_distances.min(dim=1).values)
    assert torch.equal(places, all_distances.argmin(dim=1))
    own = torch.arange(10) % 5
    all_distances[own[:, None] == owners[None]] = torch.inf
    distances, places = nearest(queries, pieces, own)
    assert torch.allclose(distances, all_distances.min(dim=1).values)
    assert (owners[places] != own).all()


def test_without_anybody_else_there_is_no_neighbour():
    distances, places = nearest(
        torch.zeros(1, 2), [(torch.zeros(3, 2), torch.zeros(3))], torch.zeros(1)
    )
    assert distances.item() == float("inf")
    assert places.item() == -1


def test_copies_are_neither_authentic_nor_far():
    random = torch.Generator().manual_seed(0)
    train, unseen, honest = torch.randn(3, 300, 20, generator=random)
    piece = [(train, torch.arange(300))]
    copies = train + 0.01 * torch.randn(300, 20, generator=random)
    far, _ = nearest(unseen, piece)
    for fakes, memorised, authentic in ((copies, 1, 0), (honest, 0.01, 0.5)):
        distances, places = nearest(fakes, piece)
        own, _ = nearest(train[places], piece, places)
        assert memorised_share(distances, far) == pytest.approx(memorised, abs=0.02)
        assert authenticity(distances, own) == pytest.approx(authentic, abs=0.25)


def test_pictures_are_averaged_to_32_px():
    images = torch.arange(16.0).view(1, 1, 4, 4).repeat_interleave(32, 2).repeat_interleave(32, 3)
    small = small_pictures(images)
    assert small.shape == (1, 1024)
    assert small.view(32, 32)[::8, ::8].flatten().tolist() == list(range(16))
