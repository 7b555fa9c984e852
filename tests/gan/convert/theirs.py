"""Checkpoints as other programs write them, made here from networks of our own."""

import argparse
import collections
import pickle

import numpy as np
import torch
from torch import nn

from gan.convert.contents import contents
from gan.convert.files import open_file
from gan.convert.networks import Converted, convert
from tests.gan.convert.nvidia_like import Theirs, fir, their_programs

FIR = fir()


class Module(Theirs):
    """A module of theirs of any kind."""

    def __init__(self, kind: str, **attributes):
        super().__init__(**attributes)
        self._kind = kind

    def __reduce__(self):
        call, (meta,) = super().__reduce__()
        meta["class_name"] = meta["state"].pop("_kind")
        return call, (meta,)


def nvidia_module(ours: nn.Module, frozen: tuple[str, ...] = ()) -> Module:
    """A tree of theirs with the tensors of ours, with filters and numbers from numpy beside."""
    theirs = Module(type(ours).__name__)
    for name, parameter in ours._parameters.items():
        if parameter is not None and name in frozen:
            theirs.register_buffer(name, parameter.detach())
        else:
            theirs.register_parameter(name, parameter)
    for name, buffer in ours._buffers.items():
        theirs.register_buffer(name, buffer)
    if hasattr(ours, "up") or hasattr(ours, "down"):
        theirs.register_buffer("resample_filter", FIR)
    if hasattr(ours, "weight_gain"):
        theirs.weight_gain = np.float64(ours.weight_gain)
        theirs.bias_gain = getattr(ours, "bias_gain", 1.0)
        theirs.activation = "lrelu" if getattr(ours, "activate", False) else "linear"
    if type(ours).__name__ == "SynthesisLayer":
        theirs.activation = "lrelu"
    if type(ours).__name__ == "SynthesisBlock":
        theirs.architecture = "skip"
    for name, child in ours._modules.items():
        theirs.add_module(name, nvidia_module(child, frozen))
    if type(ours).__name__ == "Epilogue":
        group, channels = ours.mbstd
        theirs.mbstd = Module("MinibatchStdLayer", group_size=group, num_channels=channels)
    return theirs


def augment_pipe() -> Module:
    """What a training leaves in the file beside its networks."""
    pipe = Module("AugmentPipe", xflip=1.0, imgfilter_bands=[1, 1, 1, 1])
    for name, size in {"p": (), "Hz_geom": (12,), "Hz_fbank": (4, 43)}.items():
        pipe.register_buffer(name, torch.rand(size))
    return pipe


def write_pkl(path, protocol: int = 4, source: str = "", **networks) -> None:
    """A pickle of NVIDIA's program, with `source` as the text that would be run."""
    options = {"class_name": "training.dataset.ImageFolderDataset", "path": "/home/somebody"}
    with their_programs(source):
        content = {"training_set_kwargs": options, "augment_pipe": augment_pipe()} | networks
        path.write_bytes(pickle.dumps(content, protocol=protocol))


def rosinality_generator(G) -> dict[str, torch.Tensor]:
    """Our generator's tensors under rosinality's names, with its leading axes and its filters."""
    theirs = collections.OrderedDict()
    theirs._metadata = collections.OrderedDict({"": {"version": 1}})  # as state_dict() leaves it
    for i in range(G.config.mapping_layers):
        layer = getattr(G.mapping, f"fc{i}")
        theirs[f"style.{i + 1}.weight"], theirs[f"style.{i + 1}.bias"] = layer.weight, layer.bias
    theirs["input.input"] = G.synthesis.b4.const[None]
    for k, layer in enumerate(G.synthesis.layers):
        name = "conv1" if k == 0 else f"convs.{k - 1}"
        theirs[f"{name}.conv.weight"] = layer.weight[None]
        theirs[f"{name}.conv.modulation.weight"] = layer.affine.weight
        theirs[f"{name}.conv.modulation.bias"] = layer.affine.bias
        theirs[f"{name}.noise.weight"] = layer.noise_strength[None]
        theirs[f"{name}.activate.bias"] = layer.bias
        theirs[f"noises.noise_{k}"] = layer.noise_const[None, None]
        if layer.up:
            theirs[f"{name}.conv.blur.kernel"] = FIR * 4
    for k, block in enumerate(G.synthesis.blocks):
        name = "to_rgb1" if k == 0 else f"to_rgbs.{k - 1}"
        theirs[f"{name}.conv.weight"] = block.torgb.weight[None]
        theirs[f"{name}.conv.modulation.weight"] = block.torgb.affine.weight
        theirs[f"{name}.conv.modulation.bias"] = block.torgb.affine.bias
        theirs[f"{name}.bias"] = block.torgb.bias[None, :, None, None]
    return theirs


def rosinality_discriminator(D) -> dict[str, torch.Tensor]:
    """The same of a discriminator: convs.0 takes the picture, convs.1 halves it first."""
    R = D.config.resolution
    top = getattr(D, f"b{R}")
    theirs = {"convs.0.0.weight": top.fromrgb.weight, "convs.0.1.bias": top.fromrgb.bias}
    for j, r in enumerate(D.config.block_resolutions[:0:-1], start=1):
        block = getattr(D, f"b{r}")
        theirs |= {
            f"convs.{j}.conv1.0.weight": block.conv0.weight,
            f"convs.{j}.conv1.1.bias": block.conv0.bias,
            f"convs.{j}.conv2.0.kernel": FIR,
            f"convs.{j}.conv2.1.weight": block.conv1.weight,
            f"convs.{j}.conv2.2.bias": block.conv1.bias,
            f"convs.{j}.skip.0.kernel": FIR,
            f"convs.{j}.skip.1.weight": block.skip.weight,
        }
    return theirs | {
        "final_conv.0.weight": D.b4.conv.weight, "final_conv.1.bias": D.b4.conv.bias,
        "final_linear.0.weight": D.b4.fc.weight, "final_linear.0.bias": D.b4.fc.bias,
        "final_linear.1.weight": D.b4.out.weight, "final_linear.1.bias": D.b4.out.bias,
    }  # fmt: skip


def write_pt(path, G, D=None, zipped=True, **more) -> None:
    """A .pt of rosinality's program: of a training where there is a D."""
    content = {"g_ema": rosinality_generator(G)} | more
    if D is not None:
        content |= {
            "g": rosinality_generator(G), "d": rosinality_discriminator(D),
            "args": argparse.Namespace(size=16, path="/home/somebody"), "g_optim": {"state": {}},
        }  # fmt: skip
    torch.save(content, path, _use_new_zipfile_serialization=zipped)


def converted(path, lr_mlp: float | None = None) -> Converted:
    """What the command makes of a file."""
    opened = open_file(path)
    return convert(contents(opened.content), opened.allowance, lr_mlp)
