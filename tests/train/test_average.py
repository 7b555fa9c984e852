"""The mean of several generators, and what it refuses."""

import pytest
import torch

from gan import Generator, ModelConfig
from gan.checkpoint import load_checkpoint, load_generator, named_tensors, save_checkpoint
from tests.conftest import TINY
from train.__main__ import main


def saved(path, seed: int, kimg: float, **changes):
    torch.manual_seed(seed)
    generator = Generator(ModelConfig(**TINY | changes))
    save_checkpoint(path, generator.config, {"kimg": kimg}, named_tensors(G_ema=generator))
    return path


def test_weights_are_the_mean_and_the_newest_tells_of_itself(tmp_path, capsys):
    files = [saved(tmp_path / f"{i}.safetensors", i, kimg) for i, kimg in enumerate((7, 9, 8))]
    out = tmp_path / "new" / "mean.safetensors"
    assert main(["average", *map(str, files), "--out", str(out)]) == 0
    assert "the mean of 3 generators, up to 9 kimg" in capsys.readouterr().out
    found, parts = load_checkpoint(out), [load_checkpoint(path).tensors for path in files]
    assert found.tensors.keys() == parts[0].keys()
    for name, tensor in found.tensors.items():
        assert torch.allclose(tensor, sum(part[name] for part in parts) / 3, atol=1e-6), name
    assert found.provenance == {"kimg": 9, "averaged_kimg": [7, 9, 8]}
    assert load_generator(out)[0](torch.randn(1, 16)).isfinite().all()


@pytest.mark.parametrize(
    ("names", "out", "message"),
    [
        (["a"], "m.safetensors", "one checkpoint is its own mean"),
        (["a", "wide"], "m.safetensors", "wide.safetensors: another network than"),
        (["a", "a"], "m.bin", "must end in .safetensors"),
    ],
)
def test_what_it_refuses(tmp_path, capsys, names, out, message):
    saved(tmp_path / "a.safetensors", 0, 1)
    saved(tmp_path / "wide.safetensors", 0, 1, channel_max=16)
    files = [str(tmp_path / f"{name}.safetensors") for name in names]
    assert main(["average", *files, "--out", str(tmp_path / out)]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / out).exists()
