"""Networks in the layout of other programs, computed by themselves: the same pictures here."""

import argparse
import collections
import gzip
import pickle
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from gan import Discriminator, Generator
from gan.checkpoint import load_checkpoint
from gan.convert.__main__ import main
from gan.fast import FastSynthesis
from tests.gan.convert import nvidia_like as nvidia
from tests.gan.convert import rosinality_like as rosinality
from train import config as train_config


def pickled(path: Path, content, protocol: int = 4) -> Path:
    with nvidia.their_programs():
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def saved(path: Path, content, zipped: bool = True) -> Path:
    with nvidia.their_programs():
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


def taken_over(path: Path, *more: str):
    """The checkpoint that the command writes."""
    out = path.with_suffix(".safetensors")
    assert main([str(path), "--out", str(out), *more]) == 0
    return load_checkpoint(out)


def classes(network, N: int) -> torch.Tensor | None:
    return torch.eye(network.mapping.c_dim)[torch.arange(N) % 3] if network.c_dim else None


@torch.no_grad()
def check_pictures(checkpoint, theirs, name: str = "G_ema") -> None:
    """The plain network's and the fast one's, from the same z."""
    G = Generator(checkpoint.config).requires_grad_(False)
    checkpoint.load_into(G, name)
    z = torch.randn(4, 16)
    c = classes(theirs, 4) if hasattr(theirs, "mapping") else None
    expected = theirs(z) if c is None else theirs(z, c)
    ws = G.broadcast(G.mapping(z, c))
    allowed = 2e-5 * (expected.max() - expected.min()).item()
    for synthesis in (G.synthesis, FastSynthesis(G.synthesis)):
        assert (synthesis(ws, "const") - expected).abs().max().item() < allowed


@torch.no_grad()
def check_verdicts(checkpoint, theirs) -> None:
    D = Discriminator(checkpoint.config)
    checkpoint.load_into(D, "D")
    img = torch.randn(16, checkpoint.config.img_channels, 16, 16)
    c = classes(theirs, 16) if hasattr(theirs, "c_dim") else None
    expected = theirs(img) if c is None else theirs(img, c)
    assert torch.allclose(D(img, c), expected, atol=1e-5 * expected.abs().max().item() + 1e-5)


GENERATORS = {
    "as published": {"conv_clamp": 256},
    "without a bound": {},
    "a bound that bites": {"conv_clamp": 0.8},
    "a bound that bites, colour and classes": {"conv_clamp": 0.8, "channels": 3, "c_dim": 3},
    "without noise": {"use_noise": False},
    "another multiplier": {"lr_multiplier": 0.1},
    "many mapping layers": {"layers": 8},
    "32 px": {"R": 32, "conv_clamp": 256},
}


@pytest.mark.parametrize("kind", GENERATORS)
def test_nvidias_pictures(tmp_path, kind):
    theirs = nvidia.Generator(**GENERATORS[kind])
    checkpoint = taken_over(pickled(tmp_path / "a.pkl", {"G_ema": theirs}))
    check_pictures(checkpoint, theirs)
    assert checkpoint.config.conv_clamp == GENERATORS[kind].get("conv_clamp")


DISCRIMINATORS = {
    "as published": {"conv_clamp": 256},
    "of the preset paper256": {"mbstd": 8, "conv_clamp": 256},
    "of the preset cifar": {"mbstd": 32, "architecture": "orig", "conv_clamp": 256},
    "a bound that bites": {"conv_clamp": 0.6},
    "a bound that bites without skips": {"conv_clamp": 0.6, "architecture": "orig"},
    "one group of all": {"mbstd": None},
    "several deviations": {"mbstd_channels": 2},
    "classes, another multiplier": {"c_dim": 3, "lr_multiplier": 1.0},
}


@pytest.mark.parametrize("kind", DISCRIMINATORS)
def test_nvidias_verdicts(tmp_path, capsys, kind):
    options = DISCRIMINATORS[kind]
    G = nvidia.Generator(c_dim=options.get("c_dim", 0), conv_clamp=options.get("conv_clamp"))
    D = nvidia.Discriminator(**options)
    checkpoint = taken_over(pickled(tmp_path / "a.pkl", {"G_ema": G, "D": D}))
    check_verdicts(checkpoint, D)
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("train on"))
    assert ("--d-architecture orig" in line) == ("architecture" in options)
    assert ("--mbstd-group 8" in line) == (options.get("mbstd") == 8)
    assert ("--mbstd-channels 2" in line) == ("mbstd_channels" in options)
    assert ("--conv-clamp" in line) == ("conv_clamp" in options)
    told = train_config.parse([*shlex.split(line)[5:-1], "data", "--out", str(tmp_path / "run")])
    assert replace(told.model, c_dim=checkpoint.config.c_dim) == checkpoint.config


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"architecture": "skip"}, "its discriminator is of the kind skip; only resnet and orig"),
        ({"mbstd_channels": 5}, "mbstd_channels: 5 do not divide the"),
        ({"mbstd_channels": 0}, "does not compare pictures"),
        ({"activation": "relu"}, "b16.fromrgb has another activation, relu instead of lrelu"),
        ({"conv_clamp": 256}, "bounds its feature maps otherwise than G_ema"),
    ],
)
def test_another_discriminator_is_left_out_with_the_reason(tmp_path, capsys, options, why):
    content = {"G_ema": nvidia.Generator(), "D": nvidia.Discriminator(**options)}
    checkpoint = taken_over(pickled(tmp_path / "a.pkl", content))
    report = capsys.readouterr().out
    assert "without D: " in report
    assert why in report
    assert "holds no discriminator" in report
    assert not checkpoint.part("D")


