"""ONNX files of a model: the whole generator for other programs, or its two halves for a page."""

import json
from copy import deepcopy

import numpy as np
import torch

from explorer.picture.latents import z_of_seed
from explorer.picture.model import Model
from explorer.recipe.checks import RecipeError
from gan.generator import class_vectors
from gan.picture import SYNTHETIC, to_uint8

_ABOUT = """Synthetic pictures, not for diagnosis. One picture a call, float32 throughout.

Inputs
  z        [1, z_dim], numbers of N(0, 1); numpy.random.RandomState(seed).randn(1, z_dim) is the
           explorer's brain of that seed
  c        [1, c_dim], only of a model with classes: 1 for the class, 0 for the others; of classes
           in order the two nearest share the 1
  psi      [1], truncation: ws = centre + psi (w - centre) + shift; 1 if left out
  centre   [1, w_dim], the mean of w if left out; with psi 0 and a shift any ws can be given
  shift    [1, num_ws, w_dim], steps along directions, layer by layer; 0 if left out
  noise_k  [1, 1, r, r], the noise map of layer k, coarse to fine; the model's own if left out
Outputs
  image    [1, channels, R, R], about -1..1; grey levels are clip(floor(127.5 image + 128), 0, 255)
  ws       [1, num_ws, w_dim], what each layer was given
"""
_LOOKED = 8  # brains whose pictures decide whether half precision is enough
_MOST_LEVELS = 2


def whole(model: Model) -> bytes:
    """The generator as one ONNX file, which says what it takes; raises RecipeError without onnx."""
    graph, generator, config = _graphs(), model.generator, model.config
    g = graph.Graph()
    z = g.input("z", [1, config.z_dim])
    c = g.input("c", [1, config.c_dim]) if config.c_dim else None
    psi = g.input("psi", [1], torch.ones(1))
    centre = g.input("centre", [1, config.w_dim], generator.mapping.w_avg[None])
    shift = g.input("shift", [1, config.num_ws, config.w_dim],
                    torch.zeros(1, config.num_ws, config.w_dim))  # fmt: skip
    noise = graph.noises(g, generator.synthesis, optional=True)
    w = graph.mapping(g, generator.mapping, z, c)
    ws = graph.truncated(g, w, psi, centre, shift)
    image = graph.synthesis(g, generator.synthesis, ws, noise)
    outputs = {"image": (image, _picture(model)), "ws": (ws, [1, config.num_ws, config.w_dim])}
    return _written(g, outputs, model, _ABOUT)


def halves(model: Model, half: bool) -> tuple[bytes, bytes]:
    """Two files: z and c -> w; ws and a noise map for each layer -> image.

    half: the second's weights lie in float16; the first's never do, for what w is off by grows on
    its way to the picture. Raises RecipeError without the package onnx.
    """
    graph, generator, config = _graphs(), model.generator, model.config
    g = graph.Graph()
    z = g.input("z", [1, config.z_dim])
    c = g.input("c", [1, config.c_dim]) if config.c_dim else None
    w = graph.mapping(g, generator.mapping, z, c)
    first = _written(g, {"w": (w, [1, config.w_dim])}, model, "z and class -> w")
    g = graph.Graph(half)
    ws = g.input("ws", [1, config.num_ws, config.w_dim])
    noise = graph.noises(g, generator.synthesis, optional=False)
    image = graph.synthesis(g, generator.synthesis, ws, noise)
    return first, _written(g, {"image": (image, _picture(model))}, model, "ws, noise -> image")


@torch.inference_mode()
def half_is_enough(model: Model) -> bool:
    """Whether float16 for the synthesis leaves pictures as they are, by two grey levels of 255."""
    generator, config = model.generator, model.config
    rounded = deepcopy(generator.synthesis)
    for parameter in rounded.parameters():
        if parameter.ndim > 1:
            parameter.copy_(parameter.half().float())
    for seed in range(_LOOKED):
        c = None
        if config.c_dim:
            c = class_vectors(torch.tensor([seed % config.c_dim]), config.c_dim)
        ws = generator.broadcast(generator.mapping(z_of_seed(seed, config.z_dim), c))
        exact, near = (
            to_uint8(network(ws, noise_mode="const")).astype(int)
            for network in (generator.synthesis, rounded)
        )
        if np.abs(exact - near).max() > _MOST_LEVELS:
            return False
    return True


def _picture(model: Model) -> list[int]:
    return [1, model.config.img_channels, model.config.resolution, model.config.resolution]


def _written(g, outputs: dict, model: Model, about: str) -> bytes:
    licence = model.provenance.get("data_license")
    facts = {
        "synthetic": SYNTHETIC,
        "model": model.name,
        "digest": model.digest,
        "configuration": json.dumps(model.config.to_dict()),
        "data_license": licence if isinstance(licence, str) else "",
    }
    if model.classes:
        facts["classes"] = json.dumps(model.classes)
    if model.scale:
        facts["scale"] = json.dumps(model.scale.to_dict())
    return g.model(outputs, about, facts).SerializeToString()


def _graphs():
    """The module gan.graph, once it is asked for; raises RecipeError without the package onnx."""
    try:
        from gan import graph
    except ImportError as error:
        raise RecipeError(
            "--out: this needs the package onnx, which is not installed: "
            'pip install "onnx>=1.23,<2"'
        ) from error
    return graph
