"""From tensors under the field's names to networks of this program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from gan.config import ModelConfig
from gan.convert.contents import Contents
from gan.convert.found import LR_MULTIPLIER, Found
from gan.convert.pickled import Inert, Refused
from gan.convert.rosinality import mean_of_w
from gan.convert.storages import Allowance, Stored
from gan.discriminator import Discriminator
from gan.generator import Generator
from gan.resample import fir_kernel

_DRAWS = 10_000  # of w, where a file has no mean ...
_PRODUCTS = 2 * 10**10  # ... but no more multiplications than the paper's mapping network needs
_SPREADS = 0.05, 10.0  # of w: plausible ones; the paper's mapping network has 0.5 to 1


@dataclass(frozen=True)
class Converted:
    """Networks of ours with their tensors, and what a user should know about them."""

    config: ModelConfig
    networks: dict[str, nn.Module]
    notes: tuple[str, ...]


def convert(contents: Contents, allowance: Allowance, lr_mlp: float | None = None) -> Converted:
    """allowance: what may be copied out of the file.

    lr_mlp: learning-rate multiplier of the mapping networks, where the file does not say it.
    A G or D that fits nothing is left out with a note; without a mean of w it is measured, without
    stored noise it is drawn. Raises Refused if G_ema is no StyleGAN2 of the paper's kind, or if
    lr_mlp is not what the file says.
    """
    found, notes = dict(contents.found), list(contents.notes)
    G_ema = found.pop("G_ema")
    if "G" in found and _places(found["G"]) == _places(G_ema):
        del found["G"]
        notes.append("its G and G_ema are the same: kept once")
    config = replace(config_of(G_ema.tensors), conv_clamp=G_ema.conv_clamp)
    if G_ema.blue_first and config.img_channels == 3:
        notes.append("its pictures are taken for blue, green, red, as that program trains them")
    maker = _Maker(allowance, lr_mlp, notes)
    networks: dict[str, nn.Module] = {"G_ema": maker.network(Generator, config, G_ema)}
    for name, one in found.items():
        try:
            if one.conv_clamp != G_ema.conv_clamp:
                raise Refused("it bounds its feature maps otherwise than G_ema (conv_clamp)")
            if name == "D":
                judging = _judging(config, one)
                networks[name] = maker.network(Discriminator, judging, one)
                config = judging
            else:
                networks[name] = maker.network(Generator, config, one)
        except Refused as error:
            notes.append(f"without {name}: {error}")
    w = None
    if "mapping.w_avg" not in G_ema.tensors:
        average = _given_average(contents.latent_avg, config, allowance, notes)
        if average is None:
            w = _some_w(networks["G_ema"])
            average = w.mean(dim=0)
            notes.append(f"it has no mean of w: measured over {len(w):,} of its own")
        for name in networks.keys() & {"G_ema", "G"}:
            networks[name].mapping.w_avg.copy_(average)
    if G_ema.multipliers is None:
        notes += _doubts(_some_w(networks["G_ema"], 1000) if w is None else w, lr_mlp)
    return Converted(config, networks, tuple(dict.fromkeys(notes)))


def config_of(G: Mapping[str, Stored | Inert | Tensor]) -> ModelConfig:
    """The shape of a generator, read from its tensors' shapes alone. Raises Refused."""
    shapes = {name: one.shape for name, one in G.items() if not isinstance(one, Inert)}
    blocks = [re.fullmatch(r"synthesis\.b(\d{1,4})\.torgb\.weight", name) for name in shapes]
    widths = {int(m[1]): shapes[m[0]][1] for m in blocks if m and len(shapes[m[0]]) == 4}
    layers = sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in shapes)
    first = shapes.get("mapping.fc0.weight", ())
    if not widths or len(first) != 2:
        raise Refused("it lacks the tensors of a StyleGAN2 generator")
    if any(re.fullmatch(r"synthesis\.b\d+\.skip\.weight", name) for name in shapes):
        raise Refused(_KIND.format("resnet"))
    R = max(widths)
    if len(widths) == 1 and f"synthesis.b{R}.conv0.weight" in shapes:
        raise Refused(_KIND.format("orig"))
    if sorted(widths) != [4 << k for k in range(len(widths))]:
        raise Refused(f"its blocks are of {', '.join(map(str, sorted(widths)[:12]))} px")
    w_dim, features = first
    c_dim = shapes.get("mapping.embed.weight", (0,))[-1]
    channels = shapes[f"synthesis.b{R}.torgb.weight"][0]
    if c_dim == 1:
        raise Refused("it has one class; networks made here have none, or two and more")
    if channels not in (1, 3):
        raise Refused(f"its pictures have {channels} channels; 1 (grey) and 3 (colour) are known")
    try:
        base, most, least = _width_rule(widths)
        return ModelConfig(
            resolution=R, img_channels=channels, c_dim=c_dim,
            z_dim=features - (w_dim if c_dim else 0), w_dim=w_dim, mapping_layers=layers,
            channel_base=base, channel_max=most, channel_min=least,
        )  # fmt: skip
    except ValueError as error:
        raise Refused(f"it is a network that this program does not make ({error})") from error


