"""A model that is open for exploring."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from explorer.knowledge.library import Library
from explorer.knowledge.sketch import is_large, sketch_of
from explorer.picture.foreign import as_ours
from explorer.work.assets import assets
from explorer.work.turns import Turns
from gan.card import CardSynthesis, home, place
from gan.checkpoint import Checkpoint, file_digest, load_generator
from gan.config import ModelConfig
from gan.fast import prepared
from gan.generator import Generator, Synthesis
from gan.incremental import Choice, IncrementalSynthesis
from gan.scale import Scale

BUNDLED = assets() / "models"
DEFAULT = "adults128"
_LONGEST_CARD = 100_000  # characters


@dataclass(frozen=True)
class Model:
    """A generator with what the explorer knows about it. Safe to use from several threads.

    generator: on the processor. synthesis: the generator's, made for inference: on the processor,
    remembering what it computed last, or on a card.
    turns: pictures are made one at a time, on all the threads that torch was given. held: what
    keeps recipes' measurements as they are, made once for each; see picture.held.
    """

    path: Path
    digest: str
    generator: Generator
    synthesis: IncrementalSynthesis | CardSynthesis
    provenance: dict
    library: Library
    turns: Turns = field(default_factory=Turns, repr=False)
    held: dict = field(default_factory=dict, repr=False)

    @property
    def config(self) -> ModelConfig:
        return self.generator.config

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, their numbers where the checkpoint has no names; none of classes in
        order, for which there is the scale."""
        if self.scale:
            return ()
        names = self.provenance.get("classes") or []
        if len(names) == self.config.c_dim:
            return tuple(str(name) for name in names)
        return tuple(str(i) for i in range(self.config.c_dim))

    @property
    def scale(self) -> Scale | None:
        """Of classes in order; None where they have none, or there are none."""
        return self.library.scale

    @property
    def network(self) -> Synthesis:
        """The synthesis network where pictures are made, for gradients and feature maps."""
        return home(self.generator.synthesis)

    @cached_property
    def lab(self) -> Library:
        """What the lab measures on: the library, or that of a large network's sketch."""
        return self.library.of_sketch() if self.library.sketched else self.library

    @property
    def small(self) -> Choice | None:
        """For `synthesis`: the size of the pictures that are measured; None for whole ones."""
        side = self.library.side
        return (lambda _: side) if self.library.sketched else None

    @property
    def name(self) -> str:
        """The file's name; the folder's where the file is called like every run's."""
        return self.path.resolve().parent.name if self.path.stem == "model" else self.path.stem

    @property
    def card(self) -> str | None:
        """Markdown of the card.md beside the file, without its pictures and relative links."""
        try:
            text = (self.path.parent / "card.md").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        text = re.sub(r"!\[[^]]*\]\([^)]*\)\n*", "", text)
        return re.sub(r"\[([^]]*)\]\((?!https?:)[^)]*\)", r"\1", text)[:_LONGEST_CARD]

    @property
    def mirrored(self) -> bool:
        """Whether it was trained with mirrored pictures, so that left and right mean nothing."""
        return _fact(self.provenance, "train", "mirror") is True

    @property
    def before(self) -> str:
        """Which images came before those of its own training, which began with the weights of
        another: "307 thousand", or "those" where nobody counted; empty if it did not."""
        if not _fact(self.provenance, "train", "start_from"):
            return ""
        shown = self.provenance.get("kimg_before")
        counted = isinstance(shown, int | float) and 0 < shown < 1e9
        return f"{shown:.0f} thousand" if counted else "those"

    @property
    def axial(self) -> bool:
        """Whether it shows axial slices, the front of the head up: so does what was trained here
        and does not say otherwise; what a model of another program shows is not known."""
        plane = _fact(self.provenance, "data_options", "plane")
        return "converted_from" not in self.provenance if plane is None else plane == "axial"


def _fact(provenance: dict, group: str, name: str) -> object:
    """provenance[group][name], None where a checkpoint does not say."""
    facts = provenance.get(group)
    return facts.get(name) if isinstance(facts, dict) else None


def bundled() -> list[Path]:
    """The checkpoints that come with the program, the one to open by default first."""
    files = BUNDLED.glob("*/model.safetensors")
    return sorted(files, key=lambda file: (file.parent.name != DEFAULT, file))


def load(path: str | Path | None = None, device: torch.device | None = None) -> Model:
    """Open a checkpoint, or the model of a training's folder; without a path the bundled one.

    Files of other programs are converted, once. The first time its principal axes are computed
    (seconds) and kept beside it. device: a card that makes the pictures (see gan.card.pick); the
    processor if None.
    Raises gan.checkpoint.CheckpointError if the file cannot be used, gan.card.CardError if the card
    cannot.
    """
    path = Path(path) if path is not None else bundled()[0]
    if path.is_dir():
        path = path / "model.safetensors"
    path = as_ours(path)
    generator, checkpoint, digest = _whole(path)
    config, scale = generator.config, None
    if config.c_ordered:
        scale = Scale.from_dict(checkpoint.provenance.get("scale"), config.c_dim)
    sketch = sketch_of(generator) if is_large(config) else None
    library = Library(generator, path, digest, scale, sketch=sketch)
    _ = library.pca
    if device is None or device.type == "cpu":
        synthesis = IncrementalSynthesis(prepared(generator.synthesis))
    else:
        synthesis = place(generator, device)
        if sketch:
            place(sketch, device)
    return Model(path, digest, generator, synthesis, checkpoint.provenance, library)


def _whole(path: Path) -> tuple[Generator, Checkpoint, str]:
    """A file's content and its digest, of one moment: a training may put a newer one there."""
    while True:
        before = file_digest(path) if path.is_file() else ""
        generator, checkpoint = load_generator(path)  # says what is wrong with the file
        if before == file_digest(path):
            return generator, checkpoint, before
