"""A figure as lessons compare it and as their texts show it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Value:
    """number: what is compared, None for words alone; words: as texts show it."""

    number: float | None
    words: str


def quantity(x: float, unit: str) -> Value | None:
    """None for NaN. Written with as many digits as help a reader."""
    if not np.isfinite(x):
        return None
    digits = 0 if abs(x) >= 20 or x == round(x) else 1 if abs(x) >= 2 else 2
    space = "" if unit == "°" else "\u202f"
    words = f"{x:z,.{digits}f}".replace("-", "−")
    return Value(float(x), f"{words}{space}{unit}" if unit else words)
