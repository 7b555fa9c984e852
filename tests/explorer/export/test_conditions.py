"""Data sets of a model whose classes are in order: spread over the scale, and told so."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest

from explorer.export.__main__ import main
from explorer.export.command import command_line
from explorer.export.plan import Plan
from explorer.recipe import Recipe, Walk
from explorer.recipe.checks import RecipeError
from tests.explorer.conftest import write_model


def rows_of(path) -> list[dict]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))


def export(model, path, *words) -> list[float]:
    """The heights of a data set's pictures."""
    given = ["--checkpoint", str(model.path), "--out", str(path), *words]
    assert main(given) == 0
    return [float(row["z_mni_mm"]) for row in rows_of(path)]


def test_candidates_are_spread_over_the_range():
    plan = Plan(Recipe(), 100, conditions=(-20, 60))
    heights = [plan.candidate(number).condition for number in range(100)]
    counts, _ = np.histogram(heights, bins=8, range=(-20, 60))
    assert counts.min() >= 10  # 12.5 each
    assert heights == [plan.candidate(number).condition for number in range(100)]
    assert abs(heights[1] - heights[0]) > 20


def test_a_data_set_covers_the_whole_scale(height_model, tmp_path):
    heights = export(height_model, tmp_path / "all.zip", "--count", "16")
    assert len(heights) == 16
    assert min(heights) < -10
    assert max(heights) > 50


def test_one_height_or_a_range(height_model, tmp_path):
    one = export(height_model, tmp_path / "one.zip", "--count", "4", "--condition", "12.5")
    assert one == [12.5] * 4
    some = export(height_model, tmp_path / "some.zip", "--count", "8", "--condition=-5..5")
    assert all(-5 <= height <= 5 for height in some)
    assert len(set(some)) == 8


def test_the_manifest_tells_the_height_in_each_recipe(height_model, tmp_path):
    heights = export(height_model, tmp_path / "all.zip", "--count", "3")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        lines = archive.read("manifest.jsonl").decode().splitlines()
    assert [json.loads(line)["recipe"]["condition"] for line in lines] == heights


def test_a_model_without_a_scale_has_no_such_column(model, tmp_path):
    assert main(["--checkpoint", str(model.path), "--out", str(tmp_path / "a.zip"),
                 "--count", "2"]) == 0  # fmt: skip
    assert "z_mni_mm" not in rows_of(tmp_path / "a.zip")[0]


def test_the_command_gives_the_same_set(height_model):
    plan = Plan(Recipe(), 10, conditions=(-20, 60))
    assert "--condition=-20..60" in command_line(height_model, plan)
    assert "--condition=20 " in command_line(height_model, Plan(Recipe(), 10))
    assert "--recipe" not in command_line(height_model, Plan(Recipe(condition=7), 10))


@pytest.mark.parametrize("wrong", [(1,), (2, 1), ("a", "b"), (0, float("nan")), 3])
def test_a_range_has_two_ends(wrong):
    with pytest.raises(RecipeError, match="conditions"):
        Plan(Recipe(), 1, conditions=wrong)


def test_old_plans_are_told_as_before():
    assert "conditions" not in Plan(Recipe(), 1).to_dict()
    plan = Plan(Recipe(), 1, conditions=(0, 5))
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize(
    ("out", "words", "message"),
    [
        ("a.png", ["--condition", "0..5"], "a range is for data sets"),
        ("a.png", ["--condition", "high"], "write it like --condition"),
        ("a.zip", ["--condition", "..5", "--count", "1"], "write it like"),
    ],
)
def test_what_is_no_condition(height_model, tmp_path, capsys, out, words, message):
    given = ["--checkpoint", str(height_model.path), "--out", str(tmp_path / out), *words]
    assert main(given) == 2
    assert message in capsys.readouterr().err


def test_the_command_tells_the_ends_to_the_last_digit(height_model):
    plan = Plan(Recipe(), 10, conditions=(-12.537841, 57.1234567))
    assert "--condition=-12.537841..57.1234567" in command_line(height_model, plan)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 50.0])
def test_a_narrow_range_is_spread_like_a_wide_one(scale):
    at = lambda size: [  # noqa: E731
        Plan(Recipe(), 20, conditions=(size, 3 * size)).candidate(i).condition for i in range(20)
    ]
    assert at(scale) == pytest.approx([100 * x for x in at(scale / 100)], rel=1e-3)
    assert len(set(at(scale))) == 20


@pytest.mark.parametrize("out", ["a.zip", "a.png"])
def test_what_is_not_on_the_scale_is_refused(height_model, tmp_path, capsys, out):
    wrong = ["--condition=0..500", "--count=2"] if out == "a.zip" else ["--condition=500"]
    words = ["--checkpoint", str(height_model.path), "--out", str(tmp_path / out), *wrong]
    assert main(words) == 2
    assert "condition: 500, but Slice height (mm) of this model goes from -20 to 60" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / out).exists()


def test_one_brain_of_a_journey_is_told_with_the_height_there(height_model, tmp_path):
    keys = (Recipe(3, condition=-20), Recipe(4, condition=40))
    recipe = tmp_path / "journey.json"
    recipe.write_text(Recipe(walk=Walk(keys=keys, t=0.5)).to_json())
    heights = export(height_model, tmp_path / "a.zip", "--recipe", str(recipe), "--vary", "noise",
                     "--count", "2")  # fmt: skip
    assert heights == pytest.approx([10, 10])


@pytest.mark.parametrize("column", ["group", "class", "ventricles"])
def test_a_scale_called_like_another_column_gets_a_name_of_its_own(tmp_path, column):
    scale = {"scale": {"column": column, "first": -20.0, "last": 60.0}}
    path = write_model(tmp_path / "m.safetensors", scale, c_dim=5, c_ordered=True)
    out = tmp_path / "a.zip"
    assert main(["--checkpoint", str(path), "--out", str(out), "--count", "2",
                 "--condition=12.5"]) == 0  # fmt: skip
    rows = rows_of(out)
    assert [float(row[f"condition_{column}"]) for row in rows] == [12.5, 12.5]
    header = list(rows[0])
    assert len(header) == len(set(header))
