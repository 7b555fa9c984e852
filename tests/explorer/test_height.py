"""Teaching a model heights and ages from the command line."""

import io
import zipfile

import numpy as np
from PIL import Image

from explorer import height as module
from gan.height import load_readers
from tests.gan.test_height import slices


def write_zip(path, pictures):
    """Twenty slices of each person."""
    with zipfile.ZipFile(path, "w") as archive:
        for i, picture in enumerate(pictures):
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, "PNG")
            archive.writestr(f"train/p{i // 20}/p{i // 20}_z{i % 20:02d}.png", buffer.getvalue())


def test_from_a_zip_to_a_file(tmp_path, monkeypatch, capsys):
    pictures, _ = slices()
    write_zip(tmp_path / "d.zip", pictures)
    out = tmp_path / "height.safetensors"
    arguments = ["height", str(tmp_path / "d.zip"), str(out), "--first-mm=-10", "--step-mm=2"]
    monkeypatch.setattr("sys.argv", arguments)
    assert module.main() == 0
    said = capsys.readouterr().out
    assert "8 people; error on 2 of them left out: " in said
    assert f"{load_readers(out).trust.error:.1f} mm (mean)" in said
    assert out.stat().st_size < 400_000
    found = load_readers(out).judge.read(pictures)[0]
    assert np.abs(found - np.tile(2.0 * np.arange(20) - 10, 8)).mean() < 2
    monkeypatch.setattr("sys.argv", ["height", str(tmp_path / "none.zip"), str(out)])
    assert module.main() == 2
    assert "none.zip" in capsys.readouterr().err


def test_ages_from_a_table(tmp_path, monkeypatch, capsys):
    """People are as old as their heads are wide; of one the table knows nothing."""
    ages = np.linspace(20, 80, 16)
    down, right = np.mgrid[:64, :64] - 31.5
    widths = np.repeat(14 + 12 * (ages - 20) / 60, 20)
    shifts = np.tile(np.linspace(-3, 3, 20), 16)
    inside = ((right - shifts[:, None, None]) / widths[:, None, None]) ** 2 + (down / 26) ** 2 < 1
    write_zip(tmp_path / "d.zip", np.uint8(200 * inside))
    rows = [f"p{i},{age:g}" for i, age in enumerate(ages)]
    rows[3] = "p3,n/a"
    table, out = tmp_path / "people.csv", tmp_path / "age.safetensors"
    table.write_text("\n".join(["subject,age", *rows]))
    arguments = ["height", str(tmp_path / "d.zip"), str(out), "--ages", str(table)]
    monkeypatch.setattr("sys.argv", arguments)
    assert module.main() == 0
    said = capsys.readouterr().out
    assert "15 people; error on 4 of them left out: " in said
    assert " years (mean)" in said
    found = load_readers(out).read(np.uint8(200 * inside))
    assert np.abs(found - np.repeat(ages, 20))[np.isfinite(found)].mean() < 5
    assert np.isfinite(found).mean() > 0.8
    table.write_text("subject,sex\np0,f\n")
    assert module.main() == 2
    assert "people.csv: expected a CSV table with the columns subject and age" in (
        capsys.readouterr().err
    )
    table.write_text("subject,age\np0,30\n")
    assert module.main() == 2
    assert "whose age is in" in capsys.readouterr().err
