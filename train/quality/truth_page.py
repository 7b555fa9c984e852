"""truth.html: each measurement beside its truth, by group and slice by slice."""

import numpy as np

from gan.shell import COLOURS, FLOOR_COLOUR, Chart, Page, escape
from train.quality.tables import number
from train.usage import people as counted

_POINTS = 2000  # of a scatter; more only cover each other
_COLUMNS = (("r", "correlation"), ("bias", "bias"), ("error", "typical error"))


def truth_page(result: dict, points: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """The whole page. result: what truth.json holds; points: by key measured and true, [N] each
    with NaN where one is not known."""
    page = Page(f"Measurements beside the truth: {result['data']}")
    whose = f" of {counted(result['people'])}" if result["people"] else ""
    page.add(
        f"<p>{result['slices']:,} slices{whose}, measured at {result['resolution']} px.</p>"
        "<p>Correlation: Pearson's, 1 if the measurement orders slices as the truth does. Bias: "
        "mean of measured less true. Typical error: median of the size of that difference.</p>"
    )
    for each in result["measurements"]:
        page.add(f"<h2>{escape(each['name'])}, {escape(each['unit'])}</h2>" + _about(each))
        charts = [_scatter(each, *points[each["key"]])]
        if each["groups"]:
            charts.insert(0, _by_group(each, result["group"]["title"]))
        page.add_charts(charts)
        page.add(_table(each, result["group"]["title"] if result["group"] else ""))
    return page.render()


def group_name(part: dict) -> str:
    """A group by its number, or by the ends of its bin."""
    low, high = f"{part['from']:g}", f"{part['to']:g}"
    return low if low == high else f"{low} to {high}"


def _about(each: dict) -> str:
    failed = each["overall"]["failed"]
    left_out = f" On {failed:,} slices it could not be measured." if failed else ""
    return f"<p>Truth: column {escape(each['column'])} of the table.{left_out}</p>"


def _by_group(each: dict, title: str) -> Chart:
    middles = [(part["from"] + part["to"]) / 2 for part in each["groups"]]
    traces = [
        {"type": "scatter", "mode": "lines+markers", "name": name, "x": middles,
         "y": [part[key] for part in each["groups"]], "yaxis": axis, "line": {"color": colour}}
        for key, name, axis, colour in (
            ("r", "correlation (left)", "y", COLOURS[0]),
            ("bias", "bias (right)", "y2", COLOURS[1]),
        )
    ]  # fmt: skip
    return Chart(
        "By group",
        "Trust the measurement where the correlation is near 1; a bias that stays the same does "
        "no harm to comparisons.",
        f"Line chart of correlation and bias of {each['name']} by {title}.",
        traces,
        {"xaxis": {"title": {"text": title}},
         "yaxis": {"title": {"text": "correlation"}},
         "yaxis2": {"title": {"text": f"bias, {each['unit']}"}, "overlaying": "y",
                    "side": "right", "showgrid": False, "tickmode": "auto"},
         "margin": {"l": 52, "r": 52, "t": 8, "b": 42}},
    )  # fmt: skip


def _scatter(each: dict, measured: np.ndarray, true: np.ndarray) -> Chart:
    both = np.flatnonzero(np.isfinite(measured) & np.isfinite(true))
    some = np.random.default_rng(0).permutation(both)[:_POINTS]
    x, y = (values[some].round(3).tolist() for values in (true, measured))
    ends = [min(x + y, default=0), max(x + y, default=1)]
    return Chart(
        "Measured against true",
        "A point for each slice; on the line it is measured as it is."
        + (f" {_POINTS:,} slices at random." if len(both) > _POINTS else ""),
        f"Scatter of measured against true values of {each['name']}, with the line of equality.",
        [
            {"type": "scatter", "mode": "markers", "name": "slices", "x": x, "y": y,
             "marker": {"size": 4, "opacity": 0.5, "color": COLOURS[0]}},
            {"type": "scatter", "mode": "lines", "name": "equal", "x": ends, "y": ends,
             "line": {"color": FLOOR_COLOUR, "dash": "dash"}},
        ],
        {"xaxis": {"title": {"text": f"true, {each['unit']}"}},
         "yaxis": {"title": {"text": f"measured, {each['unit']}"}}},
    )  # fmt: skip


def _table(each: dict, title: str) -> str:
    rows = [(group_name(part), part) for part in each["groups"]] + [("all", each["overall"])]
    body = "".join(
        f"<tr><td>{escape(name)}</td>"
        f'<td data-name="slices">{part["slices"]:,}</td>'
        + "".join(f'<td data-name="{what}">{number(part[key])}</td>' for key, what in _COLUMNS)
        + "</tr>"
        for name, part in rows
    )
    heads = "".join(f"<th>{what}</th>" for _, what in _COLUMNS)
    return (
        f'<div class="wide"><table class="figures"><thead><tr><th>{escape(title)}</th>'
        f"<th>slices</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
