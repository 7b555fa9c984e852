"""MS-SSIM: 1 for the same picture, the plain formula for one window, less for other pictures."""

import pytest
import torch

from train.quality.similarity import ms_ssim


@pytest.mark.parametrize("R", [7, 16, 32, 64, 128, 256])
def test_a_picture_is_like_itself_at_every_size(R):
    x = torch.rand(2, 1, R, R)
    assert torch.allclose(ms_ssim(x, x), torch.ones(2), atol=1e-5)


def test_one_window_is_the_plain_formula():
    """At 7 px there is one scale and one window position."""
    a, b = torch.rand(2, 1, 1, 7, 7, dtype=torch.float64).unbind()
    t = torch.exp(-((torch.arange(7) - 3.0) ** 2) / (2 * 1.5**2)).double()
    window = torch.outer(t, t) / t.sum() ** 2
    mean = lambda x: (window * x).sum()  # noqa: E731
    ma, mb = mean(a), mean(b)
    va, vb, cov = mean((a - ma) ** 2), mean((b - mb) ** 2), mean((a - ma) * (b - mb))
    C1, C2 = 0.01**2, 0.03**2
    expected = (2 * ma * mb + C1) * (2 * cov + C2) / ((ma**2 + mb**2 + C1) * (va + vb + C2))
    assert ms_ssim(a.float(), b.float()).item() == pytest.approx(max(expected.item(), 0), abs=1e-4)


def test_the_more_noise_the_less_alike():
    a = torch.nn.functional.interpolate(torch.rand(4, 1, 8, 8), 64, mode="bilinear")
    values = [
        ms_ssim(a, (a + s * torch.randn_like(a)).clamp(0, 1)).mean() for s in (0.02, 0.1, 0.5)
    ]
    assert 1 > values[0] > values[1] > values[2] > 0


def test_a_picture_smaller_than_the_window_is_refused():
    with pytest.raises(ValueError, match="at least 7 px"):
        ms_ssim(torch.rand(1, 1, 6, 6), torch.rand(1, 1, 6, 6))
