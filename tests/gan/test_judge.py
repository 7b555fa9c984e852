"""A discriminator out of a checkpoint sees what it was shown when it was trained."""

import pytest
import torch

from gan.checkpoint import load_checkpoint, named_tensors, save_checkpoint
from gan.judge import CUT, load_discriminator


@pytest.mark.parametrize("cut", [True, False])
def test_pictures_are_cut_where_training_cut_them(tmp_path, tiny_discriminator, cut):
    path = tmp_path / "resume.safetensors"
    facts = {CUT: True} if cut else {}
    tensors = named_tensors(D=tiny_discriminator)
    save_checkpoint(path, tiny_discriminator.config, facts, tensors)
    D = load_discriminator(load_checkpoint(path))
    images = (3 * torch.randn(4, 1, 16, 16)).requires_grad_()
    expected = tiny_discriminator(images.clamp(-1, 1) if cut else images)
    found = D(images)
    torch.testing.assert_close(found, expected)
    (gradient,) = torch.autograd.grad(found.sum(), images)
    assert cut == bool((gradient[images.abs() > 1] == 0).all())


def test_without_one_there_is_none(tmp_path, tiny_generator):
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, tiny_generator.config, {}, named_tensors(G_ema=tiny_generator))
    assert load_discriminator(load_checkpoint(path)) is None
