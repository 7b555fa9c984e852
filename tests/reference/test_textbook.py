"""What the benchmark measures against computes the same as everything else."""

import torch

from gan import Discriminator, Generator, ModelConfig
from tests.conftest import TINY
from tests.reference import stylegan2 as plain
from tests.reference import textbook


def test_textbook_pictures_are_the_networks(tiny_generator):
    ws = torch.randn(3, 6, 16)
    tensors = plain.sub(tiny_generator.state_dict(), "synthesis")
    expected = tiny_generator.synthesis(ws, "const")
    assert torch.allclose(textbook.synthesis(tensors, ws, 16), expected, atol=1e-4)
    assert torch.allclose(textbook.synthesis(tensors, ws, 16), plain.synthesis(tensors, ws, 16),
                          atol=1e-4)  # fmt: skip


def test_textbook_gradients_are_the_networks():
    G = Generator(ModelConfig(**TINY)).double()
    ws = torch.randn(2, 6, 16, dtype=torch.float64, requires_grad=True)
    weights = list(G.synthesis.parameters())
    tensors = {name: tensor for name, tensor in G.synthesis.named_parameters()}
    tensors |= dict(G.synthesis.named_buffers())
    direction = torch.randn(2, 1, 16, 16, dtype=torch.float64)
    picture = textbook.synthesis(tensors, ws, 16, torch.float64)
    slow = torch.autograd.grad((picture * direction).sum(), [ws, *weights])
    fast = torch.autograd.grad((G.synthesis(ws, "const", dtype=torch.float64) * direction).sum(),
                               [ws, *weights])  # fmt: skip
    for a, b in zip(fast, slow, strict=True):
        assert torch.allclose(a, b, atol=1e-5, rtol=1e-5)


def test_textbook_learns_after_it_painted(tiny_generator):
    """The benchmark times pictures first, then training, in one process."""
    tensors = plain.sub(tiny_generator.state_dict(), "synthesis")
    textbook._kernel.cache_clear()
    with torch.inference_mode():
        textbook.synthesis(tensors, torch.randn(1, 6, 16), 16)
    ws = torch.randn(1, 6, 16, requires_grad=True)
    textbook.synthesis(tensors, ws, 16).sum().backward()
    assert ws.grad.abs().sum() > 0


def test_textbook_logits_and_their_gradients_are_the_networks():
    D = Discriminator(ModelConfig(**TINY))
    images = torch.randn(8, 1, 16, 16, requires_grad=True)
    tensors = dict(D.named_parameters())
    found = []
    for logits in (D(images), textbook.discriminator(tensors, images, 16)):
        found.append([logits, *torch.autograd.grad(logits.sum(), [images, *D.parameters()])])
    for a, b in zip(*found, strict=True):
        assert torch.allclose(a, b, atol=1e-4, rtol=1e-3)
