"""What the server answers the mixing matrix, the noise map and the look inside, and strangers."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, render
from explorer.page.panels.inside.answers import looking_inside
from explorer.page.panels.mix.answers import matrixing
from explorer.page.panels.noise.answers import mapping_noise

NONSENSE = [None, 5, [], {}, {"recipe": 5}, {"recipe": {"psi": 1e300}}, {"recipe": {"x": 1}}]


def picture(uri: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
    assert "Synthetic" in image.text["Description"]
    return np.asarray(image)


def test_matrix(model):
    row, cell = matrixing(model)
    posted = {"recipe": {"psi": 0.9}, "layers": [0, 2], "source": 5}
    strip = picture(row({**posted, "bases": [1, 2]})["src"])
    opened = Recipe.from_dict(cell({**posted, "base": 2})["recipe"])
    assert np.array_equal(strip[:, 32:], render(model, opened))
    assert opened.mix.seed == 5
    head = cell({**posted, "source": None, "base": 2})["recipe"]
    assert not any(head["mix"]["weights"])
    for wrong in (*NONSENSE, {**posted, "bases": [1] * 7, "base": -1}, {**posted, "layers": [0, 9]},
                  {**posted, "bases": [1], "base": 1, "source": "x"}):  # fmt: skip
        assert set(row(wrong)) == set(cell(wrong)) == {"error"}


def test_noise_map(model):
    ask = mapping_noise(model)
    answer = ask({"recipe": {"seed": 2}, "draws": 5, "layer": 3})
    assert json.dumps(answer, allow_nan=False)
    assert picture(answer["src"]).shape == (16, 16, 3)
    assert 0 < answer["mean"] < answer["top"]
    assert answer["draws"] == 5
    for wrong in (*NONSENSE, {"recipe": {}, "draws": 1e300}, {"recipe": {}, "layer": [1]}):
        assert set(ask(wrong)) == {"error"}


@pytest.mark.parametrize("name", ["feature_maps", "parts", "styles", "spectrum"])
def test_inside(model, name):
    ask = {f.__name__: f for f in looking_inside(model)}[name]
    answer = ask({"recipe": {"seed": 2}, "layer": 3})
    assert json.dumps(answer, allow_nan=False)
    assert "error" not in answer
    if "src" in answer:
        picture(answer["src"])
    for wrong in NONSENSE:
        assert set(ask(wrong)) == {"error"}
