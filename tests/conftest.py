"""Small networks and pictures that the tests share."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import numpy as np
import pytest
import torch
from PIL import Image

from gan import Discriminator, Generator, ModelConfig
from tests import browser as helpers

TINY = {
    "resolution": 16, "channel_base": 128, "channel_max": 12,
    "z_dim": 16, "w_dim": 16, "mapping_layers": 2,
}  # fmt: skip

# They begin first, or at the end one worker would still be at them while the others wait.
LONGEST = (
    "test_browser_lessons.py", "test_browser_stage.py", "test_browser.py", "test_accessibility.py",
    "test_truth.py", "test_killed.py", "test_browser_map.py", "test_browser_hands.py",
    "test_start.py", "test_parallel.py", "test_browser_standalone.py", "test_browser_class.py",
    "test_soak.py", "test_standalone.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory):
    """Decoded pictures of tests go elsewhere than the user's."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def tiny_config() -> ModelConfig:
    return ModelConfig(**TINY)


@pytest.fixture
def tiny_generator(tiny_config) -> Generator:
    """Random weights, with noise and biases that do something."""
    generator = Generator(tiny_config)
    with torch.no_grad():
        for name, parameter in generator.named_parameters():
            if name.endswith(("noise_strength", "bias")):
                parameter.add_(0.3 * torch.randn_like(parameter))
        generator.mapping.w_avg.normal_()
    return generator.requires_grad_(False).to(memory_format=torch.channels_last)


@pytest.fixture
def tiny_discriminator(tiny_config) -> Discriminator:
    return Discriminator(tiny_config)


@pytest.fixture
def slices_folder(tmp_path):
    """24 small grey pictures: soft ellipses of several sizes."""
    folder = tmp_path / "slices"
    folder.mkdir()
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    for i in range(24):
        a, b = 0.5 + 0.015 * i, 0.9 - 0.015 * i
        picture = 200 * np.clip(4 * (1 - (x / a) ** 2 - (y / b) ** 2), 0, 1)
        Image.fromarray(picture.astype(np.uint8)).save(folder / f"slice{i:02d}.png")
    return folder


@pytest.fixture
def hardly_taught(monkeypatch):
    """The judge's feature network learns a moment only, where its features are not the point."""
    monkeypatch.setattr("train.quality.features._IMAGES", (64, 64))


@pytest.fixture(scope="module")
def chromium():
    """One headless browser for a file of tests."""
    helpers.need_chromium()
    with helpers.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def address():
    """Where the program serves the bundled models."""
    with helpers.running_app() as address:
        yield address


@pytest.fixture(scope="session")
def address64():
    """The same with the one of 64 px first."""
    with helpers.running_app("--checkpoint", "assets/models/brains64") as address:
        yield address
