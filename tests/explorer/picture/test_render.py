"""Rendering: pure, deterministic, and every part of the recipe seen in the picture."""

import io
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import Recipe, load, render
from explorer.picture.latents import ws_of
from explorer.picture.layers import noise_maps
from explorer.picture.render import export_png
from explorer.recipe import Channel, Edit, Mix, Noise, Walk
from explorer.recipe.checks import RecipeError, pack_vector
from explorer.work.turns import Superseded
from gan.checkpoint import CheckpointError
from gan.picture import to_uint8
from tests.explorer.conftest import write_model
from tests.explorer.recipe.test_recipe import FULL

pytestmark = pytest.mark.cpu


def test_the_plain_recipe_is_the_generators_own_picture(model):
    z = np.random.RandomState(4).randn(1, 16).astype(np.float32)
    images = model.generator(torch.from_numpy(z), truncation_psi=0.6, noise_mode="const")
    assert np.array_equal(render(model, Recipe(4, psi=0.6)), to_uint8(images)[0])


@pytest.mark.parametrize(
    "recipe",
    [Recipe(channels=(Channel(0, 0, 1),)), Recipe(hold=("pca1",), edits=(Edit("pca2", 1),))],
)
def test_what_takes_long_the_first_time_is_done_before_the_turn(tmp_path, monkeypatch, recipe):
    path = write_model(tmp_path / "a" / "a.safetensors")
    load(path)  # its axes are beside it now
    model, known = load(path), []
    take = model.turns.take

    def watched(user, work):
        known.append("spread" in vars(model.library))
        return take(user, work)

    monkeypatch.setattr(model.turns, "take", watched)
    render(model, recipe)
    assert known == [True]


def test_same_recipe_same_bytes(class_model, model):
    edits = (Edit("pca1", 1.0, (0, 6)),)
    for opened, recipe in ((class_model, FULL), (model, Recipe(1, edits=edits))):
        first = render(opened, recipe)
        assert first.tobytes() == render(opened, Recipe.from_json(recipe.to_json())).tobytes()
        assert load(opened.path).digest == opened.digest
        assert first.tobytes() == render(load(opened.path), recipe).tobytes()


def test_same_bytes_whatever_was_rendered_before(model):
    """One change after another, forth and back, against a model that has just been opened."""
    base = {"seed": 3, "noise": Noise("const")}
    changes = [
        {}, {"edits": (Edit("pca1", 1, (4, 6)),)}, {"edits": (Edit("pca1", 1, (5, 6)),)},
        {"noise": Noise("random", 7)}, {"noise": Noise("const", 0, 0.5)}, {"noise": Noise("none")},
        {"mix": Mix(5, (0, 0, 0, 1, 1, 1))}, {"psi": 0.2}, {"channels": (Channel(3, 0, 4),)},
        {"channels": (Channel(3, 0, 4), Channel(0, 1, -9))}, {},
    ]  # fmt: skip
    for change in changes + changes[::-1]:
        recipe = Recipe(**base | change)
        assert render(model, recipe).tobytes() == render(load(model.path), recipe).tobytes()


def test_same_bytes_from_many_threads(model):
    recipes = [Recipe(seed=i % 5, noise=Noise("random", i % 3)) for i in range(60)]
    expected = [render(model, recipe).tobytes() for recipe in recipes]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda recipe: render(model, recipe).tobytes(), recipes))
    assert found == expected


