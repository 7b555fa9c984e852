"""Phantoms: what is drawn is what the table says, by measurements that know nothing of it."""

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gan.measure import KEYS as MEASURED
from gan.measure import measure
from tests.train.test_run import arguments
from train.__main__ import main
from train.phantom import FACTORS, KEYS, draw_factors, draw_phantom

MIDDLE = {f.key: (f.low + f.high) / 2 for f in FACTORS}


def draw(seed=0, resolution=128, **factors) -> np.ndarray:
    return draw_phantom(np.array(list((MIDDLE | factors).values())), resolution, seed)


def measured(pictures: list) -> dict:
    return dict(zip(MEASURED, measure(np.stack(pictures)).T, strict=True))


def test_factors_are_independent_and_within_their_bounds():
    table = draw_factors(20_000)
    assert table.shape == (20_000, len(KEYS))
    assert np.abs(np.corrcoef(table.T) - np.eye(len(KEYS))).max() < 0.03
    for column, factor in zip(table.T, FACTORS, strict=True):
        assert factor.low <= column.min() < column.max() <= factor.high
        assert np.isclose(column.mean(), (factor.low + factor.high) / 2, rtol=0.02, atol=0.3)
    assert not np.allclose(draw_factors(5, seed=1), table[:5])
    assert np.array_equal(draw_factors(5), table[:5])


def test_the_same_numbers_give_the_same_picture_and_the_seed_other_folds():
    assert np.array_equal(draw(), draw())
    one, other = draw().astype(float), draw(seed=1).astype(float)
    assert 1 < np.abs(one - other).mean() < 15
    inner = slice(54, 74)
    assert np.abs(one - other)[inner, inner].mean() < 8  # folds lie at the rim


def test_head_of_the_length_width_and_turn_that_were_asked_for():
    sizes = [(76, 60), (76, 72), (88, 60), (88, 72)]
    for length, width in sizes:
        rows, columns = np.nonzero(draw(length=length, width=width, rotation=0) > 0)
        assert np.ptp(rows) + 1 == pytest.approx(length / 100 * 128, abs=2)
        assert np.ptp(columns) + 1 == pytest.approx(width / 100 * 128, abs=3)
    turns = np.array([-10.0, -5, 0, 5, 10])
    found = measured([draw(rotation=turn) for turn in turns])["rotation"]
    assert np.abs(found - found[2] - turns).max() < 2


def test_ventricles_of_the_area_that_was_asked_for():
    shares = []
    for level in (-20, 20, 60):
        for area in (2, 5, 9):
            with_lesion_away = draw(level=level, ventricles=area, rotation=0, lesion_place=0.5)
            parts, count = ndimage.label(with_lesion_away[32:96, 44:76] < 90)
            dark = ndimage.sum_labels(np.ones_like(parts), parts, range(1, count + 1)).sum()
            shares.append((area, 100 * dark / (with_lesion_away > 0).sum()))
    asked, got = np.array(shares).T
    assert np.corrcoef(asked, got)[0, 1] > 0.85
    found = measured([draw(ventricles=area, rotation=0) for area in (2, 4, 6, 8)])["ventricles"]
    assert (np.diff(found) > 1).all()


def test_grey_matter_as_much_darker_as_was_asked_for():
    for contrast in (20, 45):
        picture = draw(contrast=contrast, cortex=16, rotation=0)
        levels = np.bincount(picture[picture > 0], minlength=256).astype(float)
        smooth = ndimage.uniform_filter1d(levels, 5)
        grey, white = 50 + smooth[50:180].argmax(), 185 + smooth[185:].argmax()
        assert white == pytest.approx(200, abs=4)
        assert grey == pytest.approx(200 * (1 - contrast / 100), abs=5)


def test_a_thicker_cortex_leaves_less_white_matter():
    white = [(draw(cortex=c, contrast=40) > 170).sum() for c in (7, 12, 17)]
    assert white[0] > 1.1 * white[1] > 1.1 * 1.1 * white[2]


def test_lesion_of_the_place_and_size_that_were_asked_for():
    plain = draw(lesion_place=0.5, lesion_size=5, rotation=0).astype(float)
    for place in (0.2, 0.8):
        lesion = draw(lesion_place=place, lesion_size=12, rotation=0) - plain < -60
        row, column = np.argwhere(lesion).mean(axis=0) / 64 - 1
        turn = np.pi * (0.15 + 0.7 * place)
        assert column == pytest.approx(0.55 * np.sin(turn) * 0.65, abs=0.06)
        assert row == pytest.approx(-0.55 * np.cos(turn) * 0.81, abs=0.06)
        expected = np.pi * 0.12**2 * (64 * 0.65) * (64 * 0.81)
        assert lesion.sum() == pytest.approx(expected, rel=0.35)


def test_the_height_moves_the_horns_apart():
    def gap(level: float) -> int:
        row = draw(level=level, rotation=0, ventricles=5)[80, 34:94]
        dark = np.flatnonzero(row < 110)
        return int(np.ptp(dark))

    assert gap(-20) > gap(20) > gap(60)


def test_background_is_black():
    picture = draw()
    assert (picture[:8] == 0).all()
    assert (picture[:, :10] == 0).all()


def test_a_zip_with_its_table_that_the_trainer_reads(tmp_path, capsys):
    out = tmp_path / "new" / "phantom.zip"
    assert main(["phantom", "--out", str(out), "--count", "40", "--resolution", "32"]) == 0
    assert "40 phantoms" in capsys.readouterr().out
    assert [path.name for path in out.parent.iterdir()] == ["phantom.zip"]
    with zipfile.ZipFile(out) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open("factors.csv"), "utf-8")))
        image = Image.open(io.BytesIO(archive.read(rows[3]["file"])))
    assert [row["split"] for row in rows].count("val") == 4
    factors = np.array([[float(row[key]) for key in KEYS] for row in rows])
    assert np.allclose(factors, draw_factors(40), atol=1e-4)
    assert np.array_equal(np.asarray(image), draw_phantom(draw_factors(40)[3], 32, 3))
    run = tmp_path / "run"
    conditions = ["--labels", "factors.csv", "--label-column", "level", "--ordered", "4"]
    assert main(arguments(out, run, 0.016, *conditions)) == 0
    assert (run / "model.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--out", "phantom.png"], "must end in .zip"),
        (["--out", "p.zip", "--count", "5"], "--count 5: 20 to 1,000,000"),
        (["--out", "p.zip", "--resolution", "48"], "--resolution 48: 32, 64"),
    ],
)
def test_what_it_refuses(words, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["phantom", *words]) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
