"""A network that bounds its feature maps: the textbook's pictures and verdicts, in every engine."""

import math

import pytest
import torch

from gan import Discriminator, Generator, ModelConfig
from gan.checkpoint import load_generator, named_tensors, save_checkpoint
from gan.fast import FastSynthesis
from gan.incremental import IncrementalSynthesis
from gan.trace import trace
from tests.conftest import TINY
from tests.reference import stylegan2 as plain

BITES, NEVER = 0.7, 1e6


def generator(clamp, **options) -> Generator:
    torch.manual_seed(0)
    G = Generator(ModelConfig(**TINY | options, conv_clamp=clamp)).requires_grad_(False)
    for layer in G.synthesis.layers:
        layer.noise_strength.normal_(std=0.3)
        layer.bias.normal_(std=0.3)
    return G.to(memory_format=torch.channels_last)


def pictures(G: Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """ws, and the textbook's pictures of them."""
    ws = torch.randn(3, G.config.num_ws, G.config.w_dim)
    tensors = plain.sub(G.state_dict(), "synthesis")
    return ws, plain.synthesis(tensors, ws, G.config.resolution, G.config.conv_clamp)


@pytest.mark.parametrize("options", [{}, {"img_channels": 3}, {"resolution": 32,
    "channel_base": 8192, "channel_max": 128}])  # fmt: skip
def test_bounded_pictures_are_the_textbooks(options):
    G = generator(BITES, **options)
    ws, expected = pictures(G)
    free = generator(None, **options).synthesis(ws, "const")
    assert (expected - free).abs().max() > 0.1 * free.std()  # it bites
    for synthesis in (G.synthesis, FastSynthesis(G.synthesis),
                      IncrementalSynthesis(FastSynthesis(G.synthesis))):  # fmt: skip
        assert torch.allclose(synthesis(ws, "const"), expected, atol=1e-4)


def test_every_map_and_colour_is_bounded():
    G = generator(BITES)
    noise = [layer.noise_const[None, None] for layer in G.synthesis.layers]
    maps, rgbs = trace(G.synthesis, torch.randn(2, 6, 16), noise)
    bound = torch.tensor(BITES)
    assert all(x.max() == bound for x in maps)
    assert max(x.abs().max() for x in rgbs) == bound


def test_a_bound_out_of_reach_changes_no_bit():
    free, bounded = generator(None), generator(NEVER)
    ws = torch.randn(2, 6, 16)
    assert torch.equal(bounded.synthesis(ws, "const"), free.synthesis(ws, "const"))
    assert torch.equal(FastSynthesis(bounded.synthesis)(ws), FastSynthesis(free.synthesis)(ws))


def test_without_a_bound_nothing_is_looked_at(monkeypatch):
    fast = FastSynthesis(generator(None).synthesis)
    monkeypatch.setattr("gan.fast._clamp", None)
    assert fast(torch.randn(1, 6, 16)).isfinite().all()


@pytest.mark.parametrize("changes", [
    {"conv_clamp": BITES}, {"mbstd_group": 8}, {"d_architecture": "orig"}, {"mbstd_group": 3},
    {"conv_clamp": BITES, "d_architecture": "orig", "mbstd_group": 2}, {"mbstd_channels": 4},
])  # fmt: skip
def test_other_discriminators_are_the_textbooks(changes):
    config = ModelConfig(**TINY | changes)
    D = Discriminator(config).requires_grad_(False)
    for name, parameter in D.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    img = torch.randn(24, 1, 16, 16)
    expected = plain.discriminator(
        D.state_dict(), img, 16, clamp=config.conv_clamp, group=config.mbstd_group
    )
    assert torch.allclose(D(img), expected, atol=1e-4)
    if config.mbstd_channels == 1:
        usual = Discriminator(ModelConfig(**TINY))
        usual.load_state_dict(D.state_dict(), strict=False)
        assert (D(img) - usual(img)).abs().max() > 1e-3
    if config.d_architecture == "orig":
        assert not any("skip" in name for name in D.state_dict())


def test_float16_keeps_within_both_bounds():
    D = Discriminator(ModelConfig(**TINY, conv_clamp=BITES))
    x = 1000 * torch.randn(1, 12, 8, 8)
    y = D.b8.conv0(x.half())
    assert y.abs().max() <= BITES
    assert torch.allclose(D.b8.conv1(x, gain=math.sqrt(0.5)).amax(),
                          torch.tensor(BITES * math.sqrt(0.5)))  # fmt: skip


def test_the_bound_is_kept_in_checkpoints(tmp_path):
    G = generator(BITES)
    save_checkpoint(tmp_path / "a.safetensors", G.config, {}, named_tensors(G_ema=G))
    loaded, _ = load_generator(tmp_path / "a.safetensors")
    ws, expected = pictures(G)
    assert torch.allclose(loaded.synthesis(ws, "const"), expected, atol=1e-4)


def test_checkpoints_of_before_have_none():
    later = ("conv_clamp", "mbstd_group", "mbstd_channels", "d_architecture")
    older = {k: v for k, v in ModelConfig(**TINY).to_dict().items() if k not in later}
    assert ModelConfig.from_dict(older) == ModelConfig(**TINY)
    assert ModelConfig.from_dict(older).conv_clamp is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"conv_clamp": 0}, "conv_clamp: expected a number above 0"),
        ({"conv_clamp": float("nan")}, "conv_clamp"),
        ({"conv_clamp": "256"}, "conv_clamp"),
        ({"mbstd_group": 0}, "mbstd_group: 0 is outside"),
        ({"mbstd_channels": 0}, "mbstd_channels: 0 is outside"),
        ({"mbstd_channels": 5}, "mbstd_channels: 5 do not divide the"),
        ({"d_architecture": "skip"}, "d_architecture: 'skip' is not one of"),
    ],
)
def test_values_that_make_no_network_are_refused(change, why):
    with pytest.raises(ValueError, match=why):
        ModelConfig(**TINY | change)
