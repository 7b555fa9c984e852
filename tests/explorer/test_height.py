"""Teaching a model heights from the command line."""

import io
import zipfile

import numpy as np
from PIL import Image

from explorer import height as module
from gan.height import load_readers
from tests.gan.test_height import slices


def test_from_a_zip_to_a_file(tmp_path, monkeypatch, capsys):
    pictures, _ = slices()
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for i, picture in enumerate(pictures):
            buffer = io.BytesIO()
            Image.fromarray(picture).save(buffer, "PNG")
            archive.writestr(f"train/p{i // 20}/p{i // 20}_z{i % 20:02d}.png", buffer.getvalue())
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
