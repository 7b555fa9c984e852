"""Starting from another checkpoint: what fits is copied, and the rest is said."""

import pytest
import torch

from gan import Generator, ModelConfig
from gan.checkpoint import load_checkpoint, named_tensors, save_checkpoint
from tests.conftest import TINY
from tests.train.test_loop import make_trainer
from tests.train.test_run import arguments
from train.__main__ import main
from train.config import configs_for
from train.state import TrainState
from train.transfer import copy_matching


def state(**overrides) -> TrainState:
    torch.manual_seed(7)
    model, config = configs_for("cpu64", **(TINY | {"batch": 8, "seed": 7} | overrides))
    return TrainState(model, config, torch.device("cpu"))


@pytest.fixture
def trained(slices_folder, tmp_path):
    """The state file of a short training, and its state."""
    trainer = make_trainer(slices_folder)
    for _ in range(4):
        trainer.step()
    path = tmp_path / "resume.safetensors"
    trainer.state.save(path, {})
    return path, trainer.state


def test_the_same_network_is_copied_whole(trained):
    path, before = trained
    new = state()
    lines = new.start_from(path)
    assert [line.split(":")[1] for line in lines] == [
        f" copied {len(getattr(before, n).state_dict())} of "
        f"{len(getattr(before, n).state_dict())} tensors" for n in ("G", "D", "G_ema")
    ]  # fmt: skip
    for name in ("G", "D", "G_ema"):
        for a, b in zip(getattr(before, name).state_dict().values(),
                        getattr(new, name).state_dict().values(), strict=True):  # fmt: skip
            assert torch.equal(a, b)
    assert new.pl_mean == before.pl_mean
    assert new.seen == 0  # a new training


def test_a_model_file_gives_both_generators(trained, tmp_path):
    _, before = trained
    path = tmp_path / "model.safetensors"
    facts = {"path_length": 1.5}
    save_checkpoint(path, before.model, facts, named_tensors(G_ema=before.G_ema))
    new = state()
    lines = new.start_from(path)
    assert new.pl_mean == 1.5
    for network in (new.G, new.G_ema):
        assert torch.equal(network.synthesis.b4.const, before.G_ema.synthesis.b4.const)
    assert any(line.startswith("D: left fresh: b16.") for line in lines)
    assert "model.safetensors holds no discriminator" in lines[-1]


def test_another_resolution_shares_the_blocks_in_common(trained):
    path, before = trained
    new = state(resolution=32)
    lines = new.start_from(path)
    assert torch.equal(new.G.synthesis.b16.conv0.weight, before.G.synthesis.b16.conv0.weight)
    assert torch.equal(new.D.b16.conv0.weight, before.D.b16.conv0.weight)
    text = "\n".join(lines)
    assert "G: left fresh: synthesis.b32.conv0.weight" in text
    assert "D: no place for: b16.fromrgb." in text


@pytest.mark.parametrize("architecture", ["stylegan2", "undemodulated", "adain"])
def test_a_wider_network_of_each_architecture_computes_the_same(architecture):
    old, new = state(architecture=architecture), state(architecture=architecture, channel_max=16)
    for parameter in old.G.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    assert copy_matching(old.G.state_dict(), new.G).widened
    z = torch.randn(4, old.model.z_dim)
    narrow, wide = (s.G(z, noise_mode="const") for s in (old, new))
    torch.testing.assert_close(wide, narrow, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "wider", [{"channel_base": 192}, {"channel_max": 16}, {"channel_base": 256, "channel_max": 16}]
)
def test_a_wider_network_computes_the_same_and_learns_with_all_of_it(trained, wider):
    path, before = trained
    new = state(**wider)
    lines = new.start_from(path)
    assert any(line.startswith("G: widened: ") for line in lines)
    assert any(line.startswith("D: widened: ") for line in lines)
    assert not any("left fresh" in line for line in lines)
    z = torch.randn(8, before.model.z_dim)
    for name in ("G", "G_ema"):
        old, wide = (getattr(s, name)(z, noise_mode="const") for s in (before, new))
        torch.testing.assert_close(wide, old, atol=1e-4, rtol=1e-4)
    same_epilogue = new.model.channels(4) == before.model.channels(4)
    if same_epilogue:  # else the minibatch deviation sees the new maps too
        images = torch.randn(8, 1, 16, 16)
        torch.testing.assert_close(new.D(images), before.D(images), atol=1e-4, rtol=1e-4)
    new.D(new.G(z)).sum().backward()
    old_maps = before.model.channels(16)
    listening = new.G.synthesis.b16.torgb.weight.grad[:, old_maps:]
    assert listening.numel() == 0 or (listening != 0).all()


def test_the_minibatch_deviation_stays_the_last_input(trained):
    path, before = trained
    new = state(channel_max=16)
    new.start_from(path)
    old, wide = before.D.b4.conv.weight, new.D.b4.conv.weight
    scale = (wide.shape[1] / old.shape[1]) ** 0.5
    torch.testing.assert_close(wide[: len(old), -1], old[:, -1] * scale)
    assert (wide[: len(old), old.shape[1] - 1 : -1] == 0).all()


