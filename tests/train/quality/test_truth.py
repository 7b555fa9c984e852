"""Truth: heads drawn with known areas, and what the command says of the measurements of them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.gan.test_measure import head
from tests.train.quality.heads import heads
from train.__main__ import main
from train.data import Slices
from train.quality.truth import agreement, grouped

HEIGHTS = (0, 10, 20)
COLUMNS = ["--area", "Brain", "--ventricles", "fluid", "--white-matter", "white"]


def write(folder, people=10):
    """Slices of ten people at three heights, in two folders, with a table of what was drawn.

    At height 20 the table knows no ventricles; of the last person it does not know the area.
    """
    random = np.random.default_rng(0)
    rows = ["file,z_mni_mm,brain,fluid,white"]
    for person in range(people):
        for z in HEIGHTS:
            length, width = random.uniform((0.34, 0.28), (0.42, 0.36))
            v = random.uniform(0.06, 0.12)
            name = f"{'val' if person < 2 else 'train'}/sub-{person:02d}_z{z:02d}.png"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            picture = head(64, length=length, width=width, ventricles=v, spot=False)
            Image.fromarray(picture).save(folder / name)
            fluid = 2 * np.pi * 0.4 * v**2
            white = np.pi * (length - 0.07) * (width - 0.07) - fluid
            area = f"{np.pi * length * width:.5f}" if person < people - 1 else "n/a"
            rows.append(f"{name},{z},{area},{fluid if z < 20 else 0:.5f},{white:.5f}")
    (folder / "truth.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write(tmp_path_factory.mktemp("data"))


@pytest.fixture
def command(data, tmp_path):
    return ["truth", str(data), "--labels", "truth.csv", "--out", str(tmp_path / "out"),
            "--resolution", "64", "--cache", "none"]  # fmt: skip


def test_measurements_of_drawn_heads_are_near_the_truth(command, tmp_path, capsys):
    assert main([*command, *COLUMNS, "--group", "z_mni_mm"]) == 0
    result = json.loads((tmp_path / "out" / "truth.json").read_text())
    assert (result["slices"], result["people"]) == (30, 10)  # of both folders
    assert result["group"] == {"title": "Slice height (mm)", "missing": 0}
    area, ventricles, white = result["measurements"]
    assert area["overall"]["slices"] == 27
    for each in (area, white):
        assert each["overall"]["r"] > 0.98
        assert each["overall"]["error"] < 2
    assert [(g["from"], g["to"], g["slices"]) for g in ventricles["groups"]] == [
        (0, 0, 10), (10, 10, 10), (20, 20, 10)
    ]  # fmt: skip
    low, _, high = ventricles["groups"]
    assert low["r"] > 0.95
    assert abs(low["bias"]) < 2
    assert high["r"] is None  # no correlation with a constant
    assert high["bias"] > 5  # reads ventricles where the table has none
    printed = capsys.readouterr().out
    assert "ventricles, % of the central zone, beside fluid" in printed
    page = (tmp_path / "out" / "truth.html").read_text()
    assert 'src="http' not in page
    assert "Scatter of measured against true values of White matter" in page
    assert "Line chart of correlation and bias of Ventricles by Slice height (mm)" in page


def test_one_column_without_groups_will_do(command, tmp_path):
    assert main([*command, "--white-matter", "white"]) == 0
    result = json.loads((tmp_path / "out" / "truth.json").read_text())
    assert [each["key"] for each in result["measurements"]] == ["white_matter"]
    assert (result["group"], result["measurements"][0]["groups"]) == (None, [])
    assert "Line chart of" not in (tmp_path / "out" / "truth.html").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ([], "give at least one of --area, --ventricles, --white-matter"),
        (["--area", "z_mni_mm"], "column z_mni_mm holds 10 for train/sub-02_z10.png; shares"),
        (["--area", "size"], "no column size; give --area one of file, z_mni_mm"),
        (["--area", "brain", "--group", "file"], "column file holds no number for any slice"),
        (["--area", "brain", "--labels", "none"], "--labels none: give the table"),
        (["--area", "brain", "--resolution", "8"], "--resolution 8: must be from 16"),
    ],
)
def test_what_makes_no_sense_is_refused(command, change, message, capsys):
    assert main([*command, *change]) == 2
    assert message in capsys.readouterr().err


def test_agreement_by_hand():
    true = np.arange(12.0)
    measured = 2 * true + 1
    measured[0], true[1] = np.nan, np.nan
    found = agreement(measured, true)
    assert (found["slices"], found["failed"]) == (10, 1)
    assert found["r"] == pytest.approx(1)
    assert found["bias"] == found["error"] == pytest.approx(np.mean(np.arange(2, 12)) + 1)
    assert agreement(measured[:2], true[:2]) == {
        "slices": 0, "failed": 1, "r": None, "bias": None, "error": None
    }  # fmt: skip


def test_heights_of_many_people_are_groups_of_their_own():
    slices = heads(range(12), levels=6)
    numbers = np.tile(np.arange(6.0), 12)
    numbers[3] = np.nan
    groups = grouped(numbers, slices, "z_mni_mm")
    assert groups.bounds.tolist() == [[z, z] for z in range(6)]
    assert groups.of[:6].tolist() == [0, 1, 2, -1, 4, 5]


def test_ages_are_put_into_round_bins_of_enough_people():
    """Forty people of different ages: all slices of a person are one person."""
    slices = heads(range(40), levels=6)
    ages = np.repeat(20.5 + np.arange(40), 6)
    groups = grouped(ages, slices, "age")
    assert groups.bounds.tolist() == [[20, 30], [30, 40], [40, 50], [50, 60]]
    assert np.bincount(groups.of).tolist() == [60] * 4


def test_few_people_or_one_number_are_one_group():
    few = heads(range(4), levels=6)
    ages = np.repeat([20.0, 30, 40, 50], 6)
    assert grouped(ages, few, "age").bounds.tolist() == [[20, 50]]
    assert grouped(np.full(24, 3.0), few, "age").bounds.tolist() == [[3, 3]]
    unknown = replace(few, subjects=tuple(map(str, range(24))))
    assert len(grouped(np.repeat([1.0, 2.0], 12), unknown, "age").bounds) == 2


def test_decimals_are_put_where_they_belong():
    """0.6 / 0.2 is a little less than 3 in floating point."""
    numbers = np.repeat(np.arange(20) / 10, 5)
    people = tuple(f"p{i}" for i in range(len(numbers)))
    slices = Slices("x", np.zeros((len(numbers), 1, 4, 4), np.uint8), np.zeros(len(numbers)),
                    people, (), (), (), "")  # fmt: skip
    groups = grouped(numbers, slices, "share")
    low, high = groups.bounds[groups.of].T
    assert len(groups.bounds) > 1
    assert (low - 1e-9 <= numbers).all()
    assert (numbers < high - 1e-9).all()
