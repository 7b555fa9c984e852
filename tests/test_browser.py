"""A real page in headless Chromium: drags, keys, buttons, errors, and no word to anyone outside."""

import base64
import io
import os

import pytest
from PIL import Image

from explorer import Recipe, load, render
from tests import browser as helpers

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    if helpers.chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: CI must install one")
        pytest.skip("no Chromium on this machine; install it to run the browser tests")
    with helpers.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address():
    with helpers.running_app() as address:
        yield address


@pytest.fixture
def page(chromium, address):
    """The explorer; afterwards nothing may have gone wrong in it or been asked of another host."""
    problems, foreign = [], []
    watch = lambda r: foreign.append(r.url) if not local(r.url) else None  # noqa: E731
    page = helpers.open_page(chromium, address, on_request=watch)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    yield page
    page.close()
    assert problems == []
    assert foreign == []


def local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def wait_for(page, field: str, value):
    """Until the canvas shows the picture of a recipe in which `field` has this value."""
    page.evaluate(
        "window.last = null; addEventListener('frame', (e) => { window.last = e.detail })"
    )
    page.evaluate("window.brain.set('cutoff', null)")  # draw again, whatever came before
    page.wait_for_function(
        f"(v) => window.last && JSON.stringify(window.last.{field}) === JSON.stringify(v)",
        arg=value,
    )


def shown(page) -> Image.Image:
    data = helpers.canvas_bytes(page).split(",")[1]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("L")


def test_the_canvas_shows_the_recipes_picture(page):
    assert shown(page).tobytes() == render(load(), Recipe()).tobytes()


def test_dragging_a_slider_changes_the_picture_under_the_hand(page):
    before = helpers.canvas_bytes(page)
    slider = page.locator("#axis-1 input[type=range]")
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    pictures = set()
    for i in range(1, 16):
        page.mouse.move(box["x"] + box["width"] * (0.5 + i / 32), y)
        page.wait_for_timeout(30)
        pictures.add(helpers.canvas_bytes(page))
    page.mouse.up()
    value = float(slider.input_value())
    assert value > 2
    wait_for(page, "edits", [{"direction": "pca1", "strength": value}])
    assert helpers.canvas_bytes(page) != before
    assert len(pictures) > 3  # not only at the end


def test_the_last_value_always_wins(page):
    """Sixty fast changes: what stays is the picture of the last one, to the byte."""
    page.evaluate(
        """() => {
          const slider = document.querySelector('#psi input[type=range]');
          for (let i = 0; i <= 60; i++) {
            slider.value = i / 60;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
          }
        }"""
    )
    wait_for(page, "psi", 1)
    assert shown(page).tobytes() == render(load(), Recipe(psi=1.0)).tobytes()


def test_keyboard(page):
    page.locator("#axis-2 input[type=range]").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    wait_for(page, "edits", [{"direction": "pca2", "strength": 0.2}])


def test_new_brain_and_reset(page):
    before = helpers.canvas_bytes(page)
    page.get_by_role("button", name="New brain").click()
    page.wait_for_function("window.brain.recipe.seed !== 0")
    seed = page.evaluate("window.brain.recipe.seed")
    assert page.get_by_label("Brain (seed)").input_value() == str(seed)
    wait_for(page, "seed", seed)
    assert helpers.canvas_bytes(page) != before
    page.locator("#axis-3 input[type=number]").fill("1.5")
    page.locator("#axis-3 input[type=number]").blur()
    page.wait_for_function("window.brain.recipe.edits.length === 1")
    page.get_by_role("button", name="Reset controls").click()
    page.wait_for_function("window.brain.recipe.edits.length === 0")
    assert page.evaluate("window.brain.recipe.seed") == seed  # the brain stays


