"""The generator against the textbook one, and the rules that callers rely on."""

import pytest
import torch

from gan import Generator, ModelConfig
from gan.generator import truncate
from gan.resample import upsample2d
from gan.trace import trace
from tests.conftest import TINY
from tests.reference import stylegan2 as plain

pytestmark = pytest.mark.cpu


@pytest.mark.parametrize("img_channels", [1, 3])
@pytest.mark.parametrize("c_dim", [0, 3])
def test_whole_generator_agrees_with_the_textbook(img_channels, c_dim):
    config = ModelConfig(**TINY, img_channels=img_channels, c_dim=c_dim)
    G = Generator(config)
    for name, parameter in G.named_parameters():
        if name.endswith(("noise_strength", "bias")):
            torch.nn.init.normal_(parameter)
    tensors = {k: v.detach() for k, v in G.state_dict().items()}
    z, c = torch.randn(3, 16), torch.eye(3) if c_dim else None
    w = plain.mapping(plain.sub(tensors, "mapping"), z, config.mapping_layers, c)
    assert torch.allclose(G.mapping(z, c), w, atol=1e-5)
    ws = torch.randn(3, config.num_ws, 16)  # a different w for every layer finds swapped indices
    expected = plain.synthesis(plain.sub(tensors, "synthesis"), ws, 16)
    assert expected.shape == (3, img_channels, 16, 16)
    assert torch.allclose(G.synthesis(ws, noise_mode="const"), expected, atol=1e-4)


@pytest.mark.parametrize("resolution", [16, 32, 64, 128, 256, 512, 1024])
def test_every_resolution_makes_a_picture(resolution):
    config = ModelConfig(**TINY | {"resolution": resolution, "channel_base": 4 * resolution})
    G = Generator(config)
    assert G(torch.randn(1, 16)).shape == (1, 1, resolution, resolution)
    assert len(G.synthesis.layers) == config.num_ws - 1


def test_parameter_names_are_the_fields_own(tiny_generator):
    names = set(tiny_generator.state_dict())
    conv = {"weight", "bias", "noise_const", "noise_strength", "affine.weight", "affine.bias"}
    rgb = {"weight", "bias", "affine.weight", "affine.bias"}
    expected = {"mapping.w_avg", "synthesis.b4.const"}
    expected |= {f"mapping.fc{i}.{n}" for i in range(2) for n in ("weight", "bias")}
    for r in (4, 8, 16):
        expected |= {f"synthesis.b{r}.torgb.{n}" for n in rgb}
        for layer in ["conv1"] if r == 4 else ["conv0", "conv1"]:
            expected |= {f"synthesis.b{r}.{layer}.{n}" for n in conv}
    assert names == expected


def test_noise_modes(tiny_generator):
    ws = torch.randn(2, 6, 16)
    make = tiny_generator.synthesis
    assert torch.equal(make(ws, "const"), make(ws, "const"))
    assert not torch.equal(make(ws, "random"), make(ws, "random"))
    stored = [layer.noise_const[None, None] for layer in make.layers]
    assert torch.equal(make(ws, noise=stored), make(ws, "const"))
    assert torch.equal(make(ws, noise=[None] * 5), make(ws, "none"))
    zeros = [torch.zeros_like(n) for n in stored]
    assert torch.allclose(make(ws, noise=zeros), make(ws, "none"), atol=1e-6)


def test_wrong_calls_are_refused(tiny_generator):
    ws = torch.randn(1, 6, 16)
    with pytest.raises(ValueError, match="noise_mode: 'fixed'"):
        tiny_generator.synthesis(ws, "fixed")
    with pytest.raises(ValueError, match=r"ws: expected \[N, 6, 16\]"):
        tiny_generator.synthesis(ws[:, :5])
    with pytest.raises(ValueError, match="noise: expected 5 maps, got 4"):
        tiny_generator.synthesis(ws, noise=[None] * 4)
    with pytest.raises(ValueError, match=r"shifts: .* 5 layers, got 6"):
        tiny_generator.synthesis(ws, shifts=[None] * 6)
    with pytest.raises(ValueError, match=r"rgb_shifts: .* 3 blocks, got 5"):
        tiny_generator.synthesis(ws, rgb_shifts=[None] * 5)


