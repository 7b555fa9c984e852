"""A model that was told every slice's height: one slider in millimetres, and what follows it."""

import pytest

from explorer.recipe import Recipe
from tests import browser as helpers
from tests.explorer.conftest import write_height_model

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def heights(tmp_path_factory):
    path = write_height_model(tmp_path_factory.mktemp("heights") / "heights.safetensors")
    with helpers.running_app("--checkpoint", str(path)) as address:
        yield address


@pytest.fixture
def page(chromium, heights):
    page = helpers.open_page(chromium, heights)
    problems = helpers.watch(page)
    yield page
    page.close()
    assert problems == []


def frame_at(page, height: float) -> str:
    """The picture at a height set with the slider's box."""
    page.evaluate(
        "window.heights = []; addEventListener('frame', (e) => heights.push(e.detail.condition))"
    )
    box = page.locator("#condition input[type=number]")
    box.fill(str(height))
    box.press("Enter")
    page.wait_for_function(f"window.heights.at(-1) === {height}")
    return page.evaluate("document.querySelector('.lv-now').toDataURL()")


def test_one_slider_in_millimetres_moves_the_picture(page):
    assert page.locator("#class").count() == 0
    slider = page.get_by_role("slider", name="Slice height (mm)")
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("-20", "60")
    assert slider.input_value() == "20"  # the middle, and nobody has changed anything
    assert page.evaluate("brain.recipe.condition") is None
    assert frame_at(page, -12.5) != frame_at(page, 55)
    page.locator("#condition .head label").first.hover()  # what it means is not cut off
    words = page.get_by_text("The network was given it for every slice")
    assert words.evaluate(
        "(e) => { const { left, bottom } = e.getBoundingClientRect();"
        "  return e.contains(document.elementFromPoint(left + 9, bottom - 9)); }"
    )


def test_links_undo_and_reset_keep_it(page, chromium):
    frame_at(page, 33)
    page.wait_for_function("brain.steps().length === 2")
    link = page.evaluate("brain.link()")
    page.evaluate("brain.set('psi', 1)")
    page.get_by_role("button", name="Reset controls").click()
    page.wait_for_function("brain.recipe.psi !== 1")
    assert page.evaluate("brain.recipe.condition") == 33
    other = helpers.open_page(chromium, link)
    other.wait_for_function("window.brain?.recipe.condition === 33")
    assert other.locator("#condition input[type=number]").input_value() == "33"
    other.close()
    page.evaluate(f"brain.adopt({{ values: {Recipe(seed=4, condition=-7.5).to_json()} }})")
    page.wait_for_function("brain.recipe.condition === -7.5")
    assert page.locator("#condition input[type=number]").input_value() == "-7.5"


def test_a_journey_goes_from_height_to_height(page):
    frame_at(page, 10)
    page.evaluate("""() => {
      const keys = [{ seed: 1, condition: -20 }, { seed: 1, condition: 60 }];
      brain.restore({ ...brain.recipe, walk: { ...brain.recipe.walk, t: 0, keys } });
    }""")
    shown = "document.querySelector('.lv-now').toDataURL()"
    page.wait_for_function("window.heights.length > 1")
    first = page.evaluate(shown)
    page.evaluate("brain.set('walk.t', 1)")
    page.wait_for_function("window.heights.length > 2")
    assert page.evaluate(shown) != first


def test_the_slider_goes_along_on_a_journey_and_leaves_it_when_touched(page):
    box = page.locator("#condition input[type=number]")

    def shows(value: str) -> None:
        page.wait_for_function(
            f"document.querySelector('#condition input[type=number]').value === '{value}'"
        )
        page.wait_for_timeout(300)  # an answer of the widget would come now
        assert page.evaluate("brain.recipe.walk.keys.length") == 2
        assert page.evaluate("brain.recipe.condition") is None

    page.evaluate("""() => {
      const keys = [{ seed: 1, condition: 45, psi: 0.9 }, { seed: 2, condition: -20 }];
      brain.restore({ ...brain.recipe, walk: { ...brain.recipe.walk, t: 0.5, keys } });
    }""")
    shows("12.5")
    page.evaluate("brain.set('walk.t', 0.9); brain.set('walk.t', 0.123)")
    shows("37")  # 37.005 in steps of a tenth: the widget's answer does not count as a touch
    page.get_by_role("button", name="New brain").click()
    page.wait_for_function("!brain.recipe.walk.keys.length")
    left = page.evaluate("brain.recipe")
    assert (left["condition"], left["psi"], box.input_value()) == (45, 0.9, "45")
    page.evaluate("""() => {
      const keys = [{ seed: 1, condition: 45 }, { seed: 2, condition: -20 }];
      brain.restore({ ...brain.recipe, walk: { ...brain.recipe.walk, keys } });
    }""")
    box.fill("7")
    box.press("Enter")
    page.wait_for_function("brain.recipe.condition === 7 && !brain.recipe.walk.keys.length")


def test_a_data_set_is_spread_over_the_scale(page):
    helpers.open_tab(page, "Export")
    spread = page.get_by_label("Slice height (mm): spread from −20 to 60")
    assert spread.is_checked()
    page.locator(".ex-estimate", has_text="About").wait_for()
    assert "--condition=-20..60" in page.locator("#export code").text_content()
