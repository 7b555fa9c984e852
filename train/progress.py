"""The curves of a training as charts: what the two networks did, and how good the pictures got."""

import math
from collections.abc import Sequence
from typing import Protocol

from gan.shell import COLOURS, FLOOR_COLOUR, Chart

# Title, what it says, and the statistics it draws.
_TRAINING = (
    ("Losses", "Two players in balance: neither falls to zero.", ("loss_D", "loss_G")),
    ("Verdicts", "The discriminator's mean logit: real above, generated below. Far apart it has "
     "won; training slices far above unseen people's: it knows them by heart.",
     ("real_logit", "fake_logit", "train_logit", "held_out_logit")),
    ("Augmentation", "p: how much is transformed. r_t, and r_v with unseen people: how well the "
     "training slices are known by heart; p follows, so that r_t stays at its target.",
     ("augment_p", "r_t", "r_v")),
    ("R1 penalty", "How steep the discriminator is around real slices; R2: generated ones.",
     ("r1", "r2")),
    ("Path length", "How far a picture moves for a unit step in w; steady is good.",
     ("path_length",)),
    ("Speed", "Images per second.", ("images_per_second",)),
)  # fmt: skip
_QUALITY = (
    ("score", "Score", "Mean logarithm of the main figures over their floors; 0 is as good as "
     "other people, lower is better."),
    ("swd", "Sliced Wasserstein distance", "Do small patches look alike, at every scale? Lower is "
     "better."),
    ("fd", "Frechet distance", "Are whole slices spread alike? Lower is better."),
    ("kid", "Kernel distance", "The same, without a bias from few pictures. Lower is better."),
    ("spectrum_db", "Spectrum, dB", "Is fine detail as strong as in reals? Lower is better."),
    ("auc", "Told apart", "Area under the curve of a classifier: 0.5 it guesses, 1 it knows."),
    ("precision", "Precision", "Share of pictures among the reals: few odd ones. Higher is "
     "better."),
    ("recall", "Recall", "Share of reals among the pictures: the variety. Higher is better."),
    ("coverage", "Coverage", "Share of reals with a picture nearby. Higher is better."),
    ("memorised", "Memorised share", "Pictures closer to a training slice than 99 % of unseen "
     "people's are. Lower is better."),
    ("authenticity", "Authenticity", "Share of pictures that are no copies. Higher is better."),
)  # fmt: skip
_DASHES = (
    "solid",
    "dot",
    "dash",
    "dashdot",
)  # of several statistics of one run, where colour tells the runs apart


class Curves(Protocol):
    """What is drawn of a run."""

    name: str
    colour: str
    stats: list[dict]
    quality: list[dict]
    floors: dict
    ada_target: float | None

    @property
    def best(self) -> dict | None: ...


def training_charts(runs: Sequence[Curves]) -> list[Chart]:
    """Losses, verdicts, augmentation, penalties and speed; what no run recorded is left out."""
    charts = []
    for title, meaning, names in _TRAINING:
        traces = []
        for run in runs:
            for i, name in enumerate(names):
                label = name if len(runs) == 1 else f"{run.name}: {name}"
                colour = COLOURS[i] if len(runs) == 1 else run.colour
                dash = "solid" if len(runs) == 1 else _DASHES[i]
                traces += _curve(run.stats, name, label, {"color": colour, "dash": dash})
        if traces and "r_t" in names:
            for run in runs:
                traces += _target(run)
        if traces:
            charts.append(_chart(title, meaning, traces))
    return charts


def quality_charts(runs: Sequence[Curves]) -> list[Chart]:
    """One chart for each figure, its floor dashed and the best checkpoint marked."""
    charts = []
    for name, title, meaning in _QUALITY:
        traces = []
        for run in runs:
            traces += _curve(run.quality, name, run.name, {"color": run.colour})
            if traces and run.best and name in run.best:
                traces.append(_star(run, name))
        if not traces:
            continue
        for run in runs:
            floor = 0.0 if name == "score" else run.floors.get("floors", {}).get(name)
            ends = [line for line in run.quality if _is_number(line.get(name))]
            if floor is not None and ends:
                label = "floor" if len(runs) == 1 else f"floor of {run.name}"
                flat = [line | {name: floor} for line in (ends[0], ends[-1])]
                colour = FLOOR_COLOUR if len(runs) == 1 else run.colour
                traces += _curve(flat, name, label, {"color": colour, "dash": "dash", "width": 1.5})
        if len(runs) > 1:  # the page says what dashes and stars are; the legend tells the runs
            for trace in traces:
                trace["showlegend"] = trace["name"] in {run.name for run in runs}
        charts.append(_chart(title, meaning, traces))
    return charts


def _target(run: Curves) -> list[dict]:
    """Where ADA holds r_t."""
    lines = [line for line in run.stats if "r_t" in line]
    if run.ada_target is None or not lines:
        return []
    flat = [line | {"target": run.ada_target} for line in (lines[0], lines[-1])]
    return _curve(flat, "target", "target of r_t", {"color": FLOOR_COLOUR, "dash": "dash"})


def _chart(title: str, meaning: str, traces: list[dict]) -> Chart:
    names = ", ".join(dict.fromkeys(trace["name"] for trace in traces))
    layout = {
        "xaxis": {"title": {"text": "thousand images shown"}},
        "yaxis": {"rangemode": "tozero"},
        "showlegend": len(traces) > 1,
    }
    return Chart(
        title, meaning, f"Line chart of {title} over the training: {names}.", traces, layout
    )


def _curve(lines: list[dict], name: str, label: str, line: dict) -> list[dict]:
    """The trace of one statistic, against both clocks; none if nothing was recorded."""
    points = [x for x in lines if _is_number(x.get(name))]
    if not points:
        return []
    clocks = {
        "kimg": [round(x["kimg"], 3) for x in points],
        "hours": [round(x.get("seconds", 0) / 3600, 4) for x in points],
    }
    return [{
        "type": "scatter", "mode": "lines+markers" if len(points) < 60 else "lines",
        "name": label, "x": clocks["kimg"], "y": [float(f"{x[name]:.5g}") for x in points],
        "line": line, "marker": {"size": 4}, "meta": clocks,
    }]  # fmt: skip


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _star(run: Curves, name: str) -> dict:
    star = _curve([run.best], name, f"best: {run.best['kimg']:g} kimg", {"color": run.colour})[0]
    marker = {"symbol": "star", "size": 13, "color": run.colour}
    return star | {"mode": "markers", "marker": marker}
