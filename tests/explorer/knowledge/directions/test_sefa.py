"""SeFa: the directions must be those that move the styles most."""

import numpy as np
import pytest
import torch

from explorer.knowledge.directions import sefa
from explorer.knowledge.directions.sefa import closed_form, parse_key, style_weights


def test_style_weights_are_those_of_the_layers(model):
    generator = model.generator
    A = style_weights(generator, 1, 2)
    weight = generator.synthesis.layers[1].affine.weight.double()
    assert np.allclose(A, weight / weight.norm(dim=1, keepdim=True))
    last = generator.config.num_ws
    tones = generator.synthesis.blocks[-1].torgb.affine.weight
    assert len(style_weights(generator, last - 1, last)) == len(tones)
    total = sum(len(style_weights(generator, i, i + 1)) for i in range(last))
    assert len(style_weights(generator, 0, last)) == total


@pytest.mark.parametrize("layers", [None, (0, 2), (3, 6)])
def test_no_direction_moves_the_styles_more_than_the_first(model, layers):
    A = style_weights(model.generator, *(layers or (0, 6)))
    found = closed_form(model.generator, model.library.spread, layers)
    axes = [d.vector.double().numpy() for d in found]
    axes = [a / np.linalg.norm(a) for a in axes]
    moved = [np.linalg.norm(A @ a) for a in axes]
    assert moved == sorted(moved, reverse=True)
    random = np.random.default_rng(0).standard_normal((200, 16))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    assert np.linalg.norm(random @ A.T, axis=1).max() <= moved[0] + 1e-6
    # Unrelated to each other, and their shares are those of the energy.
    assert np.allclose(np.stack(axes) @ np.stack(axes).T, np.eye(10), atol=1e-5)
    energy = [m**2 / (A**2).sum() for m in moved]
    assert [d.share for d in found] == pytest.approx(energy, rel=1e-4)


def test_keys_and_layers(model):
    found = closed_form(model.generator, model.library.spread, (2, 4))
    assert [d.key for d in found[:2]] == ["sefa1@2-4", "sefa2@2-4"]
    assert found[0].layers == (2, 4)
    assert parse_key("sefa12@2-4", 6) == (12, (2, 4))
    assert parse_key("sefa3", 6) == (3, None)
    for wrong in ("sefa", "sefa0", "sefa1@4-4", "sefa1@2-7", "sefa1@2", "pca1", "sefa1@-2-3"):
        assert parse_key(wrong, 6) is None


def test_signs_are_fixed(model, monkeypatch):
    found = closed_form(model.generator, model.library.spread)
    eigh = np.linalg.eigh
    monkeypatch.setattr(sefa.np.linalg, "eigh", lambda m: (eigh(m)[0], -eigh(m)[1]))
    for one, two in zip(found, closed_form(model.generator, model.library.spread), strict=True):
        assert torch.allclose(one.vector, two.vector)
