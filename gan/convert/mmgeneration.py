"""The names of OpenMMLab's mmgeneration and mmagic, of which one file holds all networks.

Their StyleGAN2 is rosinality's under other names: the same numbers, axes and filters. But its
pictures are blue, green, red: they are read from files in that order.
"""

import re
from dataclasses import replace

from gan.convert import rosinality
from gan.convert.found import Found
from gan.convert.pickled import Inert, Refused
from gan.convert.storages import Stored

_PARTS = {"G_ema": "generator_ema.", "G": "generator.", "D": "discriminator."}
_GENERATOR = (  # what is called otherwise, theirs and rosinality's
    ("style_mapping.", "style."), ("constant_input.", "input."),
    ("injected_noise_", "noises.noise_"), (".noise_injector.", ".noise."),
    (".style_modulation.", ".modulation."), (".linear.weight_orig", ".weight"),
    (".conv.weight_orig", ".conv.weight"),
)  # fmt: skip
_DISCRIMINATOR = ((".linear.weight_orig", ".weight"), (".conv.weight_orig", ".weight"))
_ASIDE = ("steps", "ada_aug.")  # the average's counter, and augmentation: of no network
_ORDER = r"\bto_rgb\s*=\s*(True|False)"  # of pictures read for training, and perhaps for testing
_HALF = r"\bgenerator\s*=\s*dict\([^()]*(fp16_enabled\s*=\s*True|num_fp16_scales\s*=\s*[1-9])"


def networks(state: dict) -> dict[str, dict]:
    """The state dicts within one of theirs, as "G_ema", "G" and "D"; none if it is another's."""
    names = [name for name in state if isinstance(name, str)]
    parts = {
        part: {n.removeprefix(prefix): state[n] for n in names if n.startswith(prefix)}
        for part, prefix in _PARTS.items()
    }
    return {
        part: {n: value for n, value in held.items() if not n.startswith(_ASIDE)}
        for part, held in parts.items()
        if held
    }


def configuration(content: dict) -> str:
    """The configuration of the training, as text, if the file tells it: mmcv's or mmengine's."""
    meta = content.get("meta")
    told = [meta.get(key) for key in ("config", "cfg")] if isinstance(meta, dict) else []
    return "\n".join(text for text in told if isinstance(text, str))


def are_theirs(names) -> bool:
    """Whether tensors of these names may be a network of theirs."""
    return any(name.endswith(".weight_orig") or name.startswith("style_mapping.") for name in names)


def generator(theirs: dict[str, Stored | Inert], told: str) -> Found:
    """told: see `configuration`. Raises Refused if it is another network than StyleGAN2's."""
    _check_kind(theirs)
    if re.search(_HALF, told):
        raise Refused(
            "its generator ran in half precision, for which that program scales w in each layer: "
            "it is no StyleGAN2 of the paper's kind"
        )
    named = {name: one for name, one in theirs.items() if name != "w_avg"}
    found = rosinality.generator(_renamed(named, _GENERATOR))
    tensors = dict(found.tensors)
    if "w_avg" in theirs:
        tensors["mapping.w_avg"] = theirs["w_avg"]
    return replace(found, tensors=tensors, blue_first=_blue_first(told))


def discriminator(theirs: dict[str, Stored | Inert], told: str) -> Found:
    """As `generator`."""
    if any(name.startswith("mapping.") for name in theirs):
        raise Refused("it judges classes, which is not read from mmagic's files")
    found = rosinality.discriminator(_renamed(theirs, _DISCRIMINATOR))
    return replace(found, blue_first=_blue_first(told))


def _blue_first(told: str) -> bool:
    """Unless the training turned the colours round."""
    return set(re.findall(_ORDER, told)) != {"True"}


def _check_kind(theirs: dict[str, Stored | Inert]) -> None:
    """Refuse other networks of that program by name."""
    if any(name.startswith("synthesis.input.") for name in theirs):
        raise Refused("it is a StyleGAN3 of mmgeneration, which has another synthesis network")
    if "convs.0.conv1.input" in theirs:
        raise Refused("it is a StyleGAN1 of mmgeneration, which normalises its feature maps")
    if "constant_input.input" not in theirs:
        raise Refused("it is a network of mmgeneration, but no StyleGAN2: it has no constant input")
    if any(name.startswith("embed.") for name in theirs):
        raise Refused("it has classes, which are not read from mmagic's files")
    for name in theirs:
        filtered = re.fullmatch(r"(convs\.\d*[02468])\.conv\.weight_orig", name)
        if filtered and f"{filtered[1]}.conv.blur.kernel" not in theirs:
            raise Refused(f"its {filtered[1]} enlarges without a filter, not as StyleGAN2 does")


def _renamed(theirs: dict[str, Stored | Inert], others: tuple) -> dict[str, Stored | Inert]:
    named = theirs
    for their, new in others:
        named = {name.replace(their, new): one for name, one in named.items()}
    return named
