"""Whether a projection has found its scan: by structure and by what both measure.

Structural similarity within the head, and every measurement of the scan against that of the result,
both beside what slices of people reach whom the model never saw, by the same search. No measurement
is a part of what projection makes small; SSIM is, so it says something only beside theirs.
"""

from dataclasses import dataclass

import numpy as np

from explorer.knowledge.library import Library
from explorer.knowledge.likeness import Likeness, compare
from explorer.knowledge.unseen import Unseen
from gan.picture import grey, shrink

MOST_TOLD = 4  # measurements that are told one by one
_SMALL = 0.25  # standard deviations apart, which are never too many


@dataclass(frozen=True)
class Verdict:
    """reached: whether structure and measurements are as near as on unseen slices; None where
    nothing is known of those. gaps: [K], differences of the ruler's measurements in standard
    deviations of the model's brains, NaN where one failed. words: sentences, the verdict first."""

    reached: bool | None
    likeness: Likeness
    gaps: np.ndarray
    words: tuple[str, ...]


def judge(library: Library, target: np.ndarray, found: np.ndarray, layered: bool = True) -> Verdict:
    """target, found: uint8 [R, R] or [R, R, 3]; layered: found with a w for each layer, as unseen
    slices are. Waits until the model's population is measured."""
    likeness = compare(target, found)
    scan, result = measured(library, target, found)
    gaps = np.abs(result - scan) / library.settled_population().deviation
    unseen = library.unseen if layered else None
    apart = _apart(library, unseen, gaps)
    reached = None
    if unseen:
        reached = likeness.structure >= min(unseen.structure) and not apart
    words = [_verdict(unseen, likeness, apart), _structure(unseen, likeness)]
    if not layered and library.unseen:
        words[0] = "How near one w for all layers comes to people it never saw is not measured."
    for k in apart[:MOST_TOLD]:
        m = library.ruler.measurements[k]
        unit = f" {m.unit}" if m.unit else ""
        words.append(
            f"{m.name}: {_number(scan[k])}{unit} in the scan, {_number(result[k])}{unit} in the "
            f"result, {gaps[k]:.1f} SD apart; on unseen slices at most "
            f"{unseen.largest_gap(m.key):.1f}."
        )
    lost = np.isfinite(scan) & ~np.isfinite(result)
    if lost.any():
        names = [m.name for m, gone in zip(library.ruler.measurements, lost, strict=True) if gone]
        words.append(f"Measured on the scan, but not on the result: {', '.join(names)}.")
    if likeness.place:
        words.append(likeness.place)
    if library.told:
        words.append(
            f"Scan and result were measured at {library.side} px, both made smaller alike."
        )
    return Verdict(reached, likeness, gaps, tuple(words))


def measured(library: Library, *pictures: np.ndarray) -> np.ndarray:
    """The ruler's measurements of pictures uint8 [R, R] or [R, R, 3]: float64 [n, K].

    Where the model's population is measured on smaller pictures, these are made as small.
    """
    greys = np.concatenate([grey(p[None]) for p in pictures])
    if library.sketched:
        greys = np.rint(shrink(greys, library.side)).astype(np.uint8)
    return library.ruler.measure(greys)


def _apart(library: Library, unseen: Unseen | None, gaps: np.ndarray) -> list[int]:
    """Measurements that lie farther apart than on every unseen slice, the worst first."""
    if unseen is None:
        return []
    most = np.array([unseen.largest_gap(m.key) for m in library.ruler.measurements])
    over = np.nan_to_num(gaps / np.maximum(most, _SMALL))
    return [int(k) for k in np.argsort(-over, kind="stable") if over[k] > 1]


def _verdict(unseen: Unseen | None, likeness: Likeness, apart: list[int]) -> str:
    if unseen is None:
        return "How near this model comes to people it never saw has not been measured."
    if likeness.structure < min(unseen.structure):
        return (
            "Not found: the structure agrees less than on every slice of people the model never "
            "saw. The result is the model’s nearest brain, but do not take it for the scan."
        )
    if apart:
        return (
            "Only in part: the structure agrees as on slices of people the model never saw, "
            "but not everything that is measured."
        )
    return (
        "As near as the model comes to people it never saw, by structure and by every measurement "
        "that both have."
    )


def _structure(unseen: Unseen | None, likeness: Likeness) -> str:
    words = f"Structure in the head (SSIM, 1 is equal): {likeness.structure:.2f}"
    if unseen:
        low, high = min(unseen.structure), max(unseen.structure)
        words += f"; on {len(unseen)} unseen slices {low:.2f} to {high:.2f}"
    return f"{words}. Mean error: {likeness.error:.0f} of 255 grey levels."


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")
