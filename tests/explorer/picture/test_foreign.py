"""Files of other programs, opened in the usual way."""

import pickle
import shutil

import numpy as np
import pytest
import torch

from explorer.__main__ import models_of
from explorer.picture import foreign
from explorer.picture.foreign import as_ours, models_in, told_of
from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Recipe
from gan.checkpoint import CheckpointError, load_checkpoint
from gan.generator import Generator
from tests.explorer.conftest import write_model
from tests.gan.convert.mmgeneration_like import Generator as Mmgeneration
from tests.gan.convert.mmgeneration_like import whole
from tests.gan.convert.nvidia_like import their_programs
from tests.gan.convert.theirs import nvidia_module


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with a network of NVIDIA's program, and one of our own with the same weights."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = write_model(tmp_path / "zoo" / "own.safetensors", z_dim=32, w_dim=32)
    checkpoint = load_checkpoint(own)
    generator = Generator(checkpoint.config)
    checkpoint.load_into(generator, "G_ema")
    with their_programs(), open(own.parent / "theirs.pkl", "wb") as file:
        pickle.dump({"G_ema": nvidia_module(generator)}, file)
    return own.parent


def test_it_opens_like_any_model_and_shows_the_same(files, tmp_path):
    theirs, own = load(files / "theirs.pkl"), load(files / "own.safetensors")
    assert theirs.name == "theirs"
    assert theirs.path.is_relative_to(tmp_path / "cache")
    recipe = Recipe(seed=5, psi=0.7)
    assert np.abs(render(theirs, recipe).astype(int) - render(own, recipe)).max() <= 1
    assert told_of(theirs.provenance)[0].startswith("theirs.pkl: pickle")
    assert "nothing in the file was run" in told_of(theirs.provenance)[0]
    assert told_of(own.provenance) == []


def test_mmgenerations_files_open_too(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    theirs = Mmgeneration(style=32)
    torch.save({"meta": {"iter": 1}, "state_dict": whole(theirs)}, tmp_path / "brains.pth")
    [model] = models_of(tmp_path / "brains.pth", "cpu")
    z = torch.from_numpy(np.random.RandomState(5).randn(1, 32)).float()
    with torch.no_grad():
        picture = theirs(z)[0].flip(0).permute(1, 2, 0)  # red, green, blue
    expected = (picture * 127.5 + 128).clamp(0, 255).to(torch.uint8).numpy()
    assert expected.std() > 20
    assert np.abs(render(model, Recipe(seed=5, psi=1.0)).astype(int) - expected).max() <= 1
    assert "with mmgeneration's names" in told_of(model.provenance)[0]


def test_it_is_converted_once_and_by_its_content(files, monkeypatch):
    first = as_ours(files / "theirs.pkl")
    shutil.copy(files / "theirs.pkl", files / "v1.2-again.pkl")
    with monkeypatch.context() as patch:
        patch.setattr(foreign, "read_foreign", None)
        assert as_ours(files / "theirs.pkl") == first
        assert as_ours(files / "own.safetensors") == files / "own.safetensors"
    other = as_ours(files / "v1.2-again.pkl")  # the same content keeps its own name
    assert other.parent == first.parent
    assert other.name == "v1.2-again.safetensors"


def test_without_a_cache_it_lasts_as_long_as_the_program(files, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("in the way")
    found = as_ours(files / "theirs.pkl")
    assert load_checkpoint(found).config.resolution == 16
    assert not found.is_relative_to(tmp_path / "cache")


def test_a_folder_is_a_choice_and_what_cannot_be_opened_is_told(files, capsys):
    load(files / "own.safetensors")  # leaves files of its own beside it
    (files / "broken.pt").write_bytes(b"PK\x03\x04" * 99)
    (files / "notes.txt").write_text("nothing")
    assert [file.name for file in models_in(files)] == [
        "broken.pt", "own.safetensors", "theirs.pkl",
    ]  # fmt: skip
    assert [model.name for model in models_of(files, "cpu")] == ["own", "theirs"]
    told = capsys.readouterr().err
    assert told.startswith(f"left out: {files / 'broken.pt'}: the zip is damaged")
    assert told.count("\n") == 1


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="no model lies in this folder"):
        models_in(tmp_path)
    (tmp_path / "x.pkl").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"x\.pkl: it is empty"):
        models_of(tmp_path, "cpu")


def test_what_is_no_generator_is_refused_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.save({"weights": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"other\.pth: ") as refused:
        load(tmp_path / "other.pth")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "cache").exists()