def test_a_users_older_request_gives_way(model):
    """While another's picture is being made, a user asks three times: the last is answered."""
    begun, end = threading.Event(), threading.Event()
    with ThreadPoolExecutor(4) as pool:
        pool.submit(model.turns.take, "other", lambda: (begun.set(), end.wait(10)))
        assert begun.wait(10)
        old = [pool.submit(render, model, Recipe(seed), "me") for seed in (1, 2)]
        new = None
        try:
            wait(old, timeout=10, return_when=FIRST_COMPLETED)  # so both have come
            new = pool.submit(render, model, Recipe(3), "me")
            for future in old:
                with pytest.raises(Superseded):
                    future.result(10)
        finally:
            end.set()
        assert np.array_equal(new.result(10), render(model, Recipe(3)))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2}, {"psi": 0.3}, {"cutoff": 1},
        {"walk": Walk((Recipe(4), Recipe(5)), 0.5)}, {"mix": Mix(5, (0, 1))},
        {"edits": (Edit("pca1", 2),)}, {"noise": Noise("none")}, {"noise": Noise("random", 1)},
        {"noise": Noise("const", 0, 3)}, {"noise": Noise(off=(4,))},
        {"w": pack_vector(np.ones(16))}, {"channels": (Channel(2, 1, 5),)},
        {"channels": (Channel(2, 1, 5), Channel(1, 0, -20, rgb=True))},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_part_of_the_recipe_changes_the_picture(model, change):
    assert not np.array_equal(
        render(model, Recipe(**{"seed": 1} | change)), render(model, Recipe(1))
    )


def test_noise_maps(model):
    layers = model.generator.synthesis.layers
    assert noise_maps(model.generator, Noise("none")) == [None] * 5
    assert noise_maps(model.generator, Noise("const", 0, 0)) == [None] * 5
    drawn = noise_maps(model.generator, Noise("random", 3, 2))
    assert [m.shape[-1] for m in drawn] == [layer.resolution for layer in layers]
    assert drawn[-1].std().item() == pytest.approx(2, rel=0.2)
    some = noise_maps(model.generator, Noise("random", 3, 2, (1, 4)))
    assert [m is None for m in some] == [False, True, False, False, True]
    assert np.allclose(some[3], drawn[3])  # the others stay
    again = noise_maps(model.generator, Noise("random", 3))
    assert all(np.allclose(a, 2 * b) for a, b in zip(drawn, again, strict=True))
    assert not np.allclose(drawn[3], drawn[4])


def test_shapes(model, tmp_path):
    picture = render(model, Recipe())
    assert (picture.shape, picture.dtype) == ((16, 16), np.uint8)
    colour = load(write_model(tmp_path / "colour.safetensors", img_channels=3))
    assert render(colour, Recipe()).shape == (16, 16, 3)


def test_exported_png_restores_its_picture(model):
    recipe = Recipe(7, psi=0.9, edits=(Edit("pca3", -1.25),), noise=Noise("random", 5))
    image = Image.open(io.BytesIO(export_png(model, recipe)))
    assert np.array_equal(np.asarray(image), render(model, recipe))
    assert Recipe.from_json(image.text["recipe"]) == recipe
    assert image.text["model"] == model.digest
    assert "Not for diagnosis" in image.text["Description"]


def test_a_channel_moves_one_number_of_one_style(model):
    """Through the plain network, with the style of the layer replaced by hand."""
    recipe = Recipe(4, channels=(Channel(3, 2, 6),))
    affine = model.generator.synthesis.layers[3].affine
    step = np.zeros(affine.weight.shape[0], np.float32)
    with torch.inference_mode():
        step[2] = 6 * affine(torch.from_numpy(model.library.w))[:, 2].std()
        hook = affine.register_forward_hook(lambda _, __, out: out + torch.from_numpy(step))
        images = model.generator.synthesis(ws_of(model, recipe), noise_mode="const")
        hook.remove()
    expected = to_uint8(images)[0]
    assert np.abs(render(model, recipe).astype(int) - expected).max() <= 1
    assert np.abs(expected.astype(int) - render(model, Recipe(4))).max() > 1


