"""Named numbers measured on reals and on fakes: which of them betrays the fakes?"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import wasserstein_distance

from train.quality.distances import frechet_distance

BINS = 24


def compare_measurements(measured: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> dict:
    """Compare the distributions of (name, values of reals [N], values of fakes [M]).

    Values are counted in standard deviations of the reals. A measurement that failed is NaN.
    Returns {"fd": Frechet distance of all measurements together (pictures on which all succeeded),
    "each": {name: {"wasserstein", "shift", "failed_real", "failed_fake", "edges", "real",
    "fake"}}}; "shift" is the difference of the means, "real" and "fake" are the shares in the
    bins between the edges. Raises ValueError if a measurement succeeded on fewer than two
    pictures of a side.
    """
    each, columns = {}, []
    for name, *sides in measured:
        sides = [np.asarray(side, np.float64) for side in sides]
        good = [side[np.isfinite(side)] for side in sides]
        if min(map(len, good)) < 2:
            raise ValueError(f"{name}: measured on fewer than two pictures of a side")
        mean, deviation = good[0].mean(), max(good[0].std(), 1e-12)
        edges = np.histogram_bin_edges(np.concatenate(good), BINS)
        shares = [np.histogram(side, edges)[0] / len(side) for side in good]
        each[name] = {
            "wasserstein": float(wasserstein_distance(*good) / deviation),
            "shift": float((good[1].mean() - mean) / deviation),
            "failed_real": float(1 - len(good[0]) / len(sides[0])),
            "failed_fake": float(1 - len(good[1]) / len(sides[1])),
            "edges": edges.tolist(),
            "real": shares[0].tolist(),
            "fake": shares[1].tolist(),
        }
        columns.append([(side - mean) / deviation for side in sides])
    tables = [np.stack(side, axis=1) for side in zip(*columns, strict=True)]
    tables = [table[np.isfinite(table).all(axis=1)] for table in tables]
    enough = min(map(len, tables)) > len(columns)
    return {"fd": frechet_distance(*tables) if enough else float("nan"), "each": each}
