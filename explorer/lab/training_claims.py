"""What the kept moments of a training say, in sentences made from the numbers."""

import math
from collections.abc import Sequence

from explorer.lab.claims import Claim, Reading
from explorer.lab.settling import DECIDED, Settling


def settled(found: Settling) -> Claim:
    """Coarse before fine, or not; and whether the discriminator was fooled."""
    since = dict(zip(found.bands, found.decided(), strict=True))
    never = [band for band, kimg in since.items() if kimg is None]
    known = {band: kimg for band, kimg in since.items() if kimg is not None}
    kimgs, sizes = list(known.values()), list(known)
    order = [math.inf if kimg is None else kimg for kimg in since.values()]
    if not known:
        title = "At no moment before the last was the finished brain decided"
    elif order == sorted(order) and order[0] < order[-1]:
        last = f"{sizes[-1]} px from {kimgs[-1]:.0f}"
        if never:
            last = f"{_listed(never)} at no moment before the last"
        title = (f"Coarse before fine: {sizes[0]} px decided from {kimgs[0]:.0f} thousand images "
                 f"on, {last}")  # fmt: skip
    elif len(set(order)) == 1:
        title = f"All sizes were decided at once, from {kimgs[0]:.0f} thousand images on"
    else:
        title = "Not from coarse to fine"
    says = f"{_halfway(found)} {_fooled(found)}"
    notes = [
        f"{found.brains} seeds, the same at {len(found.kimg)} moments, at ψ 1. Each picture is "
        f"parted into what blocks average to ({found.bands[0]} px across) and what each finer size "
        "adds. Its correlation with the finished picture of the same seed is told of what differs "
        "between seeds: what all brains share is taken off both.",
        f"Decided: from the moment on whose interval lies above {DECIDED:g}"
        + (f"; never before the last: {_listed(never)}." if never else "."),
    ]
    return Claim(
        f"{title}.", says,
        "curves of the fine sizes above those of the coarse ones; or a control (the finished brain "
        "of another seed) as high as the curves: then brains would only be alike.",
        tuple(_verdicts(found)), tuple(notes),
    )  # fmt: skip


def agreements(found: Settling) -> list[list[Reading]]:
    """Of each moment but the last, the correlation for each band."""
    return [
        [Reading(f"{kimg:g}", f"{band} px", *map(float, found.agreement[m, b]))
         for b, band in enumerate(found.bands)]
        for m, kimg in enumerate(found.kimg[:-1])
    ]  # fmt: skip


def controls(found: Settling) -> list[Reading]:
    """Of each moment, the correlation with another seed's finished brain, of the band where it is
    largest."""
    most = found.control[:, :, 0].argmax(axis=1)
    return [
        Reading(f"{kimg:g}", "another seed", *map(float, found.control[m, most[m]]))
        for m, kimg in enumerate(found.kimg[:-1])
    ]


def _halfway(found: Settling) -> str:
    """The moment at which coarse and fine lie furthest apart, with its control."""
    m = found.apart()
    first, last = (Reading("", "", *map(float, found.agreement[m, b])) for b in (0, -1))
    control = Reading("", "", *map(float, found.control[m, 0]))
    return (
        f"At {found.kimg[m]:.0f} thousand images the correlation with the finished brain was "
        f"{first} at {found.bands[0]} px and {last} at {found.bands[-1]} px; with the finished "
        f"brain of another seed {control}."
    )


def _fooled(found: Settling) -> str:
    if not _verdicts(found):
        return ""
    shares = found.fooled[found.recent(), 0]
    told = (
        f"Over the last {len(shares)} moments the discriminators took "
        f"{_share(found.lately(found.fooled))} of their generator’s brains for real, from "
        f"{shares.min():.0%} at one to {shares.max():.0%} at another."
    )
    if found.gaze[0] != found.gaze[0]:
        return told
    return (
        f"{told} {_share(found.gaze)} of what the last one’s verdicts hang on lies in the head, "
        f"which fills {_share(found.head)} of the picture."
    )


def _share(value: Sequence[float]) -> str:
    share, low, high = value
    return f"{share:.0%} ({low:.0%} to {high:.0%})"


def _verdicts(found: Settling) -> list[Reading]:
    """The mean verdict over the last moments, where there is a discriminator."""
    value, low, high = found.lately(found.logit)
    return [Reading("Verdict", "", value, low, high)] if value == value else []


def _listed(bands: list[int]) -> str:
    return ", ".join(f"{band} px" for band in bands)
