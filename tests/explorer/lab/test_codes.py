"""The spaces of a model hold the same brains."""

import numpy as np
import pytest
import torch

from explorer.knowledge.samples import sample_classes, sample_w, sample_z
from explorer.lab import codes as lab
from explorer.lab.codes import (
    Codes,
    draw_brains,
    group_codes,
    joined,
    mix_brains,
    principal,
    telling,
    turned,
)

GROUPS = {"coarse": (0, 2), "middle": (2, 4), "fine": (4, 6)}


@pytest.mark.parametrize("kind", ["model", "class_model", "height_model"])
def test_the_same_brains_in_every_space(kind, request):
    generator = request.getfixturevalue(kind).generator
    brains = draw_brains(generator, 40, 980)  # across the border of a drawn thousand
    w = sample_w(generator, 2000)[980:1020]
    assert np.array_equal(brains.w.numpy(), w)
    with torch.inference_mode():
        again = generator.mapping(brains.z, brains.c).numpy()
    assert again == pytest.approx(w, abs=1e-5)
    assert brains.z.square().mean(dim=1).numpy() == pytest.approx(1, abs=1e-4)
    z = sample_z(generator, 1020)[980:]
    assert brains.z[3].numpy() == pytest.approx(z[3] / np.sqrt((z[3] ** 2).mean()), abs=1e-4)
    if kind != "model":
        classes = sample_classes(generator, 1020)[980:]
        place = brains.c @ torch.arange(brains.c.shape[1], dtype=torch.float32)
        assert place.numpy() == pytest.approx(classes, abs=1e-5)


def test_the_condition_belongs_to_z(class_model, height_model):
    codes = lab.z_codes(class_model.generator, draw_brains(class_model.generator, 5))
    assert codes.values.shape == (5, 16 + 2)
    assert codes.names[-2:] == ("class 1", "class 2")
    codes = lab.z_codes(height_model.generator, draw_brains(height_model.generator, 5))
    assert codes.values.shape == (5, 16 + 1)
    assert codes.names[-1] == "condition"


def test_groups_are_drawn_apart_and_have_conditions_of_their_own(class_model, height_model):
    generator = class_model.generator
    brains = draw_brains(generator, 300)
    ws = mix_brains(generator, brains, GROUPS)
    assert torch.equal(ws[:, 0], brains.w)
    assert torch.equal(ws[:, 2], ws[:, 3])
    parts = group_codes(ws, GROUPS)
    assert [c.space for c in parts.values()] == ["W+ coarse", "W+ middle", "W+ fine"]
    # The groups have nothing to do with each other, not even through a class or a height of both.
    for codes in (parts, groups_of(height_model)):
        a, b, c = (codes[name].values for name in GROUPS)
        for first, second in ((a, b), (a, c), (b, c)):
            together = np.corrcoef(first.T, second.T)[:16, 16:]
            assert np.abs(together).mean() < 1.5 / np.sqrt(len(first))


def groups_of(model):
    brains = draw_brains(model.generator, 300)
    return group_codes(mix_brains(model.generator, brains, GROUPS), GROUPS)


def test_styles_are_those_of_the_layers(model):
    generator = model.generator
    ws = generator.broadcast(draw_brains(generator, 3).w)
    codes, rgb = lab.s_codes(generator, ws), lab.s_codes(generator, ws, rgb=True)
    layers, blocks = generator.synthesis.layers, generator.synthesis.blocks
    widths = [layer.weight.shape[1] for layer in layers]
    assert codes.values.shape == (3, sum(widths))
    assert len(codes.names) == sum(widths)
    assert codes.names[widths[0]] == "layer 2 channel 1"
    with torch.inference_mode():
        second = layers[1].affine(ws[:, 1]).numpy()
        last = blocks[-1].torgb.affine(ws[:, -1]).numpy()
    assert codes.values[:, widths[0] : sum(widths[:2])] == pytest.approx(second)
    assert rgb.values[:, -last.shape[1] :] == pytest.approx(last)
    assert rgb.space == "S toRGB"


def test_principal_axes_hold_what_they_say():
    random = np.random.default_rng(0)
    values = (random.standard_normal((4000, 6)) * [5, 3, 1, 1, 1, 1]).astype(np.float32)
    turn = np.linalg.qr(random.standard_normal((6, 6)))[0].astype(np.float32)
    found = principal(Codes("W", "own", values @ turn, ()), 2)
    assert found.share == pytest.approx(34 / 38, abs=0.01)
    assert found.values.std(axis=0) == pytest.approx([5, 3], rel=0.05)
    assert abs(np.corrcoef(found.values[:, 0], values[:, 0])[0, 1]) > 0.99
    # Channels of S have one vote each, however wide they range.
    wide = values * np.array([1, 1, 1, 1, 1, 1e4], np.float32)
    assert principal(Codes("S", "own", wide, ()), 2).share < 0.4
    assert principal(Codes("W", "own", wide, ()), 2).share > 0.99
    both = joined("W+", [found, found])
    assert both.values.shape == (4000, 4)
    assert both.share == pytest.approx(found.share)


def test_more_channels_than_brains():
    """The other way round through the same decomposition."""
    random = np.random.default_rng(0)
    x = random.standard_normal((50, 8)) @ random.standard_normal((8, 120))
    x = x - x.mean(axis=0)
    wide, variances = turned(x)
    assert wide.shape == (50, 8)
    assert (wide @ wide.T) == pytest.approx(x @ x.T, abs=1e-6)
    tall, again = turned(x.T @ np.eye(50)[:, :50])
    assert tall.shape == (120, 8)
    assert (variances * 50) == pytest.approx(again * 120)
    assert wide.var(axis=0) == pytest.approx(variances)


def test_the_axes_that_tell_something():
    values = np.random.default_rng(0).standard_normal((900, 30)).astype(np.float32)
    codes = Codes("S", "own", values, tuple(map(str, range(30))))
    factors = values[:, [7, 21]] + 0.1
    factors[:100, 1] = np.nan
    found = telling(codes, factors, 2)
    assert found.names == ("7", "21")
    assert found.share == pytest.approx(2 / 30)
    assert telling(codes, factors) is codes
