"""Dragging points on the picture in headless Chromium; lengths in 64ths of its side."""

import pytest

from tests import browser as helpers

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, address64):
    with helpers.watched_page(chromium, address64) as page:
        helpers.open_tab(page, "Drag")
        page.wait_for_selector(".dg-layer")
        yield page


def place(page, x, y):
    """Where a point of the picture is on the screen."""
    return page.evaluate(
        """([x, y]) => {
          const canvas = document.querySelector('#view .lv-now');
          const box = canvas.getBoundingClientRect();
          return [box.left + x / 64 * box.width, box.top + y / 64 * box.width];
        }""",
        [x, y],
    )


def pull(page, start, end):
    page.mouse.move(*place(page, *start))
    page.mouse.down()
    page.mouse.move(*place(page, *[(a + b) / 2 for a, b in zip(start, end, strict=True)]))
    page.mouse.move(*place(page, *end))
    page.mouse.up()


def numbers(page) -> list[float]:
    """The fields of all arrows."""
    values = page.eval_on_selector_all(".dg-list input", "all => all.map((x) => Number(x.value))")
    return [value / unit(page) for value in values]


def unit(page) -> float:
    """Pixels of the picture in a 64th of its side."""
    return page.evaluate("document.querySelector('#view .lv-now').width / 64")


def to_go(page) -> float:
    return float(page.locator(".dg-left").first.inner_text().split()[0]) / unit(page)


def test_an_arrow_is_pulled_clicked_or_typed(page):
    pull(page, (20, 32), (14, 32))
    assert numbers(page) == pytest.approx([20, 32, 14, 32], abs=0.3)
    for point in ((40, 20), (44, 12)):
        page.mouse.click(*place(page, *point))
    assert numbers(page)[4:] == pytest.approx([40, 20, 44, 12], abs=0.3)
    page.locator(".dg-list tr:nth-child(2) input").nth(3).fill(f"{16 * unit(page):g}")
    mark = page.get_by_role("button", name="Target 2")
    mark.focus()
    page.keyboard.press("ArrowRight")
    assert numbers(page)[4:] == pytest.approx([40, 20, 45, 16], abs=0.3)
    assert page.evaluate("window.brain.recipe.seed") == 0  # the page's own keys did not hear it
    page.keyboard.press("Delete")
    assert len(numbers(page)) == 4


def test_arrows_follow_the_zoom(page):
    page.keyboard.press("+")
    page.wait_for_function("document.querySelector('.lv-frame.zoomed')")
    x, y = place(page, 14, 32)
    box = page.get_by_role("button", name="Target 1").bounding_box()
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx(
        (x, y), abs=1.5
    )
    pull(page, (14, 32), (15, 36))
    assert numbers(page) == pytest.approx([20, 32, 15, 36], abs=0.3)
    page.evaluate("window.brain.view.fit()")
    page.get_by_role("button", name="Clear all").click()


def test_a_drag_brings_the_point_nearer_and_undo_brings_the_start_back(page):
    start, recipe = helpers.canvas_bytes(page), page.evaluate("window.brain.recipe")
    steps = page.evaluate("window.brain.steps().length")
    pull(page, (13, 33), (9, 33))
    assert page.evaluate("""() => {
      const of = (name) => document.querySelector(`[data-do=${name}]`);
      of('run').click();
      return of('clear').disabled;
    }""")
    page.wait_for_function(
        "(most) => parseFloat(document.querySelector('.dg-left').textContent) < most",
        arg=2.5 * unit(page), polling=20,
    )  # fmt: skip
    page.evaluate("""() => {
      const run = document.querySelector('[data-do=run]');
      if (run.textContent === 'Stop') run.click();
    }""")
    page.wait_for_selector("[data-do=run]:has-text('Start')")
    page.wait_for_function("(n) => window.brain.steps().length === n + 1", arg=steps)
    assert to_go(page) < 2.5
    changed = page.evaluate("window.brain.recipe")
    assert changed["w"]
    assert {**changed, "w": None} == recipe
    assert helpers.canvas_bytes(page) != start

    page.wait_for_function("document.querySelector('.dg-changes').textContent")

    page.get_by_role("button", name="Undo").click()
    page.wait_for_function("window.last.w === null")
    assert helpers.canvas_bytes(page) == start
    assert numbers(page) == pytest.approx([13, 33, 9, 33], abs=0.3)


def test_a_control_moved_meanwhile_stops_the_drag_and_stays(page):
    page.evaluate("""() => {
      const live = document.querySelector('.dg-live');
      const watch = new MutationObserver(() => {
        if (!live.textContent.startsWith('Step 3')) return;
        watch.disconnect();
        window.brain.set('psi', 0.5);
      });
      watch.observe(live, { childList: true });
    }""")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function("document.querySelector('.dg-status').textContent.includes('by hand')")
    page.wait_for_function("window.last.psi === 0.5")
    page.evaluate("window.brain.set('psi', 0)")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function("document.querySelector('.dg-problem').textContent.includes('variety')")


def test_nothing_is_set_on_the_picture_while_another_tab_is_open(page):
    helpers.open_tab(page, "Noise")
    page.wait_for_selector(".dg-layer", state="hidden")
    helpers.open_tab(page, "Drag")
    page.wait_for_selector(".dg-layer")


def test_on_a_phone_nothing_scrolls_sideways(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Clear all").click()
    for _ in range(8):
        page.get_by_role("button", name="Add an arrow").click()
    assert page.get_by_role("button", name="Add an arrow").is_disabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".dg-list").evaluate("t => t.scrollWidth <= t.parentElement.clientWidth")
