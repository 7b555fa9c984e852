"""A network as a foreign file has it, under the field's names."""

from dataclasses import dataclass

from gan.convert.pickled import Inert, Refused
from gan.convert.storages import Array, Stored

LR_MULTIPLIER = 0.01  # of a mapping network: here, and in theirs unless told otherwise
MBSTD_GROUP = 4


@dataclass(frozen=True)
class Found:
    """tensors: by name, Inert where one is kept in a way that is not read.

    multipliers: learning-rate multiplier of each mapping layer ("mapping.fc0": 0.01); None where
    the file does not say. conv_clamp, mbstd_group, mbstd_channels: as of ModelConfig. blue_first:
    its pictures are blue, green, red, where ours are red, green, blue.
    """

    tensors: dict[str, Stored | Inert]
    multipliers: dict[str, float] | None = None
    conv_clamp: float | None = None
    mbstd_group: int = MBSTD_GROUP
    mbstd_channels: int = 1
    blue_first: bool = False


def tensors_of(state: dict) -> dict[str, Stored | Inert]:
    """The tensors of a state dict, without the prefix that a copy for many cards leaves."""
    named = {k: _tensor(v) for k, v in state.items() if isinstance(k, str)}
    named = {k: v for k, v in named.items() if v is not None}
    if named and all(name.startswith("module.") for name in named):
        named = {name.removeprefix("module."): v for name, v in named.items()}
    return named


def _tensor(value) -> Stored | Inert | None:
    if isinstance(value, Array):
        return value.stored
    return value if isinstance(value, Stored | Inert) else None


def number(value, what: str) -> float:
    """A number above 0 and of no absurd size. Raises Refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise Refused(f"its {what} is no number above 0")
    return value
