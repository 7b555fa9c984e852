"""How one measurement is spread over the model's own brains and over real slices."""

import numpy as np

from explorer.knowledge.population import Population
from explorer.knowledge.reference import Reals
from explorer.knowledge.ruler import Ruler
from explorer.recipe.checks import RecipeError, is_number, short

BINS = 30


def histogram(
    ruler: Ruler, population: Population, reals: Reals | None, key: object, height: object = None,
    place: float | None = None,
) -> dict:  # fmt: skip
    """Shares of brains and of slices in the same bins.

    height: of the picture in mm, where the model reads it; real slices are then those of its level,
    as in `Reals.among`. place: of the picture on a scale; the brains are then those near it, as in
    `Population.near`.

    Returns {"edges": [B + 1] in the measurement's unit, "model": [B] per cent of the brains,
    "brains": how many, "near": whether only those near the place, "real": [B] per cent of real
    slices, None without any, "slices": how many, "level": whether only those of that height}.
    Raises RecipeError for what is not measured, or on none of the brains.
    """
    if key not in ruler.keys:
        raise RecipeError(f"histogram: nothing is measured as {short(key)}")
    if height is not None and not is_number(height):
        raise RecipeError(f"histogram: expected a height in mm, got {short(height)}")
    k = ruler.keys.index(key)
    own, everybody = (population.near(p)[k].astype(np.float64) for p in (place, None))
    real, slices, level = reals.among(key, height) if reals else (np.empty(0), 0, False)
    both = np.concatenate([own, real])
    if not len(own):
        here = " near this one's height" if len(everybody) else ""
        name = ruler.measurements[k].name
        raise RecipeError(f"histogram: {name} cannot be measured on the model's brains{here}")
    edges = np.histogram_bin_edges(both, BINS)
    return {
        "edges": edges.tolist(), "model": _shares(own, edges), "brains": len(own),
        "near": len(own) < len(everybody),
        "real": _shares(real, edges), "slices": slices, "level": level,
    }  # fmt: skip


def _shares(values: np.ndarray, edges: np.ndarray) -> list[float] | None:
    if not len(values):
        return None
    return (100 * np.histogram(values, edges)[0] / len(values)).tolist()
