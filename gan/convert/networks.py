"""From tensors under the field's names to networks of this program."""

import re
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.convert.pickled import Refused
from gan.discriminator import Discriminator
from gan.generator import Generator
from gan.resample import fir_kernel

_DRAWS = 10_000  # of w, where a file has no mean


@dataclass(frozen=True)
class Converted:
    """Networks of ours with their tensors, and what a user should know about them."""

    config: ModelConfig
    networks: dict[str, nn.Module]
    notes: tuple[str, ...]


def convert(found: dict[str, dict[str, Tensor]]) -> Converted:
    """found: the tensors of G_ema, and of G and D where there are such.

    A G or D that fits nothing is left out with a note; without a mean of w it is measured, without
    stored noise it is drawn. Raises Refused if G_ema is no StyleGAN2 of the paper's kind.
    """
    notes: list[str] = []
    config = config_of(found["G_ema"])
    networks: dict[str, nn.Module] = {}
    for name, tensors in found.items():
        kind = Discriminator if name == "D" else Generator
        with torch.device("meta"):
            network = kind(config)
        try:
            network.load_state_dict(_fitted(network, tensors, notes), assign=True)
        except Refused as error:
            if name == "G_ema":
                raise
            notes.append(f"without {name}: {error}")
            continue
        networks[name] = network.eval().requires_grad_(False)
    if "mapping.w_avg" not in found["G_ema"]:
        w_avg = _mean_w(networks["G_ema"])
        for name in networks.keys() & {"G_ema", "G"}:
            networks[name].mapping.w_avg.copy_(w_avg)
        notes.append(f"it has no mean of w: measured over {_DRAWS:,} of its own")
    return Converted(config, networks, tuple(dict.fromkeys(notes)))


def config_of(G: dict[str, Tensor]) -> ModelConfig:
    """The shape of a generator, read from its tensors alone. Raises Refused."""
    blocks = [re.match(r"synthesis\.b(\d+)\.torgb\.weight$", name) for name in G]
    widths = {int(m[1]): G[m[0]].shape[1] for m in blocks if m and G[m[0]].ndim == 4}
    layers = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in G)
    first = G.get("mapping.fc0.weight")
    if not widths or first is None or first.ndim != 2:
        raise Refused("it lacks the tensors of a StyleGAN2 generator")
    R = max(widths)
    w_dim, features = first.shape
    embed = G.get("mapping.embed.weight")
    c_dim = 0 if embed is None else embed.shape[-1]
    try:
        base, most, least = _width_rule(widths)
        return ModelConfig(
            resolution=R, img_channels=G[f"synthesis.b{R}.torgb.weight"].shape[0], c_dim=c_dim,
            z_dim=features - (w_dim if c_dim else 0), w_dim=w_dim, mapping_layers=layers,
            channel_base=base, channel_max=most, channel_min=least,
        )  # fmt: skip
    except ValueError as error:
        raise Refused(f"it is a network that this program does not make ({error})") from error


def _width_rule(widths: dict[int, int]) -> tuple[int, int, int]:
    """(base, max, min) so that each width is max(min(base / r, max), min)."""
    most, least = max(widths.values()), min(widths.values())
    for base in sorted({r * width for r, width in widths.items()}, reverse=True):
        for floor in (1, least):
            if all(max(min(base // r, most), floor) == width for r, width in widths.items()):
                return base, most, floor
    raise ValueError(f"widths {', '.join(f'{widths[r]} at {r} px' for r in sorted(widths))}")


def _fitted(network: nn.Module, tensors: dict[str, Tensor], notes: list[str]) -> dict[str, Tensor]:
    """Exactly the network's tensors in float32, of its shapes; filters checked and left out."""
    fir = fir_kernel()
    wanted, fitted = network.state_dict(), {}
    for name, tensor in tensors.items():
        if name.endswith("resample_filter"):
            if tensor.shape != fir.shape or not torch.allclose(tensor.float(), fir, atol=1e-6):
                raise Refused(f"{name} is not the filter [1, 3, 3, 1]")
        elif name not in wanted:
            raise Refused(f"it has a tensor {name[:60]}, which no such network has")
        elif tensor.shape != wanted[name].shape:
            raise Refused(f"{name} is {list(tensor.shape)}, not {list(wanted[name].shape)}")
        else:
            fitted[name] = tensor.float()
            if not fitted[name].isfinite().all():
                raise Refused(f"{name} holds NaN or infinity")
    for name in sorted(wanted.keys() - fitted.keys()):
        shape = wanted[name].shape
        if name.endswith("noise_const"):
            fitted[name] = torch.randn(shape, generator=torch.Generator().manual_seed(shape[0]))
            notes.append("it has no stored noise: drawn")
        elif name.endswith("w_avg"):
            fitted[name] = torch.zeros(shape)
        else:
            raise Refused(f"it lacks {name}")
    return fitted


@torch.inference_mode()
def _mean_w(G: Generator) -> Tensor:
    """Mean of w over many z, and over all classes alike."""
    random = torch.Generator().manual_seed(0)
    z = torch.randn(_DRAWS, G.config.z_dim, generator=random)
    c = None
    if G.config.c_dim:
        c = torch.eye(G.config.c_dim)[torch.arange(_DRAWS) % G.config.c_dim]
    return G.mapping(z, c).mean(dim=0)
