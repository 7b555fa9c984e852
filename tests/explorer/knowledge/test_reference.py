"""Real slices beside a model: places among them, the nearest of them, and files that are none."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.knowledge.directions.direction import Spread
from explorer.knowledge.reference import Reals, open_reals
from explorer.knowledge.ruler import Ruler
from explorer.page.panels.nearest import searching
from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.tools.views import readings
from gan.checkpoint import file_digest
from gan.measure import KEYS, VERSION
from gan.reference import About, Estimates, Pictures, Reference, save_reference
from tests.explorer.conftest import write_model

W = 16


def make(table, keys=KEYS, small=None, mirror=False, held_out=None, unseen=(1.0,), **about):
    """A reference of N slices, four of each person."""
    N = len(table)
    values = About("digest", keys, VERSION, 16, True, mirror, 100, "here", "CC0")
    estimates = Estimates(np.eye(N, 3), np.eye(W)[:3], np.zeros(W), 0.25 * np.eye(W))
    pictures = None if small is None else Pictures(small, np.array(unseen, np.float32))
    held_out = np.zeros(N, bool) if held_out is None else held_out
    return Reference(
        replace(values, **about), np.asarray(table, np.float32), np.arange(N) // 4, held_out,
        estimates, pictures,
    )  # fmt: skip


def column(values, **options) -> Reals:
    return Reals(make(np.reshape(values, (-1, 1)), ("area",), **options))


def test_the_place_is_the_share_with_less():
    reals = column(np.arange(50.0))
    (place,) = reals.places(("area",), np.array([10.5]))
    assert (place.below, place.slices, place.level) == (pytest.approx(22), 50, False)
    (tied,) = reals.places(("area",), np.array([10.0]))
    assert tied.below == pytest.approx(21)  # half of those alike
    assert reals.places(("area", "ratio"), np.array([np.nan, 1.0])) == [None, None]
    assert reals.places(("area",), np.array([99.0]))[0].below == 100


def test_slices_that_could_not_be_measured_do_not_count():
    values = np.where(np.arange(50) % 2, np.nan, np.arange(50.0))
    (place,) = column(values).places(("area",), np.array([25.0]))
    assert (place.below, place.slices) == (pytest.approx(52), 25)


def test_pictures_are_placed_among_slices_of_their_height():
    heights = np.repeat([0.0, 40.0], [60, 20])
    areas = np.concatenate([np.arange(60.0), np.arange(100.0, 120)])
    reals = Reals(make(np.stack([heights, areas], axis=1), ("height", "area")))
    keys = ("height", "area")
    height, area = reals.places(keys, np.array([4.0, 30.0]))
    assert (area.level, area.slices, area.below) == (True, 60, pytest.approx(50.8, abs=0.1))
    assert (height.level, height.slices, height.below) == (False, 80, 75)
    _, rare = reals.places(keys, np.array([40.0, 30.0]))  # 20 slices are too few
    assert (rare.level, rare.slices) == (False, 80)
    _, unread = reals.places(keys, np.array([np.nan, 30.0]))
    assert not unread.level


def test_a_mirrored_model_is_placed_among_slices_both_ways():
    table = np.stack([np.full(40, 2.0), np.full(40, 2.0)], axis=1)
    for mirror, below in ((False, 0), (True, 50)):
        reals = Reals(make(table, ("rotation", "area"), mirror=mirror))
        rotation, area = reals.places(("rotation", "area"), np.array([1.0, 1.0]))
        assert (rotation.below, area.below) == (below, 0)


def test_places_along_a_direction_and_how_far_to_trust_them():
    reals = column(np.arange(8.0))
    covariance = np.eye(W)
    covariance[1, 1] = 0.2
    spread = Spread(np.full(W, 1.0), covariance)
    at, told = reals.along(2 * np.eye(W)[0], spread)
    assert at.tolist() == [0.0] + 7 * [-0.5]
    assert told == pytest.approx(0.75)
    assert reals.along(np.eye(W)[1], spread)[1] < 0


def noise(N, seed=0, side=32):
    return np.random.default_rng(seed).integers(0, 255, (N, side, side)).astype(np.uint8)


def test_the_nearest_is_itself_and_then_other_people():
    small = noise(20)
    small[5] = small[4].clip(1) - 1  # all but the same, of the same person
    held_out = np.arange(20) >= 16
    reals = column(np.zeros(20), small=small, held_out=held_out, unseen=[5.0, 6.0])
    found = reals.nearest(small[4])
    assert np.array_equal(found.pictures[0], small[4])
    assert found.pictures.shape == (3, 32, 32)
    assert found.levels[0] == pytest.approx(0, abs=0.1)
    assert found.levels[1] > 10  # not slice 5
    assert found.closer == 0
    words = " ".join(found.words("Your scan"))
    assert "Of 2 real slices of people that the model never saw, none come nearer" in words
    assert "too few to tell a copy by" in words
    words = " ".join(replace(found, compared=100).words("Your scan"))
    assert "fewer than 1 % come nearer" in words
    assert "Your scan may be a copy" in words
    other = reals.nearest(small[18])  # held out: is not searched
    assert other.levels[0] > 10
    assert other.closer == 100
    assert not any("copy" in words for words in other.words("This picture"))
    assert "Of 2 real slices of people that the model never saw, 100 % come nearer" in " ".join(
        other.words("This picture")
    )


def test_distances_are_grey_levels_and_euclidean_at_32_px():
    small = np.zeros((4, 64, 64), np.uint8)
    picture = np.full((128, 128), 10, np.uint8)
    distance = 10 / 127.5 * 32
    for unseen, closer in ((distance - 0.01, 100), (distance + 0.01, 0)):
        found = column(np.zeros(4), small=small, unseen=[unseen]).nearest(picture)
        assert found.levels == pytest.approx([10])
        assert found.closer == closer
        assert "beside other people’s, " in found.words("It")[1]


def test_mirrored_slices_are_found_by_a_mirrored_model():
    small = noise(8)
    for mirror in (False, True):
        found = column(np.zeros(8), small=small, mirror=mirror).nearest(small[2][:, ::-1])
        assert (found.levels[0] < 0.1) == mirror
    assert np.array_equal(found.pictures[0], small[2][:, ::-1])


def test_data_that_may_be_other_is_told():
    found = column(np.zeros(4), small=noise(4), trained_on=False).nearest(noise(1, 1)[0])
    assert "may not be" in found.words("It")[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model with a reference beside it."""
    path = write_model(tmp_path_factory.mktemp("reals") / "m" / "tiny.safetensors")
    random = np.random.default_rng(0)
    table = random.standard_normal((40, len(KEYS)))
    save_reference(
        path.with_name("reference.safetensors"),
        make(table, small=noise(40, side=16), model=file_digest(path)),
    )
    return path


