"""The generator as an ONNX graph makes the pictures of the generator."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from gan import Generator, ModelConfig
from gan.generator import class_vectors
from gan.graph import OPSET, Graph, mapping, noises, synthesis, truncated
from tests.conftest import TINY


def awake(**options) -> Generator:
    """Random weights, with noise, biases and a mean of w that do something."""
    torch.manual_seed(3)
    generator = Generator(ModelConfig(**TINY | options)).requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith(("noise_strength", "bias")):
            parameter.add_(0.3 * torch.randn_like(parameter))
    generator.mapping.w_avg.normal_()
    return generator


def run(g: Graph, output: str, shape: list[int], given: dict[str, torch.Tensor]) -> np.ndarray:
    model = g.model({"output": (output, shape)}, "", {})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(None, {name: value.numpy() for name, value in given.items()})[0]


def picture(generator: Generator, ws, maps, half=False) -> np.ndarray:
    g = Graph(half)
    name = g.input("ws", list(ws.shape))
    image = synthesis(g, generator.synthesis, name, noises(g, generator.synthesis, optional=False))
    given = {f"noise_{k}": noise for k, noise in enumerate(maps)}
    config = generator.config
    shape = [1, config.img_channels, config.resolution, config.resolution]
    return run(g, image, shape, {"ws": ws, **given})


ARCHITECTURES = ("stylegan2", "undemodulated", "adain")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "options",
    [{}, {"img_channels": 3}, {"conv_clamp": 0.7}, {"resolution": 64, "channel_base": 256},
     {"resolution": 32, "channel_min": 5, "w_dim": 24}],
    ids=lambda options: " ".join(f"{k} {v}" for k, v in options.items()) or "tiny",
)  # fmt: skip
def test_pictures_are_the_generators(architecture, options):
    generator = awake(architecture=architecture, **options)
    config = generator.config
    ws = torch.randn(1, config.num_ws, config.w_dim)
    maps = [torch.randn(1, 1, x.resolution, x.resolution) for x in generator.synthesis.layers]
    expected = generator.synthesis(ws, noise=maps).numpy()
    found = picture(generator, ws, maps)
    assert found.shape == expected.shape
    assert expected.std() > 0.1
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_bound_that_bites_is_there():
    ws = torch.randn(1, 6, 16)
    free, bound = awake(), awake(conv_clamp=0.7)
    maps = [torch.zeros(1, 1, x.resolution, x.resolution) for x in free.synthesis.layers]
    assert np.abs(picture(free, ws, maps) - picture(bound, ws, maps)).max() > 0.1


@pytest.mark.parametrize("c_dim", [0, 3])
def test_w_is_the_mappings(c_dim):
    generator = awake(c_dim=c_dim)
    z, c = torch.randn(1, 16), None
    g = Graph()
    given = {"z": z}
    if c_dim:
        c = class_vectors(torch.tensor([1.25]), c_dim)
        given["c"] = c
    names = [g.input(name, list(x.shape)) for name, x in given.items()]
    w = mapping(g, generator.mapping, names[0], names[1] if c_dim else None)
    assert np.allclose(run(g, w, [1, 16], given), generator.mapping(z, c).numpy(), atol=1e-5)


def test_truncation_and_a_shift():
    generator = awake()
    w, centre, shift = torch.randn(1, 16), torch.randn(1, 16), torch.randn(1, 6, 16)
    g = Graph()
    names = [g.input(name, list(x.shape)) for name, x in
             (("w", w), ("psi", torch.ones(1)), ("centre", centre), ("shift", shift))]  # fmt: skip
    ws = truncated(g, *names)
    given = {"w": w, "psi": torch.tensor([0.3]), "centre": centre, "shift": shift}
    expected = generator.broadcast(centre + 0.3 * (w - centre)) + shift
    assert np.allclose(run(g, ws, [1, 6, 16], given), expected.numpy(), atol=1e-6)


def test_half_the_room_for_nearly_the_same():
    generator = awake(resolution=32, channel_base=512, channel_max=32)
    ws = torch.randn(1, generator.config.num_ws, 16)
    maps = [torch.zeros(1, 1, x.resolution, x.resolution) for x in generator.synthesis.layers]
    exact, near = (picture(generator, ws, maps, half) for half in (False, True))
    difference = np.abs(exact - near).max() / np.abs(exact).max()
    assert 0 < difference < 5e-3


def test_weights_of_convolutions_are_fixed():
    """No runtime has to prepare them for every picture."""
    generator = awake()
    g = Graph()
    image = synthesis(g, generator.synthesis, g.input("ws", [1, 6, 16]),
                      noises(g, generator.synthesis, optional=True))  # fmt: skip
    model = g.model({"image": (image, [1, 1, 16, 16])}, "", {})
    assert model.opset_import[0].version == OPSET
    fixed = {tensor.name for tensor in model.graph.initializer}
    for node in model.graph.node:  # a transposed or widened constant is one, too
        if node.op_type in ("Transpose", "Cast") and set(node.input) <= fixed:
            fixed.add(node.output[0])
    convolutions = [n for n in model.graph.node if n.op_type in ("Conv", "ConvTranspose")]
    assert len(convolutions) == 5 + 2 + 2  # layers, filters, the picture's own way up
    assert all(node.input[1] in fixed for node in convolutions)
    onnx.checker.check_model(model, full_check=True)
