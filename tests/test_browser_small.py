"""Small promises of the page, each of which was broken once, in headless Chromium."""

import pytest

from tests import browser as helpers
from tests.test_browser import wait_for, wait_for_list

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, address):
    page = helpers.open_page(chromium, address)
    problems = helpers.watch(page)
    page.wait_for_selector(".nb tbody tr")  # it has rested
    yield page
    page.close()
    assert problems == []


def box_shows(page, value: str) -> None:
    page.wait_for_function("(v) => document.querySelector('#seed input').value === v", arg=value)


def test_the_seed_box_empties_where_the_picture_is_no_seeds_and_obeys_the_old_number(page):
    page.evaluate("brain.set('seed', 7); brain.restore(brain.recipe)")
    box_shows(page, "7")
    page.evaluate(
        "brain.restore({ ...brain.recipe, w: btoa('\\0'.repeat(2 * 256)) }, 'from the map')"
    )
    box_shows(page, "")
    assert page.get_attribute("#seed input", "placeholder") == "from the map"
    page.locator("#seed input").fill("7")
    page.keyboard.press("Enter")
    wait_for(page, "w", None)
    wait_for(page, "seed", 7)
    box_shows(page, "7")


def test_what_changes_are_told_against_after_a_preset(page):
    page.locator(".dk select").select_option(label="Average brain")
    wait_for(page, "psi", 0)
    page.wait_for_function(
        "document.querySelector('.nb-against').textContent === 'the picture before the preset'"
    )
    page.wait_for_function("/SD/.test(document.querySelector('.nb tbody').textContent)")
    assert page.locator("[data-do=before]").inner_text() == "Before"
    page.evaluate("brain.restore({ ...brain.recipe, seed: 3, psi: 0.7 })")  # another brain
    page.wait_for_function(
        "document.querySelector('.nb-against').textContent === 'the same brain untouched'"
    )


def test_keys_work_while_a_slider_has_the_focus(page):
    wait_for_list(page)
    slider = page.locator(".dr-row input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.last.edits.length === 1 && window.last.seed === 0")
    page.keyboard.press("d")
    page.wait_for_selector(".lv-frame[data-mode=difference]")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open] .dk-keys")


def test_pinning_leaves_what_is_shown_as_it_is(page):
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Pin as A").click()
    assert page.locator(".lv-frame[data-mode=pair]").count() == 1
    page.get_by_role("button", name="Side by side").click()
    page.get_by_role("button", name="Unpin A").wait_for()
    assert page.locator(".lv-frame[data-mode=now]").count() == 1


def test_a_direction_of_ones_own_is_deleted_with_what_it_did(page):
    wait_for_list(page)
    own = "{ key: 'own:a', name: 'a', vector: btoa('\\0\\x3c'.repeat(256)) }"
    page.evaluate(f"brain.keep({own}); brain.edit('own:a', 1); brain.hold('own:a', true)")
    page.get_by_role("button", name="Mine", exact=True).click()
    page.get_by_role("button", name="More of a", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_function(
        "!window.last.own.length && !window.last.edits.length && !window.last.hold.length"
    )
    assert page.locator(".dr-row").count() == 0


def test_the_history_is_there_after_another_model(page):
    page.evaluate("brain.set('seed', 4)")
    page.wait_for_function("document.querySelectorAll('.dk-history button').length === 2")
    here = page.url
    page.goto(f"{here.split('#')[0]}?again")  # as another model's page would: this one is left
    page.wait_for_function("document.querySelectorAll('.dk-history button').length >= 2")
    page.locator("[data-do=undo]").click()
    wait_for(page, "seed", 4)


def test_a_number_beside_a_slider_is_shown_whole_and_no_track_runs_under_it(page):
    box = page.locator("#condition input[type=number]")
    box.fill("-12.5")
    for width, height in ((1440, 900), (800, 900), (769, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert helpers.has_room(box, "-12.5", 16)  # of the arrows
        for slider in ("#psi", "#condition"):
            track = page.locator(f"{slider} [type=range]").bounding_box()
            number = page.locator(f"{slider} [type=number]").bounding_box()
            assert track["x"] + track["width"] <= number["x"]
            assert page.locator(slider).evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_the_title_stays_on_one_line(page):
    height = page.locator("#title h1").bounding_box()["height"]
    for width in (1024, 800, 769, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.locator("#title h1").bounding_box()["height"] == height
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_example_in_an_empty_box_is_no_entry_but_can_be_read(page):
    wait_for_list(page, "Mine")
    for colours in ("light", "dark"):
        helpers.wear(page, colours)
        example, entry, ground = page.get_by_label("Seeds with more").evaluate(
            """(e) => [getComputedStyle(e, '::placeholder').color, getComputedStyle(e).color,
              getComputedStyle(e).backgroundColor].map((c) => c.match(/\\d+/g).map(Number))"""
        )
        assert example != entry
        assert 4.5 <= contrast(example, ground) < contrast(entry, ground)


def contrast(one: list[int], other: list[int]) -> float:
    """Of two sRGB colours, as WCAG 2 counts it."""

    def light(colour: list[int]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                  for c in (x / 255 for x in colour)]  # fmt: skip
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_why_no_direction_was_made_stands_below_its_button(page):
    wait_for_list(page, "Mine")
    button = page.get_by_role("button", name="Make direction")
    button.click()
    says = page.locator(".dr-made")
    says.get_by_text("Enter seeds, or change the brain first").wait_for()
    above, below = button.bounding_box(), page.get_by_text("One for this brain").bounding_box()
    assert above["y"] + above["height"] <= says.bounding_box()["y"] < below["y"]


def test_a_list_that_is_not_shown_says_that_its_sliders_are_moved(page):
    wait_for_list(page)
    page.locator("#axis-1 input[type=number]").fill("-3")
    wait_for(page, "edits[0].strength", -3)
    lists = page.locator(".dr-tabs")
    lists.get_by_role("button", name="Anatomy", exact=True).click()
    lists.get_by_role("button", name="Main axes (PCA) 1 moved", exact=True).wait_for()
    assert lists.locator("i:visible").all_inner_texts() == ["1"]
    page.get_by_role("button", name="Reset controls").click()
    lists.get_by_role("button", name="Main axes (PCA)", exact=True).wait_for()
    assert lists.locator("i:visible").count() == 0
