"""The judge: floors, what each fault does to the figures, copies, and nothing disturbed."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from gan import Generator, ModelConfig
from tests.conftest import TINY
from tests.train.quality.heads import heads
from train.quality import Judge, score

PEOPLE, UNSEEN = range(16), range(100, 105)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the feature network is kept: all these judges share it."""
    return tmp_path_factory.mktemp("judge")


@pytest.fixture(scope="module")
def judge(folder):
    return Judge(heads(PEOPLE), heads(UNSEEN), folder, samples=80)


@pytest.fixture(scope="module")
def good(judge):
    return judge.examine(others())


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator(ModelConfig(**TINY)).eval().requires_grad_(False)


@pytest.fixture
def without_telltales(monkeypatch):
    """Their classifiers take longer than all the rest, and here nobody looks at them."""
    monkeypatch.setattr(Judge, "_telltales", lambda *_: {})


def floats(slices):
    return torch.from_numpy(slices.images).float() / 127.5 - 1


def others(n=96):
    """People that neither the judge nor the network knows: as good as a generator can be."""
    pictures = floats(heads(range(200, 220)))
    return pictures[torch.randperm(len(pictures), generator=torch.Generator().manual_seed(0))[:n]]


def flat(result):
    return result["halves"]["value"] | result["copies"]["value"]


def test_real_people_are_near_the_floor(good):
    result = good
    value, floor = result["halves"]["value"], result["halves"]["floor"]
    assert result["halves"]["slices"] == 96
    for name in ("swd", "fd", "spectrum_db"):
        assert 0.3 < value[name] / floor[name] < 3
    assert value["coverage"] > 0.5 * floor["coverage"]
    assert abs(result["score"]) < 0.8
    assert result["people"] == {"train": 16, "held_out": 5}
    assert result["slices"] == {"train": 192, "held_out": 60}
    assert result["held_out"]["slices"] == 60
    assert result["diversity"]["pairs"] == "of the same level"
    assert result["diversity"]["ms_ssim"] == pytest.approx(
        result["diversity"]["ms_ssim_floor"], abs=0.05
    )
    value, floor = result["telltales"]["value"], result["telltales"]["floor"]
    assert set(value) == set(floor) == {"measured_auc", "background", "twins"}
    assert (floor["twins"], value["background"] < 0.02) == (0, True)
    assert value["measured_auc"] < 0.8
    json.dumps(result, allow_nan=False)


@pytest.mark.usefixtures("without_telltales")
def test_each_fault_shows_in_its_figure(judge, good):
    good = flat(good)
    pictures = others()
    blurred = torch.from_numpy(gaussian_filter(pictures.numpy(), (0, 0, 0.7, 0.7)))
    blur = flat(judge.examine(blurred))
    assert blur["swd_16"] > 2 * good["swd_16"]
    assert blur["spectrum_db"] > 3 * good["spectrum_db"]
    assert blur["auc"] > 0.9
    few = flat(judge.examine(floats(heads(range(200, 202), levels=48))))
    assert few["coverage"] < 0.85 * good["coverage"]
    assert few["recall"] < 0.5 * good["recall"]
    assert few["fd"] > 2 * good["fd"]


@pytest.mark.usefixtures("without_telltales")
def test_copies_are_noticed_and_cost_the_score(judge, good):
    some = np.random.default_rng(0).permutation(192)[:96]
    copies = judge.examine(floats(heads(PEOPLE))[some])
    value = copies["copies"]["value"]
    assert value["memorised"] == 1
    assert value["authenticity"] == 0
    assert value["nearest_percentile"] == 0
    assert copies["score"] > good["score"] + 1
    fakes, reals, distances = judge.closest(floats(heads(PEOPLE))[some], 5)
    assert torch.equal(fakes, reals)
    assert distances.max() < 0.05


