"""The inference engine makes the plain network's pictures."""

import pytest
import torch

from gan import Generator, ModelConfig
from gan.fast import FastSynthesis, for_many
from gan.generator import Synthesis
from gan.winograd import WinogradConv3x3
from tests.conftest import TINY

pytestmark = pytest.mark.cpu
CONFIGS = {
    "tiny": TINY,
    "colour": TINY | {"img_channels": 3},
    # Wide enough for Winograd's convolution from 32 px on, in bfloat16 too.
    "wide": TINY | {"resolution": 32, "channel_base": 8192, "channel_max": 256},
    # Large enough for interpolation instead of matrices.
    "large": TINY | {"resolution": 256, "channel_base": 1024},
    "narrow": TINY | {"resolution": 32, "channel_base": 32},  # down to one channel
}


@pytest.fixture(params=CONFIGS, scope="module")
def synthesis(request):
    torch.manual_seed(0)
    G = Generator(ModelConfig(**CONFIGS[request.param])).requires_grad_(False)
    for layer in G.synthesis.layers:
        layer.noise_strength.normal_(std=0.3)
        layer.bias.normal_(std=0.3)
    for block in G.synthesis.blocks:
        block.torgb.bias.normal_()
    return G.synthesis


def some_ws(synthesis, batch: int) -> torch.Tensor:
    """A different w for every layer finds swapped indices."""
    return torch.randn(batch, synthesis.config.num_ws, synthesis.config.w_dim)


@pytest.mark.parametrize("noise_mode", ["const", "none"])
def test_same_pictures_as_the_plain_network(synthesis, noise_mode):
    ws = some_ws(synthesis, 3)
    plain = synthesis(ws, noise_mode)
    fast = FastSynthesis(synthesis)(ws, noise_mode)
    assert fast.shape == plain.shape
    assert (fast - plain).abs().max() < 1e-4 * (plain.max() - plain.min())


def test_given_noise_is_used(synthesis):
    ws = some_ws(synthesis, 2)
    noise = [torch.randn(1 + i % 2, 1, n, n) for i, n in enumerate(sizes(synthesis))]
    noise[1] = None
    plain = synthesis(ws, noise=noise)
    fast = FastSynthesis(synthesis)(ws, noise=noise)
    assert (fast - plain).abs().max() < 1e-4 * (plain.max() - plain.min())


def test_styles_are_shifted(synthesis):
    ws = some_ws(synthesis, 2)
    shifts = [torch.randn(1 + i % 2, n) for i, n in enumerate(inputs(synthesis))]
    shifts[1] = None
    plain = synthesis(ws, "const", shifts=shifts)
    fast = FastSynthesis(synthesis)(ws, shifts=shifts)
    assert (fast - plain).abs().max() < 1e-4 * (plain.max() - plain.min())
    assert (fast - FastSynthesis(synthesis)(ws)).abs().max() > 0.01 * plain.std()


def test_styles_of_torgbs_are_shifted(synthesis):
    ws = some_ws(synthesis, 2)
    wide = [block.torgb.weight.shape[1] for block in synthesis.blocks]
    shifts = [torch.randn(1 + i % 2, n) for i, n in enumerate(wide)]
    shifts[0] = None
    plain = synthesis(ws, "const", rgb_shifts=shifts)
    fast = FastSynthesis(synthesis)(ws, rgb_shifts=shifts)
    assert (fast - plain).abs().max() < 1e-4 * (plain.max() - plain.min())
    assert (fast - FastSynthesis(synthesis)(ws)).abs().max() > 0.01 * plain.std()


def inputs(synthesis) -> list[int]:
    return [layer.weight.shape[1] for layer in synthesis.layers]


def sizes(synthesis) -> list[int]:
    return [layer.resolution for layer in synthesis.layers]


