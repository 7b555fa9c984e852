"""Two networks side by side: what is kept, what surely differs, what each side shows."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.lab import comparison, droplet
from explorer.lab.analysis import FREE, analyse, of_the_network
from explorer.lab.axes import Axes
from explorer.lab.claims import Reading
from explorer.lab.comparison import Standing, compare, standing_of
from explorer.lab.desk import recipe_of, side_of
from explorer.lab.factors import Factors
from explorer.lab.magnitudes import Figure, Layer, Magnitudes, magnitude
from explorer.lab.smoothness import VARIANTS, Smoothness, length
from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.inside import feature_maps
from tests.explorer.conftest import write_model
from tests.explorer.lab.test_analysis import SMALL


def layer(peak: float, share: float, margin: float = 0.02) -> Layer:
    figures = [Figure(x, (x - margin, x + margin)) for x in (peak, share, 0.5)]
    return Layer(8, figures[0], peak - 1, figures[1], figures[2], (1, 1))


def signal(*shares: float) -> Magnitudes:
    layers = tuple(layer(2 + k, share) for k, share in enumerate(shares))
    return Magnitudes(250, layers, len(layers) - 1, np.ones((8, 8), np.float16))


def smooth(shift: float) -> Smoothness:
    values = shift + np.random.default_rng(0).random(250)
    one = length(values)
    ratios = {"feature": {"full": (1, 0.9, 1.1), "end": (1, 0.9, 1.1)}}
    return Smoothness(1e-3, {"feature": dict.fromkeys(VARIANTS, one)}, ratios)


AXES = Axes(("a",), ("A",), np.ones((5, 1)), np.ones((5, 1)), (0.4, 0.3, 0.5), 5, 200)
ONE = Standing("One", 64, signal(0.05, 0.05), smooth(0), AXES)


def test_what_surely_differs_is_told_and_what_does_not():
    other = replace(ONE, name="Other", magnitudes=signal(0.05, 0.4), smoothness=smooth(9))
    claim = compare(ONE, other)
    assert claim.title == "One and Other surely differ in 5 of 7 figures."
    assert "Surely less in One: share in 1 % of the map (%); path length through Z," in claim.says
    assert "Cannot be told apart: strongest spot over the median; what else moves" in claim.says
    assert compare(other, ONE).says.startswith("Surely more in Other: share")
    assert comparison.marks(ONE, other)["Path length through W, at brains"] == "below"


def test_equal_networks_of_two_names_cannot_be_told_apart():
    claim = compare(ONE, replace(ONE, name="Other"))
    assert claim.title == "One and Other cannot be told apart."
    assert "overlap" in claim.opposite
    assert compare(ONE, ONE).title == "Both sides show the same network."


def test_sizes_are_not_mixed_and_what_is_missing_is_said():
    wide = replace(ONE, name="Wide", resolution=128)
    assert compare(ONE, wide).title == "Networks of two sizes are not compared."
    assert comparison.marks(ONE, wide) == {}
    nothing = Standing("Nothing", 64, None, None, None)
    assert compare(ONE, nothing).title == "It cannot be told: too little has been measured."
    assert not nothing.whole
    assert ONE.whole
    half = compare(ONE, replace(nothing, axes=AXES))
    assert half.title == "One and Nothing cannot be told apart."
    assert "Not known of both: strongest spot over the median" in half.says


def test_the_table_has_a_column_for_each():
    lines = comparison.as_markdown([ONE, Standing("Nothing", 64, None, None, None)]).splitlines()
    assert lines[0] == "|  | One | Nothing |"
    assert len(lines) == 2 + 7
    assert lines[2].startswith("| Strongest spot over the median | 3.00 (2.98 to 3.02); 250 brains")
    assert all(line.endswith("| not measured |") for line in lines[2:])


def test_the_card_says_it_whichever_way_it_comes_out():
    none, one, unsure = (droplet.claim(signal(0.1, share)) for share in (0.2, 0.8, 0.5))
    assert none.title == "No small spot holds most of any layer’s signal."
    assert one.title == "One small spot holds most of the signal: a droplet in layer 2 (8 px)."
    assert unsure.title.endswith("cannot be told.")
    assert "1 % of the pixels hold 80.0 (78.0 to 82.0) % of the squares" in one.says
    assert [r.name for r in one.readings] == ["Layer 1 (8 px)", "Layer 2 (8 px)"]
    assert none.opposite != one.opposite
    picture, most = droplet.picture(signal(0.1))
    assert picture.shape == (8, 8, 3)
    assert most == 1


def test_what_is_kept_is_read_without_waiting(tmp_path, monkeypatch):
    """Only the parts that rest on no factor are made, and read where no population is."""
    path = write_model(tmp_path / "one.safetensors")
    nothing = Factors("measured", ("a",), ("A",), ("",), np.zeros((9, 1)), None)
    analyse(load(path).library, factors=nothing, settings=SMALL, only=FREE)
    made = {file.name.split(".")[2] for file in tmp_path.glob("*.lab-*")}
    assert made == {f"lab-measured-{key}" for key in FREE}

    monkeypatch.setattr("explorer.knowledge.library.measure_population", None)
    model = load(path)
    found = of_the_network(model.library, SMALL)
    assert found[0].lengths["feature"]["W full"].pairs == SMALL.pairs
    assert found[1].brains == 250
    assert of_the_network(model.library, replace(SMALL, pairs=17)) == (None, None, None)
    standing = standing_of(model, settings=SMALL)
    assert standing.whole
    assert standing.axes.keys == model.library.ruler.keys
    assert standing.axes.brains == SMALL.racers


def test_a_side_shows_the_recipes_picture_and_its_magnitude(model):
    side = side_of(model, 7, 0.8, [1.5, 0, -1], 3)
    recipe = Recipe(seed=7, psi=0.8, edits=(Edit("pca1", 1.5), Edit("pca3", -1.0)))
    assert recipe_of(7, 0.8, [1.5, 0, -1]) == recipe
    assert np.array_equal(side.picture, render(model, recipe))
    found = magnitude(torch.from_numpy(feature_maps(model, recipe, 3))[None])[0].numpy()
    assert side.map.shape == (*found.shape, 3)
    assert (side.low, side.high) == (found.min(), found.max())
    assert side.peak == pytest.approx(found.max() / np.median(found))
    assert side.map.sum(axis=2).argmax() == found.argmax()
    none = side_of(model, 7, 0.8, [], 99)
    assert none.map is None
    assert math.isnan(none.peak)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((-1, 1, [], 0), "seed"), ((0, "a", [], 0), "psi"), ((0, 1, "ab", 0), "strengths"),
        ((0, 1, [9], 0), "strengths"), ((0, 1, [0] * 6, 0), "strengths"),
        ((0, 1, [], -1), "layer"), ((0, 1, [], None), "layer"),
        ((0, 1, [math.nan], 0), "strengths"),
    ],
)  # fmt: skip
def test_strangers_get_sentences(model, asked, why):
    with pytest.raises(RecipeError, match=why):
        side_of(model, *asked)


def test_a_verdict_is_sure_only_where_intervals_are_apart():
    a, b = Reading("", "", 1, 0.9, 1.1), Reading("", "", 1.15, 1.05, 1.3)
    assert comparison.verdict(a, b) == "unsure"
    assert comparison.verdict(a, replace(b, low=1.11)) == "below"
    assert comparison.verdict(replace(b, low=1.11), a) == "above"
    assert comparison.verdict(a, None) == "unknown"
