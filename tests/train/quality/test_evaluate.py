"""The evaluate command: its files, its page, its refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.conftest import TINY
from tests.train.quality.heads import heads
from train.__main__ import main


def write(folder: Path, people, classes: int = 0) -> None:
    slices = heads(people, levels=6)
    for i, (image, person) in enumerate(zip(slices.images, slices.subjects, strict=True)):
        place = folder / f"class{int(person[4:]) % classes}" if classes else folder
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0]).save(place / f"{person}_z{i:03d}.png")


def save(path: Path, train: dict | None = None, **model) -> Path:
    generator = Generator(ModelConfig(**TINY | model))
    provenance = {"kimg": 2.0, "train": train or {}}
    save_checkpoint(path, generator.config, provenance, named_tensors(G_ema=generator))
    return path


@pytest.fixture
def data(tmp_path):
    write(tmp_path / "data" / "train", range(8))
    write(tmp_path / "data" / "val", range(20, 23))
    return tmp_path / "data"


def test_figures_page_and_pictures(data, tmp_path, capsys):
    checkpoint, out = save(tmp_path / "model.safetensors"), tmp_path / "evaluation"
    arguments = ["evaluate", str(checkpoint), "--data", str(data), "--out", str(out),
                 "--samples", "40"]  # fmt: skip
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    result = json.loads((out / "evaluation.json").read_text())
    assert result["kimg"] == 2
    assert result["slices"] == {"train": 48, "held_out": 18, "generated": 40}
    assert result["people"] == {"train": 8, "held_out": 3}
    assert "against 3 people it never saw" in printed
    assert "install torch-fidelity" in printed
    for part in ("halves", "held_out"):  # a network that learned nothing is far from the floor
        value, floor = result[part]["value"], result[part]["floor"]
        assert value["swd"] > 2 * floor["swd"]
        assert value["coverage"] < floor["coverage"]
    features = [p.name for p in out.iterdir() if p.name.startswith("features-")]
    assert sorted(p.name for p in out.iterdir()) == sorted([
        "closest-pairs.png", "evaluation.html", "evaluation.json", "samples-psi0.7.png",
        "samples-psi1.png", "worst.png", *features,
    ])  # fmt: skip
    assert len(features) == 1
    page = (out / "evaluation.html").read_text()
    assert 'src="http' not in page
    assert "<link" not in page
    assert "Sliced Wasserstein" in page
    assert "closest-pairs.png" in page
    sheet = Image.open(out / "samples-psi1.png")
    assert sheet.size == (128, 128)
    assert "Synthetic" in sheet.text["Description"]
    assert "The worst of 40" in page
    assert Image.open(out / "worst.png").size == (128, 64 + 5 * 14)
    assert main([*arguments, "--no-real"]) == 0  # the same seed gives the same figures
    assert json.loads((out / "evaluation.json").read_text()) == result
    assert np.array_equal(np.asarray(Image.open(out / "samples-psi1.png")), np.asarray(sheet))
    assert not (out / "closest-pairs.png").exists()
    assert "closest-pairs.png" not in (out / "evaluation.html").read_text()


@pytest.mark.usefixtures("hardly_taught")
def test_without_unseen_people(tmp_path, capsys):
    write(tmp_path / "data", range(8))
    checkpoint = save(tmp_path / "model.safetensors")
    arguments = ["evaluate", str(checkpoint), "--data", str(tmp_path / "data"), "--samples", "20"]
    assert main(arguments) == 0
    out = tmp_path / "model-evaluation"
    assert json.loads((out / "evaluation.json").read_text())["held_out"] is None
    assert "Beside people it never saw" not in (out / "evaluation.html").read_text()
    assert main([*arguments, "--held-out", "test"]) == 2
    assert "no pictures in a folder named test" in capsys.readouterr().err


@pytest.mark.usefixtures("hardly_taught")
def test_a_model_with_classes_in_colour(tmp_path):
    write(tmp_path / "data", range(8), classes=2)
    options = {"labels": "folders"}
    checkpoint = save(tmp_path / "model.safetensors", options, c_dim=2, img_channels=3)
    arguments = ["evaluate", str(checkpoint), "--data", str(tmp_path / "data"), "--samples", "20"]
    assert main(arguments) == 0
    assert Image.open(tmp_path / "model-evaluation" / "closest-pairs.png").mode == "RGB"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--held-out", "test"], "no pictures in a folder named test"),
        (["--samples", "1"], "--samples 1: at least 2"),
        (["--inception", "nowhere.pth"], "--inception nowhere.pth: no such file"),
    ],
)
def test_what_makes_no_sense_is_refused(data, tmp_path, change, message, capsys):
    checkpoint = save(tmp_path / "model.safetensors")
    assert main(["evaluate", str(checkpoint), "--data", str(data), *change]) == 2
    assert message in capsys.readouterr().err


def test_other_classes_are_refused(data, tmp_path, capsys):
    checkpoint = save(tmp_path / "model.safetensors", c_dim=2)
    assert main(["evaluate", str(checkpoint), "--data", str(data)]) == 2
    assert "0 classes, but the model knows 2" in capsys.readouterr().err


def test_what_is_no_checkpoint_is_refused(data, tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "none.safetensors"), "--data", str(data)]) == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.usefixtures("hardly_taught")
def test_the_folder_of_a_training_will_do(data, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    save(run / "model.safetensors")
    best = str(run / "best.safetensors")
    assert main(["evaluate", best, "--data", str(data)]) == 2
    assert "not judged yet" in capsys.readouterr().err
    assert main(["evaluate", str(run), "--data", str(data), "--samples", "20"]) == 0
    printed = capsys.readouterr().out
    assert "few people: these figures mean little" in printed
    assert (run / "model-evaluation" / "evaluation.json").exists()
