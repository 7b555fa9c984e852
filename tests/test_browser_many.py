"""Twenty-four brains at once, and two sliders in one field, in headless Chromium."""

import pytest

from explorer import Recipe, load, render
from explorer.tools.variety import brains, variety
from tests.test_browser import page, shown, wait_for, wait_for_list  # noqa: F401

pytestmark = pytest.mark.browser
# ruff: noqa: F811

FIRST = "getComputedStyle(document.querySelector('.vy-grid button')).backgroundImage"


def test_a_grid_follows_the_slider_and_a_click_goes_to_a_brain(page):
    page.get_by_text("24 brains at once").click()
    says = page.locator(".vy-says", has_text="At ψ 0.70")
    says.wait_for()
    model = load()
    differ = variety(model, brains(model, Recipe(), 0)).differ
    assert f"differ by {differ:.1f} of 255" in says.inner_text()
    assert "can be read on all 24" in says.inner_text()
    before = page.evaluate(FIRST)
    page.evaluate("window.brain.set('psi', 0.2)")
    page.locator(".vy-says", has_text="At ψ 0.20").wait_for()
    assert page.evaluate(FIRST) != before
    below = page.locator(".vy-says ~ .row").bounding_box()["y"]
    page.evaluate("document.querySelector('.vy-says').textContent = ''")
    assert page.locator(".vy-says ~ .row").bounding_box()["y"] == pytest.approx(below, abs=1)
    page.get_by_role("button", name="Next 24").click()
    cell = page.get_by_role("button", name="Go to the brain of seed 29", exact=True)
    cell.wait_for()
    cell.click()
    wait_for(page, "seed", 29)
    assert shown(page).tobytes() == render(model, Recipe(29, psi=0.2)).tobytes()
    page.wait_for_function("document.querySelector('.vy-grid [aria-current]')?.title === 'Seed 29'")
    page.evaluate("window.brain.restore({ ...window.brain.recipe, seed: 3, psi: 1.5 })")
    page.locator(".nb-rarer", has_text="rarer than 99 % of").wait_for()  # never than 100 %


def test_a_field_moves_two_sliders_and_its_own_sliders_do_too(page):
    wait_for_list(page)
    page.get_by_text("Two sliders at once").click()
    page.wait_for_function("document.querySelectorAll('[name=across] option').length > 10")
    page.locator(".pd [name=across]").select_option("pca1")
    page.locator(".pd [name=up]").select_option("pca2")
    page.locator(".pd-field").scroll_into_view_if_needed()
    box = page.locator(".pd-field").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_function(
        "window.last.edits.filter((e) => Math.abs(e.strength - 1.5) < 0.1).length === 2"
    )
    found = {e["direction"]: e["strength"] for e in page.evaluate("window.last.edits")}
    assert found["pca1"] == pytest.approx(1.5, abs=0.1)
    assert found["pca2"] == pytest.approx(1.5, abs=0.1)
    page.wait_for_function(
        "(v) => Number(document.querySelector('#axis-1 input[type=number]').value) === v",
        arg=found["pca1"],
    )
    upright = page.locator(".pd-up").bounding_box()
    assert upright["height"] == pytest.approx(box["height"], abs=2)
    assert upright["width"] < 44
    assert page.locator(".pd-up-says").inner_text() == "+1.5"
    page.locator(".pd-across").focus()
    page.keyboard.press("Home")
    page.wait_for_function("window.last.edits.some((e) => e.strength === -3)")


def test_across_leads_from_one_brain_to_another(page):
    page.get_by_text("Two sliders at once").click()
    page.locator(".pd [name=from]").fill("3")
    page.locator(".pd [name=to]").fill("17")
    page.locator(".pd [name=space]").select_option("z")
    page.get_by_role("button", name="Between them").click()
    page.wait_for_function("window.last.walk.keys.length === 2")
    assert shown(page).tobytes() == render(load(), Recipe(3)).tobytes()
    page.locator(".pd-across").focus()
    page.keyboard.press("End")
    wait_for(page, "walk.t", 1)
    assert shown(page).tobytes() == render(load(), Recipe(17)).tobytes()
    assert page.evaluate("window.last.walk.space") == "z"
    page.get_by_role("button", name="New brain").click()  # off the journey: no such slider
    page.wait_for_function(
        "![...document.querySelectorAll('[name=across] option')].some((o) => o.value === 'walk.t')"
    )
