"""Facts of the desk: what is kept of the variants, and whether two of them surely differ."""

from dataclasses import dataclass

from explorer.lab import comparison
from explorer.lab.claims import Reading
from explorer.lab.comparison import Standing, standing_of
from explorer.lessons.fields import LessonError, check_word
from explorer.lessons.values import Value, quantity
from explorer.picture import variants
from explorer.picture.model import Model
from gan.checkpoint import CheckpointError

OPEN = "open"  # the open model, among the names
_UNITS = {"share": "%"}
_ENDS = {"": "value", "low": "low", "high": "high"}
_VERDICTS = {
    "above": (1, "surely more"), "below": (-1, "surely less"),
    "unsure": (0, "not surely different"),
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One figure of a variant ("reference", "adain", ...) or of the open model ("open"), with an
    end of its 95 % interval, if `end` is "low" or "high".

    figure: "peak" (over the median, of the layer where it is highest), "share" (% of the squares
    within 1 % of that layer's map), "layer" (which that is, in words), "path Z full", "path W end"
    and so on, "leak" (of the first five principal axes). against: another of them: then the number
    is 1 where the figure is surely more than there, -1 where it is surely less, 0 where the two
    cannot be told apart; and the words say so.
    """

    variant: str
    figure: str
    end: str = ""
    against: str = ""

    def __post_init__(self):
        names = (*variants.NAMES, OPEN)
        check_word("variant", self.variant, names)
        check_word("figure", self.figure, (*comparison.LABELS, "layer"))
        check_word("end", self.end, _ENDS)
        check_word("against", self.against, ("", *names))
        if self.end and (self.against or self.figure == "layer"):
            raise LessonError("end: only a figure by itself has one")
        if self.against and self.figure == "layer":
            raise LessonError("against: layers are not compared")

    def find(self, model: Model) -> Value | None:
        one = _standing(self.variant, model)
        if one is None:
            return None
        if self.figure == "layer":
            found = one.magnitudes
            return found and Value(None, found.name(found.strongest))
        if self.against:
            return self._beside(one, _standing(self.against, model))
        reading = _reading(one, self.figure)
        return reading and quantity(getattr(reading, _ENDS[self.end]), _UNITS.get(self.figure, ""))

    def _beside(self, one: Standing, other: Standing | None) -> Value | None:
        """None, too, for networks of two sizes, whose figures are not compared."""
        mark = comparison.marks(one, other).get(comparison.LABELS[self.figure]) if other else None
        return Value(*_VERDICTS[mark]) if mark in _VERDICTS else None


def _standing(name: str, model: Model) -> Standing | None:
    if name == OPEN:
        return standing_of(model)
    path = next((path for path in variants.variants() if path.parent.name == name), None)
    try:
        return path and standing_of(variants.opened(path), variants.name_of(path))
    except CheckpointError:
        return None


def _reading(standing: Standing, figure: str) -> Reading | None:
    row = next(row for row in comparison.rows([standing]) if row.label == comparison.LABELS[figure])
    return row.readings[0]


def missing(model: Model) -> str | None:
    """Why a lesson cannot compare what StyleGAN2 changed, in words; None where it can."""
    for name in ("reference", "adain", "undemodulated"):
        standing = _standing(name, model)
        if standing is None or not standing.whole:
            return f"the variant {name} is not there, or has not been measured"
    return None