def test_mixing(page):
    page.get_by_role("tab", name="Mix").click()
    page.get_by_role("button", name="Coarse: shape").click()
    wait_for(page, "mix.weights", [1] * 4 + [0] * 6)
    page.get_by_label("10 · tones").check()
    wait_for(page, "mix.weights", [1] * 4 + [0] * 5 + [1])
    page.get_by_role("button", name="None", exact=True).click()
    wait_for(page, "mix.weights", [0] * 10)
    assert shown(page).tobytes() == render(load(), Recipe()).tobytes()


def test_noise(page):
    page.get_by_role("tab", name="Noise").click()
    page.get_by_role("button", name="Draw new noise").click()
    page.wait_for_function("window.brain.recipe.noise.mode === 'random'")
    assert page.get_by_label("Drawn from a seed").is_checked()
    page.get_by_label("Off").check()
    wait_for(page, "noise.mode", "none")
    page.get_by_label("Noise seed").fill("7")
    wait_for(page, "noise", {"mode": "random", "seed": 7, "strength": 1})


def test_walk_and_play(page):
    page.get_by_role("tab", name="Walk").click()
    page.get_by_label("arc on the sphere of z").check()
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.brain.recipe.walk.t > 0.05")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("!window.brain.playing")
    walk = page.evaluate("window.brain.recipe.walk")
    assert walk["space"] == "z"
    assert page.get_by_role("button", name="Play").is_visible()


def test_a_refused_recipe_is_told_on_the_picture_and_forgotten(page):
    before = helpers.canvas_bytes(page)
    page.evaluate("window.brain.set('psi', 99)")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "psi: expected a number from -2 to 2, got 99" in alert.inner_text()
    assert helpers.canvas_bytes(page) == before
    page.evaluate("window.brain.set('psi', 0.7)")
    alert.wait_for(state="hidden")


def test_saved_picture_carries_its_recipe(page):
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    assert download.value.suggested_filename == "synthetic-brain-seed0.png"
    image = Image.open(download.value.path())
    recipe = Recipe.from_json(image.text["recipe"])
    assert image.tobytes() == render(load(), recipe).tobytes()
    assert "Synthetic" in image.text["Description"]


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_scrolls_sideways(chromium, address, size, dark):
    page = helpers.open_page(chromium, address, *size, dark=dark)
    for tab in ("Directions", "Mix", "Noise", "Walk"):
        page.get_by_role("tab", name=tab).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    canvas = page.locator("#view canvas").bounding_box()
    assert canvas["width"] >= 200
    assert canvas["y"] + canvas["height"] < size[1]
    page.close()


@pytest.mark.parametrize("size", [(1440, 600), (390, 844)])
def test_the_picture_stays_in_sight_of_the_last_slider(chromium, address, size):
    page = helpers.open_page(chromium, address, *size)
    page.evaluate("document.querySelector('#axis-10').scrollIntoView({ block: 'end' })")
    slider = page.locator("#axis-10").bounding_box()
    canvas = page.locator("#view canvas").bounding_box()
    assert slider["y"] + slider["height"] <= size[1] + 1
    assert canvas["y"] >= 0
    assert canvas["y"] + canvas["height"] <= size[1]
    page.close()


def test_a_lost_program_is_told_and_asked_again(chromium, address):
    page = helpers.open_page(chromium, address)
    page.route("**/component_server/**", lambda route: route.abort())
    page.evaluate("window.brain.set('psi', 0.3)")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "No answer from the program" in alert.inner_text()
    page.evaluate("addEventListener('frame', (e) => { window.last = e.detail })")
    page.unroute("**/component_server/**")
    page.wait_for_function("window.last && window.last.psi === 0.3")
    alert.wait_for(state="hidden")
    assert shown(page).tobytes() == render(load(), Recipe(psi=0.3)).tobytes()
    page.close()


def test_an_emptied_seed_box_changes_nothing(page):
    page.get_by_label("Brain (seed)").fill("")
    page.get_by_label("Brain (seed)").fill("12")
    wait_for(page, "seed", 12)
    assert page.get_by_role("alert").is_hidden()
