"""All figures of an analysis as rows, each with its interval: for spreadsheets and tables."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from explorer.lab.race import Race
from explorer.lab.results import Analysis
from explorer.lab.spaces import Space


class Row(NamedTuple):
    """One figure. of: what it is a figure of; factor: "" for all together; low, high: its 95 %
    interval, NaN where it has none; number: how many brains or pairs it rests on."""

    figure: str
    of: str
    axes: str
    factor: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    number: int = 0


def rows(analysis: Analysis) -> list[Row]:
    """Whatever is known so far."""
    found: list[Row] = []
    for name, space in analysis.spaces.items():
        found += _space_rows(name, space, analysis.names)
    if analysis.shares is not None:
        for group, shares in zip(analysis.groups, analysis.shares, strict=True):
            found += [
                Row("R2 of a group of layers alone", group, "own", name, float(share))
                for name, share in zip(analysis.names, shares, strict=True)
            ]
    found += _path_rows(analysis)
    found += _signal_rows(analysis)
    races = {f"within 0.3: {key}": race for key, race in analysis.races.items()}
    if analysis.race:
        races = {f"within 0.1: {analysis.keys[analysis.race.target]}": analysis.race} | races
    for key, race in races.items():
        found += _race_rows(key, race, analysis.names)
    found += _data_rows(analysis)
    return found


def _space_rows(name: str, space: Space, factors: tuple[str, ...]) -> Iterator[Row]:
    for score in space.scores:
        axes, n = f"{score.count} {score.axes}", score.dci.brains
        figures = [
            ("Informativeness (R2)", score.dci.informativeness, score.dci.informativeness_interval),
            ("MIG", score.mig.mig, score.mig.interval),
            ("SAP", score.sap.sap, score.sap.interval),
        ]
        if score.dci.tells:
            figures += [
                ("DCI disentanglement", score.dci.disentanglement,
                 score.dci.disentanglement_interval),
                ("DCI completeness", score.dci.completeness, score.dci.completeness_interval),
            ]  # fmt: skip
        for figure, value, interval in figures:
            yield Row(figure, name, axes, "", float(value), *map(float, interval), n)
        for k, factor in enumerate(factors):
            low, high = map(float, score.dci.r2_interval[k])
            yield Row("Informativeness (R2)", name, axes, factor, float(score.dci.r2[k]), low, high)
            yield Row("SAP gap", name, axes, factor, float(score.sap.gaps[k]))
            yield Row("MIG gap", name, axes, factor, float(score.mig.gaps[k]))
    told = space.separable
    yield Row("Separability", name, "whole", "", float(told.score), *map(float, told.interval),
              told.brains)  # fmt: skip


def _path_rows(analysis: Analysis) -> Iterator[Row]:
    for smooth in filter(None, (analysis.smoothness, analysis.perceptual)):
        for distance, lengths in smooth.lengths.items():
            for variant, length in lengths.items():
                yield Row(f"Path length ({distance})", variant, "", "", float(length.mean),
                          *map(float, length.interval), length.pairs)  # fmt: skip
            for which, ratio in smooth.ratios[distance].items():
                yield Row(f"Path length ({distance}), Z over W", which, "", "", *map(float, ratio))


def _signal_rows(analysis: Analysis) -> Iterator[Row]:
    found = analysis.magnitudes
    for k, layer in enumerate(found.layers if found else ()):
        for figure, one in (
            ("Magnitude: peak over the median", layer.peak),
            ("Magnitude: share in 1 % of the map", layer.share),
            ("Magnitude: share of pictures with the peak in one place", layer.stays),
        ):
            yield Row(figure, found.name(k), "", "", *one.times(1), found.brains)


def _race_rows(key: str, race: Race, factors: tuple[str, ...]) -> Iterator[Row]:
    for lane in race.lanes.values():
        leak, way = lane.leak, lane.way.name
        yield Row("Race: leak of the others", way, key, "", leak.mean, *leak.interval, leak.brains)
        yield Row("Race: share that arrived", way, key, "", lane.share, number=race.brains)
        for factor, moved in zip(factors, leak.factors, strict=True):
            if np.isfinite(moved):
                yield Row("Race: mean change", way, key, factor, float(moved), number=leak.brains)
    for (first, second), (mean, *interval, number) in race.beside.items():
        yield Row("Race: difference of leaks", f"{first} - {second}", key, "", mean,
                  *_ends(interval), number)  # fmt: skip


def _ends(interval: list) -> tuple[float, float]:
    """Two numbers, however the interval was kept."""
    flat = np.ravel(np.array(interval, dtype=float))
    return float(flat[0]), float(flat[1])


def _data_rows(analysis: Analysis) -> Iterator[Row]:
    for against in (analysis.data, analysis.data_at_height):
        if against is None:
            continue
        where = "at equal height" if against.equal else "as they are"
        for i, j in zip(*np.triu_indices(len(against.keys), 1), strict=True):
            pair = f"{analysis.names[i]} and {analysis.names[j]}"
            for figure, table, spans, number in (
                ("Correlation in people", against.real, against.real_interval, against.slices),
                ("Correlation in the model", against.model, against.model_interval,
                 against.brains),
                ("Model minus people", against.difference, against.difference_interval, 0),
            ):  # fmt: skip
                if np.isfinite(table[i, j]):
                    low, high = map(float, spans[i, j])
                    yield Row(figure, against.marks[i][j], where, pair, float(table[i, j]), low,
                              high, number)  # fmt: skip


def as_csv(analysis: Analysis) -> str:
    """One figure a row."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["figure", "of", "axes or race", "factor", "value", "95 % low", "95 % high",
                     "brains or pairs"])  # fmt: skip
    for row in rows(analysis):
        numbers = [f"{x:.5g}" if np.isfinite(x) else "" for x in row[4:7]]
        writer.writerow([*row[:4], *numbers, row.number or ""])
    return text.getvalue()
