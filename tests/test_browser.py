"""A real page in headless Chromium: drags, keys, buttons, errors, and no word to anyone outside."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from explorer import Recipe, load, render
from explorer.picture.model import BUNDLED
from explorer.picture.render import export_png
from explorer.recipe import Edit
from tests import browser as helpers
from tests.explorer.conftest import write_model

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, address):
    """The explorer; afterwards nothing may have gone wrong in it or been asked of another host."""
    foreign = []
    watch = lambda r: foreign.append(r.url) if not local(r.url) else None  # noqa: E731
    page = helpers.open_page(chromium, address, on_request=watch)
    problems = helpers.watch(page)
    yield page
    page.close()
    assert problems == []
    assert foreign == []


def local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def wait_for(page, field: str, value):
    """Until the canvas shows the picture of a recipe in which `field` has this value."""
    path = field.replace("[0].", "[0]?.")  # an edit may still have to come
    page.wait_for_function(
        f"(v) => window.last && JSON.stringify(window.last.{path}) === JSON.stringify(v)",
        arg=value,
    )


def wait_for_list(page, tab="PCA"):
    """Until the list of directions is there, with this source's shown."""
    page.wait_for_selector(".dr-row")
    page.locator(".dr-tabs").get_by_role("button", name=tab).click()


def shown(page) -> Image.Image:
    data = helpers.canvas_bytes(page).split(",")[1]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("L")


def test_the_canvas_shows_the_recipes_picture(page):
    assert shown(page).tobytes() == render(load(), Recipe()).tobytes()


