"""FIR resampling against scipy and against its own definition."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from gan.resample import downsample2d, fir_filter, upsample2d
from tests.reference import stylegan2 as plain


@pytest.mark.parametrize("pad", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(4, 4), (9, 6)])
def test_filter_agrees_with_scipy(pad, shape):
    x = torch.randn(2, 3, *shape)
    expected = plain.per_map(lambda m: plain.filter_image(m, pad, pad), x)
    assert torch.allclose(fir_filter(x, pad).double(), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 4), (6, 10)])
def test_upsampling_is_zero_insertion_and_filter(shape):
    x = torch.randn(2, 3, *shape)
    expected = plain.per_map(plain.upsample_image, x)
    assert torch.allclose(upsample2d(x).double(), expected, atol=1e-6)


def test_downsampling_is_filter_and_every_second_pixel():
    x = torch.randn(2, 3, 8, 12)
    expected = plain.per_map(plain.downsample_image, x)
    assert torch.allclose(downsample2d(x).double(), expected, atol=1e-6)


def test_pixel_centres_stay_put():
    """A ramp's slope halves and doubles, and its middle stays where it was."""
    ramp = torch.arange(16.0).repeat(16, 1)[None, None]
    inside = upsample2d(ramp)[0, 0, 8, 4:-4]
    assert torch.allclose(inside, torch.arange(4, 28) / 2 - 0.25)
    inside = downsample2d(ramp)[0, 0, 4, 2:-2]
    assert torch.allclose(inside, torch.arange(2, 6) * 2 + 0.5)


@pytest.mark.parametrize("pad", [1, 2])
def test_first_and_second_derivatives(pad):
    x = torch.randn(1, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x: fir_filter(x, pad) ** 2, x)
    assert gradgradcheck(lambda x: fir_filter(x, pad) ** 3, x)
