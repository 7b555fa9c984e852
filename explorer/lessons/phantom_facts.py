"""Facts of the bundled model of phantoms, whose factors are known, whatever model is open."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer.lab.analysis import found
from explorer.lab.factors import Factors, factors_of
from explorer.lab.intervals import around, draws
from explorer.lab.results import Analysis
from explorer.lessons.fields import LessonError, check_word
from explorer.lessons.values import Value, quantity
from explorer.picture.model import BUNDLED, Model, load
from gan.checkpoint import CheckpointError

PHANTOM = BUNDLED / "phantom64" / "model.safetensors"
_DRAWS = 200
_FACTORS = (
    "level", "length", "width", "rotation", "ventricles", "cortex", "contrast", "lesion_place",
    "lesion_size",
)  # fmt: skip
_ENDS = {"": 0, "low": 1, "high": 2}
_PLAIN = ("factors", "brains", "trust")
_OF_AN_AXIS = ("best", "besides", "besides name")
_OF_A_SPACE = ("disentanglement", "sap")


@dataclass(frozen=True)
class Phantom:
    """One figure, with an end of its 95 % interval if `end` is "low" or "high".

    figure: "factors" there are, "brains" it rests on, "trust" (the least share of a factor's
    variance that is read right off a drawing); "tied": correlation of the factors `of` and `to`
    among the model's pictures; "best": that of `of` with its best of w's principal axes,
    "besides": the largest one of the same axis with another factor, "besides name": which; or, of
    a `space` (Z, W, S), "disentanglement" or "sap".
    """

    figure: str
    of: str = ""
    to: str = ""
    space: str = ""
    end: str = ""

    def __post_init__(self):
        check_word("figure", self.figure, (*_PLAIN, "tied", *_OF_AN_AXIS, *_OF_A_SPACE))
        named = self.figure == "tied" or self.figure in _OF_AN_AXIS
        check_word("of", self.of, _FACTORS if named else ("",))
        check_word("to", self.to, _FACTORS if self.figure == "tied" else ("",))
        check_word("space", self.space, ("Z", "W", "S") if self.figure in _OF_A_SPACE else ("",))
        check_word("end", self.end, _ENDS)
        if self.end and self.figure not in ("tied", *_OF_A_SPACE):
            raise LessonError(f"end: {self.figure} has none")

    def find(self, model: Model) -> Value | None:
        known = phantom()
        if known is None:
            return None
        factors, analysis = known
        match self.figure:
            case "factors":
                return quantity(len(factors.keys), "")
            case "brains":
                return quantity(len(factors.table), "")
            case "trust":
                return quantity(100 * min(factors.trust), "%")
            case "tied":
                pair = factors.table[:, [factors.number(self.of), factors.number(self.to)]]
                return quantity(_correlation(pair)[_ENDS[self.end]], "")
            case "disentanglement":
                dci = next(s.dci for s in analysis.spaces[self.space].scores if s.axes == "own")
                ends = (dci.disentanglement, *dci.disentanglement_interval)
                return quantity(float(ends[_ENDS[self.end]]), "")
            case "sap":
                sap = next(s.sap for s in analysis.spaces[self.space].scores if s.axes == "pca")
                return quantity(float((sap.sap, *sap.interval)[_ENDS[self.end]]), "")
        return self._of_an_axis(factors, analysis)

    def _of_an_axis(self, factors: Factors, analysis: Analysis) -> Value:
        scores = next(s.sap.scores for s in analysis.spaces["W"].scores if s.axes == "pca")
        target = factors.number(self.of)
        row = np.sqrt(scores[int(np.nanargmax(scores[:, target]))])
        others = np.where(np.arange(len(row)) == target, -1.0, np.nan_to_num(row))
        match self.figure:
            case "best":
                return quantity(float(row[target]), "")
            case "besides":
                return quantity(float(others.max()), "")
        return Value(None, factors.names[int(others.argmax())].lower())


def phantom() -> tuple[Factors, Analysis] | None:
    """What is kept of the bundled phantoms; None where they are not there, or not analysed."""
    model = _opened()
    if model is None or model.library.factor_reader is None:
        return None
    model.library.settled_population()
    factors = factors_of(model.library)
    analysis = found(model.library, factors)
    return (factors, analysis) if {"Z", "W", "S"} <= set(analysis.spaces) else None


@lru_cache(maxsize=1)
def _opened() -> Model | None:
    try:
        return load(PHANTOM)
    except CheckpointError:
        return None


def _correlation(pair: np.ndarray) -> tuple[float, float, float]:
    """Of two columns [N, 2], with its interval over brains."""
    pair = pair[np.isfinite(pair).all(axis=1)].astype(float)
    drawn = [_r(pair, counts) for counts in draws(len(pair), _DRAWS)]
    r = _r(pair, np.ones(len(pair)))
    low, high = around(r, np.array(drawn), -1.0)
    return r, float(low), float(high)


def _r(pair: np.ndarray, counts: np.ndarray) -> float:
    covariance = np.cov(pair.T, fweights=counts.astype(int))
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
