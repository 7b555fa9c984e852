"""At which heights the measurements mean something, as measured on labelled slices.

`python -m explorer.ranges` makes the table; the guide shows it.
"""

import json
from dataclasses import dataclass
from functools import cache

from explorer.work.assets import assets

FILE = assets() / "ranges.json"


@dataclass(frozen=True)
class Range:
    """From `low` mm (MNI z) to below `high`."""

    low: float
    high: float

    @property
    def nowhere(self) -> bool:
        return self.low >= self.high

    def __str__(self) -> str:
        low, high = (f"{x:+.0f}".replace("-", "−") if x else "0" for x in (self.low, self.high))
        return f"from MNI z {low} to {high} mm"

    def sentence(self) -> str:
        """For people, to stand behind what the measurement is."""
        if self.nowhere:
            return "On labelled slices it followed the truth at no height, so no value is given."
        return f"Means something only {self}."


@cache
def ranges() -> dict[str, Range]:
    """By key, of the measurements that do not mean something at every height."""
    told = json.loads(FILE.read_text(encoding="utf-8"))["measurements"]
    found = {}
    for key, facts in told.items():
        if facts["range"] is None:
            found[key] = Range(0, 0)
        elif facts["range"]:
            found[key] = Range(*facts["range"])
    return found
