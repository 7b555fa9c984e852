"""Mixing matrix, noise map and the look inside, in headless Chromium."""

import pytest

from explorer import Recipe, load, render
from explorer.tools.matrix import cell
from tests import browser as helpers
from tests.test_browser import shown, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, address):
    """One page for all."""
    with helpers.watched_page(chromium, address) as page:
        yield page


def test_matrix_is_drawn_and_a_cell_opened_with_the_keyboard(page):
    page.get_by_role("tab", name="Mix").click()
    page.get_by_label("Across (seeds)").fill("1, 2")
    page.get_by_label("Down (seeds)").fill("7")
    page.get_by_label("Layers of the rows").select_option("[4,8]")
    page.get_by_role("button", name="Draw matrix").click()
    page.wait_for_selector(".mx-matrix button:nth-child(6):not(:disabled)")
    page.wait_for_selector("text=Draw matrix")
    page.get_by_role("button", name="Brain 1", exact=True).focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    wait_for(page, "seed", 2)
    expected = cell(Recipe(), 2, 7, (4, 8))
    assert shown(page).tobytes() == render(load(), expected).tobytes()
    assert page.locator("#mix-seed input").input_value() == "7"
    assert page.get_by_label("5 · 16 px: share").input_value() == "1"


def test_too_many_seeds_are_told(page):
    page.get_by_label("Down (seeds)").fill("1 2 3 4 5 6 7")
    page.get_by_role("button", name="Draw matrix").click()
    assert "1 to 6 seeds" in page.locator(".mx-status").inner_text()


def test_noise_map_grows_and_says_its_scale(page):
    page.get_by_role("tab", name="Noise").click()
    page.locator(".nz-ask select").select_option("8")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("document.querySelector('.nz-says').textContent.includes('100 draws')")
    assert "grey levels" in page.locator(".nz-ticks").inner_text()
    page.get_by_role("button", name="Show", exact=True).wait_for()


def test_noise_flickers_until_it_is_frozen(page):
    page.get_by_role("button", name="Keep drawing").click()
    page.wait_for_function("window.brain.recipe.noise.seed > 0")
    first = page.evaluate("window.brain.recipe.noise.seed")
    page.wait_for_function(f"window.brain.recipe.noise.seed !== {first}")
    page.get_by_role("button", name="Freeze").click()
    frozen = page.evaluate("window.brain.recipe.noise")
    wait_for(page, "noise", frozen)
    page.wait_for_timeout(300)
    assert page.evaluate("window.brain.recipe.noise") == frozen
    assert page.locator("#noise-seed input").input_value() == str(frozen["seed"])
    assert page.get_by_label("Drawn from a seed").is_checked()


def test_inside_follows_the_picture_while_it_is_open(page):
    asked = []
    page.on("request", lambda r: asked.append(r.post_data) if "component_server" in r.url else None)
    page.evaluate("window.brain.set('seed', 3)")
    wait_for(page, "seed", 3)
    page.get_by_role("tab", name="Inside").click()
    page.wait_for_selector(".ns-maps button")
    assert page.locator(".ns-maps button").count() == 64
    page.locator(".ns-maps button").nth(2).click()
    says = page.locator(".ns-large figcaption").inner_text()
    assert "number 3 by activity" in says
    page.get_by_role("button", name="Turn this channel").click()  # layer 5's map goes into layer 6
    channel = int(says.split()[1].rstrip(","))
    page.get_by_label(f"layer 6 · 32 px, channel {channel}", exact=True).wait_for()
    page.get_by_role("button", name="Remove").click()
    sheet = "document.querySelector('.ns-maps button').style.backgroundImage"
    before = page.evaluate(sheet)
    page.evaluate("window.brain.set('seed', 4)")
    page.wait_for_function(f"(b) => {sheet} !== b", arg=before)
    page.get_by_role("button", name="Sum of sizes").click()
    page.wait_for_selector(".ns-parts td div")
    shares = page.locator(".ns-parts tbody tr").nth(3).locator("td").all_inner_texts()
    assert abs(sum(float(s.rstrip(" %").replace("−", "-")) for s in shares) - 100) <= 3
    page.get_by_role("button", name="Styles", exact=True).click()
    page.wait_for_selector(".ns-styles tbody tr")
    assert page.locator(".ns-styles tbody tr").count() == sum(
        len(b.layers) + 1 for b in load().generator.synthesis.blocks
    )
    page.get_by_role("button", name="Spectrum").click()
    page.wait_for_selector(".ns-spectrum .heatmaplayer image")
    assert "decibels" in page.locator(".ns-spectrum figcaption").inner_text()
    page.get_by_role("tab", name="Journey").click()
    page.wait_for_timeout(300)
    asked.clear()
    page.evaluate("window.brain.set('seed', 5)")
    page.wait_for_timeout(600)
    assert not any("spectrum" in body for body in asked)  # nothing of a closed tab


