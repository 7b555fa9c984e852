"""A picture of the model's own is found again, the same each time, and a recipe holds it."""

import base64
import json

import numpy as np
import pytest
import torch

from explorer.knowledge.likeness import distance
from explorer.page.answers import adopting
from explorer.picture.latents import given_ws
from explorer.picture.render import export_png, render
from explorer.recipe import Recipe
from explorer.recipe.files import read_recipe
from explorer.tools import projection
from explorer.tools.projection import Effort, Projector

SHORT = Effort(40, 40)


@pytest.fixture(scope="module")
def projector(model):
    return Projector(model)


@pytest.fixture(scope="module")
def own(model):
    return render(model, Recipe(4, psi=1))


@pytest.fixture(scope="module")
def steps(projector, own):
    return list(projector.project(own, SHORT))


def test_a_picture_of_the_models_own_is_found_again(model, steps, own):
    assert [s.done for s in steps] == list(range(81))
    errors = [s.error for s in steps]
    found = render(model, steps[-1].recipe).astype(float)
    spread = np.abs(own - own.mean()).mean()
    assert np.abs(found - own).mean() < 0.15 * spread
    assert errors[-1] < 0.4 * errors[0]
    assert errors[-1] <= errors[40]


def test_the_slope_in_pieces_is_that_of_the_whole_network(model, projector, own):
    ws = torch.randn(1, model.config.num_ws, model.config.w_dim, requires_grad=True)
    wanted = torch.from_numpy(own)[None, None] / 127.5 - 1
    image = model.generator.synthesis(ws, noise_mode="const")
    distance(image, wanted).sum().backward()
    pauses = projector._slope(ws.detach().clone(), wanted)
    count = 0
    try:
        while True:
            next(pauses)
            count += 1
    except StopIteration as end:
        found, slope = end.value
    assert count == 2 * len(model.config.block_resolutions) + 1
    assert torch.equal(found, image.detach())
    assert torch.allclose(slope, ws.grad, rtol=1e-4, atol=1e-6 * ws.grad.abs().max().item())


def test_it_is_the_same_each_time(projector, own, steps):
    again = list(projector.project(own, SHORT))
    assert all(torch.equal(a.ws, b.ws) for a, b in zip(steps, again, strict=True))


def test_one_w_for_all_layers_or_one_for_each(model, projector, own, steps):
    w_dim, num_ws = model.config.w_dim, model.config.num_ws
    assert given_ws(model, steps[-1].recipe.w).unique(dim=1).shape[1] == num_ws
    shared = list(projector.project(own, Effort(20, 0)))[-1]
    assert len(base64.b64decode(shared.recipe.w)) == 2 * w_dim
    assert shared.ws.unique(dim=1).shape[1] == 1
    assert np.array_equal(shared.picture.shape, own.shape)


def test_without_steps_it_is_the_nearest_random_brain(projector):
    album = projector.album.get()
    only = list(projector.project(album.pictures[17], Effort(0, 0)))
    assert len(only) == 1
    # The album is cut from random w to the model's stored precision of uint8 pictures.
    assert np.allclose(only[0].ws[0, 0].numpy(), album.w[17], atol=1e-4)
    assert only[0].error < 1


def test_the_result_stays_as_typical_as_a_random_brain(model, steps):
    spread = model.library.spread
    deviations = np.sqrt(np.diag(spread.covariance))
    v = (steps[-1].ws[0].numpy() - spread.mean) / deviations
    assert np.sqrt((v**2).mean()) < 2


def test_no_layer_is_rarer_than_nearly_all_brains(model, projector, monkeypatch):
    """Though a picture that the model can't make draws it away."""
    monkeypatch.setattr(projection, "_TYPICAL", 0.0)
    check = np.uint8(255 * (np.indices((16, 16)).sum(axis=0) % 2))
    for step in projector.project(check, Effort(40, 40)):
        for layer in step.ws.unbind(dim=1):
            ws = layer[:, None].expand(-1, model.config.num_ws, -1)
            assert model.library.gauge.rarer_than(ws) < projection._RAREST + 3


def test_a_recipe_with_a_w_for_each_layer_travels(model, steps):
    """By JSON, link, PNG and the page, and makes the same bytes."""
    recipe = steps[-1].recipe
    picture = render(model, recipe)
    for copy in (
        Recipe.from_json(recipe.to_json()),
        Recipe.from_dict(json.loads(json.dumps(recipe.compact()))),
        read_recipe(export_png(model, recipe)),
        Recipe.from_dict(adopting(model)({"values": recipe.compact()})["recipe"]),
    ):
        assert np.array_equal(given_ws(model, copy.w), given_ws(model, recipe.w))
        assert np.array_equal(render(model, copy), picture)
    assert np.abs(picture.astype(int) - steps[-1].picture).max() <= 3  # half precision


def test_it_can_be_left_at_any_step(projector, own):
    running = projector.project(own, SHORT)
    first = next(running)
    assert next(running).error <= 2 * first.error
    running.close()
    assert all(p.grad is None for p in projector.model.generator.parameters())


def test_a_model_with_classes(class_model):
    own = render(class_model, Recipe(2, psi=1, class_index=1))
    steps = list(Projector(class_model).project(own, Effort(20, 10)))
    assert steps[-1].error < steps[0].error
    assert render(class_model, steps[-1].recipe).shape == own.shape


def test_a_colour_model(tmp_path):
    from explorer.picture.model import load
    from tests.explorer.conftest import write_model

    colour = load(write_model(tmp_path / "colour.safetensors", img_channels=3))
    own = render(colour, Recipe(2, psi=1))
    steps = list(Projector(colour).project(own, Effort(20, 10)))
    assert steps[-1].picture.shape == (16, 16, 3)
    assert steps[-1].error < steps[0].error