def test_a_shift_is_another_style(tiny_generator):
    """What a layer's bias would do, for one layer and channel."""
    ws = torch.randn(2, 6, 16)
    affine = tiny_generator.synthesis.layers[2].affine
    shifts = [None] * 5
    shifts[2] = torch.zeros(1, affine.bias.numel())
    plain = tiny_generator.synthesis(ws, "const")
    assert torch.equal(tiny_generator.synthesis(ws, "const", shifts=shifts), plain)
    shifts[2][0, 1] = 1.5
    moved = tiny_generator.synthesis(ws, "const", shifts=shifts)
    affine.bias[1] += 1.5
    assert torch.allclose(moved, tiny_generator.synthesis(ws, "const"), atol=1e-6)
    assert not torch.allclose(moved, plain, atol=1e-3)


def test_a_shift_of_a_torgb_scales_what_one_map_adds(tiny_generator):
    """By hand: the picture gains shift times weight times the map, upsampled once from 8 px."""
    ws, synthesis = torch.randn(2, 6, 16), tiny_generator.synthesis
    maps, _ = trace(synthesis, ws, [layer.noise_const[None, None] for layer in synthesis.layers])
    torgb = synthesis.b8.torgb
    shifts = [None, torch.zeros(1, torgb.affine.bias.numel()), None]
    shifts[1][0, 3] = 1.5
    gained = 1.5 * torgb.weight_gain * torgb.weight[0, 3, 0, 0] * maps[2][:, 3:4]
    moved = synthesis(ws, "const", rgb_shifts=shifts)
    expected = synthesis(ws, "const") + upsample2d(gained)
    assert gained.abs().max() > 0.01
    assert torch.allclose(moved, expected, atol=1e-5)


def test_conditional_model_needs_its_class():
    G = Generator(ModelConfig(**TINY, c_dim=2))
    z = torch.randn(1, 16)
    with pytest.raises(ValueError, match="a class is needed"):
        G(z)
    one, other = (G.mapping(z, c[None]) for c in torch.eye(2))
    assert not torch.allclose(one, other)


def test_truncation():
    ws, w_avg = torch.randn(2, 6, 16), torch.randn(16)
    assert torch.equal(truncate(ws, w_avg, 1.0), ws)
    assert torch.allclose(truncate(ws, w_avg, 0.0), w_avg.expand(2, 6, 16))
    half = truncate(ws, w_avg, 0.5, cutoff=2)
    assert torch.allclose(half[:, :2], (ws[:, :2] + w_avg) / 2)
    assert torch.equal(half[:, 2:], ws[:, 2:])


def test_w_avg_follows_its_recurrence(tiny_generator):
    mapping = tiny_generator.mapping
    mapping.w_avg.zero_()
    w = torch.randn(10, 4, 16)
    for batch in w:
        mapping.track_average(batch)
    expected = sum(0.005 * 0.995 ** (9 - i) * w[i].mean(dim=0) for i in range(10))
    assert torch.allclose(mapping.w_avg, expected, atol=1e-6)


def test_bfloat16_is_the_same_picture_but_for_rounding(tiny_generator):
    ws = torch.randn(4, 6, 16)
    full = tiny_generator.synthesis(ws, "const")
    half = tiny_generator.synthesis(ws, "const", dtype=torch.bfloat16)
    assert half.dtype == torch.float32
    assert (full - half).square().mean().sqrt() < 0.03 * full.std()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resolution": 48}, "resolution: 48 is not a power of two"),
        ({"resolution": 8}, "resolution: 8"),
        ({"img_channels": 2}, "img_channels"),
        ({"c_dim": 1}, "c_dim"),
        ({"mapping_layers": 0}, "mapping_layers"),
        ({"channel_base": 8}, "channel_base: 8 leaves no feature map"),
        ({"channel_max": 10**9}, "channel_max"),
        ({"channel_min": 13}, "channel_min: 13 is above channel_max 12"),
        ({"w_dim": 16.0}, "w_dim: expected a whole number"),
    ],
)
def test_configurations_that_make_no_network(change, message):
    with pytest.raises(ValueError, match=message):
        ModelConfig(**TINY | change)


def test_widths_stay_between_their_bounds():
    config = ModelConfig(resolution=128, channel_base=1024, channel_max=64, channel_min=16)
    assert [config.channels(r) for r in config.block_resolutions] == [64, 64, 64, 32, 16, 16]
    assert Generator(config).synthesis.b128.conv1.weight.shape[:2] == (16, 16)
