"""Where a lesson may point: names for parts of the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """tab: to be opened before; press: what to click then, selectors; at: what is marked, and must
    be in sight where a task waits for it to be seen; parts: what Basic mode has to show for it;
    show: what "Show me" clicks, one after the other, until it is in sight. lab: in the lab, which
    stands beside the lesson for that step."""

    at: str
    tab: str | None = None
    press: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    lab: bool = False


PLACES = {
    "seed": Place("#seed"),
    "new brain": Place("#new-brain"),
    "variety": Place("#psi"),
    "numbers": Place("#numbers .nb table", None, (".nb [data-do=digits][aria-pressed=false]",)),
    "typicality": Place("#numbers .nb-gauge"),
    "companions": Place("#numbers .cp"),
    "nearest": Place("#nearest .nr", None, (".nr details:not([open]) summary",), ("nearest",)),
    "compare": Place("#viewer .vw-row"),
    "directions": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=measured]",)),
    "pca": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=pca]",),
                 ("sources",)),
    "sefa": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=sefa]",),
                  ("sources",)),
    "mine": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=own]",),
                  ("sources",)),
    "hold": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=pca]",),
                  ("sources", "hold")),
    "receipts": Place("#directions .dr-row", "Directions", (".dr-tabs [data-source=pca]",),
                      ("sources", "receipt")),
    "receipt": Place(".dr-receipt[open] table", "Directions", (), ("sources", "receipt"),
                     (".dr-row [data-do=menu]", ".dr-row [data-do=receipt]")),
    "film": Place(".dr-film:not([hidden])", "Directions", (), ("film",)),
    "second brain": Place("#mix-seed", "Mix"),
    "mix": Place("#mix .mx-presets", "Mix"),
    "noise": Place("#noise-mode", "Noise"),
    "noise strength": Place("#noise-strength", "Noise"),
    "noise map": Place("#noise-map .nz", "Noise"),
    "noise picture": Place("#noise-map figure:not([hidden])", "Noise",
                           show=("#noise-map [data-do=map]",)),
    "journey": Place(".jr .jr-way", "Journey"),
    "speed": Place(".jr [data-do=measure]", "Journey"),
    "speed chart": Place(".jr .jr-chart:not([hidden])", "Journey",
                         show=(".jr [data-do=measure]",)),
    "map": Place(".mp-frame", "Map"),
    "feature maps": Place(".ns-maps", "Inside"),
    "time machine": Place(".lb-time", lab=True),
    "decided chart": Place(".lb-charts [data-chart=decided]", lab=True),
    "verdicts chart": Place(".lb-charts [data-chart=verdicts]", lab=True),
    "looks": Place(".lb-time", press=("[data-do=looks][aria-pressed=false]",), lab=True),
    "metrics": Place(".lb-card[data-card=disentangled]", lab=True),
    "race": Place(".lb-card[data-card=race]", lab=True),
    "race run": Place(".lb-lanes .lb-lane:last-child [data-use]:enabled", lab=True,
                      show=(".lb-choose [data-do=another]",)),
    "desk": Place("[data-card=desk] .ds-controls", lab=True),
    "signal": Place(".lb-card[data-card=signal]", lab=True),
}  # fmt: skip