NOT_MADE = {
    "its synthesis network is of the kind resnet; only skip": {"architecture": "resnet"},
    "its synthesis network is of the kind orig; only skip": {"architecture": "orig"},
    "its pictures have 4 channels; 1 (grey) and 3 (colour)": {"channels": 4},
    "its pictures have 2 channels; 1 (grey) and 3 (colour)": {"channels": 2},
    "it has one class; networks made here": {"c_dim": 1},
    "resample_filter is not the filter [1, 3, 3, 1]": {"taps": (1, 2, 2, 1)},
    "synthesis.b4.resample_filter is not the filter": {"taps": (1, 2, 1)},
}


@pytest.mark.parametrize("why", NOT_MADE)
@pytest.mark.parametrize("bare", [False, True])
def test_what_is_not_made_here_is_refused_by_name(tmp_path, capsys, why, bare):
    """From a pickle, and from a state dict, which has no attributes."""
    theirs = nvidia.Generator(**NOT_MADE[why])
    if bare:
        path = saved(tmp_path / "a.pt", {"G_ema": theirs.state_dict()})
    else:
        path = pickled(tmp_path / "a.pkl", {"G_ema": theirs})
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert why in capsys.readouterr().err


def test_layers_with_different_bounds_are_refused(tmp_path, capsys):
    theirs = nvidia.Generator(conv_clamp=256)
    theirs.synthesis.b8.torgb.conv_clamp = 1
    path = pickled(tmp_path / "a.pkl", {"G_ema": theirs})
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "bound their feature maps differently (conv_clamp)" in capsys.readouterr().err


def ways(G, D) -> dict:
    """How networks are kept: what to save, and how."""
    parallel = {f"module.{name}": tensor for name, tensor in G.state_dict().items()}
    return {
        "whole": (pickled, {"G": G, "D": D, "G_ema": G}),
        "a bare G_ema": (pickled, G),
        "only G": (pickled, {"G": G}),
        "torch.save of the dict": (saved, {"G": G, "D": D, "G_ema": G}),
        "torch.save of a generator": (saved, G),
        "torch.save of its state dict": (saved, G.state_dict()),
        "torch.save of state dicts": (saved, {"G_ema": G.state_dict(), "D": D.state_dict()}),
        "a pickle of a state dict": (pickled, G.state_dict()),
        "a copy for many cards": (saved, {"g_ema": parallel}),
    }


@pytest.mark.parametrize("way", ways(nvidia.Generator(), nvidia.Discriminator()))
def test_nvidias_networks_come_from_any_file(tmp_path, capsys, way):
    G, D = nvidia.Generator(conv_clamp=256), nvidia.Discriminator(conv_clamp=256)
    save, content = ways(G, D)[way]
    checkpoint = taken_over(save(tmp_path / "a.pt", content))
    check_pictures(checkpoint, G)
    report = capsys.readouterr().out
    assert ("its G is taken for it" in report) == (way == "only G")
    assert ("a state dict does not tell everything" in report) == ("state" in way or "cards" in way)
    if isinstance(content, dict) and "D" in content:
        check_verdicts(checkpoint, D)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("packed", [False, True])
def test_any_protocol_packed_or_not(tmp_path, protocol, packed):
    G, D = nvidia.Generator(channels=3, c_dim=3), nvidia.Discriminator(channels=3, c_dim=3)
    path = pickled(tmp_path / "a.pkl", {"G_ema": G, "D": D}, protocol)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    checkpoint = taken_over(path)
    check_pictures(checkpoint, G)
    check_verdicts(checkpoint, D)


EXTRAS = {
    "args": argparse.Namespace(size=16, path=Path("/home/somebody"), device=torch.device("cpu")),
    "best_val_loss": np.float64(0.25), "opts": collections.defaultdict(list, steps=range(3)),
    "size": torch.Size([1, 3]), "history": np.arange(5), "objects": np.array(["a", None]),
}  # fmt: skip