_KIND = "its synthesis network is of the kind {}; only skip can be made here"


def _width_rule(widths: dict[int, int]) -> tuple[int, int, int]:
    """(base, max, min) so that each width is max(min(base / r, max), min)."""
    most, least = max(widths.values()), min(widths.values())
    for base in sorted({r * width for r, width in widths.items()}, reverse=True):
        for floor in (1, least):
            if all(max(min(base // r, most), floor) == width for r, width in widths.items()):
                return base, most, floor
    raise ValueError(f"widths {', '.join(f'{widths[r]} at {r} px' for r in sorted(widths))}")


def _judging(config: ModelConfig, D: Found) -> ModelConfig:
    """The configuration with a discriminator's own settings. Raises Refused."""
    entries = [re.fullmatch(r"b(\d{1,4})\.fromrgb\.weight", name) for name in D.tensors]
    if any(entry and int(entry[1]) < config.resolution for entry in entries):
        raise Refused("it is of the kind skip; only resnet and orig can be made here")
    skips = any(re.fullmatch(r"b\d+\.skip\.weight", name) for name in D.tensors)
    try:
        return replace(
            config, mbstd_group=D.mbstd_group, mbstd_channels=D.mbstd_channels,
            d_architecture="resnet" if skips else "orig",
        )  # fmt: skip
    except ValueError as error:
        raise Refused(str(error)) from error


def _places(found: Found) -> dict:
    """Where each of its tensors lies."""
    return {k: v.place if isinstance(v, Stored) else v for k, v in found.tensors.items()}


@dataclass
class _Maker:
    """Makes networks of what a file holds, within its allowance."""

    allowance: Allowance
    lr_mlp: float | None
    notes: list[str]

    def network(self, kind: type[nn.Module], config: ModelConfig, found: Found) -> nn.Module:
        """Raises Refused unless the tensors are exactly those of such a network."""
        with torch.device("meta"):
            network = kind(config)
        tensors = self._fitted(network.state_dict(), found)
        network.load_state_dict(tensors, assign=True)
        return network.eval().requires_grad_(False)

    def _fitted(self, wanted: dict[str, Tensor], found: Found) -> dict[str, Tensor]:
        """The tensors in float32; shapes are looked at before anything is copied."""
        stored, filters = {}, {}
        for name, one in found.tensors.items():
            if name.endswith("resample_filter") and isinstance(one, Stored):
                filters[name] = one
            elif name not in wanted:
                if isinstance(one, Stored):
                    raise Refused(f"it has a tensor {name[:60]}, which no such network has")
            elif isinstance(one, Inert):
                raise Refused(f"{name} is kept as {one.dotted[:100]}, which is not read")
            elif one.shape != tuple(wanted[name].shape):
                raise Refused(f"{name} is {list(one.shape)}, not {list(wanted[name].shape)}")
            elif not one.dtype.is_floating_point:
                raise Refused(f"{name} holds no fractions")
            else:
                stored[name] = one
        missing = self._missing(wanted, stored)
        self.allowance.take([*stored.values(), *filters.values()])
        for name, one in filters.items():
            _check_filter(name, one)
        factors = self._factors(wanted, found)
        fitted = {}
        for name, one in stored.items():
            fitted[name] = one.tensor().float() * factors.get(name.rpartition(".")[0], 1)
            if found.blue_first:
                fitted[name] = _red_first(name, fitted[name])
            if not fitted[name].isfinite().all():
                raise Refused(f"{name} holds NaN or infinity")
        return fitted | missing

    def _missing(self, wanted: dict[str, Tensor], stored: dict[str, Stored]) -> dict[str, Tensor]:
        """What may be missing: noise, and the mean of w. Raises Refused for anything else."""
        made = {}
        for name in sorted(wanted.keys() - stored.keys()):
            shape, (layer, _, last) = wanted[name].shape, name.rpartition(".")
            if last == "noise_const":
                made[name] = torch.randn(shape, generator=torch.Generator().manual_seed(shape[0]))
                if f"{layer}.noise_strength" in stored:
                    self.notes.append("it has no stored noise: drawn")
            elif last == "noise_strength" and f"{layer}.noise_const" not in stored:
                made[name] = torch.zeros(shape)
                self.notes.append("it is a network without noise: of strength 0 here")
            elif last == "w_avg":
                made[name] = torch.zeros(shape)
            else:
                raise Refused(f"it lacks {name}")
        return made

    def _factors(self, wanted: dict[str, Tensor], found: Found) -> dict[str, float]:
        """By what each mapping layer is multiplied to be the same with our multiplier."""
        layers = {k.rpartition(".")[0] for k in wanted if re.match(r"mapping\.fc\d+\.", k)}
        theirs = found.multipliers
        if theirs is None:
            theirs = dict.fromkeys(layers, self.lr_mlp or LR_MULTIPLIER)
        elif self.lr_mlp and any(abs(one - self.lr_mlp) > 1e-6 for one in theirs.values()):
            told = ", ".join(f"{one:g}" for one in sorted(set(theirs.values()))[:3])
            raise Refused(f"--lr-mlp {self.lr_mlp:g}: the file itself says {told}; leave it out")
        other = {k: v for k, v in theirs.items() if abs(v - LR_MULTIPLIER) > 1e-9}
        if other:
            told = ", ".join(f"{one:g}" for one in sorted(set(other.values()))[:3])
            self.notes.append(
                f"its mapping network's learning-rate multiplier is {told}: rescaled to "
                f"{LR_MULTIPLIER}, which makes the same w and learns at another speed"
            )
        return {name: one / LR_MULTIPLIER for name, one in other.items()}


def _red_first(name: str, tensor: Tensor) -> Tensor:
    """Turn round the axis of the colours, if it has one."""
    if re.fullmatch(r"synthesis\.b\d+\.torgb\.(weight|bias)", name):
        return tensor.flip(0)
    return tensor.flip(1) if re.fullmatch(r"b\d+\.fromrgb\.weight", name) else tensor


def _check_filter(name: str, stored: Stored) -> None:
    fir = fir_kernel()
    same = stored.shape == tuple(fir.shape)
    if not same or not torch.allclose(stored.tensor().float(), fir, atol=1e-6):
        raise Refused(f"{name} is not the filter [1, 3, 3, 1]")


def _given_average(
    latent_avg: Stored | None, config: ModelConfig, allowance: Allowance, notes: list[str]
) -> Tensor | None:
    """The mean of w that lies beside the networks, if it is one."""
    if latent_avg is None:
        return None
    allowance.take([latent_avg])
    average = mean_of_w(latent_avg)
    if average.shape != (config.w_dim,) or not average.isfinite().all():
        notes.append("what it holds as latent_avg is no mean of w")
        return None
    return average


@torch.inference_mode()
def _some_w(G: Generator, draws: int = _DRAWS) -> Tensor:
    """w of many z, and of all classes alike: [draws or fewer, w_dim]."""
    products = sum(p.numel() for p in G.mapping.parameters())
    draws = max(256, min(draws, _PRODUCTS // products))
    z = torch.randn(draws, G.config.z_dim, generator=torch.Generator().manual_seed(0))
    c = None
    if G.config.c_dim:
        c = torch.eye(G.config.c_dim)[torch.arange(draws) % G.config.c_dim]
    return G.mapping(z, c)


def _doubts(w: Tensor, lr_mlp: float | None) -> list[str]:
    """Whether w spreads as if its learning-rate multiplier were another."""
    spread = (w - w.mean(dim=0)).square().mean().sqrt().item()
    if _SPREADS[0] <= spread <= _SPREADS[1]:
        return []
    return [
        f"WARNING: its w spread by {spread:.2g}, where 0.5 to 1 is usual: its mapping network may "
        f"have been trained with another learning-rate multiplier than "
        f"{lr_mlp or LR_MULTIPLIER:g}, which the file does not say; try --lr-mlp 0.1 or 1"
    ]
