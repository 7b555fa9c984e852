"""A model's analysis as one HTML file that needs no network."""

from collections.abc import Sequence

import numpy as np

from explorer.lab import charts, claims, training_claims
from explorer.lab.against_data import Against
from explorer.lab.factors import Factors
from explorer.lab.race import Lane
from explorer.lab.results import Analysis
from explorer.lab.settling import Settling
from gan.shell import Page, escape

_METHODS = (
    ("DCI", "Eastwood and Williams 2018; importances: size of Lasso's coefficients; own axes"),
    ("MIG, SAP", "Chen 2018, Kumar 2018; along the 20 first principal axes"),
    ("Separability", "Karras 2019, section 4.2; factors cut at their median; exp of the mean"),
    ("Path length", "Karras 2019, section 4.1; distance of normalised Laplacian pyramids, so not "
                    "to be compared with published PPL"),
    ("Magnitude", "norm over channels at each pixel of a layer's maps (Karras 2020, section 2)"),
    ("Race", "the step along each space's direction that moves the factor by one standard "
             "deviation, measured on the picture; attribute dependency (Wu 2021) of the others"),
    ("Intervals", "95 %, over brains, pairs or people drawn again"),
)  # fmt: skip


def write(analysis: Analysis, factors: Factors, name: str, digest: str) -> str:
    """The HTML of what is known so far. name, digest: of the model."""
    page = Page(f"How disentangled is {name}?")
    page.add(_facts(factors, name, digest))
    if told := claims.sketched(analysis):
        page.add(f"<p>{escape(told)}</p>")
    if found := charts.spaces(analysis):
        page.add("<h2>Z, W and S</h2><p>z is what is drawn, w what the mapping network makes of "
                 "it, s the styles that the layers read.</p>")  # fmt: skip
        page.add_charts(found)
        page.add(_best_axes(analysis))
    if found := charts.layers(analysis):
        page.add_charts(found)
    if found := charts.paths(analysis):
        page.add("<h2>Is the way smooth?</h2>")
        page.add_charts(found)
    if found := charts.signal(analysis):
        page.add("<h2>Where does the signal sit?</h2>")
        page.add_charts(found)
    if found := charts.race(analysis):
        page.add("<h2>The race: one change, made in every space</h2>")
        page.add_charts(found)
        page.add(_arrived(analysis))
    if analysis.races:
        page.add(_leaks(analysis))
    for against in (analysis.data, analysis.data_at_height):
        if against is not None:
            where = " At equal height" if against.equal else ""
            page.add(f"<h2>The model, or people?{where}</h2>")
            page.add_charts(charts.data(against, analysis.names))
            page.add(_pairs(against, analysis.names))
    if analysis.training is not None:
        page.add("<h2>What training did</h2>")
        page.add(_training(analysis.training))
    page.add("<h2>How it was measured</h2>" + _table(("figure", "definition"), _METHODS))
    return page.render()


def _facts(factors: Factors, name: str, digest: str) -> str:
    lines = [("Model", f"{name} ({digest[:12]})")]
    if factors.trust:
        lines.append(("Factors", "known ones, read back from the pictures; share of the variance "
                      "read right: " + ", ".join(
                          f"{n} {t:.3f}"
                          for n, t in zip(factors.names, factors.trust, strict=True))))  # fmt: skip
    else:
        lines.append(("Factors", "measurements: " + ", ".join(factors.names)))
    lines.append(("Brains", f"{len(factors.table):,}"))
    return _table(("", ""), lines)


