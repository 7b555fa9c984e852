"""The .pt files of rosinality's stylegan2-pytorch, and of pSp and e4e, which keep its names."""

import mmap
import re
from pathlib import Path

from torch import Tensor

from gan.convert.pickled import Names, Refused, dictionary
from gan.convert.storages import Stored, load, read_legacy, read_zip

# A file of a training also keeps its options.
_NAMES: Names = {"argparse.Namespace": dictionary}
_LAYER = {
    "conv.weight": "weight", "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias", "noise.weight": "noise_strength",
    "activate.bias": "bias", "bias": "bias",
}  # fmt: skip
_BLOCK = {
    "conv1.0.weight": "conv0.weight", "conv1.1.bias": "conv0.bias",
    "conv2.1.weight": "conv1.weight", "conv2.2.bias": "conv1.bias", "skip.1.weight": "skip.weight",
}  # fmt: skip
_FIRST = {"0.weight": "weight", "1.bias": "bias"}
_LAST = {
    "final_conv.0.weight": "b4.conv.weight", "final_conv.1.bias": "b4.conv.bias",
    "final_linear.0.weight": "b4.fc.weight", "final_linear.0.bias": "b4.fc.bias",
    "final_linear.1.weight": "b4.out.weight", "final_linear.1.bias": "b4.out.bias",
}  # fmt: skip
_AXES = {
    "conv0.weight": 4, "conv1.weight": 4, "torgb.weight": 4, "b4.const": 3, "noise_const": 2,
    "noise_strength": 0,
}  # fmt: skip


def networks(path: Path) -> dict[str, dict[str, Tensor]]:
    """The tensors of G_ema, and of G and D where the file has them, under the field's names.

    Raises Refused with a reason if the file is not one.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        zipped = raw[:2] == b"PK"
        content = read_zip(path, _NAMES) if zipped else read_legacy(raw, _NAMES)
    if not isinstance(content, dict):
        raise Refused("it holds no networks")
    if isinstance(content.get("GAN"), dict):
        raise Refused("it is a file of lucidrains' program, whose networks are of another kind")
    average = content.get("latent_avg")
    found = {}
    if isinstance(content.get("state_dict"), dict):  # pSp, e4e: an encoder and a decoder
        inner = {k.removeprefix("decoder."): v for k, v in content["state_dict"].items()
                 if str(k).startswith("decoder.")}  # fmt: skip
        found["G_ema"] = _generator(_tensors(inner))
    else:
        for theirs, ours in (("g_ema", "G_ema"), ("g", "G")):
            if isinstance(content.get(theirs), dict):
                found[ours] = _generator(_tensors(content[theirs]))
        if isinstance(content.get("d"), dict):
            found["D"] = _discriminator(_tensors(content["d"]))
    if "G_ema" not in found:
        raise Refused("it holds no g_ema")
    if isinstance(average, Stored):
        mean = average.tensor()
        for name in found.keys() & {"G_ema", "G"}:
            found[name]["mapping.w_avg"] = mean.reshape(-1, mean.shape[-1]).mean(dim=0)
    return found


def _tensors(state: dict) -> dict[str, Tensor]:
    return load({str(k): v for k, v in state.items() if isinstance(v, Stored)})


def _generator(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    ours = {}
    for name, tensor in theirs.items():
        if (new := _generator_name(name)) is not None:
            ours[new] = _without_axes(new, tensor)
    return ours


def _generator_name(name: str) -> str | None:
    """What we call it; None for filters, which are rebuilt."""
    if name.endswith(".kernel"):
        return None
    if name == "input.input":
        return "synthesis.b4.const"
    if found := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", name):
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"
    if found := re.fullmatch(r"noises\.noise_(\d{1,2})", name):
        return f"{_convolution(int(found[1]))}.noise_const"
    if found := re.fullmatch(r"(?:conv1|convs\.(\d{1,2}))\.(.+)", name):
        k = 0 if found[1] is None else int(found[1]) + 1
        return f"{_convolution(k)}.{_known(_LAYER, found[2])}"
    if found := re.fullmatch(r"(?:to_rgb1|to_rgbs\.(\d{1,2}))\.(.+)", name):
        r = 4 if found[1] is None else 8 << int(found[1])
        return f"synthesis.b{r}.torgb.{_known(_LAYER, found[2])}"
    raise Refused(f"it holds an unknown tensor {name[:60]}")


def _convolution(k: int) -> str:
    """The k-th convolution from 4 px up: one at 4 px, two at each size above."""
    return f"synthesis.b{4 << (k + 1) // 2}.conv{0 if k % 2 else 1}"


def _without_axes(name: str, tensor: Tensor) -> Tensor:
    """Without the leading axes of length one that theirs have."""
    if name.endswith("torgb.bias"):
        return tensor.reshape(-1)
    axes = next((axes for end, axes in _AXES.items() if name.endswith(end)), tensor.ndim)
    return tensor.reshape(tensor.shape[tensor.ndim - axes :])


def _discriminator(theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Its blocks are numbered from the picture down: convs.1 is that of the full size."""
    names = [name for name in theirs if not name.endswith(".kernel")]
    numbers = [int(found[1]) for name in names if (found := re.match(r"convs\.(\d{1,2})\.", name))]
    R = 4 << max(numbers, default=0)
    ours = {}
    for name in names:
        found = re.fullmatch(r"convs\.(\d{1,2})\.(.+)", name)
        if found and found[1] == "0":
            new = f"b{R}.fromrgb.{_known(_FIRST, found[2])}"
        elif found:
            new = f"b{2 * R >> int(found[1])}.{_known(_BLOCK, found[2])}"
        else:
            new = _known(_LAST, name)
        ours[new] = theirs[name]
    return ours


def _known(table: dict[str, str], name: str) -> str:
    if name not in table:
        raise Refused(f"it holds an unknown tensor {name[:60]}")
    return table[name]
