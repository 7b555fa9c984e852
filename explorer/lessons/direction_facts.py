"""Facts of directions: what they do, what they explain, how alike they are."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from explorer.knowledge import receipts
from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.directions.own import as_direction
from explorer.knowledge.library import StillComputing
from explorer.lessons.choices import counted, effects
from explorer.lessons.fields import check_word
from explorer.lessons.settings import RANDOM, check_key, key_of, random_own
from explorer.lessons.tasks import MEASURED
from explorer.lessons.values import Value, quantity
from explorer.picture.model import Model
from explorer.recipe.checks import RecipeError, short


@dataclass(frozen=True)
class Receipt:
    """Out of a direction's receipt, which is measured on 16 brains; of effects that half of them
    tell.

    what: "called" (what it does, in words), "purity", "leakage", "size" (root mean square of all
    effects, SD), "strongest" (the largest effect, SD), "strongest of" (which that is), "focus" (its
    share of the squares of all effects, %), or a measurement: the effect on it, with its sign
    unless `size`.
    """

    direction: str
    what: str
    size: bool = False

    def __post_init__(self):
        words = ("called", "purity", "leakage", "size", "strongest", "strongest of", "focus")
        check_word("what", self.what, (*words, *MEASURED))
        check_key(self.direction)

    def find(self, model: Model) -> Value | None:
        receipt = _receipt(model, _direction(model, self.direction))
        effect = effects(receipt)
        keys = model.library.ruler.keys
        if self.what == "called":
            return Value(None, receipt.name)
        if self.what == "strongest of":
            name = MEASURED[keys[int(np.abs(effect).argmax())]].name.lower()
            return Value(None, name) if effect.any() else None
        if self.what == "size":
            return quantity(float(np.sqrt((effect**2).mean())), "SD")
        if self.what == "strongest":
            return quantity(float(np.abs(effect).max()), "SD")
        if self.what == "focus":
            total = (effect**2).sum()
            return quantity(100 * (effect**2).max() / total, "%") if total > 0 else None
        if self.what in ("purity", "leakage"):
            return quantity(getattr(receipt, self.what), "")
        if self.what not in keys or not counted(receipt, keys.index(self.what)):
            return None
        found = receipt.effect[keys.index(self.what)]
        return quantity(abs(found) if self.size else found, "SD")


@dataclass(frozen=True)
class About:
    """Of a direction: its "name", or its "share" of what its source explains, in per cent."""

    direction: str
    what: str = "share"

    def __post_init__(self):
        check_word("what", self.what, ("share", "name"))
        check_key(self.direction)

    def find(self, model: Model) -> Value | None:
        direction = _direction(model, self.direction)
        if self.what == "name":
            return Value(None, direction.name)
        return quantity(100 * direction.share, "%")


@dataclass(frozen=True)
class Alike:
    """How alike two directions are: the size of their cosine, 0..1.

    to: another direction, or "pca", "sefa" or "measured": the most alike of these. what: "cosine"
    or "name", which that is.
    """

    direction: str
    to: str
    what: str = "cosine"

    def __post_init__(self):
        check_word("what", self.what, ("cosine", "name"))
        for key in (self.direction, self.to):
            check_key(key)

    def find(self, model: Model) -> Value | None:
        library, mine = model.library, _direction(model, self.direction)
        many = {"pca": lambda: library.pca, "sefa": library.sefa, "measured": library.measured}
        others = many[self.to]() if self.to in many else [_direction(model, self.to)]
        if not others:
            return None
        cosine, name = max(
            (abs(float(torch.cosine_similarity(mine.vector, d.vector, dim=0))), d.name)
            for d in others
        )
        return Value(None, name) if self.what == "name" else quantity(cosine, "")


def _receipt(model: Model, direction: Direction) -> receipts.Receipt:
    """The one that is kept, if it is; else one made now."""
    try:
        kept = model.library.receipts().get(direction.key)
    except StillComputing:
        kept = None
    return kept or model.library.receipt(direction)


def _direction(model: Model, name: str) -> Direction:
    """Raises RecipeError where the model has none of this name."""
    if name.startswith(RANDOM):
        own = random_own(model, name)
        return replace(as_direction(own), name=own.name)
    found = model.library.find(key_of(model, name))
    if found is None:
        raise RecipeError(f"this model has no direction {short(name)}")
    return found
