"""One number to keep the best checkpoint by."""

import math
from collections.abc import Mapping

_DISTANCES = ("swd", "fd", "spectrum_db")
_EXPECTED_COPIES = 0.01  # by the definition of the 1st percentile


def score(figures: Mapping[str, float], floors: Mapping[str, float]) -> float:
    """How far a generator is from being as good as other real people. Lower is better.

    The mean of log(value / floor) over the sliced Wasserstein distance (patches at every scale),
    the Frechet distance (what is shown, and how often) and the spectrum (fine detail), and of
    log(floor / coverage), because a generator that shows few brains well may look fine in the
    others. Logarithms, so that half the distance is worth the same wherever it starts, and no
    figure outweighs the others by its unit. 0: as good as real slices of other people; 0.7: twice
    as far; it may fall below 0, since a generator that fits its training people is nearer to them
    than other people are. That is what copies are, too: where the memorised share exceeds twice
    its expectation, the logarithm of the excess is added, so that a model cannot win by copying.
    Infinite where a figure or its floor is missing or no number.
    """
    needed = (*_DISTANCES, "coverage", "memorised")
    sides = [side.get(name, math.nan) for side in (figures, floors) for name in needed]
    if not all(map(math.isfinite, sides)):
        return math.inf
    parts = [_log_ratio(figures[name], floors[name]) for name in _DISTANCES]
    parts.append(_log_ratio(floors["coverage"], figures["coverage"]))
    allowed = 2 * max(_EXPECTED_COPIES, floors["memorised"])
    return sum(parts) / len(parts) + max(0.0, math.log(max(figures["memorised"], 1e-9) / allowed))


def _log_ratio(above: float, below: float) -> float:
    return math.log(max(above, 1e-4) / max(below, 1e-4))
