"""The generators that StyleGAN2 is compared with: AdaIN, and modulation without demodulation."""

import math

import pytest
import torch
import torch.nn.functional as F

from explorer import Recipe, load, render
from explorer.recipe import Channel
from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from gan.fast import FastSynthesis
from gan.incremental import IncrementalSynthesis
from gan.trace import trace
from tests.conftest import TINY
from tests.reference import stylegan2 as plain
from tests.train.test_loop import make_trainer

pytestmark = pytest.mark.cpu
OTHERS = ("undemodulated", "adain")


def generator(architecture: str, **options) -> Generator:
    G = Generator(ModelConfig(**TINY | options, architecture=architecture)).requires_grad_(False)
    for layer in G.synthesis.layers:
        layer.noise_strength.normal_(std=0.3)
        layer.bias.normal_(std=0.3)
    return G.to(memory_format=torch.channels_last)


def textbook(G: Generator, ws: torch.Tensor) -> tuple[list, torch.Tensor]:
    """Feature maps and pictures, one sample and one map at a time, from the papers' equations."""
    t, adain = G.state_dict(), G.config.architecture == "adain"
    all_maps, pictures = [], []
    for one in ws:
        x, picture, maps = t["synthesis.b4.const"], None, []
        for block in G.synthesis.blocks:
            r = block.resolution
            for name in ["conv1"] if r == 4 else ["conv0", "conv1"]:
                p = plain.sub(t, f"synthesis.b{r}.{name}")
                w = one[len(maps)]
                style = p["affine.weight"] @ w / math.sqrt(len(w)) + p["affine.bias"]
                kernel = p["weight"] / math.sqrt(p["weight"][0].numel())
                if not adain:
                    kernel = kernel * style[None, :, None, None]
                y = plain_conv(x, kernel, up=name == "conv0")
                y = y + p["noise_strength"] * p["noise_const"] + p["bias"][:, None, None]
                y = F.leaky_relu(y, 0.2) * math.sqrt(2)
                if adain:
                    scale, offset = style[: len(y)], style[len(y) :]
                    y = torch.stack([
                        s * (m - m.mean()) / torch.sqrt(m.var(unbiased=False) + 1e-8) + o
                        for m, s, o in zip(y, scale, offset, strict=True)
                    ])  # fmt: skip
                x = y
                maps.append(x)
            p, w = plain.sub(t, f"synthesis.b{r}.torgb"), one[len(maps)]
            style = p["affine.weight"] @ w / math.sqrt(len(w)) + p["affine.bias"]
            kernel = p["weight"] * style[None, :, None, None] / math.sqrt(len(x))
            rgb = F.conv2d(x[None], kernel)[0] + p["bias"][:, None, None]
            picture = (
                rgb
                if picture is None
                else plain.per_map(plain.upsample_image, picture[None])[0] + rgb
            )
        all_maps.append(maps)
        pictures.append(picture)
    return all_maps, torch.stack(pictures)


def plain_conv(x: torch.Tensor, kernel: torch.Tensor, up: bool) -> torch.Tensor:
    """3x3; `up`: zeros between the pixels first, and the FIR filter after."""
    if not up:
        return F.conv2d(x[None], kernel, padding=1)[0]
    wide = F.conv_transpose2d(x[None], kernel.transpose(0, 1), stride=2)
    filter_ = torch.outer(*[torch.tensor([1.0, 3, 3, 1])] * 2) / 64 * 4
    channels = wide.shape[1]
    wide = F.pad(wide, (1, 1, 1, 1))
    return F.conv2d(wide, filter_.expand(channels, 1, 4, 4), groups=channels)[0]


@pytest.mark.parametrize("architecture", OTHERS)
@pytest.mark.parametrize("options", [{}, {"resolution": 32, "channel_base": 2048,
    "channel_max": 64, "img_channels": 3}])  # fmt: skip
def test_the_textbooks_pictures_in_every_engine(architecture, options):
    G = generator(architecture, **options)
    ws = torch.randn(2, G.config.num_ws, G.config.w_dim)
    _, expected = textbook(G, ws)
    for synthesis in (G.synthesis, FastSynthesis(G.synthesis),
                      IncrementalSynthesis(FastSynthesis(G.synthesis))):  # fmt: skip
        made = synthesis(ws, "const")
        assert (made - expected).abs().max() < 1e-4 * (expected.max() - expected.min())
    ordinary = Generator(ModelConfig(**TINY | options))
    if architecture == "undemodulated":  # the same tensors, but another picture
        ordinary.load_state_dict(G.state_dict())
        assert not torch.allclose(ordinary.synthesis(ws, "const"), expected.float(), atol=1e-2)


