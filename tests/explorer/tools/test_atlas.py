"""The map: what its axes say of samples and pictures, and directions between groups on it."""

import json

import numpy as np
import pytest

from explorer.knowledge.library import Library, StillComputing
from explorer.knowledge.reference import Reals
from explorer.knowledge.samples import sample_classes, sample_w
from explorer.page.panels.map.answers import charting
from explorer.picture.latents import ws_of
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools import atlas
from gan.reference import About, Estimates, Reference


@pytest.fixture(scope="module")
def opened(head_model):
    head_model.library._population.get()
    head_model.library._tsne.get()
    return head_model


def axis(model, key):
    return next(a for a in atlas.axes(model.library) if a.key == key)


def test_axes_are_directions_measurements_and_tsne(opened):
    keys = [a.key for a in atlas.axes(opened.library)]
    assert keys[:2] == ["pca1", "pca2"]
    assert {"value:area", "value:ventricles", "tsne1", "tsne2"} <= set(keys)
    assert any(key.startswith("measured:") for key in keys)
    assert len(set(keys)) == len(keys)


def test_samples_along_directions_are_in_standard_deviations(opened):
    for key in ("pca1", "pca4", "measured:rotation"):
        values = atlas.coordinates(opened.library, axis(opened, key))
        assert values.shape == (600,)
        assert values.std() == pytest.approx(1, rel=0.1)
        assert values.mean() == pytest.approx(0, abs=0.15)


def test_measured_axes_are_the_populations(opened):
    values = atlas.coordinates(opened.library, axis(opened, "value:area"))
    column = opened.library.ruler.keys.index("area")
    assert np.array_equal(values, opened.library.population().table[:, column], equal_nan=True)


@pytest.mark.parametrize("key", ["pca2", "measured:rotation", "value:brightness", "tsne1"])
def test_a_samples_own_recipe_lies_on_its_dot(opened, key):
    recipe = atlas.sample(opened, 17)
    (found,), nearest = atlas.place(opened, recipe, (axis(opened, key),))
    expected = atlas.coordinates(opened.library, axis(opened, key))
    assert found == pytest.approx(expected[17], abs=0.03 * np.nanstd(expected))
    assert nearest == (key == "tsne1")


def test_an_edit_moves_the_dot_by_as_much(opened):
    wanted = axis(opened, "pca1"), axis(opened, "pca2")
    before, _ = atlas.place(opened, Recipe(3), wanted)
    after, _ = atlas.place(opened, Recipe(3, edits=(Edit("pca1", 1.5),)), wanted)
    assert np.subtract(after, before) == pytest.approx([1.5, 0], abs=1e-4)


def test_samples_have_recipes(opened):
    recipe = atlas.sample(opened, 5)
    w = opened.library.w[5]
    assert ws_of(opened, recipe)[0, 0].numpy() == pytest.approx(w, abs=5e-3)
    for wrong in (-1, 600, 1.5, None, "5", True, float("nan"), 1e300):
        with pytest.raises(RecipeError, match="sample: expected a number from 0 to 599"):
            atlas.sample(opened, wrong)


def test_samples_of_a_class_model_know_their_class(class_model):
    labels = sample_classes(class_model.generator, 1500)
    assert labels.shape == (1500,)
    assert set(labels) == {0, 1}
    assert np.array_equal(sample_classes(class_model.generator, 30), labels[:30])
    # The class given to the mapping is the one told: the same z with the other gives another w.
    random = np.random.RandomState(0)
    z = random.randn(1000, 16)
    assert np.array_equal(random.randint(0, 2, 1000), labels[:1000])
    assert sample_w(class_model.generator, 1000).shape == (len(z), 16)


def test_no_classes_no_labels(opened):
    assert sample_classes(opened.generator, 10) is None
    assert atlas.classes(opened) is None


def test_groups_on_the_map_make_a_direction(opened):
    rotation = atlas.coordinates(opened.library, axis(opened, "value:rotation"))
    order = [int(i) for i in np.argsort(rotation) if np.isfinite(rotation[i])]
    found = atlas.divide(opened, "Turned", order[-60:], order[:60])
    assert found.right > 0.9
    assert found.examples == 120
    pictures = [
        render(opened, Recipe(3, own=(found.own,), edits=(Edit("own:turned", s),))) for s in (-1, 1)
    ]
    column = opened.library.ruler.keys.index("rotation")
    low, high = opened.library.ruler.measure(np.stack(pictures))[:, column]
    assert high - low > np.nanstd(rotation)


def test_very_many_examples_are_thinned_out(opened):
    found = atlas.divide(opened, "x", list(range(400)), list(range(400, 410)))
    assert found.examples == atlas.MOST_EXAMPLES + 10


