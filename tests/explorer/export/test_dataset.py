"""Data sets: every picture is its recipe's, the same command gives the same file, killed or not."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, render
from explorer.export.__main__ import main
from explorer.export.command import command_line
from explorer.export.dataset import chunk_size, write_dataset
from explorer.export.plan import Balance, Plan
from explorer.export.survey import survey
from explorer.export.where import Condition
from explorer.picture.render import quantise, synthesise
from explorer.recipe import Edit, Mix, Noise, Walk
from explorer.recipe.checks import RecipeError, pack_vector
from explorer.recipe.files import read_recipe


def opened(path) -> tuple[zipfile.ZipFile, list[dict]]:
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    return archive, [json.loads(line) for line in archive.read("manifest.jsonl").splitlines()]


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


EDITED = Recipe(
    4, psi=0.9, edits=(Edit("pca1", 1.5, (0, 4)),), mix=Mix(8, (0, 0, 0, 1)),
    noise=Noise("random", 3, 0.5),
)  # fmt: skip


@pytest.mark.parametrize("vary", ["brain", "noise", "both"])
def test_every_picture_is_that_of_its_recipe(class_model, tmp_path, vary):
    base = EDITED if vary != "noise" else Recipe(4, class_index=1)
    classes = () if vary == "noise" else (0, 1)
    plan = Plan(base, 21, 50, vary, classes)
    outcome = write_dataset(class_model, plan, tmp_path / "a.zip")
    assert outcome.complete
    archive, rows = opened(tmp_path / "a.zip")
    seen = set()
    for row in rows:
        content = archive.read(row["file"])
        expected = render(class_model, Recipe.from_dict(row["recipe"]))
        assert np.array_equal(pixels(content), expected)
        assert read_recipe(content) == Recipe.from_dict(row["recipe"])
        measured = class_model.library.ruler.measure(expected[None])[0]
        found = [np.nan if x is None else x for x in row["measurements"].values()]
        assert np.allclose(found, measured, rtol=1e-4, equal_nan=True)
        seen.add(content)
    assert len(seen) == 21
    if classes:
        assert Counter(row["class"] for row in rows) == {"AD": 11, "NC": 10}
        assert rows[0]["file"] == "pictures/AD/000001.png"
    table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    assert [line["file"] for line in table] == [row["file"] for row in rows]
    noises = [str(50 + n) if vary != "brain" else "3" for n in range(21)]
    assert [line["noise_seed"] for line in table] == noises
    seeds = ["4" if vary == "noise" else str(50 + n) for n in range(21)]
    assert [line["seed"] for line in table] == seeds
    facts = json.loads(archive.read("dataset.json"))
    assert facts["synthetic"] is True
    assert facts["request"]["model"] == class_model.digest
    readme = archive.read("README.txt").decode()
    assert "Not for diagnosis" in readme
    assert class_model.digest in readme
    assert "CC0-1.0" in readme


@pytest.mark.parametrize("more", [{"w": pack_vector(np.ones(16))}, {"walk": Walk((Recipe(3),))}])
def test_a_brain_that_is_no_seeds_has_none(model, tmp_path, more):
    write_dataset(model, Plan(Recipe(4, **more), 2, 7, "noise"), tmp_path / "a.zip")
    archive, rows = opened(tmp_path / "a.zip")
    assert [(row["seed"], row["noise_seed"]) for row in rows] == [(None, 7), (None, 8)]
    table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    assert [(line["seed"], line["noise_seed"]) for line in table] == [("", "7"), ("", "8")]


def test_sixteen_bits_are_the_networks_picture_quantised_anew(model, tmp_path):
    write_dataset(model, Plan(Recipe(), 3, bits=16), tmp_path / "a.zip")
    archive, rows = opened(tmp_path / "a.zip")
    for row in rows:
        recipe = Recipe.from_dict(row["recipe"])
        found = pixels(archive.read(row["file"]))
        assert found.dtype == np.uint16
        assert np.array_equal(found, quantise(synthesise(model, recipe), 16))
        assert len(np.unique(found)) > len(np.unique(render(model, recipe)))


def test_wishes_are_fulfilled(head_model, tmp_path):
    population = head_model.library._population.get()
    plan = Plan(
        Recipe(psi=1), 12, where=(Condition.parse("area>p70"), Condition.parse("rotation<0"))
    )
    outcome = write_dataset(head_model, plan, tmp_path / "a.zip")
    _, rows = opened(tmp_path / "a.zip")
    area = head_model.library.ruler.keys.index("area")
    low = np.nanpercentile(population.table[:, area].astype(float), 70)
    assert len(rows) == 12
    assert all(row["measurements"]["area"] >= low - 1e-3 for row in rows)
    assert all(row["measurements"]["rotation"] < 0 for row in rows)
    assert outcome.tried[0] > 30
    # Nobody was left out before the last one taken.
    seeds = {row["seed"] for row in rows}
    for seed in set(range(max(seeds))) - seeds:
        values = head_model.library.ruler.measure(render(head_model, Recipe(seed, psi=1))[None])[0]
        rotation = values[head_model.library.ruler.keys.index("rotation")]
        assert not (values[area] >= low and rotation < 0)  # NaN is neither


def test_balanced_sets_have_equal_parts(head_model, tmp_path):
    head_model.library._population.get()
    plan = Plan(Recipe(psi=1), 9, balance=Balance("area", 3))
    assert write_dataset(head_model, plan, tmp_path / "a.zip").found == (3, 3, 3)
    _, rows = opened(tmp_path / "a.zip")
    assert Counter(row["group"] for row in rows) == dict.fromkeys(
        ("area<p33.333", "area p33.333..p66.667", "area>p66.667"), 3
    )


class Stop(Exception):
    pass


@pytest.mark.parametrize("stops", [(1,), (2, 4), (1, 1, 1)])
def test_interrupted_and_resumed_is_the_same_file(head_model, tmp_path, stops):
    head_model.library._population.get()
    plan = Plan(Recipe(psi=1), 50, where=(Condition.parse("area>p50"),))
    write_dataset(head_model, plan, tmp_path / "whole.zip")
    path = tmp_path / "parts.zip"
    for stop in stops:
        left = [stop]

        def report(progress, left=left):
            left[0] -= 1
            if not left[0]:
                raise Stop

        with pytest.raises(Stop):
            write_dataset(head_model, plan, path, report)
    assert not path.exists()
    # Also in the middle of a chunk of candidates.
    journal = tmp_path / "parts.zip.journal"
    journal.write_bytes(journal.read_bytes()[:-20])
    write_dataset(head_model, plan, path)
    assert path.read_bytes() == (tmp_path / "whole.zip").read_bytes()
    before = path.stat().st_mtime_ns
    assert write_dataset(head_model, plan, path).found == (50,)  # done already
    assert path.stat().st_mtime_ns == before


def test_a_hopeless_wish_ends_clearly(head_model, tmp_path):
    path = tmp_path / "a.zip"
    plan = Plan(Recipe(psi=1), 5, where=(Condition.parse("area>99"),), tries=2)
    with pytest.raises(RecipeError, match="0 of 5 found among 20 tried"):
        write_dataset(head_model, plan, path)
    assert list(tmp_path.iterdir()) == []
    head_model.library._population.get()
    plan = Plan(Recipe(psi=1), 50, where=(Condition.parse("area>p90"),), tries=5)
    outcome = write_dataset(head_model, plan, path)
    assert 0 < outcome.count < 50
    assert "INCOMPLETE" in zipfile.ZipFile(path).read("README.txt").decode()
    assert write_dataset(head_model, plan, path).hopeless == (0,)


def test_a_foreign_file_is_not_overwritten(model, tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"mine")
    with pytest.raises(RecipeError, match="already there"):
        write_dataset(model, Plan(Recipe(), 2), path)
    assert path.read_bytes() == b"mine"
    write_dataset(model, Plan(Recipe(), 2), path, overwrite=True)
    with pytest.raises(RecipeError, match="not this data set"):
        write_dataset(model, Plan(Recipe(), 3), path)


def test_the_users_feature_maps_stay(model, tmp_path):
    render(model, Recipe(123))
    before = list(model.synthesis.kept._results)
    write_dataset(model, Plan(Recipe(), 3), tmp_path / "a.zip")
    assert list(model.synthesis.kept._results) == before


def test_turns_are_short():
    class Sized:
        def __init__(self, resolution):
            self.config = type("", (), {"resolution": resolution})

    assert [chunk_size(Sized(r)) for r in (16, 64, 128, 256, 512)] == [8, 8, 4, 1, 1]


def test_a_survey_foretells_time_size_and_share(head_model):
    head_model.library._population.get()
    plan = Plan(Recipe(psi=1), 100, where=(Condition.parse("area>p50"),))
    seen = survey(head_model, plan)
    assert 8 <= seen.looked <= 64
    assert 0.2 < seen.fitting / seen.looked < 0.8
    seconds, size = seen.estimate(plan)
    assert seconds == pytest.approx(100 * seen.looked / seen.fitting * seen.seconds)
    assert size > 100 * 500
    never = Plan(Recipe(psi=1), 100, where=(Condition.parse("area>99"),))
    assert survey(head_model, never).estimate(never)[0] is None


def test_a_trained_model_reads_the_set_with_its_classes(class_model, tmp_path):
    from train.data.load import load_slices
    from train.data.options import DataConfig

    write_dataset(class_model, Plan(Recipe(), 6, classes=(0, 1)), tmp_path / "a.zip")
    slices = load_slices(tmp_path / "a.zip", 16, 1, DataConfig(labels="folders", cache="none"))
    assert (len(slices), slices.classes) == (6, ("AD", "NC"))


# The command line.


def test_a_killed_command_goes_on_to_the_same_file(model_path, tmp_path, capsys):
    arguments = ["--checkpoint", str(model_path), "--count", "500", "--psi", "1"]
    path = tmp_path / "killed.zip"
    command = [sys.executable, "-m", "explorer.export", *arguments, "--out", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    part, deadline = tmp_path / "killed.zip.part", time.monotonic() + 60
    while not (part.exists() and part.stat().st_size > 30_000):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not path.exists()
    assert main([*arguments, "--out", str(path)]) == 0
    assert main([*arguments, "--out", str(tmp_path / "whole.zip")]) == 0
    assert path.read_bytes() == (tmp_path / "whole.zip").read_bytes()
    assert "500 pictures" in capsys.readouterr().out


def test_single_files_from_the_command_line(model_path, model, tmp_path, capsys):
    here = ["--checkpoint", str(model_path)]
    png = tmp_path / "a.png"
    assert main([*here, "--seed", "7", "--psi", "0.9", "--out", str(png)]) == 0
    assert np.array_equal(pixels(png.read_bytes()), render(model, Recipe(7, psi=0.9)))
    deep = tmp_path / "deep.png"
    assert main([*here, "--recipe", str(png), "--bits", "16", "--out", str(deep)]) == 0
    assert pixels(deep.read_bytes()).dtype == np.uint16
    assert read_recipe(deep.read_bytes()).seed == 7
    volume = tmp_path / "a.nii.gz"
    assert main([*here, "--recipe", str(png), "--out", str(volume)]) == 0
    assert "1 mm" in capsys.readouterr().out
    sheet = tmp_path / "sheet.png"
    assert main([*here, "--count", "6", "--columns", "3", "--out", str(sheet)]) == 0
    assert pixels(sheet.read_bytes()).shape == (32, 48)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "a.jpg"], "must end in"), (["--out", "a.zip"], "--count"),
        (["--out", "nowhere/a.png"], "make it first"), (["--out", "there.png"], "--overwrite"),
        (["--out", "a.png", "--where", "area>5"], ".zip"),
        (["--out", "a.png", "--psi", "9"], "psi"), (["--out", "a.png", "--bits", "3"], "bits"),
        (["--out", "a.zip", "--count", "5", "--where", "area>"], "is no condition"),
        (["--out", "a.zip", "--count", "5", "--where", "x>1"], "choose among"),
        (["--out", "a.zip", "--count", "5", "--balance", "area:x"], "area"),
        (["--out", "a.zip", "--count", "200000"], "100000"),
        (["--out", "a.png", "--class", "AD"], "no classes"),
        (["--out", "a.png", "--recipe", "there.png"], "there.png"),
        (["--out", "a.nii.gz", "--voxel-mm", "-1"], "voxel"),
        (["--out", "a.png", "--count", "500"], "400"),
        (["--out", "a.png", "--count", "0"], "sheet"),
        (["--out", "a.png", "--checkpoint", "x"], "no such file"),
        (["--out", "a.zip", "--count", "5", "--noise-seed", "5"], "--vary noise"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(model_path, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.png").write_bytes(b"mine")
    if "--checkpoint" not in arguments:
        arguments = ["--checkpoint", str(model_path), *arguments]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("export: ")
    assert error.count("\n") == 1
    assert message in error
    assert (tmp_path / "there.png").read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_incomplete_set_is_written_and_told(head_model, model_path, tmp_path, capsys):
    arguments = ["--checkpoint", str(model_path), "--count", "500", "--tries", "1", "--psi", "1"]
    out = tmp_path / "a.zip"
    assert main([*arguments, "--where", "noise<12", "--where", "noise>0", "--out", str(out)]) in (
        1,
        2,
    )
    assert "found among" in capsys.readouterr().err


def test_the_printed_command_makes_the_plan_again(class_model, tmp_path, monkeypatch):
    import shlex

    from explorer.export import __main__ as command

    monkeypatch.chdir(tmp_path)
    walk = Walk((Recipe(3, psi=0.4, class_index=1), Recipe(8)), 0.3)
    for plan in (
        Plan(Recipe(), 30),  # of one class, where the command alone would take both
        Plan(Recipe(psi=1 / 3, class_index=1), 30, 7),
        Plan(Recipe(psi=0.5, cutoff=3, class_index=0), 30, 7),
        Plan(EDITED, 30, 17, "noise"),
        Plan(replace(EDITED, psi=1, walk=walk), 30, 7),
        Plan(replace(EDITED, psi=1, walk=walk), 30, 7, "noise"),
        Plan(Recipe(psi=0.4), 30, 5, "both", (1,), (Condition.parse("area p3..50"),), bits=16),
        Plan(EDITED, 30, 4, "brain", (0, 1), balance=Balance("area", 4)),
    ):
        (tmp_path / "picture.png").write_text(plan.base.to_json())
        words = shlex.split(command_line(class_model, plan))
        assert words[:3] == ["python", "-m", "explorer.export"]
        shared = plan.base.mix or plan.vary == "noise"
        assert ("--recipe" in words) == bool(shared)
        args = command._parser().parse_args(words[3:])
        found = command._plan(args, class_model, command._recipe(args, class_model))
        for n in range(4):
            ours, theirs = (
                replace(each, class_index=each.class_index or 0)  # without one it is the first
                for each in (plan.candidate(n), found.candidate(n))
            )
            assert ours == theirs
        assert (found.where, found.balance, found.bits) == (plan.where, plan.balance, plan.bits)