@pytest.mark.parametrize(("before", "after"), [(1, 4), (2, 4), (3, 12), (4, 4)])
def test_finer_minibatch_deviations_judge_the_same(before, after):
    old, new = state(mbstd_channels=before), state(mbstd_channels=after)
    for parameter in old.D.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    copied = copy_matching(old.D.state_dict(), new.D)
    assert copied.widened == (("b4.conv.weight",) if after > before else ())
    images = torch.randn(8, 1, 16, 16)
    torch.testing.assert_close(new.D(images), old.D(images), atol=1e-4, rtol=1e-4)
    new.D(images).sum().backward()
    grown = new.D.b4.conv.weight.grad[:, -after:]
    assert after == 1 or not torch.allclose(grown[:, :1].expand_as(grown), grown)


def test_a_narrower_network_keeps_what_is_alike(trained):
    path, before = trained
    new = state(channel_max=4)
    lines = new.start_from(path)
    assert torch.equal(new.G.mapping.fc0.weight, before.G.mapping.fc0.weight)
    assert any(line.startswith("G: left fresh: ") and "b4.const" in line for line in lines)


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_grey_and_colour_fit_each_other(before, after):
    old, new = state(img_channels=before), state(img_channels=after)
    for network in (old.G, old.D):
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    names = [copy_matching(getattr(old, n).state_dict(), getattr(new, n)).adapted for n in "GD"]
    assert "synthesis.b16.torgb.weight" in names[0]
    assert names[1] == ("b16.fromrgb.weight",)
    z, grey = torch.randn(2, 16), torch.rand(2, 1, 16, 16)
    pictures = [s.G(z, noise_mode="const").mean(dim=1) for s in (old, new)]
    assert torch.allclose(*pictures, atol=1e-5)
    verdicts = [s.D(grey.expand(2, n, 16, 16)) for s, n in ((old, before), (new, after))]
    assert torch.allclose(*verdicts, atol=1e-5)


def test_colour_and_width_change_together():
    old, new = state(), state(img_channels=3, channel_base=192)
    for network in (old.G, old.D):
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    for name in "GD":
        copied = copy_matching(getattr(old, name).state_dict(), getattr(new, name))
        assert not copied.fresh
    z, grey = torch.randn(8, 16), torch.rand(8, 1, 16, 16)
    narrow, wide = (s.G(z, noise_mode="const") for s in (old, new))
    torch.testing.assert_close(wide, narrow.expand_as(wide), atol=1e-4, rtol=1e-4)
    verdict = new.D(grey.expand(8, 3, 16, 16))
    torch.testing.assert_close(verdict, old.D(grey), atol=1e-4, rtol=1e-4)


def test_one_and_three_feature_maps_are_no_colours():
    old, new = state(channel_base=16), state(channel_base=48)
    copied = copy_matching(old.G.state_dict(), new.G)
    assert copied.adapted == ()
    assert "synthesis.b16.torgb.affine.weight" in copied.widened


def test_tensors_without_a_place_are_told():
    generator = Generator(ModelConfig(**TINY))
    copied = copy_matching({"stranger": torch.zeros(1)}, generator)
    assert copied.unused == ("stranger",)
    assert copied.whole == ()
    assert "no place for: stranger" in copied.lines("G")[-1]


def test_from_the_command_line(slices_folder, tmp_path, capfd):
    first, second = tmp_path / "first", tmp_path / "second"
    main(arguments(slices_folder, first, 0.08))
    more = ("--start-from", str(first / "resume.safetensors"))
    assert main(arguments(slices_folder, second, 0.04, *more)) == 0
    output = capfd.readouterr().out
    assert "G: copied" in output
    facts = load_checkpoint(second / "model.safetensors").provenance
    assert facts["train"]["start_from"] == "resume.safetensors"  # no path of this machine
    assert facts["kimg_before"] == 0.08
    third = tmp_path / "fourth"
    more_still = ("--start-from", str(second / "model.safetensors"))
    assert main(arguments(slices_folder, third, 0.04, *more_still)) == 0
    assert main(arguments(slices_folder, third, 0.08, *more_still)) == 0
    facts = load_checkpoint(third / "model.safetensors").provenance
    assert (facts["kimg_before"], facts["kimg"]) == (pytest.approx(0.12), 0.08)
    capfd.readouterr()
    assert main(arguments(slices_folder, second, 0.08, *more)) == 0  # resumes; does not start over
    assert "resumed at 0.04 kimg" in capfd.readouterr().out
    missing = ("--start-from", str(tmp_path / "no.safetensors"))
    assert main(arguments(slices_folder, tmp_path / "third", 0.04, *missing)) == 2
    assert "no.safetensors: no such file" in capfd.readouterr().err
