"""Numbers as colours: for maps without sign and with."""

import numpy as np

# Lightness grows all along, so the order can be read without colour too.
_HEAT = ((0, 0, 0), (72, 22, 120), (190, 45, 100), (250, 140, 40), (255, 250, 205))
_SIGNED = ((30, 80, 190), (150, 190, 245), (245, 245, 245), (245, 165, 130), (190, 40, 30))


def heat(values: np.ndarray) -> np.ndarray:
    """0..1, clipped -> uint8 [..., 3]: black, purple, orange, pale yellow."""
    return _blend(_HEAT, values)


def signed(values: np.ndarray) -> np.ndarray:
    """-1..1, clipped -> uint8 [..., 3]: blue below zero, white at it, red above."""
    return _blend(_SIGNED, (np.asarray(values) + 1) / 2)


def css_colours(of=heat) -> list[str]:
    """The scale of `heat` or `signed` at even steps, for the page."""
    return [f"rgb{colour}" for colour in {heat: _HEAT, signed: _SIGNED}[of]]


def css_gradient(of=heat) -> str:
    """The same from left to right, for a style sheet."""
    return f"linear-gradient(to right, {', '.join(css_colours(of))})"


def _blend(table: tuple, values: np.ndarray) -> np.ndarray:
    places = np.linspace(0, 1, len(table))
    channels = [np.interp(values, places, [colour[c] for colour in table]) for c in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
