"""The evaluate command: its files, its floors, its refusals."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.conftest import TINY
from train.__main__ import main


@pytest.fixture
def checkpoint(tmp_path):
    generator = Generator(ModelConfig(**TINY))
    path = tmp_path / "model.safetensors"
    provenance = {"kimg": 2.0, "train": {"mirror": True}}
    save_checkpoint(path, generator.config, provenance, named_tensors(G_ema=generator))
    return path


@pytest.fixture
def split_folder(slices_folder, tmp_path):
    """16 slices to train on, 8 of others."""
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        folder = tmp_path / "data" / ("val" if i % 3 == 0 else "train")
        folder.mkdir(parents=True, exist_ok=True)
        path.rename(folder / path.name)
    return tmp_path / "data"


def test_figures_and_pictures(checkpoint, split_folder, tmp_path, capsys):
    out = tmp_path / "evaluation"
    arguments = ["evaluate", str(checkpoint), "--data", str(split_folder), "--out", str(out)]
    assert main(arguments) == 0
    figures = json.loads((out / "evaluation.json").read_text())
    assert json.loads(capsys.readouterr().out) == figures
    assert figures["slices"] == {"train": 16, "held_out": 8, "generated": 8}
    # A network that learned nothing is far from the floor in everything.
    assert figures["sliced_wasserstein"]["16"] > 2 * figures["sliced_wasserstein_floor"]["16"]
    assert figures["neighbours"]["coverage"] < figures["neighbours_floor"]["coverage"]
    assert figures["memorised_share"] == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "closest-pairs.png", "evaluation.json", "samples-psi0.7.png", "samples-psi1.png",
    ]  # fmt: skip
    sheet = Image.open(out / "samples-psi1.png")
    assert sheet.size == (128, 128)
    assert "Synthetic" in sheet.text["Description"]
    assert main(arguments) == 0  # the same seed gives the same figures
    assert json.loads((out / "evaluation.json").read_text()) == figures
    assert np.array_equal(np.asarray(Image.open(out / "samples-psi1.png")), np.asarray(sheet))


def test_copies_of_mirrored_slices_are_noticed_too(split_folder, tmp_path):
    from train.data import load_slices
    from train.evaluate import measure

    train, held_out = (
        torch.from_numpy(load_slices(split_folder, 16, 1, split=s).images).float() / 127.5 - 1
        for s in ("train", "held_out")
    )
    train[:, :, :, :4] = 1  # not symmetric

    copies = train.flip(3)[:8]
    assert measure(train, held_out, copies, mirror=True)["memorised_share"] == 1
    assert measure(train, held_out, copies, mirror=False)["memorised_share"] < 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--held-out", "test"], "no pictures in a folder named test"),
        (["--held-out", "train"], "the model has seen these"),
    ],
)
def test_without_unseen_people_nothing_is_claimed(
    checkpoint, split_folder, tmp_path, change, message, capsys
):
    arguments = ["--data", str(split_folder), "--out", str(tmp_path / "e"), *change]
    assert main(["evaluate", str(checkpoint), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_what_is_no_checkpoint_is_refused(split_folder, tmp_path, capsys):
    arguments = ["--data", str(split_folder), "--out", str(tmp_path / "e")]
    assert main(["evaluate", str(tmp_path / "none.safetensors"), *arguments]) == 2
    assert "no such file" in capsys.readouterr().err
