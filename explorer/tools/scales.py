"""How far each measurement reaches: in the model's own brains and in real slices."""

import numpy as np

from explorer.knowledge.population import Population, Ruler
from explorer.knowledge.reference import Reals
from explorer.recipe.checks import RecipeError, is_number, short

MIDDLE = (2.5, 97.5)  # per cent: 95 of 100 lie between


def scales(
    ruler: Ruler, population: Population, reals: Reals | None, height: object = None,
    place: float | None = None,
) -> dict[str, dict]:  # fmt: skip
    """Where the middle 95 % lie, by the measurement's key, in its unit.

    height: of the picture in mm, or None; real slices are then those of its level, as in
    `Reals.among`. place: of the picture on a scale, as of `Population.near`.

    Each {"model": (low, high), "real": (low, high) or None without any, "deviation": of the model's
    brains}; a measurement that failed on all of them is missing. Raises RecipeError for a height
    that is no number.
    """
    if height is not None and not is_number(height):
        raise RecipeError(f"scales: expected a height in mm, got {short(height)}")
    found, near = {}, population.near(place)
    for k, key in enumerate(ruler.keys):
        own = near[k].astype(np.float64)
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
