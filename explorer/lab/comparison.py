"""Two networks side by side: what is kept of each, and which figures surely differ.

Everything is read; nothing is measured here. The intervals are over brains or pairs of one
network: they do not say how another training of the same kind would end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.lab.analysis import of_the_network
from explorer.lab.axes import AXES, Axes
from explorer.lab.claims import Claim, Reading
from explorer.lab.magnitudes import Magnitudes
from explorer.lab.results import Settings
from explorer.lab.smoothness import VARIANTS as PATHS
from explorer.lab.smoothness import Smoothness
from explorer.picture.model import Model

TOO_LITTLE = "cannot be told"  # was measured, and nothing certain came out
_WHERE = {"full": "anywhere", "end": "at brains"}
# Each figure's name for people, by the one that lessons use.
LABELS = {
    "peak": "Strongest spot over the median", "share": "Share in 1 % of the map (%)",
    **{f"path {path}": f"Path length through {path[0]}, {_WHERE[path[2:]]}" for path in PATHS},
    "leak": f"What else moves along axes 1 to {AXES} (leak)",
}  # fmt: skip
_NOTES = (
    "Each network was trained once. The intervals are over its brains; how another training of the "
    "same kind would end they do not say.",
    "Strongest spot and share: of the layer whose strongest spot is furthest above its median, "
    "which may be another in each. Path length (feature): through Z and W, anywhere on the way "
    "(full) and at brains (end). Leak: what else one step along an axis moves, for 1 of what it "
    "moves most; of axes that surely move one.",
)


@dataclass(frozen=True)
class Standing:
    """What is kept of one network; None: not measured yet."""

    name: str
    resolution: int
    magnitudes: Magnitudes | None
    smoothness: Smoothness | None
    axes: Axes | None

    @property
    def whole(self) -> bool:
        return None not in (self.magnitudes, self.smoothness, self.axes)


@dataclass(frozen=True)
class Row:
    """One figure of several networks. label: its name; number: what each rests on; readings: of
    each, None where it is not known."""

    label: str
    numbers: tuple[str, ...]
    readings: tuple[Reading | None, ...]


def standing_of(model: Model, name: str = "", settings: Settings | None = None) -> Standing:
    """Reads what lies beside the checkpoint. name: for people, if not the model's own."""
    smooth, signal, axes = of_the_network(model.lab, settings)
    return Standing(name or model.name, model.config.resolution, signal, smooth, axes)


def rows(standings: Sequence[Standing]) -> list[Row]:
    """The figures of several networks, in the order in which they are shown."""
    found = [
        _row("peak", standings,
             lambda s: s.magnitudes and s.magnitudes.top.peak.times(1), _signal),
        _row("share", standings,
             lambda s: s.magnitudes and s.magnitudes.top.share.times(100), _signal),
    ]  # fmt: skip
    for path in PATHS:
        found.append(
            _row(f"path {path}", standings, lambda s, path=path: _length(s, path),
                 lambda s, path=path: s.smoothness and f"{_one(s, path).pairs} pairs")
        )  # fmt: skip
    found.append(
        _row("leak", standings, lambda s: s.axes and s.axes.leak,
             lambda s: s.axes and f"{s.axes.brains} brains, {s.axes.told} of {AXES} axes")
    )  # fmt: skip
    return found


def _row(figure: str, standings: Sequence[Standing], value, number) -> Row:
    label, readings = LABELS[figure], []
    for standing in standings:
        three = value(standing)
        known = three is not None and np.isfinite(three).all()
        readings.append(Reading(label, standing.name, *map(float, three)) if known else None)
    return Row(label, tuple(number(s) or "" for s in standings), tuple(readings))


def _signal(standing: Standing) -> str:
    found = standing.magnitudes
    return f"{found.brains} brains, {found.name(found.strongest)}" if found else ""


def _one(standing: Standing, path: str):
    return standing.smoothness.lengths["feature"][path]


def _length(standing: Standing, path: str) -> tuple | None:
    one = _one(standing, path) if standing.smoothness else None
    return one and (one.mean, *one.interval)


def verdict(a: Reading | None, b: Reading | None) -> str:
    """'above', 'below', 'unsure', or 'unknown'."""
    if a is None or b is None:
        return "unknown"
    return "above" if a.above(b) else "below" if b.above(a) else "unsure"


def marks(a: Standing, b: Standing) -> dict[str, str]:
    """The verdict on each figure; none on networks of two sizes."""
    if a.resolution != b.resolution:
        return {}
    return {row.label: verdict(*row.readings) for row in rows([a, b])}


def compare(a: Standing, b: Standing) -> Claim:
    """Which figures of two networks surely differ, and which cannot be told apart."""
    opposite = (
        "intervals that overlap in every row: then what the two differ in would make no difference "
        "that these figures can see."
    )
    if a.name == b.name:
        return Claim("Both sides show the same network.", "", opposite)
    if a.resolution != b.resolution:
        says = (
            f"{a.name} has {a.resolution} px, {b.name} {b.resolution} px: peaks and path lengths "
            "grow with the size, so the figures stand beside each other and are not compared."
        )
        return Claim("Networks of two sizes are not compared.", says, opposite, notes=_NOTES)
    found = marks(a, b)
    of = lambda mark: [label for label, m in found.items() if m == mark]  # noqa: E731
    more, less, unsure = of("above"), of("below"), of("unsure")
    if more or less:
        differ = len(more) + len(less)
        title = f"{a.name} and {b.name} surely differ in {differ} of {len(found)} figures."
    elif unsure:
        title = f"{a.name} and {b.name} cannot be told apart."
    else:
        title = "It cannot be told: too little has been measured."
    parts = [
        f"{words}: {'; '.join(label[0].lower() + label[1:] for label in labels)}."
        for words, labels in (
            (f"Surely more in {a.name}", more), (f"Surely less in {a.name}", less),
            ("Cannot be told apart", unsure), ("Not known of both", of("unknown")),
        )
        if labels
    ]  # fmt: skip
    return Claim(title, " ".join(parts), opposite, notes=_NOTES)


def as_markdown(standings: Sequence[Standing]) -> str:
    """All figures of several networks as a table, a column for each network."""
    head = ["", *(s.name for s in standings)]
    lines = [head, ["---"] * len(head)]
    for row in rows(standings):
        cells = [
            f"{reading or TOO_LITTLE}; {number}" if number else "not measured"
            for reading, number in zip(row.readings, row.numbers, strict=True)
        ]
        lines.append([row.label, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