@pytest.mark.parametrize(
    "wrong", [None, [], "x", [600], [-1], [0.5], ["1"], [None], [0] * 601, [float("nan")]]
)
def test_groups_of_strangers_are_checked(opened, wrong):
    with pytest.raises(RecipeError, match="groups"):
        atlas.divide(opened, "x", wrong, [1, 2])


def test_answers_are_json_and_mistakes_are_sentences(opened):
    ask = {f.__name__: f for f in charting(opened)}
    answer = ask["axes"]({})
    assert json.loads(json.dumps(answer, allow_nan=False))["classes"] is None
    assert {a["kind"] for a in answer["axes"]} == {"pca", "measured", "value", "tsne"}
    values = ask["points"]({"axis": "value:sides"})["values"]
    assert json.dumps(values, allow_nan=False)
    assert len(values) == 600
    shown = ask["sample"]({"sample": 3})
    assert Recipe.from_dict(shown["recipe"]) == atlas.sample(opened, 3)
    assert shown["src"].startswith("data:image/png")
    place = ask["place"]({"recipe": shown["recipe"], "across": "pca1", "up": "tsne2"})
    assert place["nearest"]
    made = ask["divide"]({"name": "Mine", "more": [1, 2, 3], "less": [4, 5, 6], "recipe": {}})
    assert made["own"]["key"] == "own:mine"
    again = ask["divide"](
        {"name": "Mine", "more": [1], "less": [4], "recipe": {"own": [made["own"]]}}
    )
    assert again["own"]["key"] == "own:mine-2"
    assert again["right"] is None
    for function in ("points", "sample", "place", "divide"):
        for wrong in (None, 5, [], "x", {}, {"axis": ["pca1"]}, {"recipe": {"psi": 1e300}}):
            assert set(ask[function](wrong)) == {"error"}


def test_what_takes_long_says_so(model, monkeypatch):
    def wait(self):
        raise StillComputing(0.3)

    monkeypatch.setattr(Library, "population", wait)
    ask = {f.__name__: f for f in charting(model)}
    for function in ("axes", "points", "sample", "place"):
        answer = ask[function]({"sample": 1, "axis": "pca1", "across": "pca1", "up": "pca1"})
        assert answer["again"]


def test_the_tsne_is_kept(opened):
    files = list(opened.path.parent.glob("*.tsne.safetensors"))
    assert len(files) == 1
    again = Library(opened.generator, opened.path, opened.digest)
    again.__dict__["w"] = opened.library.w
    again._population = opened.library._population
    again._tsne.get()
    assert np.array_equal(again.tsne(), opened.library.tsne())


def test_real_slices_have_places_where_these_can_be_told(opened, monkeypatch):
    library = opened.library
    reals = charting(opened)[2]
    assert "no reference" in reals({"axis": "pca1"})["note"]
    w, W = library.w[:800], library.w.shape[1]
    error = 0.1 * library.spread.covariance
    pca2 = library.find("pca2").vector.double().numpy()
    error += np.outer(pca2, pca2)  # nothing is told of it
    estimates = Estimates(w - library.spread.mean, np.eye(W), library.spread.mean, error)
    table = np.full((800, 1), 7, np.float32)
    table[3] = np.nan
    about = About(opened.digest, ("area",), 1, 16, True, False, 1, "", "")
    people, held_out = np.zeros(800), np.zeros(800, bool)
    found = Reals(Reference(about, table, people, held_out, estimates))
    monkeypatch.setattr(library, "reals", found)
    answer = reals({"axis": "pca1"})
    expected = atlas.coordinates(library, axis(opened, "pca1"))
    known = found.shown < len(expected)
    assert len(answer["values"]) == len(found.shown) == 600
    assert np.allclose(np.array(answer["values"])[known], expected[found.shown[known]], atol=1e-3)
    assert "estimate (R² 0.90" in answer["note"]
    assert reals({"axis": "pca2"}) == {
        "values": None,
        "note": "Real slices have no place along PCA 2: a picture tells too little of it (R² 0.00, "
        "at least 0.3 is needed).",
    }
    measured = reals({"axis": "value:area"})
    assert set(measured["values"]) <= {7, None}
    assert measured["note"] == ""
    assert reals({"axis": "value:ratio"})["values"] is None
    assert "t-SNE" in reals({"axis": "tsne1"})["note"]
    assert "no axis" in reals({"axis": 3})["error"]


def test_a_direction_says_how_many_of_each_group_it_used(head_model):
    head_model.library._population.get()
    *_, divide = charting(head_model)
    answer = divide({"name": "Wide", "more": list(range(40)), "less": list(range(40, 412))})
    assert answer["used"] == [40, 300]
    assert answer["of"] == 340
