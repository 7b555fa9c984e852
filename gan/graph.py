"""The generator as an ONNX graph, one picture at a time: the same equations with fixed weights.

Scaling the weights' input channels is scaling the input, and normalising their output channels is
scaling the output (Karras 2020, eq. 1-3), so that every convolution keeps its weights and any
runtime can prepare them once. What a function returns is the name of a tensor; shapes stand behind.

It needs the package onnx, which the rest of the program does without.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from gan.generator import AdaINLayer, Mapping, Synthesis, SynthesisLayer, ToRGB
from gan.layers import SQRT2, FullyConnected, equalised_gain
from gan.resample import fir_kernel

OPSET, IR_VERSION = 17, 8  # of 2022: what every runtime in use knows


@dataclass
class Graph:
    """Nodes, tensors and inputs as they are collected. half: weights lie in float16 in the file;
    they are computed with in float32 all the same."""

    half: bool = False
    nodes: list = field(default_factory=list)
    tensors: list = field(default_factory=list)
    inputs: list = field(default_factory=list)

    def __call__(self, operator: str, *inputs: str, **attributes) -> str:
        """Add a node; its one output is named after it."""
        output = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def given(self, values: Tensor | np.ndarray | float, name: str | None = None) -> str:
        """A constant, kept as it is."""
        array = np.asarray(values.detach().cpu() if isinstance(values, Tensor) else values)
        array = array.astype(np.float32) if array.dtype.kind == "f" else array
        name = name or f"given_{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array.copy(order="C"), name))
        return name

    def weight(self, values: Tensor) -> str:
        """A constant that takes half the room where `half`."""
        if not self.half:
            return self.given(values)
        array = values.detach().cpu().numpy().astype(np.float16)
        name = f"given_{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(array, name))
        return self("Cast", name, to=TensorProto.FLOAT)

    def input(self, name: str, shape: list[int], default: Tensor | np.ndarray | None = None) -> str:
        """An input, float32, that may be left out where it has a default."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        if default is not None:
            self.given(default, name)
        return name

    def model(self, outputs: dict[str, tuple[str, list[int]]], about: str, facts: dict[str, str]):
        """The file's content as an onnx.ModelProto. outputs: name -> (tensor, shape)."""
        for name, (tensor, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        told = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, (_, shape) in outputs.items()
        ]
        graph = helper.make_graph(self.nodes, "generator", self.inputs, told, self.tensors)
        made = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
            producer_name="stylegan2-brain-explorer", doc_string=about,
        )  # fmt: skip
        helper.set_model_props(made, facts)
        onnx.checker.check_model(made)
        return made


def connected(g: Graph, layer: FullyConnected, x: str, gain: float = 1.0) -> str:
    """[1, in] -> [1, out]. gain: of the result, which passes through an activation behind it."""
    gain = gain * SQRT2 if layer.activate else gain
    weight = g.weight(layer.weight * (layer.weight_gain * gain))
    bias = g.given(layer.bias * (layer.bias_gain * gain))
    y = g("Gemm", x, weight, bias, transB=1)
    return g("LeakyRelu", y, alpha=0.2) if layer.activate else y


def pixel_norm(g: Graph, x: str) -> str:
    """[1, D] -> [1, D] of unit mean square."""
    mean = g("ReduceMean", g("Mul", x, x), axes=[1], keepdims=1)
    return g("Div", x, g("Sqrt", g("Add", mean, g.given(1e-8))))


def mapping(g: Graph, network: Mapping, z: str, c: str | None) -> str:
    """z [1, z_dim] and a class vector c [1, c_dim] -> w [1, w_dim]."""
    x = pixel_norm(g, z)
    if network.c_dim:
        x = g("Concat", x, pixel_norm(g, connected(g, network.embed, c)), axis=1)
    for i in range(network.num_layers):
        x = connected(g, getattr(network, f"fc{i}"), x)
    return x


def truncated(g: Graph, w: str, psi: str, centre: str, shift: str) -> str:
    """w [1, w_dim] -> ws [1, num_ws, w_dim] = centre + psi (w - centre) + shift."""
    moved = g("Add", centre, g("Mul", psi, g("Sub", w, centre)))
    return g("Add", g("Unsqueeze", moved, g.given(np.array([1]))), shift)


def noises(g: Graph, synthesis: Synthesis, optional: bool) -> list[str]:
    """Inputs for the noise maps, [1, 1, r, r] each; optional: the stored ones if left out."""
    shapes = [(layer, [1, 1, layer.resolution, layer.resolution]) for layer in synthesis.layers]
    return [
        g.input(f"noise_{k}", shape, layer.noise_const[None, None] if optional else None)
        for k, (layer, shape) in enumerate(shapes)
    ]


