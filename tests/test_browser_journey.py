"""Journeys in a real page: key frames, scrubbing, playing, speed, films."""

# ruff: noqa: F811
import io

import pytest
from PIL import Image

from explorer import Recipe, load, render
from explorer.recipe import Edit, Walk
from gan.picture import SYNTHETIC
from tests.test_browser import page, shown, wait_for  # noqa: F401

pytestmark = pytest.mark.browser
SEEDS = (Recipe(3), Recipe(17), Recipe(20))


@pytest.fixture
def panel(page):
    page.get_by_role("tab", name="Journey").click()
    panel = page.locator("#journey")
    panel.get_by_label("Seeds to add").fill("3, 17, 20")
    panel.get_by_role("button", name="Add seeds").click()
    panel.locator(".jr-keys li").nth(2).wait_for()
    return panel


def scrub(panel, t: float):
    panel.get_by_label("Place on the journey").evaluate(
        "(e, t) => { e.value = t; e.dispatchEvent(new Event('input', { bubbles: true })) }", t
    )


def test_key_frames_make_a_way(page, panel):
    assert page.evaluate("window.brain.recipe.walk.keys") == []  # only listed so far
    scrub(panel, 0.25)
    wait_for(page, "walk.t", 0.25)
    assert shown(page).tobytes() == render(load(), Recipe(psi=1, walk=Walk(SEEDS, 0.25))).tobytes()
    panel.get_by_label("arc in z").check()
    wait_for(page, "walk.space", "z")
    z = Recipe(psi=1, walk=Walk(SEEDS, 0.25, "z"))
    assert shown(page).tobytes() == render(load(), z).tobytes()
    panel.get_by_label("smooth curve in w").check()
    panel.get_by_label("loop").check()
    wait_for(page, "walk.loop", True)
    panel.get_by_label("Key frame 1: later").click()
    wait_for(page, "walk.keys[0].seed", 17)
    panel.get_by_label("Key frame 2: remove").click()
    page.wait_for_function("window.last.walk.keys.length === 2")
    loop = Recipe(psi=1, walk=Walk(SEEDS[1:], 0.25, "spline", True))
    assert shown(page).tobytes() == render(load(), loop).tobytes()
    page.get_by_role("button", name="New brain").click()  # leaves it; the list stays
    page.wait_for_function("window.last.walk.keys.length === 0")
    assert page.evaluate("window.brain.recipe.psi") == 0.7
    assert panel.locator(".jr-keys li").count() == 2


def test_key_frames_outlive_a_reload_and_a_slip(page, panel):
    panel.get_by_label("Key frame 2: remove").click()
    assert panel.locator(".jr-keys li").count() == 2
    panel.get_by_role("button", name="Put it back").click()
    names = [
        text.split("·")[1].strip() for text in panel.locator(".jr-keys span").all_inner_texts()
    ]
    assert names == ["seed 3", "seed 17", "seed 20"]
    panel.get_by_label("Key frame 1: remove").click()
    page.reload()
    page.get_by_role("tab", name="Journey").click()
    panel.locator(".jr-keys li").nth(1).wait_for()
    assert panel.locator(".jr-keys span").all_inner_texts() == ["1 · seed 17", "2 · seed 20"]
    page.evaluate("sessionStorage.clear()")


def test_this_brain_a_step_of_the_history_and_a_stop_on_the_way(page, panel):
    page.wait_for_selector(".dk-history button")
    page.evaluate("window.brain.edit('pca1', 2)")
    page.wait_for_function("document.querySelectorAll('.dk-history button').length > 1")
    panel.get_by_role("button", name="Add this brain").click()
    panel.get_by_text("4 · seed 0 edited").wait_for()
    assert panel.get_by_label("arc in z").is_disabled()
    panel.get_by_role("button", name="From the history").click()
    panel.get_by_label("Add step 1 of the history").click()
    panel.get_by_text("5 · seed 0").wait_for()
    panel.get_by_label("Go to key frame 4").click()
    wait_for(page, "walk.t", 0.75)
    edited = Recipe(edits=(Edit("pca1", 2),))
    assert shown(page).tobytes() == render(load(), edited).tobytes()
    scrub(panel, 0.9)
    wait_for(page, "walk.t", 0.9)
    page.evaluate("window.brain.edit('pca2', 1)")  # on the whole journey
    wait_for(page, "edits[0].strength", 1)
    before = shown(page)
    panel.get_by_role("button", name="Add this brain").click()
    panel.get_by_text("5 · a place").wait_for()
    wait_for(page, "walk.t", 0.8)
    page.wait_for_function("window.last.walk.keys.length === 6")
    after = shown(page)
    assert max(abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True)) <= 2


