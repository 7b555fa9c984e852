"""The other way round: a checkpoint of ours as state dicts that other programs' classes load.

    stylegan2-ada  {"G_ema", "G", "D"}, for NVIDIA's stylegan2-ada-pytorch and stylegan3
    rosinality     {"g_ema", "g", "d", "latent_avg"}, for rosinality's stylegan2-pytorch, pSp, e4e

Names as theirs, with the filters that their modules keep; the numbers are ours unchanged.
"""

import io
import re
from pathlib import Path

import torch
from torch import Tensor

from gan.checkpoint import Checkpoint, write_atomic
from gan.config import ModelConfig
from gan.convert import rosinality
from gan.convert.pickled import Refused
from gan.resample import fir_kernel

PROGRAMS = ("stylegan2-ada", "rosinality")
_NETWORKS = ("G_ema", "G", "D")
_FILTERED = {  # modules of NVIDIA's that keep the filter, by network
    "G": r"synthesis\.b\d+|synthesis\.b\d+\.conv[01]",
    "D": r"b(?!4$)\d+|b\d+\.(fromrgb|conv0|conv1|skip)|b4\.conv",
}
_LAYER = {ours: theirs for theirs, ours in rosinality.LAYER.items()}  # but for "bias"
_JUDGE = {ours: theirs for theirs, ours in rosinality.BLOCK.items()}
_JUDGE |= {f"fromrgb.{ours}": theirs for theirs, ours in rosinality.FIRST.items()}
_LAST = {ours: theirs for theirs, ours in rosinality.LAST.items()}


def write_out(checkpoint: Checkpoint, program: str, out: Path) -> list[str]:
    """Write them by torch.save, whole or not at all; how the network is made there, in lines.

    Raises Refused where that program has no such network, or OSError.
    """
    config = checkpoint.config
    if config.architecture != "stylegan2":
        raise Refused(f"its generator is of the kind {config.architecture}, which is not theirs")
    parts = {name: checkpoint.part(name) for name in _NETWORKS}
    parts = {name: {k: t.float() for k, t in part.items()} for name, part in parts.items() if part}
    if config.d_architecture == "projected":
        parts.pop("D", None)  # not theirs; a generator needs none
    content = to_nvidia(config, parts) if program == PROGRAMS[0] else to_rosinality(config, parts)
    file = io.BytesIO()
    torch.save(content, file)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(out, file.getvalue())
    return (nvidias_calls if program == PROGRAMS[0] else rosinalitys_calls)(config, "D" in parts)


def to_nvidia(config: ModelConfig, parts: dict[str, dict[str, Tensor]]) -> dict[str, dict]:
    """Raises Refused where their classes know no such widths."""
    if any(config.channels(r) != _plain(config, r) for r in config.block_resolutions):
        raise Refused("its last layers are wider than theirs can be (channel_min)")
    fir, content = fir_kernel(), {}
    for name, part in parts.items():
        modules = {k.rpartition(".")[0] for k in part}
        modules |= {module.rpartition(".")[0] for module in modules}  # blocks keep one too
        kept = [m for m in modules if re.fullmatch(_FILTERED["D" if name == "D" else "G"], m)]
        content[name] = part | {f"{module}.resample_filter": fir.clone() for module in sorted(kept)}
    return content


def to_rosinality(config: ModelConfig, parts: dict[str, dict[str, Tensor]]) -> dict[str, object]:
    """Raises Refused where their classes make no such network."""
    for wrong, why in (
        (config.c_dim, "it has classes, which theirs have not"),
        (config.img_channels != 3, "its pictures are grey; theirs have three channels"),
        (config.z_dim != config.w_dim, "its z and w differ in size, which theirs cannot"),
        (config.conv_clamp is not None, "it bounds its feature maps (conv_clamp), theirs do not"),
        ("D" in parts and config.d_architecture != "resnet",
         f"its discriminator is of the kind {config.d_architecture}; theirs is resnet"),
    ):  # fmt: skip
        if wrong:
            raise Refused(why)
    content: dict[str, object] = {"latent_avg": parts["G_ema"]["mapping.w_avg"]}
    for name, part in parts.items():
        renamed = _judge(config, part) if name == "D" else _generator(part)
        content[name.lower()] = renamed
    return content


