"""Growing: the plan, blocks that fade in without a jump, and runs that resume at any stage."""

import json
from dataclasses import replace

import pytest
import torch

from gan import Discriminator, Generator, ModelConfig
from gan.checkpoint import load_checkpoint, load_generator
from gan.layers import leaky_relu
from gan.resample import downsample2d, upsample2d
from tests.conftest import TINY
from tests.train.test_run import arguments
from train.__main__ import main
from train.config import UsageError, configs_for
from train.growth import at_stage, check_fade, stages
from train.state import TrainState

SMALL = ModelConfig(**TINY)
LARGE = ModelConfig(**(TINY | {"resolution": 32}))


def plan(grow, kimg=100.0, resolution=128, **options):
    return stages(configs_for("cpu128", grow=grow, kimg=kimg, **options)[1], resolution)


def test_a_plan_is_read():
    for text in ("32:10,64:20,128", "32:10, 64:20, 128:...", "32:10,64:20,128:70"):
        small, middle, large = plan(text)
        assert [s.resolution for s in (small, middle, large)] == [32, 64, 128]
        assert [(s.start, s.end) for s in (small, middle, large)] == [
            (0, 10_000), (10_000, 30_000), (30_000, 100_000),
        ]  # fmt: skip
        assert (small.fade_in, middle.fade_in) == (0, 10_000)
    assert (small.fade(0), middle.fade(10_000), middle.fade(15_000)) == (1, 0, 0.5)
    assert middle.fade(25_000) == 1
    (only,) = plan("")
    assert (only.resolution, only.end, only.fade(0)) == (128, 100_000, 1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("32:10,128", "twice the one before"),
        ("8:10,16", "twice the one before, 16 at least"),
        ("64:10,32", "twice the one before"),
        ("32:10,64", "must end at --resolution 128"),
        ("32,64:10,128", "32 needs its thousand images"),
        ("big:10,64", "big:10 is no resolution:kimg"),
        ("32:50,64:50,128", "nothing of --kimg 100 is left for 128 px"),
        ("32:0,64", "32:0 shows no images at 32 px"),
        ("32:-5,64", "32:-5 shows no images at 32 px"),
        ("32:inf,64", "32:inf is no resolution:kimg"),
        ("32:1e400,64", "32:1e400 is no resolution:kimg"),
    ],
)
def test_plans_that_make_no_sense(text, reason):
    with pytest.raises(UsageError, match=f"--grow .*{reason}.*an example is"):
        plan(text)


def test_gamma_follows_the_number_of_pixels():
    model, config = configs_for("cpu128", grow="64:10,128", r1_gamma=1.2)
    first, last = stages(config, 128)
    small, gentle = at_stage(model, config, first)
    assert (small.resolution, gentle.r1_gamma) == (64, pytest.approx(0.3))
    assert at_stage(model, config, last) == (model, config)


@pytest.fixture
def grown(tmp_path):
    """A small state with all weights random, and the larger one grown from it."""
    _, config = configs_for("cpu64", batch=8)
    small = TrainState(SMALL, config, torch.device("cpu"))
    with torch.no_grad():
        for network in (small.G, small.D):
            for parameter in network.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
    small.G_ema.load_state_dict(small.G.state_dict())
    small.seen, small.ada.p = 320, 0.25
    small.save(tmp_path / "small.safetensors", {})
    large = TrainState(LARGE, config, torch.device("cpu"), grown=True)
    large.grow_from(tmp_path / "small.safetensors")
    return small, large


def test_nothing_jumps_when_a_block_is_added(grown):
    small, large = grown
    assert (large.seen, large.ada.p) == (320, 0.25)
    z = torch.randn(4, 16)
    for before, after in ((small.G, large.G), (small.G_ema, large.G_ema)):
        ws = after.broadcast(after.mapping(z))
        large_picture = after.synthesis(ws, noise_mode="const", fade=0.0)
        small_picture = before(z, noise_mode="const")
        assert torch.allclose(large_picture, upsample2d(small_picture), atol=1e-5)
    images = torch.rand(4, 1, 32, 32) * 2 - 1
    verdict = large.D(images, fade=0.0)
    assert torch.allclose(verdict, small.D(downsample2d(images)), atol=1e-5)
    assert not torch.allclose(verdict, large.D(images), atol=1e-2)


def test_half_way_both_entries_count_half(grown):
    _, large = grown
    D, images = large.D, torch.rand(2, 1, 32, 32) * 2 - 1
    seen = []
    D.b16.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    D(images, fade=0.25)
    below = D.fromrgb_below
    old = leaky_relu(
        downsample2d(images) * below.weight.view(1, -1, 1, 1) * 2**0.5
        + below.bias.view(1, -1, 1, 1) * 2**0.5
    )
    assert torch.allclose(seen[0], 0.75 * old + 0.25 * D.b32(images), atol=1e-5)


def test_a_grown_discriminator_alone_has_two_entries():
    assert not hasattr(Discriminator(LARGE), "fromrgb_below")
    assert hasattr(Discriminator(LARGE, grown=True), "fromrgb_below")


GROW = ("--grow", "16:0.08,32:0.08,64", "--resolution", "64", "--fade-kimg", "0.06")