def test_playing_and_pausing(page, panel):
    panel.get_by_label("Seconds").fill("4")
    panel.get_by_role("button", name="Play").click()
    page.wait_for_function("window.brain.recipe.walk.t > 0.1")
    panel.get_by_role("button", name="Pause").click()
    t = page.evaluate("window.brain.recipe.walk.t")
    wait_for(page, "walk.t", t)
    panel.get_by_role("button", name="Play").click()
    page.wait_for_function(f"window.brain.recipe.walk.t > {t}")
    page.get_by_role("tab", name="Noise").click()  # nothing plays out of sight
    page.get_by_role("tab", name="Journey").click()
    panel.get_by_role("button", name="Play").wait_for()


def test_undo_ends_the_film_and_reset_keeps_the_journey(page, panel):
    scrub(panel, 0.25)
    page.evaluate("brain.edit('pca1', 2)")
    page.wait_for_function("brain.steps().at(-1).recipe.edits.length === 1")
    panel.get_by_role("button", name="Play").click()
    page.wait_for_function("window.brain.recipe.walk.t > 0.3")
    assert page.evaluate("brain.moves")  # no step of the history, however slowly it goes
    page.keyboard.press("Control+z")
    panel.get_by_role("button", name="Play").wait_for()
    assert not page.evaluate("brain.moves")
    wait_for(page, "walk.t", 0.25)
    page.keyboard.press("0")
    wait_for(page, "edits", [])
    walk = page.evaluate("window.brain.recipe.walk")
    assert ([key["seed"] for key in walk["keys"]], walk["t"]) == ([3, 17, 20], 0.25)


def test_speed_equal_speed_and_film(page, panel):
    panel.get_by_role("button", name="Measure the speed").click()
    panel.get_by_text("Click the chart").wait_for()
    assert panel.locator(".jr-chart .scatterlayer .trace").count() == 2
    assert "arc in z" in panel.locator(".jr-facts").inner_text()
    scrub(panel, 0.4)  # onto the journey: what was measured is still its own
    wait_for(page, "walk.t", 0.4)
    page.wait_for_timeout(300)
    assert "arc in z" in panel.locator(".jr-facts").inner_text()
    panel.get_by_label("equal speed").check()
    panel.get_by_label("Seconds").fill("1")
    panel.get_by_label("Format").select_option("gif")
    panel.get_by_label("Pictures a second").select_option("10")
    panel.get_by_label("Size").select_option("128")
    with page.expect_download() as download:
        panel.get_by_role("button", name="Make the film").click()
    film = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert (film.n_frames, film.size) == (10, (128, 128))
    assert film.info["comment"].decode().startswith(SYNTHETIC)
    assert download.value.suggested_filename == "synthetic-journey.gif"
    film.seek(9)
    assert film.convert("L").tobytes() == render(load(), SEEDS[2]).tobytes()
    panel.get_by_label("Key frame 1: later").click()  # another journey: the curve is not its own
    assert panel.get_by_label("equal speed").is_disabled()
    panel.get_by_text("measure again").wait_for()


def test_long_work_is_cancelled(page, panel):
    held = []

    def hold(route):
        asked = route.request.post_data_json["fn_name"]
        held.append(route) if asked == "speed" else route.continue_()

    page.route("**/component_server/**", hold)
    panel.get_by_role("button", name="Measure the speed").click()
    panel.locator(".jr-busy button").click()
    while not held:
        page.wait_for_timeout(50)
    held[0].continue_()
    panel.locator(".jr-busy").wait_for(state="hidden")
    page.unroute("**/component_server/**")
    assert len(held) == 1  # of many parts
    assert panel.locator(".jr-chart").is_hidden()
    panel.get_by_label("Seconds").fill("60")
    panel.get_by_role("button", name="Make the film").click()
    page.wait_for_function("document.querySelector('.jr-filming progress').value > 0")
    page.evaluate("window.brain.set('psi', 0.4)")  # the picture answers meanwhile
    wait_for(page, "psi", 0.4)
    panel.locator(".jr-filming button").click()
    panel.get_by_text("Cancelled").wait_for()
