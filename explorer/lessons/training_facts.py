"""Facts of a training, from what is kept of its moments: the open model's, or the bundled one's."""

from dataclasses import dataclass

import numpy as np

from explorer.lab.analysis import of_the_training
from explorer.lab.moments import history
from explorer.lab.reel import Reel
from explorer.lab.settling import Settling
from explorer.lessons.fields import LessonError, check_word
from explorer.lessons.values import Value, quantity
from explorer.picture.model import Model

_ENDS = {"": 0, "low": 1, "high": 2}
_BANDS = {"coarse": 0, "fine": -1}
_OF_A_BAND = ("size", "decided", "agreement", "control")
_SPANNED = ("agreement", "control", "fooled", "verdict", "gaze", "head")
_LATELY = ("fooled least", "fooled most", "lately")
_LOGGED = {"train verdict": "train_logit", "held-out verdict": "held_out_logit"}
_LAST = 1 / 3  # of the training, that logged verdicts are the mean of


@dataclass(frozen=True)
class Training:
    """One figure with an end of its 95 % interval, if `end` is "low" or "high".

    figure, of a band ("coarse" or "fine"): its "size" (pixels across), "decided" (thousand images),
    "agreement" and "control" at the moment where coarse and fine lie furthest apart. Of the whole:
    "when" that is, "moments" and "brains" it rests on, "images" shown (thousands). Of the last
    third of the moments, how many "lately" are: "fooled" (%; "fooled least" and "fooled most" of
    one moment) and "verdict" (mean, of the generator's brains). Of the last discriminator: "gaze"
    and "head" (%). Of the log, over its last third: "train verdict", "held-out verdict".
    """

    figure: str
    band: str = ""
    end: str = ""

    def __post_init__(self):
        known = (*_OF_A_BAND, *_SPANNED, *_LATELY, *_LOGGED, "when", "moments", "brains", "images")
        check_word("figure", self.figure, known)
        check_word("band", self.band, _BANDS if self.figure in _OF_A_BAND else ("",))
        check_word("end", self.end, _ENDS)
        if self.end and self.figure not in _SPANNED:
            raise LessonError(f"end: {self.figure} has none")

    def find(self, model: Model) -> Value | None:
        reel = Reel(model)
        if not reel.moments:
            return None
        if self.figure in _LOGGED:
            return quantity(_logged(reel, _LOGGED[self.figure]), "")
        settled = of_the_training(reel.finished.lab)
        if settled is None:
            return None
        value, unit = self._found(settled)
        return None if value is None else quantity(float(value), unit)

    def _found(self, settled: Settling) -> tuple[float | None, str]:
        band, end = _BANDS.get(self.band, 0), _ENDS[self.end]
        when = settled.apart()
        match self.figure:
            case "size":
                return settled.bands[band], "px"
            case "decided":
                return settled.decided()[band], "thousand"
            case "agreement":
                return settled.agreement[when, band, end], ""
            case "control":
                return settled.control[when, band, end], ""
            case "when":
                return settled.kimg[when], "thousand"
            case "moments":
                return len(settled.kimg), ""
            case "brains":
                return settled.brains, ""
            case "images":
                return settled.kimg[-1], "thousand"
            case "verdict":
                return settled.lately(settled.logit)[end], ""
            case "fooled":
                return 100 * settled.lately(settled.fooled)[end], "%"
            case "fooled least":
                return 100 * settled.fooled[settled.recent(), 0].min(), "%"
            case "fooled most":
                return 100 * settled.fooled[settled.recent(), 0].max(), "%"
            case "lately":
                return len(settled.kimg[settled.recent()]), ""
        return 100 * getattr(settled, self.figure)[end], "%"


def _logged(reel: Reel, name: str) -> float:
    """Mean of a number in the log over the end of the training; NaN where there is none."""
    lines = history(reel.checkpoint)
    since = (1 - _LAST) * max((line["kimg"] for line in lines), default=0)
    values = [line.get(name) for line in lines if line["kimg"] >= since]
    values = [value for value in values if isinstance(value, int | float)]
    return float(np.mean(values)) if values else float("nan")