@pytest.mark.usefixtures("without_telltales")
def test_mirrored_copies_are_copies_of_a_mirrored_training(folder):
    train, unseen = heads(PEOPLE), heads(UNSEEN)
    copies = floats(train).flip(3)[::3]
    judge = Judge(train, unseen, folder, samples=64, mirror=True)
    assert any("mirrored" in note for note in judge.about["notes"])
    figures = judge.examine(copies)["copies"]["value"]
    assert figures["memorised"] == 1
    fakes, reals, _ = judge.closest(copies, 4)
    assert torch.equal(fakes, reals)
    plain = Judge(train, unseen, folder, samples=64)
    assert plain.examine(copies)["copies"]["value"]["memorised"] < 0.9


@pytest.mark.usefixtures("without_telltales")
def test_without_unseen_people_training_people_stand_in(folder):
    judge = Judge(heads(PEOPLE), None, folder, samples=64)
    assert judge.floors["memorised"] == pytest.approx(0.01, abs=0.011)
    result = judge.examine(others())
    assert result["held_out"] is None
    assert result["copies"]["value"]["memorised"] < 0.2
    assert judge.examine(floats(heads(PEOPLE))[:96])["copies"]["value"]["memorised"] == 1
    assert any("stands in" in note for note in result["notes"])


def test_a_quick_judgement_is_flat_repeatable_and_disturbs_nothing(judge, generator):
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    figures = judge.quick(generator)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert judge.quick(generator) == figures
    assert all(isinstance(v, float) and math.isfinite(v) for v in figures.values())
    assert set(figures) == set(judge.floors)
    assert score(figures, judge.floors) > 1  # it has learned nothing yet
    assert figures["auc"] > 0.95


def test_floors_are_written_for_the_report(judge, tmp_path):
    judge.save_floors(tmp_path / "quality-floors.json")
    stored = json.loads((tmp_path / "quality-floors.json").read_text())
    assert stored["floors"] == judge.floors
    assert stored["people"] == {"train": 16, "held_out": 5}
    assert "person, level" in stored["features"]


@pytest.mark.usefixtures("hardly_taught", "without_telltales")
def test_unknown_people_and_one_person_are_said_so(tmp_path):
    slices = heads(range(3))
    unknown = replace(slices, subjects=tuple(map(str, range(len(slices)))), digest="unknown")
    for some in (unknown, heads(range(1, 2), levels=20)):
        judge = Judge(some, None, tmp_path)
        assert any("name no people" in note for note in judge.about["notes"])
        assert judge.examine(floats(some))["copies"]["value"]["memorised"] == 1


@pytest.mark.usefixtures("hardly_taught")
def test_colour_and_classes(tmp_path):
    slices = heads(range(8), channels=3)
    classes = replace(slices, classes=("a", "b"), labels=np.repeat([0, 0, 0, 1], 24))
    judge = Judge(classes, None, tmp_path, samples=20)
    config = ModelConfig(**TINY | {"img_channels": 3, "c_dim": 2})
    figures = judge.quick(Generator(config).eval())
    assert math.isfinite(score(figures, judge.floors))


def test_what_makes_no_picture_is_no_number(judge, generator):
    broken = Generator(generator.config).eval()
    with torch.no_grad():
        broken.synthesis.b4.const.fill_(math.nan)
    with pytest.raises(ValueError, match="NaN"):
        judge.quick(broken)


def test_too_few_slices_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 8"):
        Judge(heads(range(1, 2), levels=5), None, tmp_path)


@pytest.mark.usefixtures("hardly_taught", "without_telltales")
def test_heads_are_measured(tmp_path):
    """What is measured on the pictures says in which way they are wrong."""
    judge = Judge(heads(range(8), levels=8, R=64), None, tmp_path)
    pictures = floats(heads(range(100, 108), levels=8, R=64))
    same = judge.examine(pictures)["measurements"]
    dark = judge.examine((pictures + 1) * 0.6 - 1)["measurements"]
    assert dark["each"]["Brightness"]["shift"] < same["each"]["Brightness"]["shift"] - 1
    assert dark["each"]["Brain area"]["shift"] == pytest.approx(
        same["each"]["Brain area"]["shift"], abs=0.2
    )
    colour = Judge(heads(range(8), channels=3), None, tmp_path)
    assert "measurements" not in colour.examine(floats(heads(range(100, 108), channels=3)))
