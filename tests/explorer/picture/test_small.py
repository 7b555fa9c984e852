"""A large network in the page: all that is measured, is measured on one smaller picture."""

import base64
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.export.dataset import write_dataset
from explorer.export.plan import Plan
from explorer.export.where import Condition, resolve
from explorer.knowledge.cache import Shelf
from explorer.knowledge.library import RECEIPTS_VERSION
from explorer.knowledge.receipts import STEPS
from explorer.knowledge.reference import open_reals
from explorer.knowledge.samples import pictures_of
from explorer.knowledge.sketch import sketch_of
from explorer.knowledge.unseen import Unseen, open_unseen, write_unseen
from explorer.lessons.tasks import moved
from explorer.page.answers import SOURCE, directing, looking
from explorer.page.panels.channels.answers import trying_channels
from explorer.page.panels.map import answers as map_answers
from explorer.page.panels.map.answers import charting
from explorer.page.panels.mix.answers import matrixing
from explorer.page.panels.variety import showing
from explorer.picture import model as models
from explorer.picture.latents import held_of
from explorer.picture.model import BUNDLED, load
from explorer.picture.preview import marked, shown, size_for
from explorer.picture.render import export_png, render, to_measure
from explorer.recipe import Channel, Edit, Recipe
from explorer.tools import atlas, channels, here, matrix, variety, views
from explorer.tools.channels import Channels
from explorer.tools.verdict import judge, measured
from gan.measure import KEYS
from gan.picture import shrink
from gan.reference import FILE, save_reference
from tests.explorer.conftest import write_model
from tests.explorer.knowledge.test_reference import make


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A network of 32 px that counts as large, measured on its pictures of 16 px."""
    patch = pytest.MonkeyPatch()
    patch.setattr(models, "is_large", lambda config: True)
    patch.setattr(models, "sketch_of", lambda generator: sketch_of(generator, 16))
    patch.setattr("explorer.knowledge.population.measure_population.__defaults__", (None, 300))
    model = load(write_model(tmp_path_factory.mktemp("large") / "model.safetensors", resolution=32))
    model.library.settled_receipts()
    patch.undo()
    return model


@pytest.fixture
def seen(large, monkeypatch):
    """The shapes of all pictures that the ruler gets."""
    shapes, ruler = [], type(large.library.ruler)
    for name in ("measure", "build"):
        whole = getattr(ruler, name)
        monkeypatch.setattr(
            ruler,
            name,
            lambda self, p, whole=whole: (shapes.append(p.shape[1:3]), whole(self, p))[1],
        )
    return shapes


def test_readings_and_population_are_of_the_same_pictures(large):
    """A brain of the population measures on the page what it measured there."""
    table = large.library.population().table
    for number in (0, 7, 33):
        recipe = atlas.sample(large, number)
        assert to_measure(large, recipe).shape == (16, 16)
        rows = views.readings(large, recipe)
        assert [row["key"] for row in rows] == list(large.library.ruler.keys)
        values = np.array([row["value"] for row in rows], float)
        assert np.isfinite(values).sum() >= 3  # a random network draws no heads
        # A recipe's w has half precision.
        far = np.abs(values - table[number]) / large.library.population().deviation
        assert np.nanmax(far) < 0.3
        below = [row["below"] for row in rows]
        expected = large.library.population().percentile(values)
        assert np.allclose(np.array(below, float), expected, equal_nan=True)


def test_the_small_picture_is_the_sketchs(large):
    recipe = Recipe(seed=3, psi=1)
    w = torch.from_numpy(views.mean_w(large, recipe))[None]
    (expected,) = pictures_of(large.library.sitter, large.library.sitter.broadcast(w))
    assert np.abs(to_measure(large, recipe).astype(int) - expected[0]).max() <= 1


def test_whatever_is_measured_is_of_one_size(large, seen, tmp_path):
    """Readings, differences, the map, directions for one brain, held measurements, lessons,
    channels, a projection's verdict and data sets."""
    recipe, other = Recipe(seed=3), Recipe(seed=4)
    kept = Recipe(seed=3, edits=(Edit("pca1", 2.0),), hold=(large.library.measured()[0].key,))
    look = looking(large)[0]
    axis = next(a for a in atlas.axes(large.library) if a.kind == "value")
    each = {
        "page": lambda: look({"recipe": recipe.to_dict()}),
        "differences": lambda: views.differences(large, recipe, other),
        "map": lambda: atlas.place(large, recipe, (axis,)),
        "here": lambda: here.aim(large, recipe, "brightness"),
        "held": lambda: held_of(large, kept),
        "lessons": lambda: moved(large, recipe, other),
        "channels": lambda: Channels(large).receipt(2, 0),
        "verdict": lambda: judge(large.library, render(large, recipe), render(large, other)),
        "data set": lambda: write_dataset(large, Plan(recipe, 3), tmp_path / "set.zip"),
    }
    for name, ask in each.items():
        seen.clear()
        ask()
        assert set(seen) == {(16, 16)}, name


