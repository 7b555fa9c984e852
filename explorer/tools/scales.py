"""How far each measurement reaches: in the model's own brains and in real slices."""

import numpy as np

from explorer.knowledge.population import Population, Ruler
from explorer.knowledge.reference import Reals
from explorer.recipe.checks import RecipeError, is_number, short

MIDDLE = (2.5, 97.5)  # per cent: 95 of 100 lie between


def scales(
    ruler: Ruler, population: Population, reals: Reals | None, height: object = None
) -> dict[str, dict]:
    """Where the middle 95 % lie, by the measurement's key, in its unit.

    height: of the picture in mm, or None; real slices are then those of its level, as in
    `Reals.among`.

    Each {"model": (low, high), "real": (low, high) or None without any, "deviation": of the model's
    brains}; a measurement that failed on all of them is missing. Raises RecipeError for a height
    that is no number.
    """
    if height is not None and not is_number(height):
        raise RecipeError(f"scales: expected a height in mm, got {short(height)}")
    found = {}
    for k, key in enumerate(ruler.keys):
        own = population.table[:, k].astype(np.float64)
        own = own[np.isfinite(own)]
        if not len(own):
            continue
        real = reals.among(key, height)[0] if reals else np.empty(0)
        found[key] = {
            "model": _middle(own), "real": _middle(real) if len(real) else None,
            "deviation": float(population.deviation[k]),
        }  # fmt: skip
    return found


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, MIDDLE)
    return float(low), float(high)