def test_single_channels_are_tried_moved_and_in_the_link(page):
    page.get_by_role("tab", name="Inside").click()
    page.locator(".ch-ask select").select_option("8")  # 16 channels
    page.get_by_role("button", name="Find the strongest").click()
    page.wait_for_selector(".ch-found tbody tr:nth-child(8)")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_label("Channel", exact=True).fill("3")
    page.get_by_role("button", name="Add slider").click()
    page.get_by_label("layer 9 · 64 px, channel 3, standard").fill("6")
    wait_for(page, "channels", [{"layer": 8, "channel": 2, "strength": 6}])
    recipe = Recipe.from_dict(page.evaluate("window.last"))
    assert shown(page).tobytes() == render(load(), recipe).tobytes()
    link = page.evaluate("window.brain.link()")
    page.get_by_role("button", name="Remove").click()
    wait_for(page, "channels", [])
    page.evaluate("(l) => { location.href = l }", link)
    wait_for(page, "channels", [{"layer": 8, "channel": 2, "strength": 6}])
    assert page.get_by_label("layer 9 · 64 px, channel 3", exact=True).input_value() == "6"


def test_what_a_map_paints_is_turned(page):
    page.evaluate("window.brain.restore({ ...window.brain.recipe, channels: [] })")
    page.get_by_role("tab", name="Inside").click()
    page.get_by_role("button", name="Feature maps").click()
    page.locator(".ns-maps button").nth(1).click()
    channel = int(page.locator(".ns-large figcaption").inner_text().split()[1].rstrip(","))
    page.get_by_role("button", name="Turn what it paints").click()  # of layer 5: 16 px
    name = f"grey of 16 px, channel {channel}"
    page.get_by_label(f"{name}, standard deviations").fill("-8")
    moved = {"layer": 2, "channel": channel - 1, "rgb": True, "strength": -8}
    wait_for(page, "channels", [moved])
    recipe = Recipe.from_dict(page.evaluate("window.last"))
    assert shown(page).tobytes() == render(load(), recipe).tobytes()
    link = page.evaluate("window.brain.link()")
    page.get_by_role("button", name="Remove").last.click()
    wait_for(page, "channels", [])
    page.evaluate("(l) => { location.href = l }", link)
    page.wait_for_function("window.last.channels.length === 1")
    assert page.get_by_label(name, exact=True).input_value() == "-8"
    page.get_by_role("button", name="Remove").last.click()


def test_axes_of_a_layer_are_directions(page):
    page.get_by_role("tab", name="Directions").click()
    page.locator(".dr-tabs").get_by_role("button", name="One layer").click()
    page.get_by_label("Maps of layer").select_option("0")
    page.locator("#maps-1 input[type=number]").fill("2")
    wait_for(page, "edits", [{"direction": "act1@0", "strength": 2}])
    assert "of variety" in helpers.open_row(page, "#maps-1").inner_text()
