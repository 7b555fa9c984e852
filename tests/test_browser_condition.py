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
    assert (left["condition"], left["psi"], box.input_value()) == (37, 0.9, "37")


def test_the_slider_leaves_a_journey_with_the_brain_that_is_there(page):
    box = page.locator("#condition input[type=number]")
    page.evaluate("""() => {
      const keys = [{ seed: 1, condition: 45, psi: 1 }, { seed: 2, condition: 35, psi: 1 }];
      brain.restore({ ...brain.recipe, psi: 1, walk: { ...brain.recipe.walk, t: 0.5, keys } });
    }""")
    page.wait_for_function("document.querySelector('#condition input[type=number]').value === '40'")
    box.fill("41")
    box.press("Enter")
    page.wait_for_function("brain.recipe.condition === 41 && !brain.recipe.walk.keys.length")
    assert page.evaluate("brain.recipe.w")
    assert box.input_value() == "41"
    page.wait_for_function("document.querySelector('#seed input').value === ''")
    page.evaluate("brain.set('condition', 40)")  # back at the place: the picture of the journey
    same = page.evaluate("""async () => {
      const keys = [{ seed: 1, condition: 45, psi: 1 }, { seed: 2, condition: 35, psi: 1 }];
      const way = { ...brain.defaults, psi: 1, walk: { ...brain.defaults.walk, t: 0.5, keys } };
      const bytes = async (src) => {
        const image = new Image(); image.src = src; await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.width, image.height];
        canvas.getContext('2d').drawImage(image, 0, 0);
        return canvas.getContext('2d').getImageData(0, 0, image.width, image.height).data;
      };
      const [a, b] = await Promise.all(
        [way, brain.recipe].map(async (one) => bytes(await brain.draw(one))));
      return Math.max(...a.map((x, i) => Math.abs(x - b[i])));
    }""")
    assert same <= 2  # its w is written to half precision


def test_a_journey_that_plays_takes_the_slider_along(page):
    page.evaluate("""() => {
      const keys = [{ seed: 1, condition: 50 }, { seed: 2, condition: -10 }];
      brain.restore({ ...brain.recipe, walk: { ...brain.recipe.walk, t: 0, keys } });
    }""")
    shown = "Number(document.querySelector('#condition input[type=number]').value)"
    page.wait_for_function(f"{shown} === 50")
    page.evaluate("""() => {
      const look = () => { window.behind ||= Boolean(document.querySelector('.nb-behind')); };
      new MutationObserver(look)
        .observe(document.querySelector('#readings'), { attributes: true, subtree: true });
      const step = () => brain.set('walk.t', Math.min(1, brain.now.walk.t + 0.01));
      window.playing = setInterval(step, 40);
    }""")
    page.wait_for_function(f"{shown} < 45 && {shown} > 0 && brain.now.walk.t < 1")
    page.wait_for_function("window.behind")
    page.wait_for_function(f"{shown} === -10 && brain.now.walk.keys.length === 2")
    page.wait_for_function("!document.querySelector('.nb-behind')")
    page.evaluate("clearInterval(playing)")


def test_a_data_set_is_spread_over_the_scale(page):
    helpers.open_tab(page, "Export")
    spread = page.get_by_label("Slice height (mm): spread from −20 to 60")
    assert spread.is_checked()
    page.locator(".ex-estimate", has_text="About").wait_for()
    assert "--condition=-20..60" in page.locator("#export code").text_content()