def test_bfloat16_stays_near(synthesis):
    ws = some_ws(synthesis, 2)
    plain = synthesis(ws, "const")
    fast = FastSynthesis(synthesis, torch.bfloat16)(ws)
    assert fast.dtype == torch.float32
    assert (fast - plain).square().mean().sqrt() < 0.02 * plain.std()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_bits_do_not_depend_on_company_or_time(synthesis, dtype):
    fast, ws = FastSynthesis(synthesis, dtype), some_ws(synthesis, 3)
    together = fast(ws)
    for i in range(3):
        assert torch.equal(fast(ws[i : i + 1])[0], together[i])
    assert torch.equal(FastSynthesis(synthesis, dtype)(ws.clone()), together)


def test_without_prepacking_it_is_the_same_picture(synthesis, monkeypatch):
    monkeypatch.setattr("gan.kernels.has_prepacking", lambda: False)
    ws = some_ws(synthesis, 1)
    plain = synthesis(ws, "const")
    fast = FastSynthesis(synthesis)(ws)
    assert (fast - plain).abs().max() < 1e-4 * (plain.max() - plain.min())


@pytest.mark.parametrize("fast_in", [(torch.float32,), (torch.float32, torch.bfloat16)])
def test_bfloat16_is_float32_where_it_would_be_slow(tiny_generator, monkeypatch, fast_in):
    monkeypatch.setattr("gan.fast.is_fast", lambda dtype: dtype in fast_in)
    ws, synthesis = torch.randn(1, 6, 16), tiny_generator.synthesis
    half, full = FastSynthesis(synthesis, torch.bfloat16)(ws), FastSynthesis(synthesis)(ws)
    assert torch.equal(half, full) == (torch.bfloat16 not in fast_in)


def test_random_noise_is_fresh(tiny_generator):
    fast, ws = FastSynthesis(tiny_generator.synthesis), torch.randn(1, 6, 16)
    assert not torch.equal(fast(ws, "random"), fast(ws, "random"))


def test_later_training_does_not_change_it(tiny_generator):
    fast, ws = FastSynthesis(tiny_generator.synthesis), torch.randn(1, 6, 16)
    before = fast(ws)
    for parameter in tiny_generator.parameters():
        parameter.data.mul_(1.1)
    assert torch.equal(fast(ws), before)


def test_wrong_calls_are_refused_as_by_the_plain_network(tiny_generator):
    fast, ws = FastSynthesis(tiny_generator.synthesis), torch.randn(1, 6, 16)
    with pytest.raises(ValueError, match="noise_mode: 'fixed'"):
        fast(ws, "fixed")
    with pytest.raises(ValueError, match=r"ws: expected \[N, 6, 16\]"):
        fast(ws[:, :5])
    with pytest.raises(ValueError, match="noise: expected 5 maps, got 4"):
        fast(ws, noise=[None] * 4)


@pytest.mark.parametrize(("inputs", "outputs"), [(5, 5), (3, 8), (70, 2)])
@pytest.mark.parametrize(("H", "W"), [(4, 4), (8, 16), (32, 32), (256, 12), (4, 512)])
def test_winograds_convolution_is_a_convolution(inputs, outputs, H, W):
    x, scale = torch.randn(H, W, inputs), torch.randn(inputs)
    weight, bias = torch.randn(outputs, inputs, 3, 3), torch.randn(outputs)
    y = WinogradConv3x3(weight)(x, scale, bias)
    exact = torch.nn.functional.conv2d(
        (x * scale).permute(2, 0, 1)[None].double(), weight.double(), bias.double(), padding=1
    )[0].permute(1, 2, 0)
    assert torch.allclose(y.double(), exact, atol=2e-4 * exact.std().item())


def test_many_pictures_are_made_the_quicker_way():
    """Small networks stay what they are; of large ones there is one copy."""
    small = Synthesis(ModelConfig(resolution=16, channel_base=64, channel_max=8, w_dim=16))
    large = Synthesis(ModelConfig(resolution=32, channel_base=16384, channel_max=256, w_dim=16))
    assert for_many(small) is small
    fast = for_many(large)
    assert isinstance(fast, FastSynthesis)
    assert for_many(large) is fast
    ws = torch.randn(2, 8, 16)
    with torch.no_grad():
        assert (fast(ws) - large(ws, "const")).abs().max() < 1e-4
    other = lambda ws: ws  # noqa: E731
    assert for_many(other) is other
