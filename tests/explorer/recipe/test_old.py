"""Pictures that earlier versions of the program saved: their recipes give the same brains still."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, load, render
from explorer.knowledge.library import StillComputing
from explorer.picture.model import BUNDLED
from explorer.recipe.files import read_recipe

MODEL = BUNDLED / "brains128"  # that made them
SAVED = sorted((Path(__file__).parent / "old").glob("*.png"))


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.stem)
def test_a_saved_picture_is_made_again(path):
    recipe = read_recipe(path.read_bytes())
    again = drawn(load(MODEL), recipe).astype(int)
    with Image.open(path) as picture:
        before = np.asarray(picture).astype(int)
    assert np.abs(again - before).max() <= 2  # another processor rounds otherwise
    assert before.std() > 20


def drawn(model, recipe) -> np.ndarray:
    """The picture, once the kept measurements have been opened."""
    while True:
        try:
            return render(model, recipe)
        except StillComputing:
            time.sleep(0.1)


def test_they_use_what_recipes_had():
    kept = [read_recipe(path.read_bytes()).compact().keys() for path in SAVED]
    assert {"edits", "hold", "noise", "mix", "channels", "walk", "cutoff"} <= set().union(*kept)


def test_directions_of_before_are_named_so_and_those_of_now_are_not():
    edits = [{"direction": "measured:area", "strength": 1}, {"direction": "pca1", "strength": 1}]
    before = Recipe.from_dict({"version": 2, "edits": edits, "hold": ["measured:ratio"]})
    assert [e.direction for e in before.edits] == ["former:area", "pca1"]
    assert before.hold == ("former:ratio",)
    assert Recipe.from_dict(before.to_dict()) == before
    now = Recipe.from_dict({"edits": edits})
    assert [e.direction for e in now.edits] == ["measured:area", "pca1"]


def test_what_was_no_direction_before_is_todays():
    library = load(MODEL).library
    library.settled_population()
    assert library.find("former:area").key == "former:area"
    assert library.find("former:ventricles").key == "measured:ventricles"
    assert library.find("former:nonsense") is None