def test_a_model_finds_what_lies_beside_it(folder):
    model = load(folder)
    assert len(model.library.reals) == 40
    assert all(
        row["real"] is None or row["real"]["slices"] == 40 for row in readings(model, Recipe())
    )
    answer = searching(model)({"seed": 3})
    assert answer["src"].startswith("data:image/png")
    assert len(answer["words"]) >= 2
    assert "error" in searching(model)({"seed": "x"})
    expected = model.library.reals.nearest(render(model, Recipe(3))).words("This picture")
    assert answer["words"] == expected


def test_without_pictures_or_without_a_reference_the_command_is_told(folder, model):
    opened = load(folder)
    opened.library.reals = Reals(replace(opened.library.reals.reference, pictures=None))
    for each, words in ((opened, "holds numbers only"), (model, "carries no reference")):
        answer = searching(each)({})
        assert answer["src"] is None
        assert words in answer["words"][0]
        assert "python -m train reference" in answer["words"][0]
    assert {row["real"] for row in readings(model, Recipe())} == {None}


@pytest.mark.parametrize(
    ("copied", "says"), [(0.0015, "no sign of copying"), (0.3, "suspiciously near")]
)
def test_without_pictures_the_evaluation_says_whether_the_model_copies(tmp_path, copied, says):
    path = write_model(tmp_path / "m" / "tiny.safetensors")
    shares = {"value": {"memorised": copied}, "floor": {"memorised": 0.008}}
    written = {"copies": shares, "slices": {"generated": 2000, "held_out": 880}}
    path.with_name("evaluation.json").write_text(json.dumps(written))
    answer = searching(load(path))({})
    assert answer["src"] is None
    pictures, reals = answer["words"]
    assert "Of 2,000 pictures" in pictures
    assert "people that it never saw" in pictures
    assert "0.80\u202f%" in reals
    assert says in reals
    assert "python -m train reference" in answer["lacks"]


def test_a_file_that_cannot_be_used_is_a_sentence_and_no_more(folder, tmp_path):
    reals, problem = open_reals(folder, "other", load(folder).config, Ruler())
    assert reals is None
    assert "belongs to another checkpoint" in problem
    path = write_model(tmp_path / "m" / "tiny.safetensors")
    path.with_name("reference.safetensors").write_bytes(b"nonsense")
    model = load(path)
    assert "damaged" in model.library.reals_problem
    assert "damaged" in searching(model)({})["words"][0]
    path.with_name("reference.safetensors").unlink()
    assert open_reals(path, "x", model.config, Ruler()) == (None, "")
