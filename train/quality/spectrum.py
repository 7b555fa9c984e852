"""Radial power spectrum: is every size of detail there, with the right strength?"""

import torch
from torch import Tensor

_BATCH = 256


def radial_spectrum(images: Tensor) -> Tensor:
    """Mean power in dB at 1, 2, ..., R/2 waves across the picture: [R/2] float64.

    images: [N, C, R, R] in -1..1. A Hann window keeps the borders from adding waves of their own.
    """
    N, C, R, _ = images.shape
    window = torch.hann_window(R, periodic=False)
    window = torch.outer(window, window)
    power = torch.zeros(R, R, dtype=torch.float64)
    for batch in images.split(_BATCH):
        waves = torch.fft.fft2((batch + 1) * window)
        power += waves.abs().square().sum(dim=(0, 1), dtype=torch.float64)
    power /= N * C * window.square().sum()
    frequency = torch.fft.fftfreq(R, 1 / R)
    ring = torch.hypot(frequency[:, None], frequency[None]).round().long().flatten()
    sums = torch.zeros(int(ring.max()) + 1, dtype=torch.float64).index_add_(
        0, ring, power.flatten()
    )
    means = sums / ring.bincount()
    return 10 * (means[1 : R // 2 + 1] + 1e-12).log10()


def spectrum_distance(real: Tensor, fake: Tensor) -> float:
    """Root mean square difference of two spectra [R/2], in dB."""
    return (real - fake).square().mean().sqrt().item()
