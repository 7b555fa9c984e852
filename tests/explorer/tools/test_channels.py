"""Single channels: spread of styles, effects on the picture, receipts, films."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer import Recipe, render
from explorer.knowledge.library import Library
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import brains
from explorer.knowledge.styles import style_moments
from explorer.page.panels.channels.answers import trying_channels
from explorer.recipe import Channel
from explorer.recipe.checks import RecipeError
from explorer.tools.channels import Channels, film_strip
from gan.picture import to_uint8


@pytest.fixture
def measured(model, monkeypatch):
    """A population in which everything has spread one."""
    K = len(model.library.ruler.measurements)
    table = np.random.default_rng(0).standard_normal((200, K))
    monkeypatch.setattr(Library, "population", lambda self: Population(table, np.zeros(K)))
    return model


def test_moments_of_a_style_are_those_of_sampled_brains(model):
    for layer in model.generator.synthesis.layers[:2]:
        with torch.inference_mode():
            styles = layer.affine(torch.from_numpy(model.library.w)).double().numpy()
        mean, deviation = style_moments(layer.affine, model.library.spread)
        assert np.allclose(mean, styles.mean(axis=0), atol=1e-5)
        assert np.allclose(deviation, styles.std(axis=0, ddof=1), rtol=1e-4)


def test_change_is_between_both_sides_on_four_brains(model):
    affine = model.generator.synthesis.layers[3].affine
    _, deviation = model.library.style_moments(affine)
    pictures = []
    for sign in (-3, 3):
        shift = torch.zeros(1, len(deviation))
        shift[0, 2] = sign * deviation[2]
        ws = brains(model.generator)[:4]
        with torch.inference_mode():
            images = model.generator.synthesis(ws, "const", shifts=[None] * 3 + [shift, None])
        pictures.append(to_uint8(images).astype(float))
    expected = np.abs(pictures[1] - pictures[0]).mean()
    effects = Channels(model)
    assert expected > 0.1
    assert effects.change(3, 2) == pytest.approx(expected, abs=0.05)
    assert effects.number(0) == model.generator.synthesis.layers[0].weight.shape[1]


def test_receipts_measure_what_a_channel_moves(measured):
    """A measurement that only reads a picture's brightness moves as the brightness does."""
    effects = Channels(measured)
    receipt = effects.receipt(4, 1)
    assert receipt.brains == 16
    assert len(receipt.effect) == len(measured.library.ruler.measurements)
    assert effects.receipt(4, 1) is receipt  # kept
    ws = effects._brains
    low, high = (
        measured.library.ruler.measure(effects._pictures(ws, Channel(4, 1, s))) for s in (-3, 3)
    )
    k = int(np.nanargmax(np.abs(receipt.effect)))
    change = np.nanmean(high[:, k] - low[:, k]) / 2
    sigma = measured.library.population().deviation[k]
    assert receipt.effect[k] == pytest.approx(change / sigma, rel=1e-6)


def test_the_film_replaces_the_channel_and_keeps_the_rest(model):
    now = Recipe(3, channels=(Channel(3, 2, 1), Channel(0, 0, 5)))
    frames = np.split(film_strip(model, now, Channel(3, 2, 1)), 7, axis=1)
    for frame, strength in ((frames[0], -9), (frames[3], 0), (frames[6], 9)):
        recipe = replace(now, channels=(Channel(0, 0, 5), Channel(3, 2, strength)))
        assert np.array_equal(frame, render(model, recipe))


def test_what_the_model_lacks_is_refused(model):
    for layer, channel, rgb in ((5, 0, False), (0, 12, False), (3, 0, True), (0, 12, True)):
        with pytest.raises(RecipeError, match="channel"):
            Channels(model).change(layer, channel, rgb)


def test_a_torgb_is_no_layer_of_the_same_number(model):
    effects = Channels(model)
    block = model.generator.synthesis.blocks[2]
    assert effects.number(2, rgb=True) == block.torgb.weight.shape[1]
    assert effects.change(2, 1, True) != effects.change(2, 1)
    now = Recipe(3, channels=(Channel(2, 1, 4), Channel(2, 1, 2, rgb=True)))
    first = np.split(film_strip(model, now, Channel(2, 1, rgb=True)), 7, axis=1)[0]
    expected = replace(now, channels=(Channel(2, 1, 4), Channel(2, 1, -9, rgb=True)))
    assert np.array_equal(first, render(model, expected))


def test_answers(measured):
    changes, receipt, film = trying_channels(measured)
    answer = changes({"layer": 3, "channel": 10})
    assert [row["channel"] for row in answer["rows"]] == [10, 11]
    assert answer["of"] == 12
    assert changes({"layer": 2, "channel": 0, "rgb": True})["of"] == 8
    assert set(receipt({"layer": 3, "channel": 1})) == {"says", "most"}
    assert film({"layer": 3, "channel": 1, "recipe": {}})["src"].startswith("data:image/png")
    for wrong in (None, {}, {"layer": 0}, {"layer": 9, "channel": 0},
                  {"layer": 0, "channel": 0, "rgb": 1}, {"layer": 3, "channel": 0, "rgb": True},
                  {"layer": 0, "channel": 1e300}, {"layer": "0", "channel": [0]}):  # fmt: skip
        assert {"error"} == set(changes(wrong)) == set(receipt(wrong)) == set(film(wrong))
    assert set(film({"layer": 0, "channel": 0, "recipe": {"psi": 9}})) == {"error"}
