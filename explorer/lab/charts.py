"""The figures of an analysis as charts: what plotly draws, and the same in words."""

from collections.abc import Sequence

import numpy as np

from explorer.lab.against_data import Against
from explorer.lab.race import Race
from explorer.lab.results import Analysis
from explorer.lab.table import Row, rows
from gan.shell import COLOURS, Chart

_SPACES = ("Z", "W", "S")
_ONE = {"range": [0, 1]}


def spaces(analysis: Analysis) -> list[Chart]:
    """Z against W against S, by every metric."""
    known = rows(analysis)
    asked = (
        ("DCI disentanglement", "own", "Does each axis serve one factor? 1: yes; 0: all alike.",
         {"yaxis": _ONE}),
        ("DCI completeness", "own", "Does each factor need one axis? 1: yes; 0: all alike.",
         {"yaxis": _ONE}),
        ("Informativeness (R2)", "own",
         "How well a straight line foretells the factors of brains held out.", {"yaxis": _ONE}),
        ("MIG", "pca", "How much more the best axis tells of a factor than the next.", {}),
        ("SAP", "pca", "The same by squared correlation.", {}),
        ("Separability", "whole",
         "Can a plane part high from low? 1: always; 2: no better than chance.", {}),
    )  # fmt: skip
    charts = []
    for figure, axes, meaning, layout in asked:
        found = [
            row for name in _SPACES for row in known
            if (row.figure, row.of, row.factor) == (figure, name, "") and row.axes.endswith(axes)
        ]  # fmt: skip
        if found:
            charts.append(bars(figure, meaning, found, layout))
    return charts


def bars(title: str, meaning: str, found: Sequence[Row], layout: dict) -> Chart:
    """One bar for each row, with its interval."""
    values = [row.value for row in found]
    trace = {
        "type": "bar", "x": [row.of for row in found], "y": _plain(values),
        "marker": {"color": COLOURS[0]}, "width": 0.5,
        "error_y": {
            "type": "data", "symmetric": False,
            "array": _plain([row.high - row.value for row in found]),
            "arrayminus": _plain([row.value - row.low for row in found]),
        },
    }  # fmt: skip
    told = "; ".join(f"{row.of} {interval(row)}" for row in found)
    return Chart(title, meaning, f"{title}: {told}", [trace], layout)


def interval(row: Row) -> str:
    """0.33 [0.31, 0.35]"""
    if not np.isfinite(row.value):
        return "not known"
    ends = f" [{row.low:.3g}, {row.high:.3g}]" if np.isfinite(row.low + row.high) else ""
    return f"{row.value:.3g}{ends}"


def paths(analysis: Analysis) -> list[Chart]:
    """How far the picture moves on the way between two brains."""
    known = [row for row in rows(analysis) if row.figure.startswith("Path length")]
    return [
        bars(figure, meaning, [row for row in known if row.figure == figure], {})
        for figure, meaning in (
            ("Path length (feature)", "Shorter is smoother; a distance of this program's own."),
            ("Path length (feature), Z over W", "Above 1: the way through W is smoother."),
            ("Path length (lpips)", "Shorter is smoother; perceptual, as in the papers."),
            ("Path length (lpips), Z over W", "Above 1: the way through W is smoother."),
        )
        if any(row.figure == figure for row in known)
    ]


def signal(analysis: Analysis) -> list[Chart]:
    """Where in the maps the signal sits, layer by layer."""
    known = [row for row in rows(analysis) if row.figure.startswith("Magnitude")]
    return [
        bars(figure, meaning, [row for row in known if row.figure == figure], _SLANTED)
        for figure, meaning in (
            ("Magnitude: peak over the median", "Largest norm over channels; flat maps have 1."),
            ("Magnitude: share in 1 % of the map",
             "Of the sum of squares; flat maps have 0.01, a droplet more than half."),
        ) if known
    ]  # fmt: skip


