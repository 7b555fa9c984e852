"""Figures beside their floors as tables of a page."""

from collections.abc import Iterable, Sequence

from gan.shell import escape
from train.quality.legend import Figure


def figures_table(
    title: str, about: str, lines: Iterable[tuple[Figure, float, float | None]]
) -> str:
    """A row for each figure: (which, of the pictures, its floor), with what it says."""
    body = "".join(
        f"<tr><td>{escape(figure.title)}</td>"
        f'<td data-name="generated">{number(value)}</td>'
        f'<td data-name="floor">{number(floor)}</td>'
        f'<td data-name="ratio">{_ratio(value, floor)}</td>'
        f'<td data-name="better">{figure.better}</td>'
        f'<td class="soft">{escape(figure.meaning)}</td></tr>'
        for figure, value, floor in lines
    )
    return (
        f'<h2>{escape(title)}</h2><p class="soft">{escape(about)}</p><div class="wide">'
        '<table class="figures"><thead><tr><th>figure</th><th>generated</th>'
        "<th>floor (real)</th><th>ratio</th><th>better</th><th>what it says</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def grouped_table(
    title: str, about: str, figures: Sequence[Figure],
    groups: Sequence[tuple[str, dict[str, float], dict[str, float]]],
) -> str:  # fmt: skip
    """A row for each figure and two columns for each group: (name, its figures, their floors)."""
    heads = "".join(f'<th colspan="2">{escape(name)}</th>' for name, _, _ in groups)
    kinds = "<th>generated</th><th>floor</th>" * len(groups)
    body = []
    for figure in figures:
        cells = "".join(
            f'<td data-name="{escape(name)}: generated">{number(value.get(figure.key))}</td>'
            f'<td data-name="floor">{number(floor.get(figure.key))}</td>'
            for name, value, floor in groups
        )
        body.append(
            f"<tr><td>{escape(figure.title)}</td>{cells}"
            f'<td data-name="better">{figure.better}</td></tr>'
        )
    return (
        f'<h2>{escape(title)}</h2><p class="soft">{escape(about)}</p><div class="wide">'
        f'<table class="figures"><thead><tr><th rowspan="2">figure</th>{heads}'
        f'<th rowspan="2">better</th></tr><tr>{kinds}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def number(value: float | None) -> str:
    """Three digits, a dash for what is not known."""
    return "–" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _ratio(value: float, floor: float | None) -> str:
    return "–" if not floor or floor < 0 or value < 0 else f"{value / floor:.2f}"
