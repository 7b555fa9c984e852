"""Bars for the guide, as SVG."""

from html import escape

COLOURS = ["#94a3b8", "#5eead4", "#0f766e", "#fbbf24", "#b45309"]


def bars(title: str, groups: dict[str, dict[str, float]], unit: str, note: str) -> str:
    """groups: for each group its bars, name -> value; all on one scale from 0."""
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    left, width, row, top = 90, 520, 18, 84
    most = max(value for group in groups.values() for value in group.values())
    y, parts = top, []
    for group, values in groups.items():
        middle = y + row * len(values) / 2 + 4
        parts.append(f'<text x="{left - 10}" y="{middle}" text-anchor="end">{escape(group)}</text>')
        for name, value in values.items():
            length, colour = width * value / most, COLOURS[names.index(name)]
            parts.append(
                f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{row - 3}" '
                f'fill="{colour}"/>'
                f'<text x="{left + length + 5:.1f}" y="{y + 12}" class="value">'
                f"{value:.3g} {escape(unit)}</text>"
            )
            y += row
        y += 14
    legend = "".join(
        f'<rect x="{left + 112 * i}" y="46" width="11" height="11" fill="{colour}"/>'
        f'<text x="{left + 112 * i + 16}" y="56">{escape(name)}</text>'
        for i, (name, colour) in enumerate(zip(names, COLOURS, strict=False))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {y + 26}" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#0f172a">'
        "<style>.value{fill:#475569;font-size:11px}</style>"
        f'<rect width="720" height="{y + 26}" fill="white"/>'
        f'<text x="{left}" y="28" font-size="15" font-weight="600">{escape(title)}</text>'
        f"{legend}{''.join(parts)}"
        f'<text x="{left}" y="{y + 10}" class="value">{escape(note)}</text></svg>\n'
    )
