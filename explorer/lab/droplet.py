"""What is said of where the signal sits, whichever way it comes out."""

import numpy as np

from explorer.lab.claims import Claim, Reading, listed, minus
from explorer.lab.magnitudes import Magnitudes
from explorer.tools.colours import heat

MOST = 0.5  # of the sum of squares, in a hundredth of the map: a droplet


def claim(found: Magnitudes) -> Claim:
    """Whether one small spot holds most of some layer's magnitudes."""
    spans = [layer.share.interval for layer in found.layers]
    droplets = [found.name(k) for k, (low, _) in enumerate(spans) if low > MOST]
    opposite = (
        "a layer whose strongest 1 % of pixels surely hold more than half of the sum of squares: a "
        "droplet, as Karras 2020 found in networks that normalise their maps (AdaIN)."
    )
    if droplets:
        title = f"One small spot holds most of the signal: a droplet in {listed(droplets)}"
        opposite = "maps whose strongest 1 % of pixels surely hold less than half everywhere."
    elif all(high < MOST for _, high in spans):
        title = "No small spot holds most of any layer’s signal"
    else:
        title = "Whether a small spot holds most of a layer’s signal cannot be told"
    top = found.top
    peak = _written(top.peak.times(1), 1)
    share, stays = _written(top.share.times(100), 1), _written(top.stays.times(100), 0)
    readings = [
        Reading(found.name(k).capitalize(), "", *layer.peak.times(1))
        for k, layer in enumerate(found.layers)
    ]
    return Claim(
        f"{title}.",
        f"Strongest in {found.name(found.strongest)}: the largest magnitude is {peak} times the "
        f"median (in 95 % of the brains more than {minus(top.common, 1)}), and 1 % of the pixels "
        f"hold {share} % of the squares. The peak is near one place in {stays} % of the brains.",
        opposite, tuple(readings),
        (f"{found.brains} brains at ψ 1 with the stored noise. Magnitude: at each pixel the norm "
         "over all channels of what a layer hands to the next. Flat maps have peak 1 and 1 % of "
         "the squares in 1 % of the pixels. Near: within a sixteenth of the side.",
         "The title goes by the squares. A high peak alone is no droplet: in the last layers most "
         "of the map may be the dark background, which makes the median small."),
    )  # fmt: skip


def picture(found: Magnitudes) -> tuple[np.ndarray, float]:
    """The kept map in colours, from 0 to its largest, uint8 [r, r, 3]; and how large that is."""
    shown = found.map.astype(np.float64)
    most = float(shown.max())
    return heat(shown / max(most, 1e-12)), most


def _written(three: tuple[float, float, float], digits: int) -> str:
    value, low, high = (minus(x, digits) for x in three)
    return f"{value} ({low} to {high})"
