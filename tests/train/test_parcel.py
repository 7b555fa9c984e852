"""A training packed for another machine, trained there in pieces, and what comes home of it."""

import os
import subprocess
import sys
import tarfile

import torch

from gan.checkpoint import load_checkpoint, load_generator
from tests.test_architecture import MODULES, imports, parts_of
from tests.train.test_run import ROOT, SMALL, arguments
from train import needs, parcel
from train.__main__ import main
from train.log import Log


def pack(out, data, *more) -> int:
    return main(["parcel", "--out", str(out), "--data", str(data), *SMALL, *more])


def unpacked(parcel_file, folder):
    with tarfile.open(parcel_file) as tar:
        tar.extractall(folder, filter="data")
    return folder


def piece(there, minutes: str, **variables) -> subprocess.CompletedProcess:
    """One command on the other machine, in a folder that is not the parcel's."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "XDG_CACHE_HOME")}
    environment = kept | {"PYTHON": sys.executable, "OMP_NUM_THREADS": "1"} | variables
    return subprocess.run(
        ["bash", str(there / "train.sh"), minutes], cwd=there.parent, env=environment, text=True,
        capture_output=True, timeout=250,
    )  # fmt: skip


def test_a_training_in_two_pieces_and_what_comes_home(slices_folder, tmp_path, capsys):
    file, home = tmp_path / "parcel.tar.gz", tmp_path / "home"
    evaluated = ("--kimg", "0.12", "--evaluate-kimg", "0.04", "--data-license", "CC0; it's free")
    assert pack(file, slices_folder, *evaluated) == 0
    assert f"{file}: 0." in capsys.readouterr().out
    there = unpacked(file, tmp_path / "there")
    rooms = {"data.slices", "gan", "options.sh", "train", "train.sh"}
    assert {path.name for path in there.iterdir()} == rooms
    assert not [path for path in there.rglob("*") if path.name == "__pycache__"]
    slices_folder.rename(tmp_path / "away")

    first = piece(there, "0.0001", OUT=str(home))
    assert first.returncode == 0, first.stdout
    assert "stopped at 0.008 kimg" in first.stdout
    assert {path.name for path in home.iterdir()} == {
        "model.safetensors", "piece.log", "samples.png", "start.safetensors", "stats.jsonl",
    }  # fmt: skip
    second = piece(there, "5", OUT=str(home))
    assert second.returncode == 0, second.stdout
    assert {path.name for path in home.iterdir()} == {
        "best.safetensors", "model.safetensors", "piece.log", "quality.jsonl", "samples.png",
        "start.safetensors", "stats.jsonl",
    }  # fmt: skip
    log = (home / "piece.log").read_text()
    assert log == second.stdout  # of this piece alone
    assert "resumed at 0.008 kimg" in log
    assert f"program   {there.resolve() / 'gan' / '__init__.py'}\n" in log
    assert f"torch     {torch.__version__}, numpy" in log
    assert max(line["kimg"] for line in Log(home / "stats.jsonl").lines()) == 0.12
    newest = max((there / "run" / "samples").iterdir())
    assert (home / "samples.png").read_bytes() == newest.read_bytes()
    for name in ("model", "best"):
        generator, checkpoint = load_generator(home / f"{name}.safetensors")
        assert {t.dtype for t in checkpoint.tensors.values()} == {torch.float16}
        assert generator(torch.randn(1, 16)).isfinite().all()
    assert checkpoint.provenance["data"] == "slices"
    assert checkpoint.provenance["data_license"] == "CC0; it's free"

    # With what came home it goes on here, or in another parcel.
    start = ("--start-from", str(home / "start.safetensors"))
    (tmp_path / "away").rename(slices_folder)
    assert main(arguments(slices_folder, tmp_path / "run", 0.016, *start)) == 0
    output = capsys.readouterr().out
    assert "holds no discriminator" not in output
    model = load_checkpoint(home / "start.safetensors")
    assert (
        model.part("D").keys() == load_checkpoint(there / "run/resume.safetensors").part("D").keys()
    )
    assert pack(file, slices_folder, *start) == 0
    other = unpacked(file, tmp_path / "other")
    assert (other / "start.safetensors").read_bytes() == (home / "start.safetensors").read_bytes()
    assert "--start-from start.safetensors" in (other / "options.sh").read_text()
    assert str(tmp_path) not in (other / "options.sh").read_text()


def test_a_missing_package_is_told(slices_folder, tmp_path):
    assert pack(tmp_path / "parcel.tar.gz", slices_folder) == 0
    there = unpacked(tmp_path / "parcel.tar.gz", tmp_path / "there")
    for name in ("tqdm", "sklearn"):
        (tmp_path / "hidden" / name).mkdir(parents=True)
        (tmp_path / "hidden" / name / "__init__.py").write_text("raise ImportError")
    found = piece(there, "1", PYTHONPATH=str(tmp_path / "hidden"))
    assert found.returncode == 2
    told = "missing here: scikit-learn tqdm; bring wheels: pip download scikit-learn tqdm"
    assert told in found.stdout
    assert "Traceback" not in found.stdout
    assert told in (tmp_path / "home" / "piece.log").read_text()
    assert not (there / "run" / "resume.safetensors").exists()


def test_wheels_beside_the_script_are_installed(tmp_path, monkeypatch, capsys):
    commands, missing = [], [["tqdm"], []]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(needs, "_missing", lambda: missing.pop(0))
    monkeypatch.setattr(needs.subprocess, "run", lambda command, check: commands.append(command))
    (tmp_path / "wheels").mkdir()
    assert needs.main() == 0
    (command,) = commands
    assert command[1:4] == ["-m", "pip", "install"]
    assert command[-4:] == ["--no-index", "--find-links", "wheels", "tqdm"]
    assert "missing" not in capsys.readouterr().out


def test_what_a_training_imports_at_its_start_is_looked_for():
    code = "import sys, train.__main__; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True
    )
    loaded = set(run.stdout.split())
    used = set().union(*(imports(p) for p in MODULES if parts_of(p)[0] in ("gan", "train")))
    others = used - sys.stdlib_module_names - {"gan", "train"}
    assert needs.PACKAGES.keys() == others & loaded


def test_wheels_come_along(slices_folder, tmp_path, capsys):
    wheels, file = tmp_path / "w", tmp_path / "parcel.tar.gz"
    wheels.mkdir()
    assert pack(file, slices_folder, "--wheels", str(wheels)) == 2
    assert f"--wheels {wheels}: holds no .whl files" in capsys.readouterr().err
    (wheels / "tqdm-1-py3-none-any.whl").write_bytes(b"wheel")
    assert pack(file, slices_folder, "--wheels", str(wheels)) == 0
    assert (unpacked(file, tmp_path / "there") / "wheels" / "tqdm-1-py3-none-any.whl").exists()


def test_what_a_parcel_refuses(slices_folder, tmp_path, monkeypatch, capsys):
    file = tmp_path / "parcel.tar.gz"

    def refused(reason: str, *more, out=file) -> None:
        assert pack(out, slices_folder, *more) == 2
        assert reason in capsys.readouterr().err
        assert not out.exists()

    refused("its name must end in .tar.gz", out=tmp_path / "parcel.zip")
    refused("--grow: a parcel holds its slices at one size", "--grow", "8:0.1,16")
    refused("nobody is held out: no pictures in a folder named test", "--held-out", "test")
    refused("--start-from nowhere: cannot be read", "--start-from", "nowhere")
    monkeypatch.setattr(parcel, "MOST", 1000)
    refused("MB, but a parcel may have 0.001, and data.slices takes 0.0; give --data fewer slices")
    wheels = tmp_path / "w"
    wheels.mkdir()
    (wheels / "x-1-py3-none-any.whl").write_bytes(os.urandom(100_000))
    refused("and wheels takes 0.1; give --wheels only what", "--wheels", str(wheels))


def test_home_wants_a_training(tmp_path, capsys):
    assert main(["home", str(tmp_path), "--out", str(tmp_path / "home")]) == 2
    assert f"{tmp_path}: holds no resume.safetensors" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
