"""Twelve brains that show how far a model reaches: one at either end of what is measured."""

import numpy as np

from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.tools.atlas import sample

SHOWN = ("height", "age", "area", "ratio", "ventricles", "brightness", "asymmetry", "sharpness")
FIELDS = 6  # two brains each
_ENDS = (0.5, 3.5)  # per cent from either end: rare, yet not the one odd picture


def gallery(model: Model) -> list[tuple[str, Recipe]]:
    """Names ("larger ventricles") and recipes, the lower end of each measurement first.

    Of the brains at an end of one measurement the one is taken that is most ordinary in all
    others. Raises StillComputing until the population is there.
    """
    population, ruler = model.library.population(), model.library.ruler
    far = np.nan_to_num(population.apart / population.deviation, nan=9.0)
    found = []
    for key in [key for key in SHOWN if key in ruler.keys][:FIELDS]:
        k = ruler.keys.index(key)
        others = np.abs(np.delete(far, k, axis=1)).mean(axis=1)
        column = population.apart[:, k]
        if not np.isfinite(column).any():
            continue
        low, high = _ENDS
        for name, ends in (
            (ruler.measurements[k].less, (low, high)),
            (ruler.measurements[k].more, (100 - high, 100 - low)),
        ):
            least, most = np.nanpercentile(column, ends)
            here = np.flatnonzero((column >= least) & (column <= most))
            if len(here):
                chosen = int(here[np.argmin(others[here])])
                found.append((name, sample(model, chosen)))
    return found
