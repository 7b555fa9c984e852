"""Facts: figures of lessons, measured on the model that is open.

Each has `find(model)`: a Value, or None where it cannot be measured. They may take a second or two;
pictures wait for their turns, so that nobody's slider feels it. Raise StillComputing as long as the
population is not there, RecipeError where the model lacks what they ask for.
"""

import json
from dataclasses import dataclass

import numpy as np

from explorer.knowledge.effects import pearson
from explorer.lessons.direction_facts import About, Alike, Receipt
from explorer.lessons.fields import check_word
from explorer.lessons.lab_facts import Lab
from explorer.lessons.phantom_facts import Phantom
from explorer.lessons.picture_facts import Chance, Change, Nearest, Rarity, Read, Speed, Variety
from explorer.lessons.settings import group
from explorer.lessons.tasks import MEASURED
from explorer.lessons.training_facts import Training
from explorer.lessons.values import Value, quantity
from explorer.lessons.variant_facts import Variant
from explorer.picture.model import Model
from explorer.recipe.checks import is_number

LIMIT = 1_000_000  # bytes of an evaluation


@dataclass(frozen=True)
class Together:
    """Correlation of two measurements over the model's own brains, -1..1.

    real: over the real slices that the model carries instead. gap: how far these two are apart.
    """

    of: str
    to: str
    real: bool = False
    gap: bool = False

    def __post_init__(self):
        for name in ("of", "to"):
            check_word(name, getattr(self, name), MEASURED)

    def find(self, model: Model) -> Value | None:
        if self.gap:
            both = [Together(self.of, self.to, real).find(model) for real in (False, True)]
            if None in both:
                return None
            return quantity(abs(both[0].number - both[1].number), "")
        if self.real:
            reals = model.library.reals
            columns = [reals.column(key) for key in (self.of, self.to)] if reals else [None]
        else:
            keys, table = model.library.ruler.keys, model.library.population().table
            columns = [
                table[:, keys.index(key)] if key in keys else None for key in (self.of, self.to)
            ]
        if any(column is None for column in columns):
            return None
        return quantity(pearson(np.stack(columns, axis=1)), "")


@dataclass(frozen=True)
class Evaluation:
    """A figure of the evaluation.json that the trainer wrote beside the checkpoint.

    figure: the way to it, "copies.value.memorised". percent: it is a share.
    """

    figure: str
    percent: bool = False

    def find(self, model: Model) -> Value | None:
        value: object = evaluation(model)
        for name in self.figure.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if not is_number(value):
            return None
        return quantity(100 * value, "%") if self.percent else quantity(value, "")


@dataclass(frozen=True)
class Size:
    """A size of the network: of z and w, the picture's side, the layers, or those of a group."""

    what: str

    def __post_init__(self):
        sizes = ("z_dim", "w_dim", "resolution", "num_ws", "coarse", "middle", "fine", "parameters")
        check_word("what", self.what, sizes)

    def find(self, model: Model) -> Value | None:
        if self.what == "parameters":
            return quantity(sum(p.numel() for p in model.generator.parameters()), "")
        if hasattr(model.config, self.what):
            return quantity(getattr(model.config, self.what), "")
        first, end = group(model, self.what)
        return quantity(end - first, "")


Fact = (
    Variety | Change | Read | Receipt | About | Alike | Together | Chance | Speed | Rarity | Nearest
    | Evaluation | Size | Lab | Training | Phantom | Variant
)  # fmt: skip
MEASURES = {
    "variety": Variety, "change": Change, "read": Read, "receipt": Receipt, "about": About,
    "alike": Alike, "together": Together, "chance": Chance, "speed": Speed, "rarity": Rarity,
    "nearest": Nearest, "evaluation": Evaluation, "size": Size,
    "lab": Lab, "training": Training, "phantom": Phantom, "variant": Variant,
}  # fmt: skip


def evaluation(model: Model) -> dict | None:
    """What evaluation.json beside the checkpoint holds; None if there is none or it is damaged."""
    try:
        text = (model.path.parent / "evaluation.json").read_bytes()
        found = json.loads(text) if len(text) <= LIMIT else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
