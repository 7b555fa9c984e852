"""The map in a real page: dots, thumbnails, going there, lasso, keyboard."""

# ruff: noqa: F811
import itertools

import pytest

from explorer import load, render
from explorer.tools.atlas import sample
from tests.test_browser import page, shown, wait_for  # noqa: F401

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(page):
    page.get_by_role("tab", name="Map").click()
    panel = page.locator("#map")
    panel.locator(".mp-legend i").wait_for()
    panel.locator(".mp-frame").scroll_into_view_if_needed()
    return panel


def painted(panel, canvas: str) -> int:
    """How many pixels of a canvas are not empty."""
    script = """(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
      .reduce((n, v, i) => n + (i % 4 === 3 && v > 0), 0)"""
    return panel.locator(canvas).evaluate(script)


def lasso(page, panel, left: float, right: float):
    """Draw around a strip of the map, given as shares of its width."""
    box = panel.locator(".mp-top").bounding_box()
    corners = [(left, 0.02), (right, 0.02), (right, 0.98), (left, 0.98)]
    for i, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def test_pointing_shows_a_brain_and_clicking_goes_there(page, panel):
    assert painted(panel, ".mp-dots") > 5000
    box = panel.locator(".mp-top").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel.locator(".mp-card img[src^='data:image/png']").wait_for()
    assert "PCA 1" in panel.locator(".mp-card figcaption").inner_text()
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("window.last && window.last.w")
    w = page.evaluate("window.last.w")
    model = load()
    number = next(i for i in itertools.count() if sample(model, i).w == w)
    assert shown(page).tobytes() == render(model, sample(model, number)).tobytes()


def test_keyboard(page, panel):
    panel.locator(".mp-top").focus()
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


def test_lasso_makes_a_direction(page, panel):
    before = panel.locator(".mp-dots").evaluate("(c) => c.toDataURL()")
    panel.locator("[name=mp-up]").select_option("value:ventricles")
    page.wait_for_function(
        "(b) => document.querySelector('.mp-dots').toDataURL() !== b", arg=before
    )
    for name, left, right in (("Mark A: more", 0.7, 0.99), ("Mark B: less", 0.02, 0.35)):
        panel.get_by_role("button", name=name).click()
        panel.locator(".mp-frame").scroll_into_view_if_needed()
        lasso(page, panel, left, right)
    panel.get_by_label("Name").fill("Rightwards")
    panel.get_by_role("button", name="Make direction").click()
    panel.get_by_text("told right").wait_for()
    panel.locator(".mp-slide input").fill("2")
    wait_for(page, "edits", [{"direction": "own:rightwards", "strength": 2}])
    page.get_by_role("tab", name="Directions").click()
    page.locator(".dr-tabs").get_by_role("button", name="Mine").click()
    page.locator("#mine-1").get_by_text("Rightwards").wait_for()