@pytest.mark.parametrize("architecture", OTHERS)
def test_the_textbooks_feature_maps(architecture):
    G = generator(architecture)
    ws = torch.randn(1, G.config.num_ws, G.config.w_dim)
    noise = [layer.noise_const[None, None] for layer in G.synthesis.layers]
    expected = textbook(G, ws)[0][0]
    for made, wanted in zip(trace(G.synthesis, ws, noise)[0], expected, strict=True):
        assert torch.allclose(made[0], wanted, atol=1e-4)


def test_adain_sets_the_mean_and_deviation_of_every_map():
    G = generator("adain")
    ws = torch.randn(1, G.config.num_ws, G.config.w_dim)
    maps = trace(G.synthesis, ws, [None] * 5)[0]
    for k, (layer, x) in enumerate(zip(G.synthesis.layers, maps, strict=True)):
        scale, offset = layer.affine(ws[:, k])[0].chunk(2)
        assert torch.allclose(x[0].mean(dim=(1, 2)), offset, atol=1e-5)
        assert torch.allclose(x[0].std(dim=(1, 2), unbiased=False), scale.abs(), atol=1e-3)


@pytest.mark.parametrize("architecture", OTHERS)
def test_styles_are_shifted_by_all_engines_alike(architecture):
    G = generator(architecture)
    ws = torch.randn(2, G.config.num_ws, G.config.w_dim)
    shifts = [torch.randn(1, len(layer.affine.weight)) for layer in G.synthesis.layers]
    plain_picture = G.synthesis(ws, "const", shifts=shifts)
    fast = FastSynthesis(G.synthesis)(ws, shifts=shifts)
    assert (fast - plain_picture).abs().max() < 1e-4 * plain_picture.abs().max()
    assert not torch.allclose(plain_picture, G.synthesis(ws, "const"), atol=1e-2)


@pytest.mark.parametrize("architecture", OTHERS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_makes_about_the_same_picture(architecture, dtype):
    G = generator(architecture)
    ws = torch.randn(2, G.config.num_ws, G.config.w_dim)
    whole, half = G.synthesis(ws, "const"), G.synthesis(ws, "const", dtype=dtype)
    assert (whole - half).abs().max() < 0.1 * (whole.max() - whole.min())


@pytest.mark.parametrize("architecture", OTHERS)
def test_they_are_trained_like_any_other(slices_folder, architecture):
    trainer = make_trainer(slices_folder, architecture=architecture)
    before = {name: p.detach().clone() for name, p in trainer.state.G.named_parameters()}
    stats = trainer.step()
    assert {"r1", "path_penalty", "loss_D", "loss_G"} <= set(stats)
    assert all(torch.isfinite(value).all() for value in stats.values())
    trainer.step()
    after = dict(trainer.state.G.named_parameters())
    weights = [name for name in before if name.endswith("weight")]
    assert not any(torch.equal(before[name], after[name]) for name in weights)


@pytest.mark.parametrize("architecture", OTHERS)
def test_the_explorer_opens_them(tmp_path, architecture):
    G = generator(architecture)
    path = tmp_path / "model.safetensors"
    save_checkpoint(path, G.config, {"kimg": 1}, named_tensors(G_ema=G))
    model = load(path)
    last = len(model.generator.synthesis.layers[2].affine.weight) - 1
    plain_brain = render(model, Recipe(seed=3))
    moved = render(model, Recipe(seed=3, channels=(Channel(2, last, 3.0),)))
    assert plain_brain.shape == moved.shape == (16, 16)
    assert (plain_brain != moved).any()
    assert len(model.library.sefa()) > 1


def test_files_of_before_are_stylegan2_and_strange_names_are_refused():
    values = ModelConfig(**TINY).to_dict()
    del values["architecture"]
    assert ModelConfig.from_dict(values).architecture == "stylegan2"
    with pytest.raises(ValueError, match="architecture: 'biggan' is not one of stylegan2"):
        ModelConfig(**TINY, architecture="biggan")
