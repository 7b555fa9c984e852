"""What a data set will cost: a few of its candidates made and measured beforehand."""

import time
from dataclasses import dataclass
from itertools import count

from explorer.export.dataset import chunk_size, shoot, shot_png
from explorer.export.plan import Plan, groups_of
from explorer.picture.model import Model

_SECONDS, _MOST = 1.0, 64
_LINE = 900  # bytes of a picture's name, directory entry and manifest lines, about


@dataclass(frozen=True)
class Survey:
    """looked: candidates made; fitting: those that some group takes; seconds: for each; bytes: of
    a picture in the file."""

    looked: int
    fitting: int
    seconds: float
    bytes: float

    def estimate(self, plan: Plan) -> tuple[float | None, float]:
        """Seconds (None if nothing fitted) and bytes of the whole data set."""
        size = plan.count * self.bytes
        if not self.fitting:
            return None, size
        return plan.count * self.looked / self.fitting * self.seconds, size


def survey(model: Model, plan: Plan) -> Survey:
    """Look at up to 64 candidates, for about a second. Errors as of explorer.export.dataset."""
    groups = groups_of(model, plan)
    shots, start, chunk = [], time.perf_counter(), chunk_size(model)
    for first in count(0, chunk):
        shots += shoot(model, plan, list(range(first, first + chunk)))
        seconds = time.perf_counter() - start
        if seconds > _SECONDS or len(shots) >= _MOST:
            break
    fitting = sum(
        any(g.class_index in (None, plan.class_of(s.number)) and g.fits(s.row) for g in groups)
        for s in shots
    )
    size = sum(len(shot_png(model, shot)) for shot in shots) / len(shots)
    return Survey(len(shots), fitting, seconds / len(shots), size + _LINE)
