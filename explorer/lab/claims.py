"""What the lab's figures say, in sentences made from the numbers, whichever way they come out.

Two figures differ where their 95 % intervals do not overlap; where they do they cannot be told
apart. Differences that were measured on the same brains are judged by their own interval.
"""

import math
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations

from explorer.lab.against_data import Against
from explorer.lab.factors import Factors
from explorer.lab.race import Lane, Race
from explorer.lab.results import Analysis
from explorer.lab.smoothness import Smoothness
from explorer.lab.spaces import Score, Space

COMPARED = ("Z", "W", "S")
_FEWEST = 20  # brains that have arrived, for an interval of their mean to hold
_MARKS = {
    "stronger": "exaggerated", "weaker": "weaker than in people",
    "other way": "the other way round", "alike": "alike", "unknown": "unknown",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """One number with its 95 % interval. name: of what; of: the space or way it belongs to."""

    name: str
    of: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{minus(self.value)} ({minus(self.low)} to {minus(self.high)})"

    def above(self, other: "Reading") -> bool:
        """Surely: the intervals do not overlap."""
        return self.low > other.high


@dataclass(frozen=True)
class Claim:
    """title: what the numbers say; says: with which numbers; opposite: what would show the
    opposite; notes: how far it can be trusted."""

    title: str
    says: str
    opposite: str
    readings: tuple[Reading, ...] = ()
    notes: tuple[str, ...] = ()


def minus(x: float, digits: int = 2) -> str:
    """With a true minus sign; nothing is minus zero."""
    written = f"{x:.{digits}f}"
    return written.lstrip("-") if float(written) == 0 else written.replace("-", "−")


def order(readings: list[Reading], more: str = "more", as_: str = "disentangled") -> str:
    """'S is more disentangled than W; W and Z cannot be told apart', of the highest first."""
    ranked = sorted(readings, key=lambda r: -r.value)
    parts = [
        f"{a.of} is {more} {as_} than {b.of}"
        if a.above(b)
        else f"{a.of} and {b.of} cannot be told apart"
        for a, b in pairwise(ranked)
    ]
    unsure = len(ranked) > 2 and not any(a.above(b) for a, b in pairwise(ranked))
    if unsure and ranked[0].above(ranked[-1]):
        parts.append(f"{ranked[0].of} is {more} {as_} than {ranked[-1].of}")
    return "; ".join(parts)


def trusted(factors: Factors) -> str:
    """How far the factors can be believed where they are known ones that are read off pictures;
    nothing for measurements."""
    if not factors.trust:
        return ""
    each = zip(factors.names, factors.trust, strict=True)
    return (
        "What this model draws has known factors. They are read off its pictures by a network that "
        "learned them from drawings; how much of each it reads right (R², on drawings held out): "
        + ", ".join(f"{name.lower()} {minus(right)}" for name, right in each)
        + "."
    )


def sketched(there: Analysis) -> str:
    """On which pictures a large network was measured, and how well these tell what the whole ones
    measure; nothing for others."""
    found = there.agreement
    if not found:
        return ""
    each = zip(there.names, found.r, found.intervals, strict=True)
    told = [
        f"{name.lower()} {Reading('', '', *map(float, (r, *ends)))}"
        for name, r, ends in each
        if math.isfinite(r)
    ]
    return (
        f"This network is large. All figures here are of the pictures of {found.small} px that it "
        f"makes on the way to {found.whole} px. How well these tell what the whole ones measure "
        f"(correlation over {found.brains} brains): {', '.join(told) or 'not known'}."
    )


# How disentangled?


def disentangled(spaces: dict[str, Space]) -> Claim | None:
    """Z against W against S; None until two of them are there."""
    there = {name: spaces[name] for name in COMPARED if name in spaces}
    if len(there) < 2:
        return None
    own = {name: _scored(space, "own") for name, space in there.items()}
    readings, notes = [], []
    for label, pick in (("Disentanglement", "disentanglement"), ("Completeness", "completeness")):
        for name, score in own.items():
            if score.dci.tells:
                readings.append(_of_dci(label, name, score, pick))
    for name, score in own.items():
        readings.append(_of_dci("Foretold (R²)", name, score, "informativeness"))
        if not score.dci.tells:
            notes.append(
                f"Of {name} too little is foretold ({minus(score.dci.informativeness)}): its "
                "disentanglement and completeness would be chance and are not shown."
            )
    for label, pick in (("MIG", "mig"), ("SAP", "sap")):
        for name, space in there.items():
            found = getattr(_scored(space, "pca"), pick)
            readings.append(Reading(label, name, getattr(found, pick), *map(float, found.interval)))
    apart = [
        Reading("Separability", name, space.separable.score, *map(float, space.separable.interval))
        for name, space in there.items()
    ]
    readings = [r for r in [*readings, *apart] if math.isfinite(r.value)]
    first = [r for r in readings if r.name == "Disentanglement"]
    axes = ", ".join(f"{score.count} of {name}" for name, score in own.items())
    held = ", ".join(f"{_scored(s, 'pca').share:.0%} of {name}" for name, s in there.items())
    notes.append(
        f"{next(iter(own.values())).dci.brains:,} brains. Disentanglement, completeness and what "
        f"is foretold: along each space’s own axes ({axes}), by lasso. MIG and SAP: along 20 PCA "
        f"axes, which hold {held} of what varies there. Separability: whole spaces; 1 is a clean "
        "cut, 2 is none."
    )
    cut = order([Reading(r.name, r.of, -r.value, -r.high, -r.low) for r in apart],
                "easier", "to separate")  # fmt: skip
    says = f"{_sentences(readings, ['Disentanglement', 'Separability'])} By separability: {cut}."
    title = order(first) if len(first) > 1 else cut
    if contrary := _contrary(first, readings):
        says += f" {contrary}"
        notes.append(
            "A condition that the model was told, such as the slice’s height, is an axis of Z by "
            "itself: MIG and SAP count that for Z."
        )
    return Claim(
        _sentence(title), says,
        "W’s marks left of Z’s without overlap, and W’s separability to the right of Z’s: then the "
        "mapping network would not have disentangled anything.",
        tuple(readings), tuple(notes),
    )  # fmt: skip


def _contrary(first: list[Reading], readings: list[Reading]) -> str:
    """Where MIG or SAP clearly put two spaces the other way round than their disentanglement."""
    found = []
    for label in ("MIG", "SAP"):
        at = {r.of: r for r in readings if r.name == label}
        for a, b in permutations(first, 2):
            if a.above(b) and at[b.of].above(at[a.of]):
                found.append(f"by {label} {b.of} is ahead of {a.of}")
    return f"But {', and '.join(found)}." if found else ""


def _scored(space: Space, axes: str) -> Score:
    return next(score for score in space.scores if score.axes == axes)


def _of_dci(label: str, name: str, score: Score, pick: str) -> Reading:
    span = map(float, getattr(score.dci, f"{pick}_interval"))
    return Reading(label, name, getattr(score.dci, pick), *span)


def _sentences(readings: list[Reading], labels: list[str]) -> str:
    found = {label: [r for r in readings if r.name == label] for label in labels}
    return " ".join(
        f"{label}: {', '.join(f'{r.of} {r}' for r in rows)}."
        for label, rows in found.items()
        if rows
    )


# Is the way smooth?


def smooth(found: Smoothness, distance: str = "feature") -> Claim:
    """Path lengths through Z and W and their ratios."""
    lengths = found.lengths[distance]
    readings = [Reading(v[2:], v[0], one.mean, *one.interval) for v, one in lengths.items()]
    full, end = ratios(found, distance)
    if full.low > 1:
        title = "The way through W is smoother than the way through Z"
    elif full.high < 1:
        title = "The way through Z is smoother than the way through W"
    else:
        title = "The ways through Z and W cannot be told apart"
    pairs = next(iter(lengths.values())).pairs
    return Claim(
        f"{title}.",
        f"Path length ({distance}) through Z for 1 through W: {full} anywhere on the way (full), "
        f"{end} at the brains themselves (end).",
        "a ratio whose interval lies below 1; one that holds 1 shows no difference.",
        tuple(readings),
        (f"{pairs} pairs of brains, steps of {found.eps:g} of the way. These numbers compare ways "
         "of one model, not models: how large they are depends on size and distance.",),
    )  # fmt: skip


def ratios(found: Smoothness, distance: str = "feature") -> list[Reading]:
    """Length through Z for 1 through W: full, end."""
    return [Reading(end, "", *found.ratios[distance][end]) for end in ("full", "end")]


# The race.


def race(found: Race, name: str, within: float) -> Claim:
    """Which way leaks least for one measurement. within: how near to the goal counts as there."""
    lanes = {space: lane for space, lane in found.lanes.items() if _arrived(lane)}
    readings = tuple(
        Reading("Leak", space, lane.leak.mean, *lane.leak.interval) for space, lane in lanes.items()
    )
    failed = [space for space in found.lanes if space not in lanes]
    notes = [
        f"{found.brains} brains, each moved until {name.lower()} is 1 SD more, within {within:g}. "
        "Leak: the mean change of everything else, for 1 SD of what was wanted, over the brains "
        "that arrived: "
        + ", ".join(f"{round(lane.share * found.brains)} through {s}" for s, lane in lanes.items())
        + "."
    ]
    if failed:
        notes.append(f"Through {listed(failed)} too few brains arrived to tell.")
    best, below = _winner(found, lanes)
    title = "no way surely leaks less than another"
    if len(lanes) < 2:
        title = "too few brains arrived to compare"
    elif below:
        title = f"the way through {best} leaks less than that through {listed(below)}"
    apart = [_beside(found, best, other) for other in below]
    says = _sentences(list(readings), ["Leak"])
    if apart:
        says += f" On the same brains: {'; '.join(apart)}."
    return Claim(
        _sentence(f"{name}: {title}"), says.strip(),
        "Z’s leak surely below the others’: then it would not matter that W is less entangled.",
        readings, tuple(notes),
    )  # fmt: skip


def _arrived(lane: Lane) -> bool:
    return lane.leak.brains >= _FEWEST and math.isfinite(lane.leak.interval[0])


def _winner(found: Race, lanes: dict[str, Lane]) -> tuple[str, list[str]]:
    """The way that leaks less than most others, and which; by differences on the same brains."""
    below: dict[str, list[str]] = {space: [] for space in lanes}
    for a, b in combinations(lanes, 2):
        _, low, high, both = found.beside[a, b]
        if both < _FEWEST:
            continue
        if high < 0:
            below[a].append(b)
        elif low > 0:
            below[b].append(a)
    if not any(below.values()):
        return "", []
    most = max(map(len, below.values()))
    best = min((s for s in lanes if len(below[s]) == most), key=lambda s: lanes[s].leak.mean)
    return best, below[best]


def _beside(found: Race, best: str, other: str) -> str:
    """'S against W −0.16 (−0.21 to −0.11) on 101'."""
    if (best, other) in found.beside:
        mean, low, high, brains = found.beside[best, other]
    else:
        mean, low, high, brains = found.beside[other, best]
        mean, low, high = -mean, -high, -low
    return f"{best} against {other} {Reading('', '', mean, low, high)} on {brains}"


def listed(words: list[str]) -> str:
    """'a, b and c'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


# Is it the model or the people?


@dataclass(frozen=True)
class Pair:
    """Two measurements. people, model, difference: correlations with intervals; mark: in words."""

    first: str
    second: str
    people: Reading
    model: Reading
    difference: Reading
    mark: str


def pairs(found: Against, names: tuple[str, ...]) -> list[Pair]:
    """All that are known: those that surely differ first, by how much."""
    rows = []
    for i, j in combinations(range(len(names)), 2):
        if found.marks[i][j] == "unknown":
            continue
        three = [
            Reading(name, "", float(values[i, j]), *map(float, spans[i, j]))
            for name, values, spans in (
                ("people", found.real, found.real_interval),
                ("model", found.model, found.model_interval),
                ("difference", found.difference, found.difference_interval),
            )
        ]
        rows.append(Pair(names[i], names[j], *three, _MARKS[found.marks[i][j]]))
    return sorted(rows, key=lambda p: (p.mark == "alike", -abs(p.difference.value)))


def against(found: Against, names: tuple[str, ...]) -> Claim:
    """How often the model binds what people do not."""
    all_ = pairs(found, names)
    counts = {mark: sum(p.mark == mark for p in all_) for mark in _MARKS.values()}
    differ = len(all_) - counts["alike"]
    title = "No pair surely differs between model and people"
    if counts["exaggerated"]:
        title = f"The model exaggerates {counts['exaggerated']} of {len(all_)} links"
    elif differ:
        title = f"The model changes {differ} of {len(all_)} links"
    parts = [f"{count} {mark}" for mark, count in counts.items() if count]
    people = f"{found.people} people" if found.people else "slices that stand for themselves"
    return Claim(
        f"{title}.", f"Of {len(all_)} pairs: {', '.join(parts)}.",
        "differences whose intervals all hold 0: then what is entangled would be so in people.",
        notes=(f"{found.slices:,} real slices of {people} and {found.brains:,} of the model’s "
               f"brains{', at equal slice height' if found.equal else ''}. Intervals: slices drawn "
               f"anew by {found.resampled}, and brains. Marked from a difference of 0.1.",
               "A model that was trained with mirrored slices is compared with slices both ways: "
               "what changes its sign in the mirror goes with nothing else then."),
    )  # fmt: skip


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
