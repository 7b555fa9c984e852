"""The names of rosinality's stylegan2-pytorch, which pSp, e4e and many others keep."""

import re

import torch

from gan.convert.found import Found
from gan.convert.pickled import Inert, Refused
from gan.convert.storages import Stored
from gan.resample import fir_kernel

LAYER = {
    "conv.weight": "weight", "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias", "noise.weight": "noise_strength",
    "activate.bias": "bias", "bias": "bias",
}  # fmt: skip
BLOCK = {
    "conv1.0.weight": "conv0.weight", "conv1.1.bias": "conv0.bias",
    "conv2.1.weight": "conv1.weight", "conv2.2.bias": "conv1.bias", "skip.1.weight": "skip.weight",
}  # fmt: skip
FIRST = {"0.weight": "weight", "1.bias": "bias"}
LAST = {
    "final_conv.0.weight": "b4.conv.weight", "final_conv.1.bias": "b4.conv.bias",
    "final_linear.0.weight": "b4.fc.weight", "final_linear.0.bias": "b4.fc.bias",
    "final_linear.1.weight": "b4.out.weight", "final_linear.1.bias": "b4.out.bias",
}  # fmt: skip
_AXES = {
    "conv0.weight": 4, "conv1.weight": 4, "torgb.weight": 4, "b4.const": 3, "noise_const": 2,
    "noise_strength": 0,
}  # fmt: skip


def generator(theirs: dict[str, Stored | Inert]) -> Found:
    """Raises Refused if it has other tensors, or filters, than theirs."""
    ours = {}
    for name, stored in theirs.items():
        if name.endswith(".kernel"):
            _check_filter(name, stored, 4)
        else:
            new = _generator_name(name)
            ours[new] = _without_axes(new, stored) if isinstance(stored, Stored) else stored
    return Found(ours)


def mean_of_w(latent_avg: Stored) -> torch.Tensor:
    """[w_dim], from one for all layers [w_dim] or for each [layers, w_dim]. Raises Refused."""
    if not 1 <= len(latent_avg.shape) <= 2 or not latent_avg.numel:
        raise Refused(f"its latent_avg is {list(latent_avg.shape)}, which is no mean of w")
    mean = latent_avg.tensor().float()
    return mean.reshape(-1, mean.shape[-1]).mean(dim=0)


def _generator_name(name: str) -> str:
    if name == "input.input":
        return "synthesis.b4.const"
    if found := re.fullmatch(r"style\.(\d{1,2})\.(weight|bias)", name):
        return f"mapping.fc{int(found[1]) - 1}.{found[2]}"
    if found := re.fullmatch(r"noises\.noise_(\d{1,2})", name):
        return f"{_convolution(int(found[1]))}.noise_const"
    if found := re.fullmatch(r"(?:conv1|convs\.(\d{1,2}))\.(.+)", name):
        k = 0 if found[1] is None else int(found[1]) + 1
        return f"{_convolution(k)}.{_known(LAYER, found[2], name)}"
    if found := re.fullmatch(r"(?:to_rgb1|to_rgbs\.(\d{1,2}))\.(.+)", name):
        r = 4 if found[1] is None else 8 << int(found[1])
        return f"synthesis.b{r}.torgb.{_known(LAYER, found[2], name)}"
    raise Refused(f"it holds an unknown tensor {name[:60]}")


def _convolution(k: int) -> str:
    """The k-th convolution from 4 px up: one at 4 px, two at each size above."""
    return f"synthesis.b{4 << (k + 1) // 2}.conv{0 if k % 2 else 1}"


def _without_axes(name: str, stored: Stored) -> Stored:
    """Without the leading axes of length one that theirs have."""
    if name.endswith("torgb.bias"):
        return stored.without_axes(len(stored.shape) - 3, len(stored.shape) - 2)
    axes = next((axes for end, axes in _AXES.items() if name.endswith(end)), len(stored.shape))
    return stored.without_axes(max(0, len(stored.shape) - axes))


def discriminator(theirs: dict[str, Stored | Inert]) -> Found:
    """Its blocks are numbered from the picture down: convs.1 is that of the full size.

    Raises Refused if it has other tensors, or filters, than theirs.
    """
    numbers = [int(found[1]) for name in theirs if (found := re.match(r"convs\.(\d{1,2})\.", name))]
    R = 4 << max(numbers, default=0)
    ours = {}
    for name, stored in theirs.items():
        if name.endswith(".kernel"):
            _check_filter(name, stored, 1)
            continue
        found = re.fullmatch(r"convs\.(\d{1,2})\.(.+)", name)
        if found and found[1] == "0":
            new = f"b{R}.fromrgb.{_known(FIRST, found[2], name)}"
        elif found:
            new = f"b{2 * R >> int(found[1])}.{_known(BLOCK, found[2], name)}"
        else:
            new = _known(LAST, name, name)
        ours[new] = stored
    return Found(ours)


def _check_filter(name: str, stored: Stored | Inert, total: int) -> None:
    """Their filters are rebuilt, not kept: only that of the paper can be. Raises Refused."""
    fir = fir_kernel()
    fits = isinstance(stored, Stored) and stored.shape == tuple(fir.shape)
    if not fits or not torch.allclose(stored.tensor().float(), fir * total, atol=1e-5):
        raise Refused(f"{name[:60]} is another filter than [1, 3, 3, 1]")


def _known(table: dict[str, str], end: str, name: str) -> str:
    if end not in table:
        raise Refused(f"it holds an unknown tensor {name[:60]}")
    return table[end]
