"""What gives generated heads away: measurements, the air around them, twins."""

import numpy as np
import pytest
import torch

from tests.train.quality.heads import heads
from train.quality.telltales import bright_background, closest_people, measured_auc, twins


def floats(slices):
    return torch.from_numpy(slices.images).float() / 127.5 - 1


def people_of(slices):
    return np.unique(slices.subjects, return_inverse=True)[1]


ONE, OTHER = heads(range(20), R=32), heads(range(100, 120), R=32)


def test_people_are_hardly_told_apart_and_another_kind_is():
    sides = floats(ONE), floats(OTHER), people_of(ONE), people_of(OTHER)
    alike = measured_auc(*sides)
    darker = (floats(OTHER) + 1) * 0.7 - 1
    assert measured_auc(sides[0], darker, *sides[2:]) > 0.95
    assert alike < 0.8


def test_a_combination_gives_it_away_where_no_single_measurement_does(monkeypatch):
    """Boosted trees see what a straight line cannot: values of opposite sign belong together."""
    random = np.random.default_rng(0)
    a, b = random.choice([-1.0, 1.0], (2, 400))
    tables = iter((np.stack([a, a], axis=1), np.stack([b, -b], axis=1)))
    monkeypatch.setattr("train.quality.telltales.measure", lambda pictures: next(tables))
    pictures = torch.zeros(400, 1, 16, 16)
    assert measured_auc(pictures, pictures, np.arange(400), np.arange(400)) > 0.95


def test_bright_air_is_counted_and_the_rim_is_not():
    pictures = floats(ONE)
    assert bright_background(pictures) < 0.02
    lifted = torch.where(pictures < -0.99, -1 + 2 * 5 / 255, pictures)
    assert bright_background(lifted) > 0.98


def test_nothing_around_nothing():
    everywhere = torch.full((2, 1, 32, 32), -1.0)
    assert bright_background(everywhere) == 0


def plain(*levels):
    """Pictures of one grey level each; their distances are 32 times the levels'."""
    return torch.tensor(levels)[:, None, None, None].expand(-1, 1, 32, 32)


def test_slices_of_one_person_are_no_two_people():
    levels = plain(0.0, 0.05, 0.5, 0.9)
    assert closest_people(levels, np.array([0, 0, 1, 2])) == pytest.approx(32 * 0.4, abs=1e-3)
    assert closest_people(levels, np.arange(4)) == pytest.approx(32 * 0.05, abs=1e-3)


def test_twins_are_closer_than_two_people_ever_are():
    samples = plain(0.0, 0.1, 0.3, 0.9, 0.92)
    assert twins(samples, closest=32 * 0.15) == pytest.approx(4 / 5)
    assert twins(samples, closest=32 * 0.05) == pytest.approx(2 / 5)
    assert twins(samples, closest=32 * 0.01) == 0
