"""The discriminator against the textbook one."""

import pytest
import torch

from gan import Discriminator, ModelConfig
from tests.conftest import TINY
from tests.reference import stylegan2 as plain

pytestmark = pytest.mark.cpu


def test_whole_discriminator_agrees_with_the_textbook(tiny_discriminator):
    for name, parameter in tiny_discriminator.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    tensors = {k: v.detach() for k, v in tiny_discriminator.state_dict().items()}
    img = torch.randn(8, 1, 16, 16)
    assert torch.allclose(tiny_discriminator(img), plain.discriminator(tensors, img, 16), atol=1e-4)


def test_parameter_names_are_the_fields_own(tiny_discriminator):
    expected = {"b16.fromrgb.weight", "b16.fromrgb.bias"}
    for r in (16, 8):
        expected |= {f"b{r}.conv{i}.{n}" for i in (0, 1) for n in ("weight", "bias")}
        expected.add(f"b{r}.skip.weight")
    expected |= {f"b4.{layer}.{n}" for layer in ("conv", "fc", "out") for n in ("weight", "bias")}
    assert set(tiny_discriminator.state_dict()) == expected


def test_class_changes_the_verdict():
    D = Discriminator(ModelConfig(**TINY, c_dim=3)).requires_grad_(False)
    img = torch.randn(1, 1, 16, 16).repeat(3, 1, 1, 1)
    logits = D(img, torch.eye(3))
    assert logits.shape == (3,)
    assert logits.unique().numel() == 3
    tensors = dict(D.named_parameters())
    expected = plain.discriminator(tensors, img[:1], 16, c=torch.eye(3)[:1])
    assert torch.allclose(D(img[:1], torch.eye(3)[:1]), expected, atol=1e-4)


def test_bfloat16_logits_differ_by_rounding_only(tiny_discriminator):
    img = torch.randn(16, 1, 16, 16)
    full, half = tiny_discriminator(img), tiny_discriminator(img, dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    assert (full - half).square().mean().sqrt() < 0.05 * full.std()


def test_groups_of_a_batch_do_not_see_each_other(tiny_discriminator):
    real, fake = torch.randn(8, 1, 16, 16), 3 * torch.randn(8, 1, 16, 16)
    apart = torch.cat([tiny_discriminator(real), tiny_discriminator(fake)])
    both = torch.cat([real, fake])
    assert torch.allclose(tiny_discriminator(both, groups=2), apart, atol=1e-5)
    assert not torch.allclose(tiny_discriminator(both), apart, atol=1e-3)
