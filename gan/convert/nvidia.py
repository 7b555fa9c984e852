"""The pickles of NVIDIA's stylegan2-ada-pytorch and stylegan3 (for their StyleGAN2 networks).

Every module in them is a call that would run the source text stored beside it, with its state.
Read here as data, it is a tree of states: parameters, buffers, modules and a few numbers.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from gan.convert.pickled import Names, Refused, dictionary, read
from gan.convert.storages import TENSORS, Stored, from_bytes, load

_NETWORKS = ("G_ema", "G", "D")
_NUMBERS = {"f4": "f", "f8": "d", "i4": "i", "i8": "q", "b1": "?"}
_LONGEST = 60  # synthesis.b1024.conv0.affine.weight
_LR_MULTIPLIER = 0.01  # of the mapping network, here as there


@dataclass(frozen=True, eq=False)
class Module:
    """A module of theirs."""

    kind: str
    state: dict

    def child(self, name: str) -> "Module":
        found = self.state.get("_modules", {}).get(name)
        if not isinstance(found, Module):
            raise Refused(f"its {self.kind} has no {name}")
        return found

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers of it and all within, by their dotted names."""
        return load(dict(self._stored("", set())))

    def _stored(self, prefix: str, seen: set["Module"]) -> Iterator[tuple[str, Stored]]:
        if self in seen or len(prefix) > _LONGEST:
            raise Refused("its modules lie within each other without end")
        seen.add(self)
        for group in ("_parameters", "_buffers"):  # a frozen layer keeps its weights as buffers
            for name, value in self.state.get(group, {}).items():
                if isinstance(value, Stored):
                    yield prefix + name, value
        for name, child in self.state.get("_modules", {}).items():
            if isinstance(child, Module):
                yield from child._stored(f"{prefix}{name}.", seen)


def networks(path: Path) -> dict[str, dict[str, Tensor]]:
    """The tensors of G_ema, and of G and D where the file has them, under the field's names.

    Raises Refused with a reason if the file is not one, or of a network that is no StyleGAN2.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = read(content, _NAMES)
    if not isinstance(found, dict) or not isinstance(found.get("G_ema"), Module):
        raise Refused("it holds no G_ema")
    _check_kind(found["G_ema"])
    modules = {name: found[name] for name in _NETWORKS if isinstance(found.get(name), Module)}
    return {name: module.tensors() for name, module in modules.items()}


def _check_kind(G: Module) -> None:
    """Refuse what has the same tensors and means something else by them."""
    mapping, synthesis = G.child("mapping"), G.child("synthesis")
    if "input" in synthesis.state.get("_modules", {}):
        raise Refused("it is a StyleGAN3, which has another synthesis network")
    first, block = mapping.child("fc0").state, synthesis.child("b4")
    if first.get("activation") != "lrelu" or _far(first.get("bias_gain"), _LR_MULTIPLIER):
        raise Refused("its mapping network has another activation or learning-rate multiplier")
    if block.child("conv1").state.get("activation") != "lrelu":
        raise Refused("its synthesis network has another activation")
    architecture = block.state.get("architecture")
    if architecture != "skip":
        kind = architecture if isinstance(architecture, str) else "?"
        raise Refused(f"its synthesis network is of the kind {kind}; only skip is known")


def _far(found, expected: float) -> bool:
    return not isinstance(found, int | float) or abs(found - expected) > 1e-6 * expected


def _module(meta) -> Module:
    """For `torch_utils.persistence._reconstruct_persistent_obj`, which would run `module_src`."""
    if not isinstance(meta, dict) or meta.get("type") != "class":
        raise Refused("a module is described in an unknown way")
    kind, state = meta.get("class_name"), meta.get("state")
    if not isinstance(kind, str) or not isinstance(state, dict):
        raise Refused("a module has no name or no state")
    return Module(kind, state)


def _number(code, content: bytes) -> int | float:
    """For numpy's scalar: gains were computed with numpy."""
    if not isinstance(code, str):
        raise Refused("a number is of no kind")
    (value,) = struct.unpack("<" + _NUMBERS[code], content)
    return value


def _tensorflow(*_) -> Module:
    raise Refused(
        "it is a file of the TensorFlow program; if you trust it, NVIDIA's stylegan2-ada-pytorch "
        "turns it into a .pkl of PyTorch (legacy.py), which can be converted"
    )


_NAMES: Names = {
    **TENSORS,
    "torch_utils.persistence._reconstruct_persistent_obj": _module,
    "torch.storage._load_from_bytes": from_bytes,
    "dnnlib.util.EasyDict": dictionary,
    "dnnlib.tflib.network.Network": _tensorflow,
    "numpy.dtype": lambda code, *_: code,
    "numpy.core.multiarray.scalar": _number,
    "numpy._core.multiarray.scalar": _number,
    # Whole arrays (a StyleGAN3 keeps sizes in them) are no part of a network: passed over.
    "numpy.ndarray": None,
    "numpy.core.multiarray._reconstruct": lambda *_: None,
    "numpy._core.multiarray._reconstruct": lambda *_: None,
}
