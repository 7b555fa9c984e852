"""A file of another program, read and written anew: what the command and the explorer both do."""

from dataclasses import dataclass
from pathlib import Path

from gan.checkpoint import code_version, file_digest, named_tensors, save_checkpoint
from gan.convert.contents import contents
from gan.convert.files import open_file
from gan.convert.networks import Converted, convert
from gan.convert.pickled import Refused


@dataclass(frozen=True)
class Foreign:
    """file: it was read from; kind: in words; converted: its networks as ours."""

    file: Path
    kind: str
    converted: Converted

    def write(self, out: Path, data: str = "", licence: str = "") -> None:
        """As a checkpoint of this program, whole or not at all. Raises OSError.

        data, licence: of the weights, to be shown with them.
        """
        provenance = {
            "data": data or f"unknown; converted from {self.file.name}",
            "data_license": licence,
            "converted_from": {
                "file": self.file.name, "kind": self.kind, "sha256": file_digest(self.file),
                "notes": list(self.converted.notes),
            },
            "code_version": code_version(),
        }  # fmt: skip
        out.parent.mkdir(parents=True, exist_ok=True)
        tensors = named_tensors(**self.converted.networks)
        save_checkpoint(out, self.converted.config, provenance, tensors)


def read_foreign(file: Path, lr_mlp: float | None = None) -> Foreign:
    """Read it as data. lr_mlp: see `convert`. Raises Refused, with the reason, or OSError."""
    if not file.is_file():
        raise Refused("no such file")
    try:
        opened = open_file(file)
        found = contents(opened.content)
        converted = convert(found, opened.allowance, lr_mlp)
    except (Refused, OSError):
        raise
    except MemoryError as error:
        raise Refused("it needs more memory than there is") from error
    except (
        ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError,
    ) as error:  # fmt: skip
        raise Refused("it is damaged, or laid out in an unknown way") from error
    return Foreign(file, f"{opened.kind} {found.naming}", converted)


def printable(text: str) -> str:
    """Without what a terminal obeys: names in the file are the file's own."""
    return "".join(c if c.isprintable() else "?" for c in text)


def reason(error: OSError) -> str:
    """In the system's words, with the file if it is another than the one to be read."""
    why = error.strerror or "it cannot be read or written"
    return f"{why}: {error.filename}" if error.filename else why
