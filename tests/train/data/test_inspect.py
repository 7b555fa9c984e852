"""The inspect command: what it counts, what it warns of, what it suggests; it changes nothing."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.train.data.test_load import png
from train.__main__ import main
from train.config import parse
from train.data import DataConfig
from train.data.inspect import look
from train.data.survey import Spread, blockiness

RANDOM = np.random.default_rng(1)


def inspect(capsys, data, out, *more) -> dict:
    assert main(["inspect", str(data), "--out", str(out), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def soft(seed: int, size: int = 64) -> np.ndarray:
    """A smooth picture of its own, with texture."""
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 200, (9, 9), np.uint8))
    fine = random.integers(0, 30, (size, size))
    return (np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)) // 2 + fine).astype(
        np.uint8
    )


def write(folder, pictures: dict[str, np.ndarray]):
    for name, picture in pictures.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png(picture))
    return folder


@pytest.fixture
def people(tmp_path):
    """24 people with 3 or 4 slices each."""
    names = {f"sub-{i:02d}_z{z}.png": i * 10 + z for i in range(24) for z in range(3 + i % 2)}
    return write(tmp_path / "data", {name: soft(seed) for name, seed in names.items()})


def test_a_good_data_set(people, tmp_path, capsys):
    before = {p.name: p.stat().st_mtime_ns for p in people.iterdir()}
    facts = inspect(capsys, people, tmp_path / "out")
    assert facts["slices"] == 84
    assert facts["files"] == {".png": 84}
    assert facts["sizes"] == {"64x64": 84}
    assert facts["people"] == 24
    assert facts["people_examples"] == ["sub-00", "sub-01", "sub-02"]
    assert facts["slices_per_person"] == [3, 3.5, 4]
    assert facts["splits"]["train"]["people"] == 22
    assert facts["splits"]["val"]["people"] == 2
    assert facts["warnings"] == []
    assert facts["broken"] == []
    assert facts["blockiness"] == pytest.approx(1, abs=0.05)
    sheet = Image.open(facts["contact_sheet"])
    assert sheet.width == 8 * 112
    assert "Real" in sheet.text["Description"]
    tiles = np.asarray(sheet)[:124, :112]
    assert tiles[:110].std() > 20  # a picture
    assert (tiles[110:] > 128).any()  # and its caption
    assert {p.name: p.stat().st_mtime_ns for p in people.iterdir()} == before
    command = parse(facts["suggestion"].split()[3:])
    assert command.data == people


def test_the_text_says_the_same(people, tmp_path, capsys):
    assert main(["inspect", str(people), "--out", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    for words in (
        "84 slices", "84 .png", "84 64x64", "24; an id of a known kind in the name: sub-00",
        "3 to 4 (median 3.5) slices each", "train: ", "val: ", "python -m train --data",
    ):  # fmt: skip
        assert words in text


def test_everything_that_is_wrong(people, tmp_path, capsys):
    first = soft(0)
    bright = soft(7)
    bright[:20] = 255
    write(people, {
        "sub-50_copy.png": first, "sub-51_mirror.png": first[:, ::-1],
        "sub-52_flat.png": np.full((64, 64), 9, np.uint8), "sub-53_dark.png": first // 64,
        "sub-54_bright.png": bright, "sub-55_small.png": soft(5, 32),
        "sub-56_colour.png": np.dstack([soft(s) for s in (1001, 1002, 1003)]),
    })  # fmt: skip
    (people / "sub-57_cut.png").write_bytes(png(first)[:-50])
    facts = inspect(capsys, people, tmp_path / "out")
    said = "\n".join(facts["warnings"])
    for words in (
        "broken files: 1; training stops",
        "1 equal slices of different people: sub-00_z0.png = sub-50_copy.png",
        "1 slices are another person's mirrored: sub-00_z0.png = sub-51_mirror.png",
        "1 constant pictures: sub-52_flat.png", "1 nearly black pictures: sub-53_dark.png",
        "white: sub-54_bright.png", "2 different sizes: --fit pad",
        "1 colour pictures among grey: sub-56_colour.png",
    ):  # fmt: skip
        assert words in said
    assert "sub-57_cut.png: not a readable picture" in (tmp_path / "out/broken.txt").read_text()
    assert "--fit pad --skip-broken" in facts["suggestion"]


def test_people_and_copies_in_two_splits(tmp_path, capsys):
    same = soft(3)
    data = write(tmp_path / "data", {
        "train/sub-1_a.png": soft(1), "train/sub-2_a.png": same,
        "val/sub-1_b.png": soft(2), "val/sub-3_a.png": same,
    })  # fmt: skip
    said = "\n".join(inspect(capsys, data, tmp_path / "out")["warnings"])
    assert "1 person in two splits: sub-1" in said
    assert "1 slices are in two splits: train/sub-2_a.png = val/sub-3_a.png" in said
    assert "only 3 people" in said


def test_unknown_people_are_not_counted(tmp_path, capsys):
    data = write(tmp_path / "data", {f"slice_{i}.png": soft(i) for i in range(4)})
    facts = inspect(capsys, data, tmp_path / "out")
    assert facts["people"] is None
    assert any("do not tell whose" in warning for warning in facts["warnings"])


def test_jpeg_blocks_are_noticed(tmp_path, capsys):
    buffer = io.BytesIO()
    smooth = Image.fromarray(soft(1, 16)).resize((128, 128), Image.Resampling.BICUBIC)
    smooth.save(buffer, "JPEG", quality=40)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sub-1_a.jpg").write_bytes(buffer.getvalue())
    facts = inspect(capsys, tmp_path / "data", tmp_path / "out")
    assert any("JPEG blocks" in warning for warning in facts["warnings"])


def test_blockiness_by_hand():
    """Across: stripes of 1, and 9 at the 7 borders. Down: no steps, 7 borders of 63 places."""
    row = np.repeat(np.arange(8) * 10, 8) + np.arange(64) % 2
    picture = np.tile(row.astype(np.uint8), (64, 1))
    borders, others = (7 * 9 + 7 * 0) / 14, (56 * 1 + 56 * 0) / 112
    assert blockiness(picture) == pytest.approx(borders / others)
    assert np.isnan(blockiness(np.full((32, 32), 5, np.uint8)))


def test_a_spread_is_even_and_bounded():
    spread = Spread(10)
    made = []
    for i in range(1000):
        spread.add(lambda i=i: (made.append(i), i)[1])
    assert 10 <= len(spread.kept) <= 20
    assert len(set(np.diff(spread.kept))) == 1
    assert spread.kept[-1] > 900
    assert len(made) < 100


def test_course_pictures(ad_nc, tmp_path, capsys):
    facts = inspect(capsys, ad_nc, tmp_path / "out", "--labels", "folders")
    assert facts["files"] == {".jpeg": 15}
    assert facts["sizes"] == {"256x240": 15}
    assert facts["classes"] == {"AD": 9, "NC": 6}
    assert facts["splits"]["test"] == {"slices": 6, "people": 2}
    assert "--fit pad" in facts["suggestion"]
    assert "--labels folders" in facts["suggestion"]


def test_volumes_show_their_voxels(bids, tmp_path, capsys):
    facts = inspect(capsys, bids, tmp_path / "out", "--slice-from", "-4", "--slice-to", "4")
    assert facts["files"] == {"NIfTI volumes": 3}
    assert facts["voxels"] == {"96x120x90 of 1x1x1 mm": 3}
    assert facts["slices_per_person"] == [9, 9, 9]
    assert "--slice-from -4.0 --slice-to 4.0" in facts["suggestion"]


@pytest.mark.parametrize("bad", ["absent", "empty", "broken"])
def test_nothing_to_look_at(tmp_path, capsys, bad):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "a.png").write_bytes(b"x")
    assert main(["inspect", str(tmp_path / bad), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "train: --data" in error
    assert str(tmp_path / bad) in error


def test_an_out_that_is_a_file(people, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert main(["inspect", str(people), "--out", str(tmp_path / "file")]) == 2
    assert "give another folder" in capsys.readouterr().err


def test_the_sheet_shows_different_slices(tmp_path):
    """Also of few people with few slices each."""
    data = write(tmp_path / "data", {f"sub-1_{i}.png": soft(i) for i in range(8)})
    shown = look(data, DataConfig()).tiles()
    assert len({tile.tobytes() for tile, _ in shown}) == len(shown) == 8
