"""Thirds: a model that is bad, or blind, in one part of a range is so there and only there."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan.scale import Scale
from tests.train.quality.heads import heads
from tests.train.quality.test_evaluate import save, write
from train.__main__ import main
from train.quality import Judge
from train.quality.thirds import thirds_of_column, thirds_of_condition
from train.quality.thirds_told import thirds_lines, thirds_tables

LEVELS = 12
SCALE = Scale("z_mni_mm", -20.0, 35.0, 12)
PEOPLE, UNSEEN, OTHERS = range(16), range(100, 106), range(200, 216)


def floats(slices):
    return torch.from_numpy(slices.images).float() / 127.5 - 1


def levels_of(slices):
    return np.tile(np.arange(LEVELS, dtype=np.float32), len(slices) // LEVELS)


def on_scale(people):
    slices = heads(people, LEVELS)
    return replace(
        slices, labels=levels_of(slices), classes=SCALE.classes, scale=SCALE, digest="scale"
    )


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return Judge(on_scale(PEOPLE), on_scale(UNSEEN), tmp_path_factory.mktemp("judge"), samples=90)


@pytest.fixture(scope="module")
def pictures():
    """Of other people, shuffled, and the place of each between the classes."""
    slices = heads(OTHERS, LEVELS)
    order = np.random.default_rng(0).permutation(len(slices))
    return floats(slices)[order], levels_of(slices)[order]


def test_a_third_of_nonsense_is_bad_in_its_third_only(judge, pictures):
    images, places = pictures
    spoilt = images.clone()
    top = torch.from_numpy(places > 8)
    spoilt[top] = (spoilt[top] + 1) * 0.4 - 1  # much too dark
    low, _, high = thirds_of_condition(judge, spoilt, places)
    assert (low["from"], high["to"], low["unit"]) == (-20, 35, "mm")
    assert high["from"] == pytest.approx(-20 + 55 * 2 / 3)
    assert high["value"]["swd"] > 2 * low["value"]["swd"]
    assert high["value"]["coverage"] < 0.5 * low["value"]["coverage"]
    assert high["value"]["auc"] > 0.9
    for third in (low, high):
        assert third["slices"] == 32  # 4 of 12 levels, 8 people on a side
        assert third["held_out"]["slices"] == 24
        assert set(third["value"]) == set(third["floor"]) == {
            "precision", "recall", "coverage", "swd", "auc", "measured_auc", "background"
        }  # fmt: skip
        assert third["floor"]["coverage"] > 0.5
    assert high["held_out"]["value"]["swd"] > 2 * high["held_out"]["floor"]["swd"]
    json.dumps([low, high], allow_nan=False)


def test_a_third_without_pictures_has_no_figures(judge, pictures):
    images, places = pictures
    few = torch.from_numpy(places < 8)
    *_, high = found = thirds_of_condition(judge, images[few], places[few.numpy()])
    assert (high["slices"], high["value"], high["held_out"]) == (0, {}, None)
    assert found[0]["value"]
    lines = "\n".join(thirds_lines({"thirds": found}))
    assert "–" in lines


def test_what_is_never_drawn_is_not_recalled_in_its_third(judge, pictures):
    """Pictures of small heads only, many of them: large heads have none nearby."""
    images, places = pictures
    small = images[torch.from_numpy(places < 4)]
    numbers = [levels_of(s) + 0.0 for s in (judge.train, judge.held_out)]
    by = thirds_of_column(judge, small, "size", numbers)
    first, _, last = by["groups"]
    assert (first["from"], first["to"], last["to"]) == (0, 3, 11)
    for side in ("train", "held_out"):
        assert first[side]["value"]["coverage"] > 0.7
        assert last[side]["value"]["coverage"] < 0.1
        assert last[side]["floor"]["coverage"] > 0.6
        assert last[side]["value"]["recall"] < 0.2 < last[side]["floor"]["recall"]
    assert by["missing"] == {"train": 0, "held_out": 0}


def test_slices_without_a_number_are_left_out_and_counted(judge, pictures):
    numbers = [levels_of(s) + 0.0 for s in (judge.train, judge.held_out)]
    numbers[0][:50] = np.nan
    by = thirds_of_column(judge, pictures[0], "age", numbers)
    assert by["missing"] == {"train": 50, "held_out": 0}
    # Every slice with a number is compared once: the halves are as large as all the slices.
    assert sum(group["train"]["slices"] for group in by["groups"]) == 192 - 50
    assert by["title"] == "Age (years)"
    table = thirds_tables({"by": by})[0]
    assert "50 slices without a number are left out" in table.about


def test_equal_numbers_may_leave_a_third_empty(judge, pictures):
    numbers = [(levels_of(s) > 5) + 0.0 for s in (judge.train, judge.held_out)]
    groups = thirds_of_column(judge, pictures[0], "half", numbers)["groups"]
    assert [(g["from"], g["to"]) for g in groups] == [(0, 0), (1, 1)]


def table_of(folder, split, people, rows):
    """The table's rows on what `write` wrote: the height, and an age that some do not tell."""
    files = [f"{split}/sub-{p:02d}_z{i:03d}.png" for i, p in enumerate(np.repeat(people, 6))]
    for i, file in enumerate(files):
        rows.append(f"{file},{10 * (i % 6)},{'n/a' if i < 6 else 20 + i}")


