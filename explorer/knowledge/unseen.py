"""How near a model comes to slices of people it never saw: what a projection is compared with.

All of it comes from `unseen.json` beside the checkpoint, which `python -m explorer.unseen` makes;
without that file there is nothing to compare with.
"""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from gan.checkpoint import write_atomic

FILE, VERSION = "unseen.json", 1
FEWEST = 5  # slices that make a comparison


@dataclass(frozen=True)
class Unseen:
    """What each of N projected slices reached.

    model: first 12 digits of the checkpoint's SHA-256. source: where the slices come from. start:
    structure that the nearest random brain shares with each, at 32 px; structure: what the result
    shares (see `likeness.structure`); error: grey levels; rarer: per cent of random brains that are
    more typical than the result. keys: of measurements; gaps: [N, K], how far apart scan and result
    measure, in standard deviations of the model's brains, None where a measurement failed.
    side: pixels of the pictures that were measured, None for the model's own. at_place: whether
    each was sought among brains at its own place on the model's scale.
    """

    model: str
    source: str
    start: tuple[float, ...]
    structure: tuple[float, ...]
    error: tuple[float, ...]
    rarer: tuple[float, ...]
    keys: tuple[str, ...]
    gaps: tuple[tuple[float | None, ...], ...]
    side: int | None = None
    at_place: bool = False

    def __len__(self) -> int:
        return len(self.structure)

    @cached_property
    def _table(self) -> np.ndarray:
        return np.array(self.gaps, float)  # None becomes NaN

    def largest_gap(self, key: str) -> float:
        """Standard deviations; NaN where the measurement is unknown or failed too often."""
        if key not in self.keys:
            return float("nan")
        column = self._table[:, self.keys.index(key)]
        column = column[np.isfinite(column)]
        return float(column.max()) if len(column) >= FEWEST else float("nan")


def open_unseen(
    checkpoint: Path, digest: str, side: int | None = None, at_place: bool = False
) -> Unseen | None:
    """What lies beside a checkpoint; None if there is none, or it is damaged, another's, measured
    at another size than `side` or sought otherwise than `at_place` says."""
    try:
        values = json.loads((checkpoint.parent / FILE).read_text(encoding="utf-8"))
        if values.pop("version") != VERSION or values["model"] != digest[:12]:
            return None
        if values.get("side") != side or values.get("at_place", False) != at_place:
            return None
        lists = {k: tuple(map(float, values[k])) for k in ("start", "structure", "error", "rarer")}
        gaps = tuple(map(tuple, values["gaps"]))
        found = Unseen(**{**values, **lists, "keys": tuple(values["keys"]), "gaps": gaps})
        whole = found._table.shape == (len(found), len(found.keys)) and len(found) >= FEWEST
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if whole and len(found.start) == len(found) else None


def write_unseen(unseen: Unseen, path: Path) -> None:
    """For `open_unseen`."""
    values = {k: v for k, v in asdict(unseen).items() if k not in ("side", "at_place") or v}
    text = json.dumps({"version": VERSION, **values}, indent=1)
    write_atomic(path, text.encode())