def synthesis(g: Graph, network: Synthesis, ws: str, noise: list[str]) -> str:
    """ws [1, num_ws, w_dim] and a noise map for each layer -> picture [1, C, R, R]."""
    w = [g("Gather", ws, g.given(np.array(k)), axis=1) for k in range(network.config.num_ws)]
    x, image, k, colours = g.weight(network.b4.const[None]), None, 0, network.config.img_channels
    for block in network.blocks:
        for layer in block.layers:
            x = convolved(g, layer, x, w[k], noise[k])
            k += 1
        rgb = to_rgb(g, block.torgb, block.resolution, x, w[k])
        image = rgb if image is None else g("Add", upsampled(g, image, colours), rgb)
    return image


def convolved(g: Graph, layer: SynthesisLayer, x: str, w: str, noise: str) -> str:
    """One layer: [1, I, H, W] -> [1, O, r, r]."""
    adain = isinstance(layer, AdaINLayer)
    styles = connected(g, layer.affine, w)
    gain = SQRT2 if layer.demodulate and not adain else SQRT2 * equalised_gain(layer.weight)
    weight = g.weight(layer.weight)
    if not adain:
        x = g("Mul", x, as_channels(g, styles))
    y = up_convolution(g, x, weight, layer.weight) if layer.up else g(
        "Conv", x, weight, pads=[1, 1, 1, 1]
    )  # fmt: skip
    scale = g.given(gain)
    if layer.demodulate and not adain:
        scale = as_channels(g, g("Mul", demodulation(g, weight, styles), scale))
    y = g("Mul", y, scale)
    y = g("Add", y, g("Mul", noise, g.given(layer.noise_strength * SQRT2)))
    y = g("Add", y, g.given(layer.bias[None, :, None, None] * SQRT2))
    y = g("LeakyRelu", y, alpha=0.2)
    if adain:
        scales, offsets = (
            g("Slice", g("Squeeze", styles, g.given(np.array([0]))), g.given(np.array([a])),
              g.given(np.array([b])))
            for a, b in ((0, len(layer.bias)), (len(layer.bias), 2 * len(layer.bias)))
        )  # fmt: skip
        y = g("InstanceNormalization", y, scales, offsets, epsilon=1e-8)
    return bounded(g, y, layer.clamp)


def demodulation(g: Graph, weight: str, styles: str) -> str:
    """1 / sqrt(sum_ik (s_i w_ijk)^2 + 1e-8): [1, O]."""
    squares = g("ReduceSumSquare", weight, axes=[2, 3], keepdims=0)  # [O, I]
    sums = g("Gemm", g("Mul", styles, styles), squares, transB=1)
    return g("Reciprocal", g("Sqrt", g("Add", sums, g.given(1e-8))))


def up_convolution(g: Graph, x: str, weight: str, values: Tensor) -> str:
    """Transposed convolution, then the FIR filter: [1, I, H, W] -> [1, O, 2H, 2W]."""
    y = g("ConvTranspose", x, g("Transpose", weight, perm=[1, 0, 2, 3]), strides=[2, 2])
    taps = g.given((4 * fir_kernel()).expand(len(values), 1, 4, 4))  # three of four were zeros
    return g("Conv", y, taps, pads=[1, 1, 1, 1], group=len(values))


def to_rgb(g: Graph, layer: ToRGB, resolution: int, x: str, w: str) -> str:
    """Maps [1, I, r, r] -> their part of the picture [1, C, r, r]."""
    styles = connected(g, layer.affine, w, layer.weight_gain)
    weight = g("Mul", g.weight(layer.weight[:, :, 0, 0]), styles)  # [C, I]: smaller than the maps
    pixels = g("Reshape", x, g.given(np.array([layer.weight.shape[1], resolution**2])))
    y = g("Add", g("MatMul", weight, pixels), g.given(layer.bias[:, None]))
    y = bounded(g, y, layer.clamp)
    return g("Reshape", y, g.given(np.array([1, -1, resolution, resolution])))


def upsampled(g: Graph, image: str, channels: int) -> str:
    """[1, C, H, W] -> [1, C, 2H, 2W]: zeros between the pixels, then the filter."""
    taps = g.given((4 * fir_kernel()).expand(channels, 1, 4, 4))
    return g("ConvTranspose", image, taps, strides=[2, 2], pads=[1, 1, 1, 1], group=channels)


def as_channels(g: Graph, x: str) -> str:
    """[1, C] -> [1, C, 1, 1]."""
    return g("Unsqueeze", x, g.given(np.array([2, 3])))


def bounded(g: Graph, x: str, bound: float | None) -> str:
    return x if bound is None else g("Clip", x, g.given(-float(bound)), g.given(float(bound)))
