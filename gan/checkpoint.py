"""Checkpoints: one safetensors file, weights and metadata together, no pickle anywhere.

The metadata holds three strings: `format_version`, `config` (ModelConfig as JSON) and
`provenance` (data, licence, kimg, code version, ... as JSON). Tensor names are
`NETWORK.parameter`, with the field's usual names behind the prefix: `G_ema.synthesis.b4.const`.
"""

import hashlib
import json
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

import gan
from gan.config import ModelConfig
from gan.generator import Generator

FORMAT_VERSION = 1
_DIGITS = 9  # of a version that is looked at: endless ones are a trap


class CheckpointError(ValueError):
    """A file that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """What a file held: the configuration, where it comes from, and every tensor by name."""

    path: Path
    config: ModelConfig
    provenance: dict
    tensors: dict[str, Tensor]

    def part(self, network: str) -> dict[str, Tensor]:
        """The tensors of one network ("G_ema", "D", ...), without the prefix."""
        prefix = network + "."
        return {k[len(prefix) :]: v for k, v in self.tensors.items() if k.startswith(prefix)}

    def load_into(self, module: nn.Module, network: str) -> None:
        """Copy one network's tensors, whatever their precision in the file.

        Raises CheckpointError if names or shapes differ.
        """
        found, wanted = self.part(network), module.state_dict()
        for name in sorted(set(found) ^ set(wanted)):
            which = "lacks" if name in wanted else "has an unknown tensor"
            raise CheckpointError(f"{self.path}: {which} {network}.{name}; {_DAMAGED}")
        for name, tensor in found.items():
            if tensor.shape != wanted[name].shape:
                raise CheckpointError(
                    f"{self.path}: {network}.{name} is {list(tensor.shape)}, "
                    f"expected {list(wanted[name].shape)}; {_DAMAGED}"
                )
        found = {name: tensor.to(wanted[name].dtype) for name, tensor in found.items()}
        module.load_state_dict(found, assign=next(module.parameters()).is_meta)


_DAMAGED = "the file is damaged or was edited; use another copy"
_FOREIGN = (
    "is not a checkpoint of this program (a .safetensors file written by `python -m train`); "
    "pickled files such as .pkl, .pt or .pth are never opened as such; the explorer reads a "
    "StyleGAN2 of NVIDIA's or rosinality's program or mmgeneration out of one, and `python -m "
    "gan.convert FILE --out MODEL.safetensors` writes it anew"
)


def save_checkpoint(
    path: str | Path, config: ModelConfig, provenance: dict, tensors: dict[str, Tensor]
) -> None:
    """Write the file whole or not at all. `provenance` must be JSON-serialisable."""
    metadata = {
        "format_version": str(FORMAT_VERSION),
        "config": json.dumps(config.to_dict()),
        "provenance": json.dumps(provenance),
    }
    tensors = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    write_atomic(path, save(tensors, metadata))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint. Nothing in the file is ever executed.

    Raises CheckpointError, with the file's name and the remedy, if it is missing, not ours, of a
    newer format, or cut short.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give the path of a .safetensors checkpoint")
    try:
        _check_length(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            config, provenance = _parse_metadata(path, metadata)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: {_FOREIGN} [{error}]") from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"{path}: {name} holds NaN or infinity; use an earlier checkpoint"
            )
    return Checkpoint(path, config, provenance, tensors)


def load_generator(path: str | Path) -> tuple[Generator, Checkpoint]:
    """The averaged generator of a checkpoint, in float32 on the CPU, ready to use."""
    checkpoint = load_checkpoint(path)
    with torch.device("meta"):  # no memory before the tensors are known to be there
        generator = Generator(checkpoint.config)
    checkpoint.load_into(generator, "G_ema")
    generator.eval().requires_grad_(False)
    return generator.to(memory_format=torch.channels_last), checkpoint


def named_tensors(**networks: nn.Module) -> dict[str, Tensor]:
    """Every tensor of the networks, as "network.parameter"."""
    return {
        f"{network}.{name}": tensor
        for network, module in networks.items()
        for name, tensor in module.state_dict().items()
    }


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file, hexadecimal: how caches and recipes name a model.

    Raises CheckpointError if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def write_atomic(path: str | Path, content: bytes) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one.

    A link stays one: the file that it leads to is written.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def code_version() -> str:
    """This program's version, with the git commit where there is one."""
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return gan.__version__
    try:
        git = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
        commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return gan.__version__
    return f"{gan.__version__}+{commit}"


def _unreadable(path: str | Path, error: OSError) -> CheckpointError:
    why = error.strerror or error
    return CheckpointError(f"{path}: cannot be read ({why}); see to it that this user may read it")


def _check_length(path: Path) -> None:
    """Tell a file that is cut short from one that was never ours."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= 100_000_000 or file.read(1) != b"{":
            raise CheckpointError(f"{path}: {_FOREIGN}")
        file.seek(8)
        try:
            header = json.loads(file.read(length)) if size >= 8 + length else None
            entries = [v for k, v in header.items() if k != "__metadata__"] if header else []
            end = max((entry["data_offsets"][1] for entry in entries), default=0)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as e:
            raise CheckpointError(f"{path}: {_FOREIGN}") from e
        if not isinstance(end, int):
            raise CheckpointError(f"{path}: {_FOREIGN}")
    if header is None or size < 8 + length + end:
        raise CheckpointError(
            f"{path}: the file is cut short ({size:,} bytes); copy or download it again"
        )


def _parse_metadata(path: Path, metadata: dict) -> tuple[ModelConfig, dict]:
    version = metadata.get("format_version", "")
    known = version.isascii() and version.isdigit() and len(version) <= _DIGITS
    if not known or "config" not in metadata:
        raise CheckpointError(f"{path}: {_FOREIGN}")
    if int(version) > FORMAT_VERSION:
        raise CheckpointError(
            f"{path}: written in format {version}, newer than this program reads "
            f"({FORMAT_VERSION}); update the program"
        )
    try:
        config = ModelConfig.from_dict(json.loads(metadata["config"]))
        provenance = json.loads(metadata.get("provenance", "{}"))
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path}: {error}; {_DAMAGED}") from error
    if not isinstance(provenance, dict):
        raise CheckpointError(f"{path}: the provenance is not a table; {_DAMAGED}")
    return config, provenance