def _best_axes(analysis: Analysis) -> str:
    """For each factor its best principal axis in each space, by SAP's scores."""
    found = []
    for k, name in enumerate(analysis.names):
        line = [name]
        for space in ("Z", "W", "S"):
            scores = [s for s in _scores(analysis, space) if s.axes == "pca"]
            column = scores[0].sap.scores[:, k] if scores else np.array([np.nan])
            if not np.isfinite(column).any():
                line += ["", ""]
                continue
            axis = int(np.nanargmax(column))
            row = np.delete(scores[0].sap.scores[axis], k)
            other = np.nanmax(row) if np.isfinite(row).any() else 0.0
            line += [f"axis {axis + 1}: r = {np.sqrt(column[axis]):.2f}",
                     f"{np.sqrt(max(other, 0)):.2f}"]  # fmt: skip
        found.append(line)
    head = ("factor", *(f"{space}: {what}" for space in ("Z", "W", "S")
                        for what in ("best axis", "its r with another factor")))  # fmt: skip
    return "<h3>Each factor's best principal axis</h3>" + _table(head, found)


def _scores(analysis: Analysis, space: str) -> tuple:
    return analysis.spaces[space].scores if space in analysis.spaces else ()


def _arrived(analysis: Analysis) -> str:
    race = analysis.race
    lines = [
        (lane.way.name, f"{lane.share:.0%} of {race.brains}",
         f"{lane.way.r2:.2f}" if np.isfinite(lane.way.r2) else "",
         f"{lane.leak.mean:.3f} [{lane.leak.interval[0]:.3f}, {lane.leak.interval[1]:.3f}]")
        for lane in race.lanes.values()
    ]  # fmt: skip
    return _table(("way", "arrived", "held-out R²", "leak [95 %]"), lines)


def _leaks(analysis: Analysis) -> str:
    ways = list(dict.fromkeys(space for race in analysis.races.values() for space in race.lanes))
    lines = []
    for key, race in analysis.races.items():
        line = [analysis.names[analysis.keys.index(key)]]
        for way in ways:
            lane = race.lanes.get(way)
            line.append("" if lane is None else _leak(lane))
        lines.append(line)
    told = "<p>The leak with its interval, and on how many brains the factor arrived. Factors of "
    told += "which w foretells less than a fifth are left out.</p>"
    return "<h3>The same for every factor</h3>" + told + _table(("factor", *ways), lines)


def _leak(lane: Lane) -> str:
    if not lane.leak.brains:
        return "none arrived"
    low, high = lane.leak.interval
    return f"{lane.leak.mean:.2f} [{low:.2f}, {high:.2f}], {lane.share:.0%}"


def _pairs(against: Against, names: Sequence[str]) -> str:
    lines = [
        (names[i], names[j], f"{against.real[i, j]:z.2f}", f"{against.model[i, j]:z.2f}",
         "[{:.2f}, {:.2f}]".format(*against.difference_interval[i, j]), against.marks[i][j])
        for i, j in charts.marked(against)
    ]  # fmt: skip
    if not lines:
        return "<p>No correlation differs for certain.</p>"
    head = ("", "and", "people", "model", "difference [95 %]", "in the model")
    return _table(head, lines) + (
        f"<p class=soft>Intervals of real slices: {against.resampled} drawn again.</p>"
    )


def _training(found: Settling) -> str:
    """The correlation of each moment with the finished brains, by size."""
    claim = training_claims.settled(found)
    controls = training_claims.controls(found)
    lines = [
        (row[0].name, *map(str, row), str(control))
        for row, control in zip(training_claims.agreements(found), controls, strict=True)
    ]
    head = ("thousand images", *(f"{band} px" for band in found.bands), "another seed")
    told = f"<p>{escape(claim.title)} {escape(claim.says)}</p>"
    return told + _table(head, lines) + f"<p class=soft>{escape(' '.join(claim.notes))}</p>"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = lambda tag, row: "".join(f"<{tag}>{escape(x)}</{tag}>" for x in row)  # noqa: E731
    body = "".join(f"<tr>{cells('td', line)}</tr>" for line in lines)
    top = f"<thead><tr>{cells('th', head)}</tr></thead>" if any(head) else ""
    return f'<div class="wide"><table class="facts">{top}<tbody>{body}</tbody></table></div>'
