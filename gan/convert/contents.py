"""Which networks lie in what a file holds, however it was saved."""

import re
from dataclasses import dataclass, field

from gan.convert import mmgeneration, nvidia, rosinality
from gan.convert.found import Found, tensors_of
from gan.convert.nvidia import Module
from gan.convert.pickled import Inert, Refused
from gan.convert.storages import Array, Stored

_KEYS = {"G_ema": ("G_ema", "g_ema"), "G": ("G", "g"), "D": ("D", "d")}
_LUCIDRAINS = r"SE?\.net\b|GE?\.blocks\.\d+\.to_noise"
_THEIRS = r"(input|style|conv1|convs|to_rgb1|to_rgbs|noises|final_conv|final_linear)\."


@dataclass
class Contents:
    """naming: whose networks they are; found: "G_ema", and "G" and "D" where there are such.

    latent_avg: the mean of w where it lies beside them; notes: what a user should know.
    """

    naming: str = ""
    found: dict[str, Found] = field(default_factory=dict)
    latent_avg: Stored | None = None
    notes: list[str] = field(default_factory=list)


def contents(content: object) -> Contents:
    """The networks of a file. Raises Refused with a reason if there is no generator.

    A G or D that is of another kind is left out with a note.
    """
    result = Contents()
    told = mmgeneration.configuration(content) if isinstance(content, dict) else ""
    for name, network in _networks(content, result.notes).items():
        try:
            naming, found = _found(name, network, told)
        except Refused as error:
            if name == "G_ema":
                raise
            result.notes.append(f"without {name}: {error}")
            continue
        result.naming, result.found[name] = result.naming or naming, found
    if result.naming == "with NVIDIA's names":
        result.notes.append(
            "a state dict does not tell everything: taken for a network as NVIDIA's training makes "
            f"it, with feature maps within {nvidia.USUAL_CLAMP:g} and minibatch groups of 4"
        )
    if result.naming == "with mmgeneration's names" and not told:
        result.notes.append(
            "it does not tell how it was trained: taken for a training in full precision"
        )
    if isinstance(content, dict):
        average = content.get("latent_avg")
        average = average.stored if isinstance(average, Array) else average
        result.latent_avg = average if isinstance(average, Stored) else None
    return result


def _networks(content: object, notes: list[str]) -> dict[str, Module | dict | Inert]:
    """The networks as they lie there, G_ema first."""
    if isinstance(content, Module | Inert):
        return {"G_ema": content}
    if not isinstance(content, dict):
        raise Refused("it holds no networks")
    _refuse_lucidrains(content)
    state = content.get("state_dict")
    whole = mmgeneration.networks(state if isinstance(state, dict) else content)
    if not whole and isinstance(state, dict):
        return {"G_ema": _decoder(state)}
    if not whole and _is_state_dict(content):
        return {"G_ema": content}
    content, networks = whole or content, {}
    for name, keys in _KEYS.items():
        held = [content[key] for key in keys if isinstance(content.get(key), Module | dict | Inert)]
        if held:
            networks[name] = held[0]
    if "G_ema" not in networks:
        if "G" not in networks:
            raise Refused("it holds no generator (no G_ema or g_ema, no G or g)")
        networks = {"G_ema": networks.pop("G"), **networks}
        notes.append("it holds no average of the generator: its G is taken for it")
    return networks


def _refuse_lucidrains(content: dict) -> None:
    state = content.get("GAN", content)
    if isinstance(state, dict) and any(re.match(_LUCIDRAINS, str(name)) for name in state):
        raise Refused(
            "it is a file of lucidrains' stylegan2-pytorch, whose network is not the paper's "
            "(bilinear enlarging, noise through a linear layer, no equalised learning rate) and "
            "cannot be taken over; train one here on the same pictures"
        )


def _is_state_dict(content: object) -> bool:
    return isinstance(content, dict) and _naming(tensors_of(content)) is not None


def _decoder(state: dict) -> dict:
    """Of an encoder's file (pSp, e4e) the decoder, which is a generator of rosinality's."""
    names = [name for name in state if isinstance(name, str)]
    prefix = "decoder."
    if not any(name.startswith(prefix) for name in names):
        return state
    return {n.removeprefix(prefix): state[n] for n in names if n.startswith(prefix)}


def _found(name: str, network: Module | dict | Inert, told: str) -> tuple[str, Found]:
    """Whose network it is, and what it holds. told: of its training. Raises Refused."""
    if isinstance(network, Inert):
        kind = network.dotted[:100]
        raise Refused(f"its {name} is an object of {kind}, which is not read; save its state_dict")
    if isinstance(network, Module):
        make = nvidia.discriminator if name == "D" else nvidia.generator
        return "of NVIDIA's StyleGAN2", make(network)
    tensors = tensors_of(network)
    naming = _naming(tensors)
    if naming == "mmgeneration":
        make = mmgeneration.discriminator if name == "D" else mmgeneration.generator
        return "with mmgeneration's names", make(tensors, told)
    if naming == "NVIDIA":
        return "with NVIDIA's names", nvidia.from_state_dict(tensors)
    make = rosinality.discriminator if name == "D" else rosinality.generator
    return "with rosinality's names", make(tensors)


def _naming(tensors: dict) -> str | None:
    """Whose names these are."""
    if mmgeneration.are_theirs(tensors):
        return "mmgeneration"
    if any(re.match(r"(synthesis|mapping|b\d+)\.", name) for name in tensors):
        return "NVIDIA"
    return "rosinality" if any(re.match(_THEIRS, name) for name in tensors) else None
