"""Half precision: close to float32, where it is safe, and far from its limits."""

import pytest
import torch

from gan import Discriminator, Generator, ModelConfig
from gan.layers import leaky_relu, modulated_conv2d

pytestmark = pytest.mark.cpu

CONFIG = ModelConfig(resolution=64, channel_base=512, channel_max=16, z_dim=16, w_dim=16)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_pictures_and_verdicts_agree_with_float32(dtype):
    G, D = Generator(CONFIG), Discriminator(CONFIG)
    z = torch.randn(4, 16)
    expected, found = (G(z, noise_mode="const", dtype=t) for t in (torch.float32, dtype))
    assert found.dtype == torch.float32
    assert (found - expected).abs().mean() < 0.02 * expected.std()
    verdicts = [D(expected.detach(), dtype=t) for t in (torch.float32, dtype)]
    assert torch.allclose(*verdicts, atol=0.05)


def test_float16_is_for_the_four_largest_resolutions():
    seen = {}
    G = Generator(CONFIG)
    for block in G.synthesis.blocks:
        block.conv1.register_forward_hook(
            lambda module, inputs, output: seen.update({module.resolution: output.dtype})
        )
    G(torch.randn(1, 16), dtype=torch.float16)
    assert seen == {4: torch.float32} | dict.fromkeys((8, 16, 32, 64), torch.float16)
    G(torch.randn(1, 16), dtype=torch.bfloat16)
    assert set(seen.values()) == {torch.bfloat16}


def test_float16_does_not_overflow():
    x = torch.full([1, 8, 4, 4], 250.0)
    weight, styles = 40 * torch.randn(6, 8, 3, 3), 30 * torch.randn(1, 8)
    expected = modulated_conv2d(x, weight, styles)
    found = modulated_conv2d(x.half(), weight, styles)
    assert torch.isfinite(found).all()
    assert torch.allclose(found.float(), expected, rtol=0.01, atol=1.0)
    assert leaky_relu(torch.tensor([1000.0, -5000.0]).half()).tolist() == [256, -256]
    assert leaky_relu(torch.tensor([1000.0])).item() == 1000


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_gradients_agree_with_float32(dtype):
    G, z = Generator(CONFIG), torch.randn(4, 16)
    gradients = []
    for kind in (torch.float32, dtype):
        G.zero_grad()
        G(z, noise_mode="const", dtype=kind).square().mean().backward()
        gradients.append(
            torch.cat([p.grad.flatten() for p in G.parameters() if p.grad is not None])
        )
    cosine = torch.nn.functional.cosine_similarity(*gradients, dim=0)
    assert cosine > 0.99
