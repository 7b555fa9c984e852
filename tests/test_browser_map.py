"""The map in a real page: dots, thumbnails, going there, zoom, lasso, keyboard."""

# ruff: noqa: F811
import re

import numpy as np
import pytest

from explorer import load, render
from explorer.recipe.checks import unpack_vector
from explorer.tools.atlas import sample
from tests.test_browser import page, shown, wait_for  # noqa: F401

pytestmark = pytest.mark.browser
MOVED = "(at) => document.querySelector('.mp-here').style.transform !== at"


@pytest.fixture
def panel(page):
    page.get_by_role("tab", name="Map").click()
    panel = page.locator("#map")
    panel.locator(".ct-bar:not([hidden])").wait_for()
    panel.locator(".mp-frame").scroll_into_view_if_needed()
    return panel


def ranges(panel) -> list:
    script = "(p) => [p._fullLayout.xaxis.range, p._fullLayout.yaxis.range]"
    return panel.locator(".ct-plot").evaluate(script)


def ring(page) -> str:
    return page.evaluate("document.querySelector('.mp-here').style.transform")


def mark(page, panel, left: float, right: float, by: str):
    """Draw around a strip of the map, given as shares of the width of its axes."""
    panel.locator("[name=mp-with]").select_option(by)
    panel.locator(".ct-plot").scroll_into_view_if_needed()
    box = panel.locator(".ct-plot").evaluate(
        """(p) => { const { x, y } = p.getBoundingClientRect(), { xaxis, yaxis } = p._fullLayout;
          return { x: x + xaxis._offset, y: y + yaxis._offset,
            width: xaxis._length, height: yaxis._length }; }"""
    )
    corners = [(left, 0.02), (right, 0.02), (right, 0.98), (left, 0.98)]
    for i, (x, y) in enumerate(corners if by == "lasso" else corners[::2]):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def test_pointing_shows_a_brain_and_clicking_goes_there(page, panel):
    assert panel.locator(".ct-plot").evaluate("(p) => p.data[0].x.length") > 1000
    box = panel.locator(".ct-plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel.locator(".mp-card img[src^='data:image/png']").wait_for()
    assert "PCA 1" in panel.locator(".mp-card figcaption").inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("window.last && window.last.w")
    w = page.evaluate("window.last.w")
    model = load()
    brains = model.library.w[: len(model.library.settled_population().table)]
    nearest = np.abs(brains - unpack_vector(w, "w")).sum(axis=1).argsort()
    number = next(i for i in nearest.tolist() if sample(model, i).w == w)
    assert shown(page).tobytes() == render(model, sample(model, number)).tobytes()


def test_axes_without_numbers_have_their_names_beside_the_dots(page, panel):
    panel.locator("[name=mp-across]").select_option("tsne1")
    name = panel.locator(".ct-plot .annotation", has_text="t-SNE 1")
    name.wait_for()
    place = "(p) => p._fullLayout.yaxis._length + p._fullLayout.yaxis._offset"
    bottom = panel.locator(".ct-plot").evaluate(place)
    bottom += panel.locator(".ct-plot").bounding_box()["y"]
    assert name.bounding_box()["y"] >= bottom


def test_zooming_and_moving(page, panel):
    page.wait_for_function("!document.querySelector('.mp-here').hidden")
    whole, at = ranges(panel), ring(page)
    panel.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(MOVED, arg=at)
    near = ranges(panel)
    for (low, high), (first, last) in zip(near, whole, strict=True):
        assert high - low == pytest.approx((last - first) / 1.5)
    box = panel.locator(".ct-plot").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 200, steps=5)
    page.mouse.up()
    page.wait_for_function(
        "(low) => document.querySelector('.mp-frame .ct-plot')._fullLayout.xaxis.range[0] < low",
        arg=near[0][0],
    )
    assert page.evaluate("window.brain.recipe.w") is None  # a drag is no click
    panel.get_by_role("button", name="Whole").click()
    page.wait_for_function(
        "(low) => document.querySelector('.mp-frame .ct-plot')._fullLayout.xaxis.range[0] === low",
        arg=whole[0][0],
    )
    assert ring(page) == at


def test_a_drag_of_a_slider_moves_the_ring_and_draws_nothing_anew(page, panel):
    page.wait_for_function("!document.querySelector('.mp-here').hidden")
    page.evaluate(
        "window.drawn = 0; document.querySelector('.mp-frame .ct-plot')"
        ".on('plotly_afterplot', () => { window.drawn++; })"
    )
    at = ring(page)
    page.evaluate("window.brain.edit('pca1', 2)")
    page.wait_for_function(MOVED, arg=at)
    wait_for(page, "edits", [{"direction": "pca1", "strength": 2}])
    assert page.evaluate("window.drawn") == 0


def test_keyboard(page, panel):
    panel.locator(".ct-plot").focus()
    page.keyboard.press("Home")
    spoken = panel.locator(".mp-spoken")
    first = spoken.inner_text()
    assert "Brain " in first
    page.keyboard.press("ArrowRight")
    page.wait_for_function("(t) => document.querySelector('.mp-spoken').innerText !== t", arg=first)
    assert page.evaluate("window.brain.recipe.seed") == 0  # the page's own arrow key did not act
    page.keyboard.press("a")
    assert "A 20, B 0 brains" in panel.locator(".mp-count").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function("window.last && window.last.w")


def test_a_line_and_a_box_make_a_direction(page, panel):
    panel.locator("[name=mp-up]").select_option("value:brightness")
    page.wait_for_function(
        "document.querySelector('.mp-frame .ct-plot').layout.yaxis.title.text.match(/Bright/)"
    )
    for name, left, right, by in (
        ("Mark A: more", 0.7, 0.99, "lasso"),
        ("Mark B: less", 0.02, 0.35, "select"),
    ):
        before = panel.locator(".mp-count").inner_text()
        panel.get_by_role("button", name=name).click()
        mark(page, panel, left, right, by)
        page.wait_for_function(
            "(t) => document.querySelector('.mp-count').innerText !== t", arg=before
        )
    more, less = map(int, re.findall(r"\d+", panel.locator(".mp-count").inner_text()))
    assert min(more, less) > 20
    assert more + less < panel.locator(".ct-plot").evaluate("(p) => p.data[0].x.length")
    panel.get_by_label("Name").fill("Rightwards")
    panel.get_by_role("button", name="Make direction").click()
    panel.get_by_text("classified correctly").wait_for()
    panel.locator(".mp-slide input").fill("2")
    wait_for(page, "edits", [{"direction": "own:rightwards", "strength": 2}])
    page.get_by_role("tab", name="Directions").click()
    page.locator(".dr-tabs").get_by_role("button", name="Mine").click()
    page.locator("#mine-1").get_by_text("Rightwards").wait_for()


def test_the_wheel_zooms_the_map(page, panel):
    box = panel.locator(".ct-plot").bounding_box()
    (low, high), scrolled = ranges(panel)[0], page.evaluate("scrollY")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -300)
    page.wait_for_function(
        "(most) => { const [low, high] = document.querySelector('.mp-frame .ct-plot')"
        "._fullLayout.xaxis.range; return high - low < most; }",
        arg=0.95 * (high - low),
    )
    assert page.evaluate("scrollY") == scrolled