def test_scan_and_result_are_made_smaller_alike(large):
    pictures = [render(large, Recipe(seed=seed)) for seed in (3, 4)]
    assert pictures[0].shape == (32, 32)
    small = np.rint(shrink(np.stack(pictures), 16)).astype(np.uint8)
    expected = large.library.ruler.measure(small)
    assert np.array_equal(measured(large.library, *pictures), expected, equal_nan=True)
    words = judge(large.library, *pictures).words
    assert words[-1] == "Scan and result were measured at 16 px, both made smaller alike."


def test_a_receipt_says_at_which_size_it_was_measured(large):
    told = views.receipt_of(large, Recipe(), Edit("pca1"))["told"]
    assert told.startswith("Measured at 16 of 32 px. ")
    assert "what layers from number 7 on do is not seen there" in told
    receipts = large.library.receipts()
    assert list(receipts) == [d.key for d in large.library.listed()]


def test_layers_beyond_the_small_picture_have_no_effect_that_is_told(large):
    """Layers 7 and 8 of eight make 32 px of 16."""
    beyond = views.receipt_of(large, Recipe(), Edit("pca1", layers=(6, 8)))
    assert beyond["name"] == "shows only above 16 px, where nothing is measured"
    assert {row["effect"] for row in beyond["rows"]} == {None}
    seen = views.receipt_of(large, Recipe(), Edit("pca1", layers=(4, 8)))
    assert seen["name"] != beyond["name"]
    assert any(row["effect"] for row in seen["rows"])
    single = Channels(large)
    assert single.receipt(5, 0).name == beyond["name"]
    assert single.receipt(4, 0).name != beyond["name"]
    assert single.receipt(3, 0, True).name == beyond["name"]
    assert single.receipt(2, 0, True).name != beyond["name"]


def test_what_is_kept_has_another_name_than_of_whole_pictures(large):
    files = {path.name for path in large.path.parent.iterdir()}
    digest = large.digest[:12]
    for kind in ("population", "measured", "receipts"):
        assert f"model.{digest}-16px.{kind}.safetensors" in files
        assert f"model.{digest}.{kind}.safetensors" not in files
    assert f"model.{digest}.pca.safetensors" in files  # of w: no pictures


def test_page_and_lab_measure_together(large):
    assert large.lab.population() is large.library.population()
    assert large.lab.settled_receipts() is large.library.receipts()
    assert not large.lab.sketched  # for the lab nothing lies beyond


def test_percentiles_of_a_data_set_are_of_the_small_pictures(large, tmp_path):
    condition = Condition.parse("brightness>p50")
    found = resolve(large, condition)
    assert found.low == pytest.approx(
        np.nanmedian(large.library.population().table[:, found.column])
    )
    out = tmp_path / "bright.zip"
    write_dataset(large, Plan(Recipe(psi=1), 4, where=(condition,)), out)
    with zipfile.ZipFile(out) as archive:
        about = json.loads(archive.read("dataset.json"))
        rows = [json.loads(line) for line in archive.read("manifest.jsonl").splitlines()]
        text = archive.read("README.txt").decode()
        picture = Image.open(archive.open(rows[0]["file"]))
    assert (about["measured_at"], about["request"]["measured_at"]) == (16, 16)
    assert "Measured at 16 of 32 px" in text
    recipe = Recipe.from_dict(rows[0]["recipe"])
    assert np.array_equal(np.asarray(picture), render(large, recipe))  # whole
    values = large.library.ruler.measure(to_measure(large, recipe)[None])[0]
    assert rows[0]["measurements"]["brightness"] == pytest.approx(values[found.column], rel=1e-5)
    assert all(row["measurements"]["brightness"] > found.low for row in rows)


def test_real_slices_are_measured_as_small(large, tmp_path):
    ruler, config = large.library.ruler, large.config
    small = np.stack([render(large, Recipe(seed=seed)) for seed in range(40)])
    path, shelf = tmp_path / "model.safetensors", Shelf(tmp_path / "model.safetensors", "digest")
    options = {"keys": KEYS, "resolution": 32}
    save_reference(path.with_name(FILE), make(np.full((40, 10), 7.0), small=small, **options))
    reals, problem = open_reals(path, "digest", config, ruler, shelf, 16)
    expected = ruler.measure(np.rint(shrink(small, 16)).astype(np.uint8))
    assert problem == ""
    for _ in range(2):  # the second time as it was kept
        assert np.array_equal(reals.reference.table, expected, equal_nan=True)
        reals, _ = open_reals(path, "digest", config, ruler, shelf, 16)
    save_reference(path.with_name(FILE), make(np.full((40, 10), 7.0), **options))
    reals, problem = open_reals(path, "digest", config, ruler, shelf, 16)
    assert reals.places(KEYS, np.full(10, 7.0)) == [None] * 10  # not those of whole slices
    assert "cannot be measured at 16 px" in problem