def layers(analysis: Analysis) -> list[Chart]:
    """Which layers carry what."""
    if analysis.shares is None:
        return []
    shares = np.nan_to_num(analysis.shares)
    told = "; ".join(
        f"{name}: {analysis.groups[int(column.argmax())]} {column.max():.2f}"
        for name, column in zip(analysis.names, shares.T, strict=True)
    )
    title = "Which layers carry what"
    meaning = "R2 of each factor from one group's w alone, the other groups drawn at random."
    trace = heat(shares, analysis.names, analysis.groups, 0, 1, "Blues")
    return [Chart(title, meaning, f"{title}: {told}", [trace], _ROOMY)]


_SLANTED = {"margin": {"l": 52, "r": 12, "t": 8, "b": 100}}
_ROOMY = {"margin": {"l": 120, "r": 12, "t": 8, "b": 130}, "height": 360}


def heat(
    values: np.ndarray, x: Sequence[str], y: Sequence[str], low: float, high: float, colours: str
) -> dict:
    """A table as colours: values [len(y), len(x)]."""
    trace = {"type": "heatmap", "z": [_plain(row) for row in values], "x": list(x), "y": list(y),
             "zmin": low, "zmax": high, "colorscale": colours}  # fmt: skip
    return trace | {"reversescale": colours == "Blues"}  # plotly's begins with the dark end


def race(analysis: Analysis) -> list[Chart]:
    """The race that was run to the end: what else moved."""
    found = analysis.race
    if found is None:
        return []
    name = analysis.names[found.target]
    key = f"within 0.1: {analysis.keys[found.target]}"
    leaks = [r for r in rows(analysis) if (r.figure, r.axes) == ("Race: leak of the others", key)]
    title = f"{name} by one standard deviation: what else moves"
    meaning = "Mean size of the other factors' change, in standard deviations; less is better."
    return [bars(title, meaning, leaks, {}), _moved(analysis, found)]


def _moved(analysis: Analysis, found: Race) -> Chart:
    traces = [
        {"type": "bar", "name": lane.way.name, "x": list(analysis.names),
         "y": _plain(lane.leak.factors), "marker": {"color": colour}}
        for lane, colour in zip(found.lanes.values(), COLOURS, strict=False)
    ]  # fmt: skip
    told = "; ".join(
        f"{lane.way.name} {analysis.names[int(np.nanargmax(lane.leak.factors))]}"
        for lane in found.lanes.values() if np.isfinite(lane.leak.factors).any()
    )  # fmt: skip
    title = "The same, factor by factor"
    meaning = "Mean size of each factor's change on the brains that arrived."
    layout = {"barmode": "group", "margin": {"l": 52, "r": 12, "t": 8, "b": 110}, "height": 360}
    return Chart(title, meaning, f"Moves most besides: {told}", traces, layout)


def data(against: Against, names: Sequence[str]) -> list[Chart]:
    """People, model, and the difference."""
    where = "at equal height" if against.equal else "as they are"
    strongest = [
        f"{names[i]} and {names[j]} {against.difference[i, j]:+.2f}"
        for i, j in marked(against)[:3]
    ]  # fmt: skip
    tables = (
        ("In people", against.real, f"Correlations among {against.slices} real slices, {where}."),
        ("In the model", against.model, f"Among {against.brains} generated brains."),
        ("Model minus people", against.difference, "Red: the model ties them more than people."),
    )
    return [
        Chart(title, meaning, f"{title}, {where}; largest differences: {', '.join(strongest)}",
              [heat(np.nan_to_num(table), names, names, -1, 1, "RdBu")], _ROOMY)
        for title, table, meaning in tables
    ]  # fmt: skip


def marked(against: Against) -> list[tuple[int, int]]:
    """Pairs whose correlation in the model is surely another than in people, the largest first."""
    pairs = [
        (int(i), int(j))
        for i, j in zip(*np.triu_indices(len(against.keys), 1), strict=True)
        if against.marks[i][j] not in ("alike", "unknown")
    ]
    return sorted(pairs, key=lambda pair: -abs(against.difference[pair]))


def _plain(values: Sequence[float]) -> list[float | None]:
    """For JSON, which has no NaN."""
    return [float(v) if np.isfinite(v) else None for v in values]