def test_a_growing_run_from_the_command_line(slices_folder, tmp_path, capfd):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert main(arguments(slices_folder, whole, 0.24, *GROW)) == 0
    output = capfd.readouterr().out
    assert "grown from 16 px at 0.08 kimg" in output
    assert "grown from 32 px at 0.16 kimg" in output
    lines = [json.loads(line) for line in (whole / "stats.jsonl").read_text().splitlines()]
    assert [line["resolution"] for line in lines] == [16, 16, 32, 32, 64, 64]
    generator, _ = load_generator(whole / "model.safetensors")
    assert generator.config.resolution == 64

    # Stopped in the middle of a stage and between two, it ends the same.
    for kimg in (0.2, 0.24):
        assert main(arguments(slices_folder, parts, kimg, *GROW)) == 0
    assert "resumed at 0.2 kimg" in capfd.readouterr().out
    expected, found = (load_checkpoint(p / "resume.safetensors").tensors for p in (whole, parts))
    assert expected.keys() == found.keys()
    different = [n for n in expected if not torch.equal(found[n], expected[n])]
    assert set(different) <= {"state.seconds"}


def test_another_plan_is_refused(slices_folder, tmp_path, capsys):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.04, "--resolution", "16"))
    other = ("--grow", "32:0.08,64", "--resolution", "64")
    assert main(arguments(slices_folder, out, 0.24, *other)) == 2
    assert "is at 16 px, which is not in it" in capsys.readouterr().err


def test_a_model_saved_while_a_block_fades_in_shows_what_was_trained(slices_folder, tmp_path):
    out = tmp_path / "run"
    grow = ("--grow", "16:0.04,32", "--resolution", "32", "--fade-kimg", "0.08")
    main(arguments(slices_folder, out, 0.08, *grow))
    generator, _ = load_generator(out / "model.safetensors")
    checkpoint = load_checkpoint(out / "resume.safetensors")
    raw = Generator(checkpoint.config)
    checkpoint.load_into(raw, "G_ema")
    ws = raw.broadcast(raw.mapping(torch.randn(3, 16)))
    expected = raw.synthesis(ws, noise_mode="const", fade=0.5)
    assert torch.allclose(generator.synthesis(ws, noise_mode="const"), expected, atol=1e-5)
    assert not torch.allclose(raw.synthesis(ws, noise_mode="const"), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("grow", "kimg", "seen", "right"),
    [
        ("64:280,128", 600, 280_016, None),
        ("64:48,128", 600, 48_176, None),
        ("64:280,128", 600, 281_000, None),
        ("64:280,128", 600, 282_000, "64:282"),
        ("64:280,128", 600, 400_016, "64:400.016"),
        ("32:50,64:150,128", 600, 250_000, "64:200"),
        ("32:50,64:150,128", 600, 170_000, None),
    ],
)
def test_a_training_past_its_growth_is_told_the_right_plan(grow, kimg, seen, right):
    config = configs_for("cpu128", grow=grow, kimg=kimg)[1]
    place = len(grow.split(",")) - 2
    if right is None:
        check_fade(config, stages(config, 128), place, seen)
    else:
        with pytest.raises(UsageError, match=f"--grow {grow}: .*; give {right};"):
            check_fade(config, stages(config, 128), place, seen)
    check_fade(replace(config, fade_kimg=0.0), stages(config, 128), place + 1, seen)  # no more


def test_no_fade_is_skipped(slices_folder, tmp_path, capsys):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.08, "--resolution", "16"))
    rest = ("--resolution", "32", "--fade-kimg", "0.06")
    assert main(arguments(slices_folder, out, 0.12, "--grow", "16:0.04,32", *rest)) == 2
    assert "0.08 kimg are shown, but 32 px would have begun to fade in at 0.04; give 16:0.08" in (
        capsys.readouterr().err
    )
    assert main(arguments(slices_folder, out, 0.12, "--grow", "16:0.08,32", *rest)) == 0


def test_a_grown_run_with_other_options_is_told_which(slices_folder, tmp_path, capsys):
    grown, plain = tmp_path / "grown", tmp_path / "plain"
    grow = ("--grow", "16:0.04,32", "--fade-kimg", "0.04", "--resolution", "32")
    main(arguments(slices_folder, grown, 0.08, *grow))
    main(arguments(slices_folder, plain, 0.04, "--resolution", "32"))
    small = tmp_path / "small"
    main(arguments(slices_folder, small, 0.04, "--resolution", "16"))
    for out, options, words in (
        (grown, ("--resolution", "32"), "has grown: give the same --grow again, or another --out"),
        (plain, grow, "did not grow to this size: leave --grow out, or another --out"),
        (small, (*grow, "--channel-max", "10"), "another network (channel_max 12 -> 10)"),
    ):
        assert main(arguments(slices_folder, out, 0.12, *options)) == 2
        error = capsys.readouterr().err
        assert words in error
        assert "damaged" not in error


def test_a_snapshot_while_a_block_fades_in_shows_it_at_its_weight(slices_folder, tmp_path):
    out = tmp_path / "run"
    grow = ("--grow", "16:0.04,32", "--resolution", "32", "--fade-kimg", "0.08")
    kept = ("--keep-snapshots", "8", "--snapshot-kimg", "0.008")
    assert main(arguments(slices_folder, out, 0.08, *grow, *kept)) == 0
    last = load_checkpoint(max((out / "snapshots").iterdir()))
    assert last.provenance["kimg"] == 0.08  # half way
    model = load_checkpoint(out / "model.safetensors").part("G_ema")
    for name, tensor in last.part("G_ema").items():
        assert torch.allclose(tensor.float(), model[name], atol=1e-2, rtol=1e-2)
    whole = load_checkpoint(out / "resume.safetensors").part("G_ema")
    torgb = "synthesis.b32.torgb.weight"
    assert torch.allclose(model[torgb], whole[torgb] / 2)
    assert not last.part("D")  # it judges by two blocks then, which nobody else knows
