"""Colour scales: their ends, and an order that is seen without colour."""

import numpy as np

from explorer.tools.colours import css_gradient, heat, signed


def lightness(colours: np.ndarray) -> np.ndarray:
    return colours @ np.array([0.299, 0.587, 0.114])


def test_heat_grows_lighter_all_along():
    assert heat(np.array([-1.0, 0.0])).tolist() == [[0, 0, 0]] * 2
    assert (np.diff(lightness(heat(np.linspace(0, 1, 50)))) > 0).all()
    assert np.array_equal(heat(np.array(2.0)), heat(np.array(1.0)))
    assert heat(np.zeros((3, 4))).shape == (3, 4, 3)


def test_signed_is_lightest_at_zero_and_blue_below():
    below, zero, above = signed(np.array([-1, 0, 1]))
    assert below[2] > below[0]
    assert above[0] > above[2]
    assert lightness(zero) > max(lightness(below), lightness(above))


def test_the_scale_for_the_style_sheet_has_the_same_colours():
    assert css_gradient().startswith("linear-gradient(to right, rgb(0, 0, 0)")
    assert "rgb(245, 245, 245)" in css_gradient(signed)
