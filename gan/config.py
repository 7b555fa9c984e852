"""What a network looks like: all that its tensors do not say by themselves, and nothing else."""

import math
from dataclasses import asdict, dataclass, field, fields

import torch


def _option(default, help, choices=None):
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True)
class ModelConfig:
    """Shape of a generator and its discriminator (Karras 2020, configuration F).

    The widths follow the paper: `channels(r) = min(channel_base // r, channel_max)` feature maps
    at resolution r, and `channel_min` where that leaves fewer. The last three are the paper's
    unless a network of another program has them otherwise.

    Raises ValueError with the field's name if a value makes no network.
    """

    resolution: int = _option(64, "picture size in pixels, a power of two from 16 to 1024")
    img_channels: int = _option(1, "1 for grey pictures, 3 for colour")
    c_dim: int = _option(0, "number of classes, 0 for an unconditional model")
    c_ordered: bool = _option(False, "classes are the marks of a scale, blended in between")
    z_dim: int = _option(512, "size of the random input z")
    w_dim: int = _option(512, "size of the intermediate latent w")
    mapping_layers: int = _option(8, "fully connected layers from z to w")
    channel_base: int = _option(16384, "feature maps at resolution r are channel_base / r ...")
    channel_max: int = _option(512, "... but never more than this ...")
    channel_min: int = _option(1, "... and never fewer: keeps a lean network's last layers able")
    conv_clamp: float | None = _option(None, "bound of the feature maps, 256 in NVIDIA's programs")
    mbstd_group: int = _option(4, "pictures that the discriminator compares with each other")
    mbstd_channels: int = _option(
        1, "numbers that tell it how much they differ; several tell in what"
    )
    architecture: str = _option(
        "stylegan2",
        "what keeps the size of the generator's feature maps: demodulation (stylegan2), nothing "
        "(undemodulated), or instance normalisation as in StyleGAN (adain)",
        ("stylegan2", "undemodulated", "adain"),
    )
    d_architecture: str = _option(
        "resnet",
        "of the discriminator: with skips, without (orig), or small heads on the feature maps of a "
        "fixed network (projected)",
        ("resnet", "orig", "projected"),
    )

    def __post_init__(self):
        for f in fields(self):
            value = getattr(self, f.name)
            if f.type is bool and not isinstance(value, bool):
                raise ValueError(f"{f.name}: expected true or false, got {value!r}")
            if f.type is int and (not isinstance(value, int) or isinstance(value, bool)):
                raise ValueError(f"{f.name}: expected a whole number, got {value!r}")
        if self.resolution not in (16, 32, 64, 128, 256, 512, 1024):
            raise ValueError(f"resolution: {self.resolution} is not a power of two from 16 to 1024")
        if self.img_channels not in (1, 3):
            raise ValueError(
                f"img_channels: must be 1 (grey) or 3 (colour), got {self.img_channels}"
            )
        if self.c_dim < 0 or self.c_dim == 1:
            raise ValueError(f"c_dim: 0 for no classes, or at least 2, got {self.c_dim}")
        if self.c_ordered and not self.c_dim:
            raise ValueError("c_ordered: there are no classes to be in order")
        for name, top in _LIMITS.items():
            if not 1 <= getattr(self, name) <= top:
                raise ValueError(f"{name}: {getattr(self, name)} is outside 1..{top}")
        if self.channel_base < self.resolution:
            raise ValueError(
                f"channel_base: {self.channel_base} leaves no feature map at {self.resolution} px"
            )
        if self.channel_min > self.channel_max:
            raise ValueError(
                f"channel_min: {self.channel_min} is above channel_max {self.channel_max}"
            )
        if self.channels(4) % self.mbstd_channels:
            raise ValueError(
                f"mbstd_channels: {self.mbstd_channels} do not divide the {self.channels(4)} "
                "feature maps at 4 px"
            )
        clamp = self.conv_clamp
        number = isinstance(clamp, int | float) and not isinstance(clamp, bool)
        if clamp is not None and not (number and 0 < clamp < math.inf):
            raise ValueError(f"conv_clamp: expected a number above 0, or none, got {clamp!r}")
        for name in ("architecture", "d_architecture"):
            known = self.__dataclass_fields__[name].metadata["choices"]
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name}: {getattr(self, name)!r} is not one of {', '.join(known)}"
                )

    @property
    def num_ws(self) -> int:
        """How many copies of w the synthesis network reads: 2 log2(R) - 2."""
        return 2 * int(math.log2(self.resolution)) - 2

    @property
    def block_resolutions(self) -> tuple[int, ...]:
        """4, 8, ... up to the picture's size."""
        return tuple(2**k for k in range(2, int(math.log2(self.resolution)) + 1))

    def channels(self, resolution: int) -> int:
        """Feature maps at one resolution."""
        return max(min(self.channel_base // resolution, self.channel_max), self.channel_min)

    @property
    def multiplications(self) -> float:
        """Of the generator's 3x3 convolutions, for one picture."""
        total = 0.0
        for r in self.block_resolutions:
            below = self.channels(r // 2) if r > 4 else 0  # the first block has one convolution
            total += 9 * r * r * self.channels(r) * (below + self.channels(r))
        return total

    def precision(self, resolution: int, dtype: torch.dtype) -> torch.dtype:
        """Of the feature maps at one resolution: float16's range is too short for the small ones.

        Karras 2020b, appendix: the four largest resolutions run in half precision. bfloat16 has
        float32's range and serves everywhere.
        """
        if dtype == torch.float16 and resolution < self.resolution // 8:
            return torch.float32
        return dtype

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "ModelConfig":
        """Rebuild from `to_dict`; raises ValueError on unknown or wrong fields."""
        unknown = set(values) - {f.name for f in fields(cls)}
        if unknown:
            raise ValueError(f"unknown model option {', '.join(sorted(unknown))}")
        return cls(**values)


# Bounds that keep a damaged or hostile file from asking for terabytes.
_LIMITS = {
    "z_dim": 4096,
    "w_dim": 4096,
    "mapping_layers": 64,
    "channel_base": 131072,
    "channel_max": 4096,
    "channel_min": 4096,
    "mbstd_group": 65536,
    "mbstd_channels": 4096,
}
