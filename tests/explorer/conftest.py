"""A small model on disk, opened for exploring."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.knowledge import population
from explorer.picture.model import load
from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.conftest import TINY


def write_model(path, facts=None, **options):
    """A checkpoint of a random generator with some noise in it; facts: more of its provenance."""
    torch.manual_seed(1)
    generator = Generator(ModelConfig(**TINY | options))
    with torch.no_grad():
        for layer in generator.synthesis.layers:
            layer.noise_strength.fill_(0.2)
        generator.mapping.w_avg.normal_(std=0.1)
    provenance = {
        "kimg": 3.0,
        "data_license": "CC0-1.0",
        "classes": ["AD", "NC"][: options.get("c_dim", 0)],
        **(facts or {}),
    }
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, generator.config, provenance, named_tensors(G_ema=generator))
    return path


@pytest.fixture(scope="session")
def model_path(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture(scope="session")
def model(model_path):
    return load(model_path)


@pytest.fixture(scope="session")
def class_model(tmp_path_factory):
    return load(write_model(tmp_path_factory.mktemp("classes") / "two.safetensors", c_dim=2))


def write_height_model(path):
    """A checkpoint with five classes in order, from -20 to 60 mm."""
    facts = {"scale": {"column": "z_mni_mm", "first": -20.0, "last": 60.0, "count": 5},
             "classes": ["-20", "0", "20", "40", "60"]}  # fmt: skip
    return write_model(path, facts, c_dim=5, c_ordered=True)


@pytest.fixture(scope="session")
def height_model(tmp_path_factory):
    return load(write_height_model(tmp_path_factory.mktemp("heights") / "heights.safetensors"))


class HeadSynthesis(torch.nn.Module):
    """Draws an ellipse that w steers in a known way, in the place of a trained network.

    w[0]: size; w[1]: length to width; w[2]: turn; w[3]: brightness; w[4]: a dark middle.
    """

    def __init__(self, real):
        super().__init__()
        self.blocks, self.layers, self.resolution = real.blocks, real.layers, 32
        self.b4, self.device = real.b4, torch.device("cpu")

    @property
    def fast(self):
        """As of gan.incremental: the same without remembering."""
        return self

    def forward(self, ws, noise_mode="const", noise=None, shifts=None, rgb_shifts=None):
        w = ws.mean(dim=1)[:, :, None, None]  # [N, w_dim, 1, 1]
        R = self.resolution
        y, x = torch.meshgrid(*[torch.linspace(-1, 1, R)] * 2, indexing="ij")
        size, ratio, turn = 0.6 * (0.06 * w[:, 0]).exp(), (0.05 * w[:, 1]).exp(), 0.05 * w[:, 2]
        u, v = x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin()
        r = ((u * ratio / size) ** 2 + (v / ratio / size * 0.8) ** 2).sqrt()
        head = torch.sigmoid((1 - r) * R / 2)
        dark = torch.sigmoid((0.25 + 0.03 * w[:, 4] - r) * R / 2)
        grey = torch.sigmoid((r - 0.75) * R / 2)
        picture = head * (0.75 + 0.03 * w[:, 3]) * (1 - 0.3 * grey) * (1 - 0.8 * dark)
        if noise is not None and noise[-1] is not None:
            picture = picture + 0.005 * head * torch.nn.functional.interpolate(noise[-1], R)[:, 0]
        return (picture * 2 - 1)[:, None]


@pytest.fixture(scope="session")
def head_model(tmp_path_factory):
    """A model whose pictures are heads that w steers in a known way; see HeadSynthesis."""
    patch = pytest.MonkeyPatch()
    patch.setattr(population, "PICTURES", 600)
    patch.setattr(population.measure_population, "__defaults__", (None, 600))
    opened = load(write_model(tmp_path_factory.mktemp("head") / "head.safetensors"))
    opened.generator.synthesis = HeadSynthesis(opened.generator.synthesis)
    opened = replace(opened, synthesis=opened.generator.synthesis)
    opened.generator.mapping.forward = _steered(opened.generator.mapping)
    opened.generator.mapping.w_avg.zero_()
    for name in ("pca", "w", "people", "spread", "whole_spread"):  # of the mapping before
        opened.library.__dict__.pop(name, None)
    for file in opened.path.parent.glob("*.pca.*"):
        file.unlink()
    yield opened
    patch.undo()


def _steered(mapping):
    """w = z with axes of different spread, so that its principal axes are the first entries."""
    scale = torch.from_numpy(np.geomspace(2, 0.5, mapping.z_dim)).float()
    return lambda z, c=None: z * scale
