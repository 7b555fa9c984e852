"""Axes of feature maps: against a plain principal component analysis and its regression on w."""

from contextlib import suppress

import numpy as np
import pytest
import torch

from explorer import Recipe, load, render
from explorer.knowledge.directions import activations
from explorer.knowledge.directions.activations import activation_axes, named, parse_key
from explorer.knowledge.library import StillComputing
from explorer.recipe import Edit
from explorer.recipe.checks import RecipeError
from tests.explorer.conftest import write_model


def maps_of(model, w: np.ndarray, layer: int) -> np.ndarray:
    """By a hook on the plain network: [N, C r r]."""
    seen, synthesis = [], model.generator.synthesis
    hook = synthesis.layers[layer].register_forward_hook(lambda _, __, out: seen.append(out))
    with torch.inference_mode():
        synthesis(model.generator.broadcast(torch.from_numpy(w)), "const")
    hook.remove()
    return seen[0].flatten(1).numpy()


@pytest.mark.parametrize("layer", [0, 2])
def test_they_are_the_regression_of_w_on_the_principal_coordinates(model, layer):
    from sklearn.decomposition import PCA

    w = model.library.w[:150]
    pca = PCA(3, svd_solver="full").fit(maps_of(model, w, layer).astype(np.float64))
    x = pca.transform(maps_of(model, w, layer))
    found = activation_axes(model.generator, w, model.library.spread, layer, axes=3)
    for k, direction in enumerate(found):
        assert direction.key == f"act{k + 1}@{layer}"
        assert direction.share == pytest.approx(pca.explained_variance_ratio_[k], rel=1e-3)
        expected = np.linalg.lstsq(x[:, k : k + 1], w - w.mean(axis=0), rcond=None)[0][0]
        cosine = direction.vector.numpy() @ expected
        cosine /= np.linalg.norm(expected) * direction.vector.norm().item()
        assert abs(cosine) > 0.9999
        assert direction.vector[direction.vector.abs().argmax()] > 0  # so that links never flip
        deviation = model.library.spread.deviation(expected)
        assert direction.vector.norm().item() == pytest.approx(deviation, rel=1e-3)


def test_large_maps_are_averaged_first(model):
    w = model.library.w[:60]
    found = activation_axes(model.generator, w, model.library.spread, 4, axes=2)
    maps = maps_of(model, w, 4).reshape(60, -1, 8, 2, 8, 2).mean(axis=(3, 5)).reshape(60, -1)
    sizes = np.linalg.svd(maps - maps.mean(axis=0), compute_uv=False) ** 2
    assert found[0].share == pytest.approx(sizes[0] / sizes.sum(), rel=1e-3)


def test_keys():
    assert parse_key(named(5, 3)[0], 9) == 5
    for wrong in ("act1@9", "act0@1", "act1", "act1@-1", "act1@123", "pca1", "act100@1"):
        assert parse_key(wrong, 9) is None


def test_they_are_made_once_kept_and_found_by_recipes(tmp_path, monkeypatch):
    path = write_model(tmp_path / "model.safetensors")
    recipe = Recipe(edits=(Edit("act1@1", 2),))
    model = load(path)
    with pytest.raises(StillComputing):
        render(model, recipe)
    made = model.library._activations[1].get()
    picture = render(model, recipe)
    assert not np.array_equal(picture, render(model, Recipe()))
    with pytest.raises(RecipeError, match="no direction"):
        render(model, Recipe(edits=(Edit("act11@1", 2),)))

    monkeypatch.setattr(activations, "activation_axes", None)  # from now on only read
    again = load(path)
    with suppress(StillComputing):  # reading takes milliseconds
        again.library.activations(1)
    read = again.library._activations[1].get()
    assert [d.key for d in read] == [d.key for d in made]
    assert all(torch.equal(a.vector, b.vector) for a, b in zip(read, made, strict=True))
    assert np.array_equal(render(again, recipe), picture)