@pytest.mark.parametrize("way", ["g_ema", "g", "bare", "e4e", "module", "legacy", "gzip", "pickle"])
def test_rosinalitys_networks_come_from_any_file(tmp_path, capsys, way):
    G, D = rosinality.Generator(), rosinality.Discriminator()
    state, mean = G.state_dict(), torch.randn(16)
    content = {
        "g_ema": {"g_ema": state, "d": D.state_dict(), "latent_avg": mean} | EXTRAS,
        "g": {"g": state, "d": D.state_dict()},
        "bare": state,
        "e4e": {
            "state_dict": {f"decoder.{k}": v for k, v in state.items()} | {"encoder.x": mean},
            "latent_avg": mean.repeat(6, 1).numpy(), "opts": vars(EXTRAS["args"]),
        },
        "module": {"g_ema": {f"module.{k}": v for k, v in state.items()}},
    }.get(way, {"g_ema": state} | EXTRAS)  # fmt: skip
    path = tmp_path / "a.pt"
    if way == "pickle":
        pickled(path, content, 2)
    else:
        saved(path, content, way != "legacy")
    if way == "gzip":
        path.write_bytes(gzip.compress(path.read_bytes()))
    checkpoint = taken_over(path)
    check_pictures(checkpoint, G)
    if "latent_avg" in content:
        w_avg = checkpoint.part("G_ema")["mapping.w_avg"]
        assert torch.allclose(w_avg, mean, atol=1e-6)
    if "d" in content:
        check_verdicts(checkpoint, D)
    assert "somebody" not in str(checkpoint.provenance)


def test_a_multiplier_that_the_file_does_not_say(tmp_path, capsys):
    """Without the option the pictures are wrong: that is said."""
    G = rosinality.Generator(lr_mlp=0.1, n_mlp=8)
    path = saved(tmp_path / "a.pt", {"g_ema": G.state_dict(), "latent_avg": torch.zeros(16)})
    check_pictures(taken_over(path, "--lr-mlp", "0.1"), G)
    report = capsys.readouterr().out
    assert "WARNING" not in report
    assert "rescaled to 0.01" in report
    path.with_suffix(".safetensors").unlink()
    taken_over(path)
    report = capsys.readouterr().out
    assert "WARNING: its w spread by " in report
    assert "try --lr-mlp 0.1" in report


def test_a_multiplier_that_the_file_says_otherwise_is_refused(tmp_path, capsys):
    path = pickled(tmp_path / "a.pkl", {"G_ema": nvidia.Generator()})
    out = str(tmp_path / "a.safetensors")
    assert main([str(path), "--out", out, "--lr-mlp", "0.1"]) == 2
    assert "--lr-mlp 0.1: the file itself says 0.01" in capsys.readouterr().err
    assert main([str(path), "--out", out, "--lr-mlp", "-1"]) == 2
    assert "must be above 0" in capsys.readouterr().err
    assert main([str(path), "--out", out, "--lr-mlp", "0.01"]) == 0


@pytest.mark.parametrize("taps", [(1, 2, 1), (1, 1, 1, 1)])
def test_rosinalitys_other_filters_are_refused_by_name(tmp_path, capsys, taps):
    G, D = rosinality.Generator(taps=taps), rosinality.Discriminator(taps=taps)
    path = saved(tmp_path / "a.pt", {"g_ema": G.state_dict()})
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "kernel is another filter than [1, 3, 3, 1]" in capsys.readouterr().err
    G = rosinality.Generator()
    taken_over(saved(tmp_path / "b.pt", {"g_ema": G.state_dict(), "d": D.state_dict()}))
    assert "without D: convs.1.conv2.0.kernel is another filter" in capsys.readouterr().out


def test_a_tensor_of_an_unknown_kind_is_refused_only_where_it_is_needed(tmp_path, capsys):
    state = rosinality.Generator().state_dict()
    state["input.input"] = state["input.input"].to_sparse()
    path = saved(tmp_path / "a.pt", {"g_ema": state})
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    assert "synthesis.b4.const is kept as torch._utils._rebuild_sparse_tensor" in (
        capsys.readouterr().err
    )
    G = rosinality.Generator()
    more = {"g_ema": G.state_dict(), "seen": state["input.input"]}
    check_pictures(taken_over(saved(tmp_path / "b.pt", more)), G)


def test_a_whole_module_of_an_unknown_class_is_refused_with_the_remedy(tmp_path, capsys):
    path = saved(tmp_path / "a.pt", {"g_ema": rosinality.Generator()})
    assert main([str(path), "--out", str(tmp_path / "a.safetensors")]) == 2
    error = capsys.readouterr().err
    assert "its G_ema is an object of tests.gan.convert.rosinality_like.Generator" in error
    assert "save its state_dict" in error