@pytest.fixture
def data(tmp_path):
    folder, rows = tmp_path / "data", ["file,z_mm,age"]
    for split, people in (("train", range(8)), ("val", range(20, 23))):
        write(folder / split, people)
        table_of(folder, split, list(people), rows)
    (folder / "table.csv").write_text("\n".join(rows))
    return folder


@pytest.mark.usefixtures("hardly_taught")
def test_an_ordered_model_is_judged_by_thirds(data, tmp_path, capsys):
    options = {"labels": "table.csv", "label_column": "z_mm", "ordered": 4}
    checkpoint = save(tmp_path / "model.safetensors", options, c_dim=4, c_ordered=True)
    arguments = ["evaluate", str(checkpoint), "--data", str(data), "--samples", "60"]
    assert main([*arguments, "--by", "age"]) == 0
    out = tmp_path / "model-evaluation"
    result = json.loads((out / "evaluation.json").read_text())
    assert [t["from"] for t in result["thirds"]] == pytest.approx([0, 50 / 3, 100 / 3])
    assert all(t["value"] and t["floor"] for t in result["thirds"])
    assert result["by"]["missing"] == {"train": 6, "held_out": 6}
    printed = capsys.readouterr().out
    assert "by third of the condition" in printed
    assert "by third of age (years): people it never saw" in printed
    page = (out / "evaluation.html").read_text()
    assert "By third of the condition, beside people it never saw" in page
    assert "By third of Age (years): training people" in page
    sheets = {path.stem: path.read_bytes() for path in out.glob("samples-psi1*.png")}
    assert set(sheets) == {
        "samples-psi1",
        *(f"samples-psi1-{n}" for n in ("low", "middle", "high")),
    }
    assert len(set(sheets.values())) == 4
    first = result["halves"]
    assert main(arguments) == 0  # all other figures stay what they are
    again = json.loads((out / "evaluation.json").read_text())
    assert again["halves"] == first
    assert "by" not in again


@pytest.mark.usefixtures("hardly_taught")
def test_a_model_without_classes_takes_the_table_for_by_alone(data, tmp_path, capsys):
    checkpoint = save(tmp_path / "model.safetensors")
    arguments = ["evaluate", str(checkpoint), "--data", str(data), "--samples", "30"]
    assert main([*arguments, "--labels", "table.csv", "--by", "z_mm"]) == 0
    result = json.loads((tmp_path / "model-evaluation" / "evaluation.json").read_text())
    assert [(g["from"], g["to"]) for g in result["by"]["groups"]] == [(0, 10), (20, 30), (40, 50)]
    assert "thirds" not in result
    for change, message in (
        (["--by", "age"], "--by age: no table to look into; give --labels"),
        (["--labels", "table.csv", "--by", "weight"], "no column weight; give --by one of file"),
        (["--labels", "table.csv", "--by", "file"], "column file holds no number for any slice"),
    ):
        assert main([*arguments, *change]) == 2
        assert message in capsys.readouterr().err
