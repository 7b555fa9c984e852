"""Everything the explorer does on a card, on torch's meta device in its place."""

import numpy as np
import pytest
import torch

from explorer.export.dataset import shoot
from explorer.export.plan import Plan
from explorer.knowledge.directions.activations import activation_axes
from explorer.knowledge.population import measure_population
from explorer.knowledge.sketch import sketch_of
from explorer.lab.magnitudes import magnitudes
from explorer.picture import preview
from explorer.picture.model import load
from explorer.picture.preview import drawn
from explorer.picture.render import export_png, render, to_measure
from explorer.recipe import Channel, Edit, Mix, Noise, Recipe, Walk
from explorer.tools.channels import Channels
from explorer.tools.drag import Arrow, Drag
from explorer.tools.inside import parts_of
from explorer.tools.noise_map import NoiseMaps
from explorer.tools.projection import Effort, Projector
from gan import card as cards
from gan.card import CardSynthesis, place
from tests.explorer.conftest import write_model
from tests.meta_device import META, OneDevice, make_it_answer

RECIPES = {
    "plain": Recipe(3),
    "edited": Recipe(3, psi=0.6, edits=(Edit("pca1", 1.5, (0, 3)), Edit("sefa2", -1))),
    "mixed": Recipe(3, mix=Mix(5, (0.0, 1.0, 0.5))),
    "other noise": Recipe(3, noise=Noise("random", seed=4, off=(1,))),
    "channels": Recipe(3, channels=(Channel(1, 2, 3.0), Channel(0, 1, 2.0, rgb=True))),
    "on the way": Recipe(3, walk=Walk((Recipe(1), Recipe(2)), 0.4)),
}


@pytest.fixture
def model(monkeypatch, tmp_path):
    """On the meta device, where what differs cannot be seen."""
    make_it_answer(monkeypatch)
    monkeypatch.setattr(cards, "BOUND", 255)
    model = load(write_model(tmp_path / "tiny.safetensors"), META)
    assert isinstance(model.synthesis, CardSynthesis)
    assert model.network.device == META
    assert model.generator.synthesis.device.type == "cpu"
    with OneDevice():
        yield model


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_pictures(model, recipe):
    assert render(model, recipe).shape == (16, 16)
    assert export_png(model, recipe, bits=16).startswith(b"\x89PNG")


def test_previews(model, monkeypatch):
    monkeypatch.setattr(preview, "_LEAST", 0)
    monkeypatch.setattr(preview, "SMALLEST", 4)
    monkeypatch.setattr(model.synthesis.pace, "_rates", [1.0])  # a slow card
    assert drawn(model, Recipe(3))[1] == 4
    assert drawn(model, Recipe(3), soon=4)[1] == 8


def test_a_data_set(model):
    (shot,) = shoot(model, Plan(Recipe(), 1), [0])
    assert shot.picture.shape == (16, 16)


def test_a_projection(model):
    target = np.full((16, 16), 90, np.uint8)
    *_, last = Projector(model).project(target, Effort(2, 2))
    assert last.done == 4
    assert last.ws.device.type == "cpu"


def test_a_drag(model):
    movable = np.ones((16, 16), bool)
    movable[:4] = False
    drag = Drag(model, Recipe(3), [Arrow(5, 5, 9, 9)], movable)
    moved = [drag.step() for _ in range(3)][-1]
    assert moved.steps == 2
    assert moved.recipe.w


def test_what_looks_inside(model):
    assert parts_of(model, Recipe(3)).parts.shape == (3, 1, 16, 16)
    assert NoiseMaps(model).get(Recipe(3), 2).draws == 2
    assert NoiseMaps(model).get(Recipe(3), 2, layer=3).draws == 2
    assert np.isfinite(Channels(model).change(1, 2))


def test_what_is_measured(model):
    library = model.library
    w = library.w[:16]
    assert len(activation_axes(model.generator, w, library.spread, 2, axes=3)) == 3
    assert magnitudes(model.generator, brains=8).brains == 8


def test_the_population(model):
    found = measure_population(model.generator, model.library.ruler, pictures=16)
    assert len(found.table) == 16


def test_what_is_left_on_the_processor_is_found(model):
    """The dry run would tell: a weight that was forgotten there."""
    model.synthesis.network.b8.conv1.bias = torch.nn.Parameter(
        torch.zeros_like(model.generator.synthesis.b8.conv1.bias), requires_grad=False
    )
    with pytest.raises(AssertionError, match="tensors on cpu and meta"):
        render(model, Recipe(3))


def test_a_sketch_goes_to_the_card_too(model, monkeypatch, tmp_path):
    """So a large network is measured there, on smaller pictures."""
    monkeypatch.setattr("explorer.picture.model.is_large", lambda config: True)
    monkeypatch.setattr("explorer.picture.model.sketch_of", lambda whole: sketch_of(whole, 16))
    placed = []
    monkeypatch.setattr(
        "explorer.picture.model.place", lambda *call: placed.append(call) or place(*call)
    )
    large = load(write_model(tmp_path / "large.safetensors", resolution=32), META)
    sketch = large.library.sitter
    assert placed == [(large.generator, META), (sketch, META)]
    assert large.lab.generator is sketch
    assert to_measure(large, Recipe(3)).shape == (16, 16)
    (shot,) = shoot(large, Plan(Recipe(3), 1), [0])
    assert shot.picture.shape == (32, 32)
