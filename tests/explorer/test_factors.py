"""Teaching a model to read factors from the command line."""

import zipfile

from explorer import factors as module
from gan.factors import load_reader
from train.phantom import KEYS
from train.phantom import main as draw


def run(monkeypatch, *words) -> int:
    monkeypatch.setattr("sys.argv", ["factors", *map(str, words)])
    return module.main()


def test_from_phantoms_to_a_file(tmp_path, monkeypatch, capsys):
    data, out = tmp_path / "phantom.zip", tmp_path / "factors.safetensors"
    draw(["--out", str(data), "--count", "120", "--resolution", "64"])
    assert run(monkeypatch, data, out) == 0
    said = capsys.readouterr().out
    assert "108 pictures; share of the variance read right in 12 others:" in said
    reader = load_reader(out)
    assert reader.names == KEYS
    for name, r2 in zip(KEYS, reader.r2, strict=True):
        assert f"  {name:<16}{r2:.3f}\n" in said
    assert reader.r2[KEYS.index("width")] > 0


def test_what_it_refuses(tmp_path, monkeypatch, capsys):
    out = tmp_path / "factors.safetensors"
    assert run(monkeypatch, tmp_path / "none.zip", out) == 2
    assert "none.zip" in capsys.readouterr().err
    for name, table, told in (
        ("empty.zip", None, "factors.csv"),
        ("few.zip", "file,a\nval/x.png,1\n", "needs 20 pictures"),
        ("words.zip", "file,a\n" + "val/x.png,one\n" * 10 + "train/x.png,1\n" * 20, "one"),
        ("nan.zip", "file,a\n" + "val/x.png,nan\n" * 10 + "train/x.png,1\n" * 20, "a number"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("readme.txt", "")
            if table:
                archive.writestr("factors.csv", table)
        assert run(monkeypatch, tmp_path / name, out) == 2
        said = capsys.readouterr().err
        assert name in said
        assert told in said
    assert not out.exists()
