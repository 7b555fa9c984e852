"""Which layers carry what, in sentences made from the numbers."""

import numpy as np

from explorer.lab.claims import Claim
from explorer.lab.results import Analysis

CARRIED = 0.1  # of a measurement, R^2: less is not carried


def layers(analysis: Analysis) -> Claim:
    """Of shares [G, K]: which group of layers surely foretells each measurement best."""
    shares, groups = np.nan_to_num(analysis.shares, nan=-1.0), analysis.groups
    low, high = np.nan_to_num(np.moveaxis(analysis.spans, -1, 0), nan=-1.0)
    best, alike = [], []
    for k, g in enumerate(shares.argmax(axis=0)):
        enough = shares[g, k] >= CARRIED
        sure = all(low[g, k] > high[other, k] for other in range(len(groups)) if other != g)
        best.append(groups[g] if enough and sure else None)
        alike += [analysis.names[k]] if enough and not sure else []
    told = [group for group in best if group]
    counts = {group: told.count(group) for group in groups if group in told}
    most = max(counts, key=counts.get, default=None)
    title = "No group of layers surely foretells a measurement best"
    if most:
        title = f"The {most} layers carry {counts[most]} of {len(best)} measurements"
    named = zip(analysis.names, best, strict=True)
    names = [n for n, group in named if group is None and n not in alike]
    others = "; ".join(f"{group}: {count}" for group, count in counts.items())
    says = f"Carried best by {others}." if counts else ""
    if alike:
        says += f" By groups that cannot be told apart: {', '.join(n.lower() for n in alike)}."
    if names:
        says += f" By none, as far as w tells: {', '.join(name.lower() for name in names)}."
    return Claim(
        f"{title}.", says.strip(),
        "rows equally dark from left to right: then anatomy would sit in no layers in particular.",
        notes=("R² of each measurement from one group’s w alone, on brains held out whose groups "
               "were drawn apart from each other.",),
    )  # fmt: skip


def carried(analysis: Analysis) -> list[tuple[str, list[tuple[float, float, float]]]]:
    """Each measurement's name with R^2 and its interval from each group."""
    shares, spans = analysis.shares, analysis.spans
    return [
        (name, [(float(shares[g, k]), *map(float, spans[g, k])) for g in range(len(shares))])
        for k, name in enumerate(analysis.names)
    ]