def _plain(config: ModelConfig, resolution: int) -> int:
    return min(config.channel_base // resolution, config.channel_max)


def nvidias_calls(config: ModelConfig, judge: bool) -> list[str]:
    """What makes the networks there. judge: the discriminator too."""
    base, most = config.channel_base, config.channel_max
    picture = f"img_resolution={config.resolution}, img_channels={config.img_channels}"
    calls = [
        f"Generator(z_dim={config.z_dim}, c_dim={config.c_dim}, w_dim={config.w_dim}, {picture}, "
        f"mapping_kwargs={{'num_layers': {config.mapping_layers}}}, synthesis_kwargs="
        f"{{'channel_base': {base}, 'channel_max': {most}, 'conv_clamp': {config.conv_clamp}}})"
    ]
    if judge:
        calls.append(
            f"Discriminator(c_dim={config.c_dim}, {picture}, architecture="
            f"'{config.d_architecture}', channel_base={base}, channel_max={most}, "
            f"conv_clamp={config.conv_clamp}, "
            f"epilogue_kwargs={{'mbstd_group_size': {config.mbstd_group}, "
            f"'mbstd_num_channels': {config.mbstd_channels}}})"
        )
    return calls


def rosinalitys_calls(config: ModelConfig, judge: bool) -> list[str]:
    """The same. Their classes have a table of widths and a group size, and no option for either but
    a factor above 32 px: what differs has to be written there."""
    widths = {r: config.channels(r) for r in config.block_resolutions}
    wide = widths.get(64, 512) / 256
    factor = int(wide) if wide == int(wide) else 1
    usual = {r: 512 if r <= 32 else 16384 * factor // r for r in widths}
    told = f", channel_multiplier={factor}"
    calls = [f"Generator({config.resolution}, {config.w_dim}, {config.mapping_layers}{told})"]
    if judge:
        calls.append(f"Discriminator({config.resolution}{told})")
    if widths != usual:
        calls.append(f"with these widths in the place of its own: channels = {widths}")
    if judge and (config.mbstd_group, config.mbstd_channels) != (4, 1):
        calls.append(
            f"with stddev_group = {config.mbstd_group} and stddev_feat = {config.mbstd_channels} "
            "in the discriminator"
        )
    return calls


def _generator(part: dict[str, Tensor]) -> dict[str, Tensor]:
    theirs, fir = {}, fir_kernel()
    for name, tensor in part.items():
        if found := re.fullmatch(r"mapping\.fc(\d+)\.(\w+)", name):
            theirs[f"style.{int(found[1]) + 1}.{found[2]}"] = tensor
        elif name == "synthesis.b4.const":
            theirs["input.input"] = tensor[None]
        elif found := re.fullmatch(r"synthesis\.b(\d+)\.(conv[01]|torgb)\.(.+)", name):
            theirs |= _layer(int(found[1]), found[2], found[3], tensor)
    for k in range(len([name for name in theirs if re.fullmatch(r"to_rgbs\.\d+\.bias", name)])):
        theirs[f"convs.{2 * k}.conv.blur.kernel"] = 4 * fir
        theirs[f"to_rgbs.{k}.upsample.kernel"] = 4 * fir
    return theirs


def _layer(resolution: int, kind: str, end: str, tensor: Tensor) -> dict[str, Tensor]:
    """One tensor of a convolution or toRGB, with the leading axes that theirs have."""
    level = resolution.bit_length() - 3  # 4 px: 0
    if kind == "torgb":
        place = "to_rgb1" if level == 0 else f"to_rgbs.{level - 1}"
        if end == "bias":
            return {f"{place}.bias": tensor.reshape(1, -1, 1, 1)}
        return {f"{place}.{_LAYER[end]}": tensor[None] if end == "weight" else tensor}
    k = 2 * level - (kind == "conv0")  # convolutions from 4 px up
    if end == "noise_const":
        return {f"noises.noise_{k}": tensor[None, None]}
    place = "conv1" if k == 0 else f"convs.{k - 1}"
    if end == "bias":
        return {f"{place}.activate.bias": tensor}
    if end == "noise_strength":
        tensor = tensor.reshape(1)
    return {f"{place}.{_LAYER[end]}": tensor[None] if end == "weight" else tensor}


def _judge(config: ModelConfig, part: dict[str, Tensor]) -> dict[str, Tensor]:
    """Blocks numbered from the picture down."""
    theirs, fir = {}, fir_kernel()
    for name, tensor in part.items():
        if name in _LAST:
            theirs[_LAST[name]] = tensor
            continue
        block, _, end = name.partition(".")
        r = int(block[1:])
        number = 0 if end.startswith("fromrgb") else (config.resolution // r).bit_length()
        theirs[f"convs.{number}.{_JUDGE[end]}"] = tensor
        if number:
            theirs[f"convs.{number}.conv2.0.kernel"] = fir
            theirs[f"convs.{number}.skip.0.kernel"] = fir
    return theirs
