"""A model file of half the size shows the same pictures."""

import pytest
import torch

from gan.checkpoint import load_checkpoint, load_generator, named_tensors, save_checkpoint
from tests.train.test_run import arguments
from train.__main__ import main
from train.halve import grey_levels


@pytest.fixture
def model(tmp_path, tiny_generator):
    path = tmp_path / "model.safetensors"
    tensors = named_tensors(G_ema=tiny_generator)
    save_checkpoint(path, tiny_generator.config, {"kimg": 3}, tensors)
    return path


def test_half_the_bytes_and_the_same_pictures(model, tmp_path, capsys):
    out = tmp_path / "new" / "small.safetensors"
    assert main(["halve", str(model), "--out", str(out)]) == 0
    tensors = load_checkpoint(out).tensors
    assert {t.dtype for t in tensors.values()} == {torch.float16}
    assert out.stat().st_size < 0.7 * model.stat().st_size
    whole, small = load_generator(model)[0], load_generator(out)[0]
    assert next(small.parameters()).dtype == torch.float32
    assert load_checkpoint(out).provenance == {"kimg": 3}
    off = grey_levels(whole, small)
    assert 0 < off.max() <= 2
    assert f"{off.mean():.2f} of 255 on average, {off.max():.0f} at most" in capsys.readouterr().out


def test_what_it_refuses(model, tmp_path, tiny_generator, capsys):
    assert main(["halve", str(model), "--out", str(tmp_path / "small.bin")]) == 2
    assert "must end in .safetensors" in capsys.readouterr().err
    tiny_generator.mapping.w_avg.fill_(1e6)
    tensors = named_tensors(G_ema=tiny_generator)
    save_checkpoint(model, tiny_generator.config, {}, tensors)
    out = tmp_path / "small.safetensors"
    assert main(["halve", str(model), "--out", str(out)]) == 2
    assert "G_ema.mapping.w_avg is too large for half precision" in capsys.readouterr().err
    assert not out.exists()


def test_a_training_is_not_written_over(slices_folder, tmp_path, capsys):
    run = tmp_path / "run"
    assert main(arguments(slices_folder, run, 0.04)) == 0
    resume, before = run / "resume.safetensors", {p: p.read_bytes() for p in run.glob("*.*")}
    assert main(["halve", str(resume), "--out", str(run / "." / "resume.safetensors")]) == 2
    assert "is the checkpoint itself; give another name" in capsys.readouterr().err
    assert main(["home", str(run), "--out", str(run)]) == 2
    assert "is the training itself; give another folder" in capsys.readouterr().err
    assert {p: p.read_bytes() for p in run.glob("*.*")} == before