def test_a_channel_of_a_torgb_moves_one_number_of_its_style(model):
    recipe = Recipe(4, channels=(Channel(2, 2, 9, rgb=True),))
    affine = model.generator.synthesis.b16.torgb.affine
    step = torch.zeros(affine.weight.shape[0])
    with torch.inference_mode():
        step[2] = 9 * affine(torch.from_numpy(model.library.w))[:, 2].std()
        hook = affine.register_forward_hook(lambda _, __, out: out + step)
        images = model.generator.synthesis(ws_of(model, recipe), noise_mode="const")
        hook.remove()
    expected = to_uint8(images)[0]
    assert np.abs(render(model, recipe).astype(int) - expected).max() <= 1
    assert np.abs(expected.astype(int) - render(model, Recipe(4))).max() > 1
    of_a_layer = Recipe(4, channels=(Channel(2, 2, 9),))
    assert not np.array_equal(render(model, recipe), render(model, of_a_layer))


def test_what_the_model_lacks_is_refused(model):
    with pytest.raises(RecipeError, match="no direction"):
        render(model, Recipe(edits=(Edit("measured", 1),)))
    with pytest.raises(RecipeError, match="channel: layer 5, but this model has 0 to 4"):
        render(model, Recipe(channels=(Channel(5, 0, 1),)))
    with pytest.raises(RecipeError, match="channel: 12, but layer 0 of this model has 0 to 11"):
        render(model, Recipe(channels=(Channel(0, 12, 1),)))
    with pytest.raises(RecipeError, match="channel: toRGB 3, but this model has 0 to 2"):
        render(model, Recipe(channels=(Channel(3, 0, 1, rgb=True),)))


def test_what_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "x.safetensors").write_text("hello")
    with pytest.raises(CheckpointError, match=r"x\.safetensors"):
        load(tmp_path / "x.safetensors")


def test_the_bundled_model_opens_by_default():
    model = load()
    picture = render(model, Recipe(seed=5, psi=0.8))
    assert picture.shape == (128, 128)
    # A head in the middle, black around it.
    assert picture[48:80, 48:80].mean() > 60
    assert max(picture[:4].mean(), picture[-4:].mean(), picture[:, :4].mean()) < 12
    assert len(model.library.pca) == 10
    assert model.path.stat().st_size < 20e6


def test_a_training_folder_opens_as_its_model(tmp_path):
    write_model(tmp_path / "run7" / "model.safetensors")
    assert load(tmp_path / "run7").name == "run7"
    assert load(tmp_path / "run7").card is None


def test_the_card_comes_without_pictures_and_relative_links(tmp_path):
    path = write_model(tmp_path / "mine.safetensors")
    text = "# Mine\n\n![samples](a.png)\n\n[page](b.html), [paper](https://doi.org/1)"
    (tmp_path / "card.md").write_text(text, encoding="utf-8")
    assert load(path).card == "# Mine\n\npage, [paper](https://doi.org/1)"
    assert load(path).name == "mine"


@pytest.mark.parametrize(
    ("facts", "mirrored", "axial"),
    [
        ({}, False, True),
        ({"train": {"mirror": True}, "data_options": {"plane": "coronal"}}, True, False),
        ({"train": "odd", "data_options": [1]}, False, True),
        ({"converted_from": {"file": "faces.pkl"}}, False, False),
    ],
)
def test_what_a_checkpoint_says_of_its_sides(tmp_path, facts, mirrored, axial):
    model = load(write_model(tmp_path / "x.safetensors", facts))
    assert (model.mirrored, model.axial) == (mirrored, axial)


@pytest.mark.parametrize(
    ("facts", "before"),
    [
        ({}, ""), ({"train": {"start_from": ""}, "kimg_before": 0}, ""),
        ({"train": {"start_from": "start.safetensors"}}, "those"),
        ({"train": {"start_from": "start.safetensors"}, "kimg_before": 307.2}, "307 thousand"),
        ({"train": {"start_from": "start.safetensors"}, "kimg_before": "many"}, "those"),
    ],
)  # fmt: skip
def test_what_came_before_its_training(tmp_path, facts, before):
    assert load(write_model(tmp_path / "x.safetensors", facts)).before == before
