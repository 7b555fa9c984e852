"""Radial spectrum: one wave falls into its ring, gain is its decibels, blur and noise show."""

import math

import pytest
import torch
from scipy.ndimage import gaussian_filter

from train.quality.spectrum import radial_spectrum, spectrum_distance


def test_a_wave_falls_into_its_ring():
    x = torch.arange(64) / 64
    wave = torch.cos(2 * math.pi * 12 * x).expand(1, 1, 64, 64) - 1
    spectrum = radial_spectrum(wave)
    assert spectrum.shape == (32,)
    assert spectrum.argmax() == 11  # the first entry is one wave across
    assert spectrum[11] - spectrum[20] > 40


def test_twice_the_contrast_is_six_decibels():
    images = torch.randn(20, 1, 32, 32) - 1
    doubled = 2 * (images + 1) - 1
    difference = radial_spectrum(doubled) - radial_spectrum(images)
    assert torch.allclose(difference, torch.full((16,), 20 * math.log10(2)).double(), atol=1e-3)
    distance = spectrum_distance(radial_spectrum(images), radial_spectrum(doubled))
    assert distance == pytest.approx(20 * math.log10(2), abs=1e-3)


def test_blur_and_noise_are_far_from_the_floor():
    random = torch.Generator().manual_seed(0)
    smooth = gaussian_filter(torch.randn(80, 1, 32, 32, generator=random).numpy(), (0, 0, 1, 1))
    real, other = torch.from_numpy(smooth).split(40)
    floor = spectrum_distance(radial_spectrum(real), radial_spectrum(other))
    blurred = torch.from_numpy(gaussian_filter(other.numpy(), (0, 0, 0.7, 0.7)))
    noisy = other + 0.05 * torch.randn(other.shape, generator=random)
    for changed in (blurred, noisy):
        assert spectrum_distance(radial_spectrum(real), radial_spectrum(changed)) > 5 * floor
