"""The bundled model of young and old adults: millimetres, ventricles and presets of age."""

import io
import json
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.tools.views import readings
from tests import browser as helpers

pytestmark = pytest.mark.browser
FOLDER = "assets/models/adults128"


@pytest.fixture(scope="module")
def page(chromium):
    with helpers.running_app("--checkpoint", FOLDER) as address:
        page = helpers.open_page(chromium, address)
        problems = helpers.watch(page)
        yield page
        page.close()
        assert problems == []


@pytest.fixture(scope="module")
def adults():
    model = load(FOLDER)
    model.library.settled_population()
    return model


def now(page) -> Recipe:
    return Recipe.from_dict(json.loads(page.evaluate("JSON.stringify(window.brain.recipe)")))


def picture(page) -> np.ndarray:
    data = helpers.canvas_bytes(page).split(",")[1]
    return np.asarray(Image.open(io.BytesIO(b64decode(data))).convert("L"))


def preset(page, name: str) -> Recipe:
    page.wait_for_selector("option[value='r:0']", state="attached")
    before = page.evaluate("window.brain.recipe.w")
    page.get_by_label("Presets").select_option(label=name)
    page.wait_for_function(
        "(before) => { const { w, condition } = window.brain.recipe;"
        "  return w !== before && window.last?.w === w && window.last.condition === condition; }",
        arg=before,
    )
    return now(page)


def test_height_is_one_slider_in_millimetres(page, chromium, adults):
    slider = page.get_by_role("slider", name="Slice height (mm)")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("-20", "59")
    box = page.locator("#condition input[type=number]")
    for height in (45, 5):
        box.fill(str(height))
        box.press("Enter")
        page.wait_for_function(f"window.last?.condition === {height}")
        assert np.array_equal(picture(page), render(adults, now(page)))
        read = {row["key"]: row["value"] for row in readings(adults, now(page))}
        assert read["height"] == pytest.approx(height, abs=6)
    other = helpers.open_page(chromium, page.evaluate("window.brain.link()"))
    other.wait_for_function("window.last?.condition === 5")
    assert np.array_equal(picture(other), picture(page))
    other.close()


def test_a_histogram_of_what_is_not_there_at_this_height_is_told(page):
    page.wait_for_selector(".nb tbody tr")
    page.locator(".nb-spread summary").first.click()
    page.locator(".nb-spread select").select_option("ventricles")
    page.get_by_text("of the model’s brains near this slice height").first.wait_for()
    page.evaluate("brain.set('condition', 55)")
    says = page.locator(".nb-waits", has_text="Ventricles cannot be measured on the model's brains")
    says.wait_for()
    assert page.locator(".nb-chart").is_hidden()
    page.evaluate("brain.set('condition', 15)")
    page.locator(".nb-chart figcaption", has_text="Ventricles of").wait_for()
    assert says.count() == 0


def test_young_and_old_small_and_large_are_a_click_away(page, adults):
    column = adults.library.ruler.keys.index("age")
    ages = {}
    for name in ("younger", "older"):
        recipe = preset(page, name)
        assert recipe.condition is not None
        assert np.array_equal(picture(page), render(adults, recipe))
        ages[name] = adults.library.ruler.measure(render(adults, recipe)[None])[0][column]
    assert ages["older"] > ages["younger"] + 15
    names = page.locator(".dk optgroup option").all_inner_texts()
    assert {"lower slice", "higher slice", "smaller ventricles", "larger ventricles"} <= set(names)


def test_ventricles_is_a_slider_that_leaves_the_height_alone(page, adults):
    page.wait_for_selector(".dr-row")
    page.locator(".dr-tabs").get_by_role("button", name="Anatomy").click()
    page.get_by_role("slider", name="Ventricles").first.wait_for()
    library = adults.library
    receipt = library.settled_receipts()["measured:ventricles"]
    effect = dict(zip(library.ruler.keys, receipt.effect, strict=True))
    assert effect["ventricles"] > 0
    assert "measured:height" not in library.settled_receipts()  # that is the other slider
