"""A model that is open for exploring."""

from dataclasses import dataclass, field
from pathlib import Path

from explorer.library import Library
from explorer.turns import Turns
from gan.checkpoint import file_digest, load_generator
from gan.config import ModelConfig
from gan.fast import FastSynthesis
from gan.generator import Generator
from gan.incremental import IncrementalSynthesis

BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models" / "brains64"


@dataclass(frozen=True)
class Model:
    """A generator with what the explorer knows about it. Safe to use from several threads.

    synthesis: the generator's, made for inference and remembering what it computed last.
    turns: pictures are made one at a time, on all the threads that torch was given.
    """

    path: Path
    digest: str
    generator: Generator
    synthesis: IncrementalSynthesis
    provenance: dict
    library: Library
    turns: Turns = field(default_factory=Turns, repr=False)

    @property
    def config(self) -> ModelConfig:
        return self.generator.config

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; their numbers where the checkpoint has no names."""
        names = self.provenance.get("classes") or []
        if len(names) == self.config.c_dim:
            return tuple(str(name) for name in names)
        return tuple(str(i) for i in range(self.config.c_dim))

    @property
    def mirrored(self) -> bool:
        """Whether it was trained with mirrored pictures, so that left and right mean nothing."""
        return _fact(self.provenance, "train", "mirror") is True

    @property
    def axial(self) -> bool:
        """Whether it shows axial slices, the front of the head up, as far as is known."""
        return _fact(self.provenance, "data_options", "plane") in (None, "axial")


def _fact(provenance: dict, group: str, name: str) -> object:
    """provenance[group][name], None where a checkpoint does not say."""
    facts = provenance.get(group)
    return facts.get(name) if isinstance(facts, dict) else None


def load(path: str | Path | None = None) -> Model:
    """Open a checkpoint; without a path the bundled model.

    The first time its principal axes are computed (seconds) and kept beside it.
    Raises gan.checkpoint.CheckpointError if the file cannot be used.
    """
    path = Path(path) if path is not None else BUNDLED / "model.safetensors"
    generator, checkpoint = load_generator(path)
    digest = file_digest(path)
    library = Library(generator, path, digest)
    _ = library.pca
    synthesis = IncrementalSynthesis(FastSynthesis(generator.synthesis))
    return Model(path, digest, generator, synthesis, checkpoint.provenance, library)
