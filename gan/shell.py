"""One HTML file with pictures and interactive charts that needs no network: the common frame."""

import base64
import functools
import gzip
import html
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from PIL import Image

_TEMPLATE = Path(__file__).parent / "shell.html"
# Colour-blind safe (Okabe and Ito 2008), the first ones legible on white and on black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
FLOOR_COLOUR = "#808b99"


@dataclass(frozen=True)
class Chart:
    """A chart with a title, one sentence on what it means, and what it shows in words.

    traces: as plotly's JSON has them. layout: plotly's layout, added to the page's; its height, in
    pixels, makes room.
    """

    title: str
    meaning: str
    alt: str
    traces: Sequence[dict]
    layout: dict = field(default_factory=dict)


class Page:
    """Collects the parts of a page in order; `render` gives the whole file."""

    def __init__(self, title: str):
        self.title = title
        self._body: list[str] = []
        self._charts: list[dict] = []

    def add(self, markup: str) -> None:
        """Append HTML; whoever writes it escapes what comes from outside."""
        self._body.append(markup)

    def add_charts(self, charts: Sequence[Chart]) -> None:
        """Append charts side by side."""
        sections = []
        for chart in charts:
            number = len(self._charts)
            self._charts.append({"data": list(chart.traces), "layout": chart.layout})
            sections.append(
                f"<section><h3>{escape(chart.title)}</h3><p>{escape(chart.meaning)}</p>"
                f'<div class="chart" id="chart{number}" role="img"{_height(chart)} '
                f'aria-label="{escape(chart.alt)}"></div></section>'
            )
        self.add(f'<div class="charts">{"".join(sections)}</div>')

    def render(self) -> str:
        return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
            title=escape(self.title),
            body="\n".join(self._body),
            charts=script_json(self._charts),
            plotly=_plotly(),
        )


def _height(chart: Chart) -> str:
    height = chart.layout.get("height")
    return f' style="height: {height}px"' if height else ""


def escape(text: object) -> str:
    """Text for HTML, also inside attributes."""
    return html.escape(str(text), quote=True)


def script_json(value: object) -> str:
    """JSON for inside a script element, which nothing in it can end or confuse."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def picture_uri(picture: Image.Image, quality: int = 85) -> str:
    """A picture as a compact data URI."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


@functools.cache
def _plotly() -> str:
    """The chart library, compressed: 2 MB instead of 5."""
    from plotly.offline import get_plotlyjs

    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode("ascii")
