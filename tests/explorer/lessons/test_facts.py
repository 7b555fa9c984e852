"""Figures of lessons: known by hand, and other ones on another model."""

import json
import math

import numpy as np
import pytest
import torch

from explorer.knowledge.reference import Reals
from explorer.lessons import direction_facts as directions
from explorer.lessons import facts, values
from explorer.lessons import picture_facts as pictures
from explorer.lessons.settings import Setting
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe, Walk
from explorer.recipe.checks import RecipeError
from explorer.tools import journey
from gan.measure import KEYS
from tests.explorer.knowledge.test_reference import make

PLAIN = Setting(Recipe())


def number(fact, model) -> float:
    return fact.find(model).number


def test_numbers_are_written_for_readers():
    written = [values.quantity(x, u).words for x, u in ((3, ""), (0.256, "SD"), (-7.25, "%"))]
    assert written == ["3", "0.26\u202fSD", "−7.2\u202f%"]
    assert values.quantity(12345.6, "").words == "12,346"
    assert values.quantity(1.5, "°").words == "1.50°"
    assert values.quantity(math.nan, "SD") is None


def test_the_average_brain_has_no_variety(model):
    assert number(pictures.Variety(psi=0), model) == 0
    four = np.stack([render(model, Recipe(seed, psi=1)) for seed in range(4)])
    expected = four.astype(float).std(axis=0).mean()
    assert number(pictures.Variety(psi=1, brains=4), model) == pytest.approx(expected)


def test_change_is_averaged_over_brains(model):
    assert number(pictures.Change(PLAIN, PLAIN), model) == 0
    other = Setting(Recipe(1))
    one = number(pictures.Change(PLAIN, other, brains=1), model)
    next_ = number(pictures.Change(Setting(Recipe(1)), Setting(Recipe(2)), brains=1), model)
    both = number(pictures.Change(PLAIN, other, brains=2), model)
    assert both == pytest.approx((one + next_) / 2)
    assert one != next_


def test_shares_names_and_cosines(model):
    pca = model.library.pca
    assert number(directions.About("pca2"), model) == pytest.approx(100 * pca[1].share)
    assert directions.About("pca2", "name").find(model).words == "PCA 2"
    cosine = torch.cosine_similarity(pca[0].vector, pca[1].vector, dim=0)
    assert number(directions.Alike("pca1", "pca2"), model) == pytest.approx(
        abs(float(cosine)), abs=1e-6
    )
    assert number(directions.Alike("pca1", "pca"), model) == pytest.approx(1)
    assert directions.Alike("pca1", "pca", "name").find(model).words == "PCA 1"
    assert 0 <= number(directions.Alike("pca1", "random:3"), model) < 1
    with pytest.raises(RecipeError, match="no direction"):
        directions.About("pca99").find(model)


def test_chance_of_layers_and_places(model):
    everything, first = number(pictures.Chance(), model), number(pictures.Chance(layer=0), model)
    assert everything > 0
    assert 0 < first < everything
    last = len(model.generator.synthesis.layers) - 1
    assert number(pictures.Chance(layer=-1), model) == number(pictures.Chance(layer=last), model)
    parts = [number(pictures.Chance(where=w), model) for w in ("middle", "rim")]
    assert everything == pytest.approx((parts[0] + 3 * parts[1]) / 4)  # a quarter of the area


def test_speed_is_that_of_the_walk(model):

    walk = Walk(tuple(Recipe(s, psi=1) for s in (3, 4)))
    steps = []
    for first in (0, 8, 16):
        steps += journey.changes(model, Recipe(psi=1, walk=walk), "w", 24, first, 8)
    assert number(pictures.Speed((3, 4)), model) == pytest.approx(max(steps) / np.mean(steps))
    assert number(pictures.Speed((3, 4), what="length"), model) == pytest.approx(sum(steps))


