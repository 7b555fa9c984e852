"""A small model on disk, opened for exploring."""

import pytest
import torch

from explorer.model import load
from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.conftest import TINY


def write_model(path, **options):
    """A checkpoint of a random generator with some noise in it."""
    torch.manual_seed(1)
    generator = Generator(ModelConfig(**TINY, **options))
    with torch.no_grad():
        for layer in generator.synthesis.layers:
            layer.noise_strength.fill_(0.2)
        generator.mapping.w_avg.normal_(std=0.1)
    provenance = {
        "kimg": 3.0,
        "data_license": "CC0-1.0",
        "classes": ["AD", "NC"][: options.get("c_dim", 0)],
    }
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
