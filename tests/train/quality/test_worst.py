"""The sheet of the worst pictures: it finds the odd ones and the twins."""

import numpy as np
import pytest
import torch

from train.quality.neighbours import realism
from train.quality.sheets import labelled_sheet
from train.quality.worst import most_alike, worst_sheet


def test_realism_is_the_largest_ratio_among_the_smaller_balls():
    real, fake, k = torch.randn(9, 3), torch.randn(4, 3), 2
    radius = [sorted((a - b).norm().item() for b in real)[k] for a in real]
    small = [i for i in range(9) if radius[i] <= sorted(radius)[4]]
    expected = [max(radius[i] / (real[i] - x).norm().item() for i in small) for x in fake]
    assert torch.allclose(realism(real, fake, k), torch.tensor(expected))


def test_the_closest_pairs_come_first_and_share_no_picture():
    images = torch.randn(12, 1, 32, 32)
    images[7], images[3] = images[2] + 0.01, images[10] + 0.02
    images[5] = images[2] + 0.03  # a third of the first pair
    first, second, distances = most_alike(images, 3)
    assert [{a, b} for a, b in zip(first, second, strict=True)][:2] == [{2, 7}, {3, 10}]
    assert len({*first, *second}) == 6
    assert distances == sorted(distances)
    assert distances[0] == pytest.approx((images[2] - images[7]).norm().item(), rel=1e-4)


def test_the_sheet_begins_with_what_is_least_like_a_real_slice():
    images = torch.rand(40, 1, 32, 32) * 2 - 1
    features = torch.randn(40, 4)
    features[11] = 50
    sheet = worst_sheet(images, torch.randn(40, 4), features)
    assert sheet.shape == (4 * 32 + 5 * 14, 8 * 32)
    assert np.array_equal(
        sheet[14:46, :32], (images[11, 0] * 127.5 + 128).clamp(0, 255).byte().numpy()
    )


def test_two_pictures_are_enough():
    images = torch.rand(2, 1, 32, 32)
    sheet = worst_sheet(images, torch.randn(4, 3), torch.randn(2, 3))
    assert sheet.shape == (4 * 32 + 5 * 14, 32)


def test_words_stand_between_the_rows():
    pictures = np.full((3, 32, 32, 3), 7, np.uint8)
    sheet = labelled_sheet(["above", pictures, ["a", "b", "c"]])
    assert sheet.shape == (14 + 32 + 14, 96, 3)
    assert (sheet[14:46] == 7).all()
    assert all(sheet[46:, 32 * i : 32 * i + 32].max() > 100 for i in range(3))
