"""Our networks as state dicts of other programs: loaded by plain re-implementations of theirs."""

from dataclasses import replace

import pytest
import torch

from gan.checkpoint import load_checkpoint, named_tensors, save_checkpoint
from gan.config import ModelConfig
from gan.convert import __main__ as command
from gan.convert.outward import nvidias_calls, rosinalitys_calls, to_nvidia, to_rosinality
from gan.convert.pickled import Refused
from gan.discriminator import Discriminator
from gan.generator import Generator
from tests.gan.convert import nvidia_like, rosinality_like

CONFIG = ModelConfig(
    resolution=32, img_channels=3, z_dim=16, w_dim=16, mapping_layers=2, channel_base=128,
    channel_max=12,
)  # fmt: skip


def networks(config: ModelConfig = CONFIG) -> dict[str, torch.nn.Module]:
    torch.manual_seed(0)
    G, D = Generator(config).eval(), Discriminator(config).eval()
    with torch.no_grad():
        for layer in G.synthesis.layers:
            layer.noise_strength.normal_(std=0.3)
            layer.bias.normal_(std=0.3)
        G.mapping.w_avg.normal_()
    return {"G_ema": G, "D": D}


def parts(ours: dict) -> dict[str, dict]:
    return {name: network.state_dict() for name, network in ours.items()}


@pytest.fixture
def checkpoint(tmp_path):
    save_checkpoint(tmp_path / "ours.safetensors", CONFIG, {}, named_tensors(**networks()))
    return tmp_path / "ours.safetensors"


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return (a - b).abs().max() < 1e-4 * b.abs().max()


@pytest.mark.parametrize("c_dim", [0, 3])
@torch.no_grad()
def test_nvidias_classes_load_it_and_make_the_same(c_dim):
    config = replace(CONFIG, img_channels=1, c_dim=c_dim, conv_clamp=256.0)
    ours = networks(config)
    content = to_nvidia(config, parts(ours))
    G = nvidia_like.Generator(R=32, c_dim=c_dim, conv_clamp=256.0)
    G.load_state_dict(content["G_ema"])  # strict: no name too many, none too few
    z = torch.randn(2, 16)
    c = torch.eye(c_dim)[:2] if c_dim else None
    pictures = ours["G_ema"](z, c, noise_mode="const")
    assert same(G(z, c), pictures)
    D = nvidia_like.Discriminator(R=32, c_dim=c_dim, conv_clamp=256.0)
    D.load_state_dict(content["D"])
    assert same(D(pictures, c), ours["D"](pictures, c))


@torch.no_grad()
def test_rosinalitys_classes_load_it_and_make_the_same():
    ours = networks()
    content = to_rosinality(CONFIG, parts(ours))
    G = rosinality_like.Generator(size=32)
    G.load_state_dict(content["g_ema"])
    z = torch.randn(2, 16)
    pictures = ours["G_ema"](z, noise_mode="const")
    assert same(G(z), pictures)
    D = rosinality_like.Discriminator(size=32)
    D.load_state_dict(content["d"])
    assert same(D(pictures), ours["D"](pictures))
    assert torch.equal(content["latent_avg"], ours["G_ema"].mapping.w_avg)


@pytest.mark.parametrize("program", ["stylegan2-ada", "rosinality"])
def test_what_was_written_comes_back_whole(checkpoint, tmp_path, program, capsys):
    out, back = tmp_path / "theirs.pt", tmp_path / "back.safetensors"
    assert command.main([str(checkpoint), "--to", program, "--out", str(out)]) == 0
    assert "written" in capsys.readouterr().out
    assert set(torch.load(out, weights_only=True)) >= ({"G_ema", "D"} if "2" in program else {"d"})
    assert command.main([str(out), "--out", str(back)]) == 0
    first, second = load_checkpoint(checkpoint), load_checkpoint(back)
    assert set(second.tensors) == set(first.tensors)
    for name, tensor in first.tensors.items():
        assert torch.equal(second.tensors[name], tensor), name


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"c_dim": 2}, "classes"), ({"img_channels": 1}, "grey"), ({"z_dim": 8}, "differ in size"),
        ({"conv_clamp": 256.0}, "conv_clamp"), ({"d_architecture": "orig"}, "of the kind orig"),
    ],
)  # fmt: skip
def test_what_rosinality_has_not_is_refused(changes, why):
    config = replace(CONFIG, **changes)
    with pytest.raises(Refused, match=why):
        to_rosinality(config, parts(networks(config)))


def test_widths_that_nvidia_has_not_are_refused():
    config = replace(CONFIG, channel_min=8)
    with pytest.raises(Refused, match="wider"):
        to_nvidia(config, parts(networks(config)))


@pytest.mark.parametrize("architecture", ["adain", "undemodulated"])
def test_other_generators_are_refused(tmp_path, architecture, capsys):
    config = replace(CONFIG, architecture=architecture)
    path, out = tmp_path / "a.safetensors", tmp_path / "a.pt"
    save_checkpoint(path, config, {}, named_tensors(G_ema=Generator(config)))
    assert command.main([str(path), "--to", "rosinality", "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert architecture in told
    assert told.count("\n") == 1
    assert not out.exists()


def test_the_command_refuses_what_it_cannot_write(checkpoint, tmp_path, capsys):
    run = lambda *given: command.main([str(x) for x in given])  # noqa: E731
    assert run(checkpoint, "--to", "rosinality", "--out", tmp_path / "x.pkl") == 2
    assert "must end in .pt" in capsys.readouterr().err
    (tmp_path / "there.pt").write_bytes(b"mine")
    assert run(checkpoint, "--to", "rosinality", "--out", tmp_path / "there.pt") == 2
    assert (tmp_path / "there.pt").read_bytes() == b"mine"
    assert run(tmp_path / "none.safetensors", "--to", "rosinality", "--out", tmp_path / "y.pt") == 2
    assert "no such file" in capsys.readouterr().err


def test_nvidias_calls_make_the_networks():
    config = replace(CONFIG, c_dim=3, conv_clamp=256.0, mbstd_group=2, mbstd_channels=4,
                     d_architecture="orig")  # fmt: skip
    generator, discriminator = nvidias_calls(config, judge=True)
    assert "'channel_base': 128, 'channel_max': 12, 'conv_clamp': 256.0" in generator
    assert discriminator == (
        "Discriminator(c_dim=3, img_resolution=32, img_channels=3, architecture='orig', "
        "channel_base=128, channel_max=12, conv_clamp=256.0, "
        "epilogue_kwargs={'mbstd_group_size': 2, 'mbstd_num_channels': 4})"
    )
    assert len(nvidias_calls(config, judge=False)) == 1


def test_what_rosinalitys_classes_have_no_option_for_is_told():
    published = replace(CONFIG, resolution=256, w_dim=512, mapping_layers=8, channel_base=32768,
                        channel_max=512)  # fmt: skip
    assert rosinalitys_calls(published, judge=True) == [
        "Generator(256, 512, 8, channel_multiplier=2)", "Discriminator(256, channel_multiplier=2)",
    ]  # fmt: skip
    lean = rosinalitys_calls(replace(CONFIG, mbstd_group=8), judge=True)
    assert lean[2:] == [
        "with these widths in the place of its own: channels = {4: 12, 8: 12, 16: 8, 32: 4}",
        "with stddev_group = 8 and stddev_feat = 1 in the discriminator",
    ]