def test_what_a_known_head_measures(head_model):
    """PCA 1 makes the head larger and PCA 2 longer; see HeadSynthesis."""
    population = head_model.library._population.get()
    keys = head_model.library.ruler.keys
    area = Setting(Recipe(edits=(Edit("pca1", 1),)))
    moved = number(pictures.Change(PLAIN, area, "area", signed=True), head_model)
    assert moved == pytest.approx(number(directions.Receipt("pca1", "area"), head_model), abs=0.3)
    assert directions.Receipt("pca1", "strongest of").find(head_model).words == "brain area"
    assert 0 < number(directions.Receipt("pca1", "focus"), head_model) <= 100
    assert number(directions.Receipt("pca1", "size"), head_model) <= number(
        directions.Receipt("pca1", "strongest"), head_model
    )
    picture = render(head_model, Recipe(psi=0))[None]
    expected = head_model.library.ruler.measure(picture)[0][keys.index("area")]
    assert number(pictures.Read(Setting(Recipe(psi=0)), "area"), head_model) == pytest.approx(
        expected
    )
    assert pictures.Read(PLAIN, "height").find(head_model) is None  # it reads no height
    a, b = (population.table[:, keys.index(k)] for k in ("area", "ratio"))
    whole = np.isfinite(a + b)
    expected = np.corrcoef(a[whole], b[whole])[0, 1]
    assert number(facts.Together("area", "ratio"), head_model) == pytest.approx(expected)


def test_figures_of_the_evaluation(model, tmp_path):
    folder = model.path.parent
    fact = facts.Evaluation("copies.value.memorised", percent=True)
    assert facts.evaluation(model) is None
    assert fact.find(model) is None
    file = folder / "evaluation.json"
    try:
        file.write_text(json.dumps({"copies": {"value": {"memorised": 0.25}}}), encoding="utf-8")
        assert number(fact, model) == 25
        assert facts.Evaluation("copies.value.lost").find(model) is None
        for damaged in ("[1]", "{", '{"copies": 3}', '{"copies": {"value": {"memorised": "x"}}}'):
            file.write_text(damaged, encoding="utf-8")
            assert fact.find(model) is None
    finally:
        file.unlink()


def test_real_slices(model, monkeypatch):
    together = facts.Together("area", "ratio", real=True)
    nearest = pictures.Nearest(PLAIN)
    assert together.find(model) is None
    assert nearest.find(model) is None
    table = np.random.default_rng(0).standard_normal((40, len(KEYS)))
    small = np.stack([np.full((16, 16), i, np.uint8) for i in range(40)])
    reals = Reals(make(table, small=small, unseen=(0.0, 1e9)))
    monkeypatch.setattr(model.library, "reals", reals)
    a, b = (table[:, KEYS.index(key)] for key in ("area", "ratio"))
    assert number(together, model) == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
    assert number(nearest, model) == 50  # one of the two unseen ones is nearer


def test_sizes(model, class_model):
    assert number(facts.Size("w_dim"), model) == 16
    assert number(facts.Size("coarse"), model) == 4
    assert number(facts.Size("parameters"), model) < number(facts.Size("parameters"), class_model)
    with pytest.raises(RecipeError, match="no fine layers"):
        facts.Size("fine").find(model)


def test_a_lessons_words_become_a_models_recipe(model):
    setting = Setting.read(
        {"seed": 4, "mix": {"seed": 9, "layers": "middle"},
         "edits": [{"direction": "random:2", "strength": 1}]}, "recipe",
    )  # fmt: skip
    recipe = setting.on(model, 3)
    assert (recipe.seed, recipe.mix.seed, recipe.mix.weights) == (7, 12, (0, 0, 0, 0, 1, 1))
    assert recipe.edits[0].direction == recipe.own[0].key == "own:random-2"
    length = np.linalg.norm(recipe.own[0].values())
    axis = recipe.own[0].values() / length
    assert length == pytest.approx(model.library.spread.deviation(axis), rel=1e-2)  # half precision
    render(model, recipe)
    with pytest.raises(RecipeError, match="no fine layers"):
        Setting.read({"mix": {"seed": 1, "layers": "fine"}}, "recipe").on(model)