def test_what_unseen_slices_reached_is_of_the_same_size(tmp_path):
    unseen = Unseen("d" * 12, "x", *((1.0,) * 5,) * 4, ("area",), ((0.5,),) * 5)
    path = tmp_path / "model.safetensors"
    write_unseen(unseen, tmp_path / "unseen.json")
    assert "side" not in json.loads((tmp_path / "unseen.json").read_text())
    assert open_unseen(path, "d" * 64) == unseen
    assert open_unseen(path, "d" * 64, 64) is None
    assert open_unseen(path, "d" * 64, at_place=True) is None
    write_unseen(replace(unseen, at_place=True), tmp_path / "unseen.json")
    assert open_unseen(path, "d" * 64, at_place=True).at_place
    assert open_unseen(path, "d" * 64) is None  # another search
    write_unseen(replace(unseen, side=64), tmp_path / "unseen.json")
    assert open_unseen(path, "d" * 64, 64) == replace(unseen, side=64)
    assert open_unseen(path, "d" * 64) is None


def test_bundled_models_are_measured_whole():
    for path in BUNDLED.glob("*/model.safetensors"):
        model = load(path)
        library = model.library
        assert library.sitter is model.generator
        assert (model.small, library.told, library.side) == (None, "", model.config.resolution)
        assert library.measures.places("x") == library.shelf.places("x")
        assert model.lab is library
        recipe = Recipe(seed=3)
        assert np.array_equal(to_measure(model, recipe), render(model, recipe))
        version = RECEIPTS_VERSION + bool(model.scale)
        assert library.measures.read("receipts", version) is not None  # those that ship


def test_small_places_get_small_pictures(large):
    """As large as their place, and where the layers that change are seen."""
    side = large.library.side  # 16; whole is 32
    sizes = {(px, row): size_for(large, px, row) for px in (8, 16, 20, 99) for row in (0, 3, 4, 6)}
    assert {size for (px, _), size in sizes.items() if px > 16} == {32}
    assert [sizes[8, row] for row in (0, 3, 4, 6)] == [8, 8, 16, 32]
    assert [sizes[16, row] for row in (0, 3, 4, 6)] == [side, side, side, 32]
    picture = shown(large, Recipe(seed=3), 16)
    assert np.array_equal(picture, to_measure(large, Recipe(seed=3)))
    assert np.array_equal(shown(large, Recipe(seed=3), 99), render(large, Recipe(seed=3)))
    assert marked(large, 16) == "Preview: 16 of 32 px"
    assert marked(large, 32) == ""


@pytest.fixture
def tiled(large, monkeypatch):
    """Places of 16 px everywhere."""
    for module in (views, channels, variety, matrix):
        monkeypatch.setattr(module, "TILE", 16)
    monkeypatch.setattr(map_answers, "_TILE", 16)
    return large


def test_strips_are_made_small_and_say_so(tiled):
    recipe = Recipe(seed=3).to_dict()
    film = {f.__name__: f for f in directing(tiled)}["film"]
    asked = {
        "film": lambda: film({"recipe": recipe, "direction": "pca1"}),
        "brains": lambda: showing(tiled)({"recipe": recipe, "first": 1}),
        "matrix": lambda: matrixing(tiled)[0](
            {"recipe": recipe, "bases": [1, 2], "source": 3, "layers": [0, 3]}
        ),
        "map": lambda: charting(tiled)[3]({"sample": 3}),
        "channel": lambda: trying_channels(tiled)[2]({"recipe": recipe, "layer": 1, "channel": 0}),
    }
    shapes = {"film": (112, 16), "brains": (96, 64), "matrix": (48, 16), "map": (16, 16),
              "channel": (112, 16)}  # fmt: skip
    for name, ask in asked.items():
        answer = ask()
        assert answer["preview"] == "Preview: 16 of 32 px", name
        image = Image.open(io.BytesIO(base64.b64decode(answer["src"].removeprefix(SOURCE))))
        assert image.size == shapes[name], name
        assert "recipe" not in image.text
    answer = looking(tiled)[0]({"recipe": recipe})
    assert answer["preview"] == "Preview: 16 of 32 px"


def test_a_strip_of_fine_layers_is_large_enough_to_show_them(tiled):
    fine = views.film_strip(tiled, Recipe(seed=3), Edit("pca1", layers=(6, 8)))
    assert fine.shape == (32, 7 * 32)
    assert not np.array_equal(fine[:, :32], fine[:, -32:])
    assert channels.film_strip(tiled, Recipe(seed=3), Channel(5, 0)).shape == (32, 7 * 32)
    assert matrix.row(tiled, Recipe(), (1, 2), 3, (6, 8)).shape == (32, 3 * 32)
    assert Channels(tiled).change(5, 0) > 0


def test_small_models_show_whole_pictures_with_their_recipe():
    model = load(BUNDLED / "brains64")
    answer = charting(model)[3]({"sample": 3})
    recipe = Recipe.from_dict(answer["recipe"])
    assert base64.b64decode(answer["src"].removeprefix(SOURCE)) == export_png(model, recipe)
    assert answer["preview"] == ""
    strip = views.film_strip(model, recipe, Edit("pca1"))
    steps = [replace(recipe, edits=(Edit("pca1", float(s)),)) for s in STEPS]
    assert np.array_equal(strip, np.hstack([render(model, step) for step in steps]))
    assert {size_for(model, px, 0) for px in (1, 64, 999)} == {64}