def test_dragging_a_slider_changes_the_picture_under_the_hand(page):
    wait_for_list(page)
    before = helpers.canvas_bytes(page)
    slider = page.locator("#axis-1 input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    pictures = set()
    for i in range(1, 16):
        seen = page.evaluate("window.frames_seen")
        page.mouse.move(box["x"] + box["width"] * (0.5 + i / 32), y)
        page.wait_for_function("(n) => window.frames_seen > n", arg=seen)
        pictures.add(helpers.canvas_bytes(page))
    page.mouse.up()
    value = float(slider.input_value())
    assert value > 2
    wait_for(page, "edits", [{"direction": "pca1", "strength": value}])
    assert helpers.canvas_bytes(page) != before
    assert len(pictures) > 10  # not only at the end


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
    wait_for_list(page)
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
    wait_for_list(page)
    page.locator("#axis-3 input[type=number]").fill("1.5")
    page.wait_for_function("window.brain.recipe.edits.length === 1")
    page.get_by_role("button", name="Reset controls").click()
    page.wait_for_function("window.brain.recipe.edits.length === 0")
    assert page.evaluate("window.brain.recipe.seed") == seed  # the brain stays
    assert page.locator("#axis-3 input[type=range]").input_value() == "0"


def test_mixing(page):
    rows = load().config.num_ws
    page.get_by_role("tab", name="Mix").click()
    page.get_by_role("button", name="Coarse: shape").click()
    wait_for(page, "mix.weights", [1] * 4 + [0] * (rows - 4))
    page.get_by_label(f"{rows} · output grey levels").fill("0.5")
    wait_for(page, "mix.weights", [1] * 4 + [0] * (rows - 5) + [0.5])
    page.get_by_label("all of them").first.fill("0.25")
    wait_for(page, "mix.weights", [0.25] * 4 + [0] * (rows - 5) + [0.5])
    page.get_by_role("button", name="None", exact=True).click()
    wait_for(page, "mix.weights", [0] * rows)
    assert shown(page).tobytes() == render(load(), Recipe()).tobytes()


def test_noise(page):
    page.get_by_role("tab", name="Noise").click()
    page.get_by_role("button", name="Draw new noise").click()
    page.wait_for_function("window.brain.recipe.noise.mode === 'random'")
    assert page.get_by_label("Drawn from a seed").is_checked()
    page.get_by_label("Off").check()
    wait_for(page, "noise.mode", "none")
    page.get_by_label("Noise seed").fill("7")
    wait_for(page, "noise", {"mode": "random", "seed": 7, "strength": 1, "off": []})
    page.locator("#noise-layers").get_by_label("9 · 64 px").uncheck()
    wait_for(page, "noise.off", [8])


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
def test_nothing_scrolls_sideways(chromium, address, size):
    page = helpers.open_page(chromium, address, *size)
    tabs = ("Directions", "Mix", "Noise", "Journey", "Map", "Your scan", "Inside", "Export")
    for tab in tabs:
        helpers.open_tab(page, tab)
        for colours in ("light", "dark"):
            helpers.wear(page, colours)
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    canvas = page.locator("#view canvas[role=img]").bounding_box()
    assert canvas["width"] >= 200
    assert canvas["y"] + canvas["height"] < size[1]
    page.close()


def test_what_the_browser_draws_itself_is_as_light_or_dark_as_the_page(page):
    for colours in ("light", "dark"):
        helpers.wear(page, colours)
        for selector in ("html", "#controls input[type=number]", ".tool select"):
            assert (style(page, selector, "colorScheme") == "dark") == (colours == "dark"), selector


def test_the_picture_stays_in_sight_of_the_last_slider(page):
    wait_for_list(page)
    for width, height in ((1440, 600), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # charts and lists of the new width come a moment later
        slider, canvas = page.evaluate("""() => {
          const [slider, canvas] = ['#axis-10', '#view canvas[role=img]'].map(
            (one) => document.querySelector(one));
          slider.scrollIntoView({ block: 'end' });
          return [slider, canvas].map((one) => one.getBoundingClientRect());
        }""")
        assert slider["bottom"] <= height + 1
        assert canvas["top"] >= 0
        assert canvas["bottom"] <= height


def test_a_lost_program_is_told_and_asked_again(chromium, address):
    page = helpers.open_page(chromium, address)
    page.route("**/component_server/**", lambda route: route.abort())
    page.evaluate("window.brain.set('psi', 0.3)")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "No answer from the program" in alert.inner_text()
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


def test_undo_redo_and_history(page):
    wait_for_list(page)
    page.wait_for_selector(".dk-history button")
    for value in ("1", "2"):
        page.locator("#axis-1 input[type=number]").fill(value)
        wait_for(page, "edits[0].strength", int(value))
        page.wait_for_function(f"document.querySelectorAll('.dk-history button').length > {value}")
    page.locator("#title").click()
    page.keyboard.press("Control+z")
    wait_for(page, "edits[0].strength", 1)
    assert page.locator("#axis-1 input[type=range]").input_value() == "1"
    page.keyboard.press("Control+Shift+z")
    wait_for(page, "edits[0].strength", 2)
    page.locator(".dk-history button").first.click()
    wait_for(page, "edits", [])
    assert page.locator(".dk-history button").count() == 3  # nothing is lost


def test_a_link_restores_every_control(chromium, address):
    values = {
        "version": 2, "seed": 12, "psi": 0.9, "cutoff": 6, "walk": {"seed": 4, "t": 0.25},
        "mix": {"seed": 9, "weights": [0.5, 0, 0.5]}, "hold": ["pca1"],
        "edits": [{"direction": "pca2", "strength": 1}],
        "noise": {"mode": "random", "seed": 3, "off": [0]},
    }  # fmt: skip
    code = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    page = helpers.open_page(chromium, f"{address}/#r={code}")
    wait_for(page, "seed", 12)
    assert shown(page).tobytes() == render(load(), Recipe.from_dict(values)).tobytes()
    wait_for_list(page)
    assert page.locator("#axis-2 input[type=range]").input_value() == "1"
    assert page.locator("#axis-1 input[type=checkbox]").is_checked()
    page.wait_for_function("document.querySelector('#seed input').value === ''")  # on a journey
    assert page.locator("#psi input[type=number]").input_value() == "0.9"
    page.get_by_role("tab", name="Mix").click()
    assert page.get_by_label("3 · 8 px: share").input_value() == "0.5"
    assert page.get_by_label("2 · 8 px: share").input_value() == "0"
    page.get_by_role("tab", name="Noise").click()
    assert page.locator("#noise-layers input:checked").count() == load().config.num_ws - 2
    page.get_by_role("tab", name="Journey").click()
    assert page.get_by_label("Place on the journey").input_value() == "0.25"
    assert page.locator(".jr-keys li").count() == 2
    # The page's own link makes the same picture again.
    link = page.evaluate("window.brain.link()")
    again = helpers.open_page(chromium, link)
    wait_for(again, "seed", 12)
    assert shown(again).tobytes() == shown(page).tobytes()
    again.close()
    page.close()


def test_what_is_still_being_computed_is_waited_for(page):
    asked = []

    def not_yet(route):
        if '"adopt"' not in (route.request.post_data or "") or asked:
            route.continue_()
            return
        asked.append(route.request.post_data)
        route.fulfill(json={"error": "This is being computed for the first time", "again": True})

    page.route("**/component_server/**", not_yet)
    page.evaluate("window.brain.adopt({ values: { seed: 12 } })")
    wait_for(page, "seed", 12)
    assert asked
    page.unroute("**/component_server/**")


def test_a_damaged_link_is_told_and_the_page_works(chromium, address):
    codes = ["AAAA", "e30x", "eyJwc2kiOjl9", "", "eyJzZWVkIjo3fQ%3D"]
    page = helpers.open_page(chromium, f"{address}/#r={codes[0]}")
    message = page.locator(".lv-message")
    for i, code in enumerate(codes):
        page.evaluate(f"location.hash = '#r={code}'")
        message.wait_for()  # though a picture has been drawn
        assert page.evaluate("window.brain.recipe.seed") == 0
        assert "link is damaged" in message.inner_text() or "psi" in message.inner_text()
        page.evaluate(f"window.brain.set('psi', 0.{i + 1})")
        wait_for(page, "psi", (i + 1) / 10)
        message.wait_for(state="hidden")
    page.close()


def drop(page, name: str, content: bytes):
    page.evaluate(
        """([name, data]) => {
          const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name));
          const options = { dataTransfer: transfer, cancelable: true };
          document.dispatchEvent(new DragEvent('drop', options));
        }""",
        [name, base64.b64encode(content).decode()],
    )


def test_a_dropped_picture_restores_its_recipe(page):
    recipe = Recipe(21, psi=0.8, edits=(Edit("sefa1@0-4", 1.5),))
    drop(page, "brain.png", export_png(load(), recipe))
    wait_for(page, "seed", 21)
    assert shown(page).tobytes() == render(load(), recipe).tobytes()
    assert page.get_by_label("Brain (seed)").input_value() == "21"
    drop(page, "x.png", b"nonsense" * 1000)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "neither a PNG" in alert.inner_text()
    assert page.evaluate("window.brain.recipe.seed") == 21


def test_numbers_follow_once_the_hand_rests(page):
    wait_for_list(page, "Anatomy")
    page.wait_for_selector(".nb tbody tr")
    page.locator("#anatomy-1 input[type=number]").fill("3")
    page.wait_for_selector(".nb tbody tr.moved")
    assert page.locator(".nb tbody tr").count() >= 10
    assert page.locator(".cp-row").get_attribute("src").startswith("data:image/png")
    page.get_by_role("button", name="Step back to typical").click()
    wait_for(page, "edits[0].strength", 2.25)


def test_receipt_and_film(page):
    wait_for_list(page, "Anatomy")
    row = helpers.open_row(page, "#anatomy-1")
    row.get_by_role("button", name="Film").click()
    row.locator(".dr-film img").wait_for()
    faded = "document.querySelector('#anatomy-1 .dr-film').style.opacity === '%s'"
    page.wait_for_function(faded % "")
    page.evaluate("window.brain.set('psi', 0.4)")  # it shows another brain now
    page.wait_for_function(faded % "0.4")
    page.evaluate("window.brain.set('psi', 0.7)")
    page.wait_for_function(faded % "")
    row.get_by_role("button", name="Receipt").click()
    page.wait_for_selector(".dr-receipt tbody tr")
    assert "over 16 of the model" in page.locator(".dr-receipt").inner_text()
    page.locator(".dr-receipt").get_by_role("button", name="Close").click()


def test_a_direction_of_ones_own(page):
    wait_for_list(page, "Mine")
    page.get_by_label("Name").fill("Test")
    page.get_by_label("Seeds with more").fill("1, 2, 3")
    page.get_by_label("Seeds with less").fill("4 5 6")
    page.get_by_role("button", name="Make direction").click()
    page.locator("#mine-1 input[type=number]").fill("2")
    wait_for(page, "edits", [{"direction": "own:test", "strength": 2}])
    assert "of 6 brains" in page.locator(".dr-made").inner_text()


def test_comparing_with_the_untouched_brain(page):
    page.locator("#title").click()
    wait_for_list(page, "Anatomy")
    page.locator("#anatomy-1 input[type=number]").fill("2")
    wait_for(page, "edits[0].strength", 2)
    page.get_by_role("button", name="Difference").click()
    page.wait_for_function("document.querySelector('.lv-mode').textContent.includes('at most')")
    assert page.locator(".lv-difference").is_visible()
    page.get_by_role("button", name="Difference").click()
    assert page.locator(".lv-difference").is_hidden()
    page.locator("#title").click()
    page.keyboard.down("b")
    page.wait_for_function("document.querySelector('.lv-mode').textContent === 'A, untouched'")
    page.keyboard.up("b")
    page.locator(".lv-over").wait_for(state="hidden")


def test_a_pinned_picture_stands_beside_the_present_one(page):
    before = helpers.canvas_bytes(page)
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Pin as A").click()  # what is shown stays as it is
    legend = page.locator(".lv-legend")
    page.wait_for_function("document.querySelector('.lv-legend').textContent.includes('0.0 of')")
    page.keyboard.press("ArrowRight")
    wait_for(page, "seed", 1)
    page.wait_for_function("!document.querySelector('.lv-legend').textContent.includes('0.0 of')")
    assert "A, pinned" in legend.inner_text()
    assert page.evaluate("document.querySelector('.lv-over').toDataURL()") == before
    assert helpers.canvas_bytes(page) != before
    page.get_by_role("button", name="Unpin A").click()
    page.wait_for_function("document.querySelector('.lv-legend').textContent.includes('untouched')")
    page.get_by_role("button", name="Side by side").click()
    legend.wait_for(state="hidden")


def test_zoom_grey_window_and_sides_change_the_view_only(page):
    recipe = page.evaluate("JSON.stringify(window.brain.recipe)")
    page.get_by_text("Zoom, grey window, sides").click()
    page.get_by_role("button", name="Zoom in").dblclick()
    assert page.get_by_label("Zoom", exact=True).inner_text() == "2×"
    assert "matrix(2, 0, 0, 2" in style(page, ".lv-now", "transform")
    page.locator("#viewer [name=window]").fill("50")
    page.locator("#viewer [name=level]").fill("25")
    linear = page.locator("#grey-window feFuncR")
    assert linear.get_attribute("slope") == "2"
    assert linear.get_attribute("intercept") == "0"
    assert "grey-window" in style(page, ".lv-now", "filter")
    page.get_by_role("button", name="Reset view").click()
    assert style(page, ".lv-now", "filter") == "none"
    assert page.locator(".lv-side").all_inner_texts() == ["P", "A"]
    # The bundled model was trained with mirrored pictures.
    assert page.locator("option[value=rl]").is_disabled()
    page.get_by_label("Sides").select_option("")
    assert page.locator(".lv-side").count() == 0
    assert page.evaluate("JSON.stringify(window.brain.recipe)") == recipe


def test_another_model_is_chosen_on_the_page_and_keeps_the_seed(chromium, tmp_path):
    write_model(tmp_path / "two.safetensors", c_dim=2)
    with helpers.running_app("--checkpoint", str(tmp_path / "two.safetensors")) as address:
        page = helpers.open_page(chromium, address)
        assert page.locator("#class").is_visible()
        page.get_by_label("Brain (seed)").fill("7")
        wait_for(page, "seed", 7)
        page.locator("#models select").select_option(label="brains128")
        page.wait_for_url("**/brains128#*")
        wait_for(page, "seed", 7)
        assert page.locator("#class").count() == 0
        picture = render(load(BUNDLED / "brains128"), Recipe(seed=7))
        page.wait_for_function("window.frames_seen > 0")
        assert np.array_equal(np.asarray(shown(page)), picture)
        page.get_by_text("Model card: brains128").click()
        page.get_by_role("heading", name="Intended use").wait_for()
        page.close()


def style(page, selector: str, name: str) -> str:
    return page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).{name}")


def test_keys_and_presets(page):
    page.locator("#title").click()
    page.keyboard.press("ArrowRight")
    wait_for(page, "seed", 1)
    page.keyboard.press("[")
    wait_for(page, "psi", 0.65)
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("?")
    page.get_by_label("Presets").select_option("b:Average brain")
    wait_for(page, "psi", 0)
    page.wait_for_selector("option[value='r:0']", state="attached")
    assert page.locator(".dk optgroup option").count() == 12
    page.get_by_label("Presets").select_option(label="larger ventricles")
    page.wait_for_function("window.brain.recipe.w !== null && window.brain.recipe.psi === 1")
    page.get_by_label("Brain (seed)").fill("5")
    page.get_by_label("Brain (seed)").press("r")  # typing is not a shortcut
    assert page.evaluate("window.brain.recipe.seed") in (1, 5)


def test_the_card_is_text_as_wide_as_its_column(page):
    page.get_by_text("Model card: ").click()
    heading = page.locator("#card h2").first
    heading.wait_for()
    assert heading.bounding_box()["width"] > 400  # no style of ours strikes Gradio's own classes
    page.get_by_text("Model card: ").click()
