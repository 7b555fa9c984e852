"""Large networks under the hand: smaller pictures of the same brain, up to the whole one."""

import io

import numpy as np
import pytest
from PIL import Image

from explorer.knowledge.sketch import sketch_of
from explorer.page.answers import drawing
from explorer.picture import preview
from explorer.picture.model import BUNDLED, load
from explorer.picture.preview import drawn, size_of, sizes
from explorer.picture.render import export_png, render
from explorer.recipe import Edit, Recipe
from gan.incremental import Pace
from gan.picture import to_uint8
from tests.explorer.conftest import write_model


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A small network that counts as large, with pictures of 32, 64 and 128 px."""
    monkeypatch.setattr(preview, "_LEAST", 0)
    model = load(write_model(tmp_path / "large" / "model.safetensors", resolution=128))
    assert sizes(model.config) == [32, 64, 128]
    return model


def at(model, rate: float) -> None:
    """From now on the machine makes so many multiplications a second."""
    model.synthesis.pace._rates.extend([rate] * 9)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def small(model, recipe: Recipe, side: int) -> np.ndarray:
    """The picture of the network's first blocks alone."""
    from explorer.picture.latents import ws_of

    short = sketch_of(model.generator, side)
    ws = ws_of(model, recipe)[:, : short.config.num_ws]
    return to_uint8(short.synthesis(ws, noise_mode="const"))[0]


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.abs(a.astype(int) - b).max() <= 1


def test_a_slow_machine_shows_the_smallest_then_more_and_at_last_the_whole(large, monkeypatch):
    recipe = Recipe(seed=3, psi=0.8)
    monkeypatch.setattr(large.synthesis.pace, "tell", lambda *_: None)
    at(large, 1.0)
    png, size = drawn(large, recipe)
    assert size == 32
    assert close(pixels(png), small(large, recipe, 32))
    png, size = drawn(large, recipe, soon=32)
    assert size == 64
    assert close(pixels(png), small(large, recipe, 64))
    png, size = drawn(large, recipe, soon=64)
    assert size == 128
    assert png == export_png(large, recipe)
    assert drawn(large, recipe) == (png, 128)  # kept: there at once
    assert drawn(large, recipe, soon=False) == (png, 128)


def test_a_quick_machine_shows_the_whole_at_once(large):
    at(large, 1e15)
    png, size = drawn(large, Recipe(seed=3))
    assert size == 128
    assert np.array_equal(pixels(png), render(large, Recipe(seed=3)))


def test_only_the_whole_picture_carries_its_recipe(large, monkeypatch):
    monkeypatch.setattr(large.synthesis.pace, "tell", lambda *_: None)
    at(large, 1.0)
    text = Image.open(io.BytesIO(drawn(large, Recipe(seed=3))[0])).text
    assert "recipe" not in text
    assert "synthetic" in str(text).lower()
    whole = Image.open(io.BytesIO(drawn(large, Recipe(seed=3), soon=False)[0])).text
    assert "recipe" in whole


def test_an_edit_of_fine_layers_is_seen_under_the_hand(large, monkeypatch):
    """The blocks below are kept, so nothing changes on smaller pictures: a larger one is shown."""
    monkeypatch.setattr(large.synthesis.pace, "tell", lambda *_: None)
    at(large, 1.0)
    plain = Recipe(seed=3)
    drawn(large, plain, soon=False)
    fine = Recipe(seed=3, edits=(Edit("pca1", 2.0, layers=(8, 12)),))
    png, size = drawn(large, fine)
    assert size == 64  # its second layer is the first that is edited
    assert not np.array_equal(pixels(png), small(large, plain, 64))


def test_the_choice_by_hand():
    costs = {32: 10.0, 64: 30.0, 128: 100.0}
    for seconds, size in ((0.01, 32), (1, 32), (3, 64), (9.9, 64), (10, 128)):
        assert size_of(costs, [32, 64, 128], 10.0, seconds) == size
    assert size_of({32: 0, 64: 0, 128: 50}, [32, 64, 128], 10.0, 0.1) == 128
    assert size_of({32: 0, 64: 0, 128: 0}, [32, 64, 128], 10.0, 0.1) == 128
    assert size_of({32: 0, 64: 40, 128: 50}, [32, 64, 128], 10.0, 4.5) == 64


def test_bundled_models_are_always_whole():
    for path in BUNDLED.glob("*/model.safetensors"):
        assert len(sizes(load(path).config)) == 1


def test_the_pace_is_that_of_late():
    pace = Pace()
    first = pace.rate
    pace.tell(1e6, 1.0)  # too little to tell anything
    assert pace.rate == first
    for _ in range(9):
        pace.tell(1e9, 0.5)
    assert pace.rate == 2e9
    pace.tell(1e9, 1e-3)  # one that does not count for much
    assert pace.rate == 2e9


def test_pictures_tell_the_pace(large):
    """What was kept is not counted."""
    told = []
    large.synthesis.pace.tell = lambda *now: told.append(now)
    render(large, Recipe(seed=8))
    render(large, Recipe(seed=8))
    assert told[0][0] == large.config.multiplications
    assert told[1][0] == 0
    assert all(seconds > 0 for _, seconds in told)


def test_the_page_is_told_what_it_got(large, monkeypatch):
    monkeypatch.setattr(large.synthesis.pace, "tell", lambda *_: None)
    at(large, 1.0)
    draw = drawing(large)
    answers = [draw({"recipe": {"seed": 5}, "soon": soon}) for soon in (True, 32, 64)]
    assert [(a["size"], a["whole"]) for a in answers] == [(32, False), (64, False), (128, True)]
    again = draw({"recipe": {"seed": 5}})
    assert (again["src"], again["whole"]) == (answers[2]["src"], True)


@pytest.mark.parametrize("soon", ["x", 0, -1, 128, 1.5, None, []])
def test_nonsense_is_a_sentence(large, soon):
    assert "soon" in drawing(large)({"recipe": {}, "soon": soon})["error"]
