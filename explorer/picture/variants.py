"""The variants: small networks of one training each, that differ in one thing from the reference.

They lie beside the bundled models, but are not opened with them: the lab's desk asks for them, and
whoever names one on the command line.
"""

from functools import lru_cache
from pathlib import Path

from explorer.picture.model import Model, load
from explorer.work.assets import assets

VARIANTS = assets() / "variants"
REFERENCE = "reference"
NAMES = {
    REFERENCE: "Reference", "adain": "AdaIN", "undemodulated": "No demodulation",
    "nopath": "No path regularisation", "nomixing": "No style mixing",
}  # fmt: skip


def variants() -> list[Path]:
    """The checkpoints of those that are there, the reference first."""
    order = list(NAMES)
    place = {name: i for i, name in enumerate(order)}
    files = VARIANTS.glob("*/model.safetensors")
    return sorted(files, key=lambda f: (place.get(f.parent.name, len(order)), f))


def name_of(path: Path) -> str:
    """A variant's name for people."""
    return NAMES.get(path.parent.name, path.parent.name)


@lru_cache(maxsize=16)
def opened(path: Path) -> Model:
    """A variant, opened once. Raises gan.checkpoint.CheckpointError if it cannot be used."""
    return load(path)
