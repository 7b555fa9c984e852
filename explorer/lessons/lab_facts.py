"""Facts of the lab: figures of the analysis that is kept of the model. Nothing is made for them."""

from dataclasses import dataclass

from explorer.lab.analysis import found, of_the_network
from explorer.lab.results import Analysis
from explorer.lessons.fields import LessonError, check_word
from explorer.lessons.values import Value, quantity
from explorer.picture.model import Model

_SPACES = ("Z", "W", "S")
_OF_A_SPACE = (
    "disentanglement", "completeness", "informativeness", "mig", "sap", "separability", "leak",
    "arrived", "path",
)  # fmt: skip
_SIGNAL = ("peak", "peak share", "peak stays", "peak layer")
_ENDS = {"": 0, "low": 1, "high": 2}


@dataclass(frozen=True)
class Lab:
    """One figure with an end of its 95 % interval, if `end` is "low" or "high".

    figure: "disentanglement", "completeness", "informativeness" (along the own axes of a space: Z,
    W or S), "mig", "sap" (along its 20 first principal axes), "separability"; "leak" (SD) and
    "arrived" (%) of the race through a space, and "race": what was raced for, in words; "leak
    difference": of Z over W, "Z-W", or W over S, "W-S", on the same brains (SD); "path": the full
    path length through Z or W; "path ratio": Z over W; "paths": how many it rests on; of the layer
    where the signal peaks most "peak" (over the median), "peak share" (% of the squares within 1 %
    of the map), "peak stays" (% of the brains whose peak is near one place) and "peak layer", in
    words.
    """

    figure: str
    space: str = ""
    end: str = ""

    def __post_init__(self):
        whole = "leak difference", "race", "path ratio", "paths"
        check_word("figure", self.figure, (*_OF_A_SPACE, *whole, *_SIGNAL))
        check_word("end", self.end, _ENDS)
        spaces = ("Z-W", "W-S") if self.figure == "leak difference" else ("",)
        spaces = _SPACES if self.figure in _OF_A_SPACE else spaces
        check_word("space", self.space, spaces[:2] if self.figure == "path" else spaces)
        if self.end and self.figure in ("race", "arrived", "paths", "peak layer"):
            raise LessonError(f"end: {self.figure} has none")

    def find(self, model: Model) -> Value | None:
        if self.figure in _SIGNAL:
            return self._signal(model)
        analysis = kept(model)
        if analysis is None:
            return None
        if self.figure == "race":
            return Value(None, analysis.names[analysis.race.target].lower())
        values, unit = self._found(analysis)
        return quantity(float(values[_ENDS[self.end]]), unit)

    def _signal(self, model: Model) -> Value | None:
        found = of_the_network(model.lab)[1]
        if found is None:
            return None
        if self.figure == "peak layer":
            return Value(None, found.name(found.strongest))
        figure, factor, unit = {
            "peak": (found.top.peak, 1, ""), "peak share": (found.top.share, 100, "%"),
            "peak stays": (found.top.stays, 100, "%"),
        }[self.figure]  # fmt: skip
        return quantity(figure.times(factor)[_ENDS[self.end]], unit)

    def _found(self, analysis: Analysis) -> tuple[tuple, str]:
        """(value, low, high) and the unit."""
        race, smooth = analysis.race, analysis.smoothness
        match self.figure:
            case "leak":
                leak = race.lanes[self.space].leak
                return (leak.mean, *leak.interval), "SD"
            case "arrived":
                return (100 * race.lanes[self.space].share,), "%"
            case "leak difference":
                return race.beside[tuple(self.space.split("-"))][:3], "SD"
            case "path":
                length = smooth.lengths["feature"][f"{self.space} full"]
                return (length.mean, *length.interval), ""
            case "paths":
                return (smooth.lengths["feature"]["Z full"].pairs,), ""
            case "path ratio":
                return smooth.ratios["feature"]["full"], ""
        space = analysis.spaces[self.space]
        if self.figure == "separability":
            return (space.separable.score, *space.separable.interval), ""
        axes = "pca" if self.figure in ("mig", "sap") else "own"
        score = next(score for score in space.scores if score.axes == axes)
        if axes == "pca":
            gap = getattr(score, self.figure)
            return (getattr(gap, self.figure), *gap.interval), ""
        value = getattr(score.dci, self.figure)
        return (value, *getattr(score.dci, f"{self.figure}_interval")), ""


def kept(model: Model) -> Analysis | None:
    """A model's analysis, if all that lessons tell of it is there. Raises StillComputing."""
    library = model.lab
    library.population()
    if library.factor_reader is not None:
        return None  # known factors: other names than lessons have
    analysis = found(library)
    whole = set(_SPACES) <= set(analysis.spaces) and analysis.smoothness and analysis.race
    if not whole or not set(_SPACES) <= set(analysis.race.lanes):
        return None
    return analysis
