"""Keys, focus and undo where several tools meet, in headless Chromium."""

import pytest

from explorer import Recipe
from tests import browser as helpers
from tests.explorer.conftest import write_model
from tests.test_browser import wait_for, wait_for_list

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, address):
    page = helpers.open_page(chromium, address)
    problems = helpers.watch(page)
    rest(page)  # the first step of the history
    yield page
    page.close()
    assert problems == []


def rest(page):
    """Until the history has the newest change."""
    page.wait_for_timeout(100)
    page.wait_for_function(
        "JSON.stringify(brain.steps().at(-1)?.recipe) === JSON.stringify(brain.now)"
    )


def test_undo_leaves_the_hand_on_the_slider(page):
    wait_for_list(page)
    slider = page.locator("#axis-1 input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    rest(page)
    page.keyboard.press("Control+z")
    wait_for(page, "edits", [])
    assert page.evaluate("document.activeElement.closest('#axis-1') !== null")
    page.keyboard.press("ArrowRight")  # the slider's, not the page's "next seed"
    page.wait_for_function("brain.now.edits.length === 1")
    assert page.evaluate("brain.now.seed") == Recipe().seed


@pytest.fixture
def late(chromium, address):
    """A page whose measured directions come after the others, when it is said: page, say."""
    page = helpers.open_page(chromium, address)
    page.wait_for_selector("#anatomy-1")  # all are there: from now on the answers are given here
    page.close()
    page = chromium.new_page()
    page.add_init_script("localStorage['stylegan2-brain-explorer-mode'] ??= 'full'")
    held = []

    def answer(route):
        if '"directions"' not in route.request.post_data:
            route.continue_()
        elif len(held) == 1:
            held.append(route)
        elif held:
            route.continue_()
        else:
            held.append(route)
            whole = route.fetch().json()
            route.fulfill(json=whole | {"progress": 0.5})

    def say():
        while len(held) < 2:
            page.wait_for_timeout(50)
        held[1].continue_()

    page.route("**/component_server/**", answer)
    page.goto(address)
    wait_for_list(page)
    page.evaluate("document.querySelector('#axis-1').early = true")
    yield page, say
    page.close()


@pytest.mark.parametrize(("typed", "taken"), [("99", 10), ("-1.234", -1.25), ("", 0)])
def test_a_number_that_is_no_step_becomes_the_nearest(page, typed, taken):
    wait_for_list(page)
    box = page.locator("#axis-1 input[type=number]")
    box.fill(typed)
    box.press("Tab")
    edits = [{"direction": "pca1", "strength": taken}] if taken else []
    wait_for(page, "edits", edits)
    assert (float(box.input_value()), page.evaluate("brain.now.edits")) == (taken, edits)


def is_early(page) -> bool:
    """Whether the first list is still there."""
    return page.evaluate("document.querySelector('#axis-1').early === true")


def test_the_measured_directions_come_and_leave_the_hand_on_the_slider(late):
    """The list is drawn anew once they have been measured, which may be at any moment."""
    page, say = late
    page.locator("#axis-1 input[type=range]").focus()
    say()
    page.wait_for_function("document.querySelector('.dr-progress').textContent === ''")
    assert not is_early(page)
    assert page.evaluate("document.activeElement.closest('#axis-1') !== null")


def test_the_measured_directions_wait_for_a_hand_that_drags(late):
    page, say = late
    slider = page.locator("#axis-1 input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    say()
    page.wait_for_function("document.querySelector('.dr-progress').textContent === ''")
    page.mouse.move(x + 0.4 * box["width"], y, steps=5)
    page.wait_for_function("brain.now.edits[0]?.strength > 2")
    assert is_early(page)
    page.mouse.up()
    page.wait_for_function("document.querySelector('#axis-1').early !== true")
    assert float(slider.input_value()) == page.evaluate("brain.now.edits[0].strength") > 2


def test_undo_takes_back_what_has_not_come_to_rest(page):
    rest(page)
    page.evaluate("brain.set('psi', 0.3)")
    page.keyboard.press("Control+z")
    wait_for(page, "psi", Recipe().psi)
    for again in ("Control+Shift+z", "Control+y"):
        page.keyboard.press(again)
        wait_for(page, "psi", 0.3)
        page.keyboard.press("Control+z")
        wait_for(page, "psi", Recipe().psi)


def test_undo_reaches_the_first_picture_however_soon_the_hand_moves(chromium, address):
    page = chromium.new_page()
    page.add_init_script("addEventListener('frame', () => brain.set('seed', 5), { once: true })")
    page.goto(address)
    page.wait_for_function("window.brain?.now.seed === 5 && brain.steps?.().length")
    rest(page)
    assert page.evaluate("brain.steps().map(({ recipe }) => recipe.seed)") == [Recipe().seed, 5]
    page.keyboard.press("Control+z")
    page.wait_for_function("seed => brain.now.seed === seed", arg=Recipe().seed)
    page.close()


def test_looking_at_the_untouched_picture_ends_where_it_began(page):
    page.get_by_role("button", name="Side by side").click()
    pressed = page.locator("[data-do=pair]")
    assert pressed.get_attribute("aria-pressed") == "true"
    page.keyboard.down("b")
    page.wait_for_function("document.querySelector('[data-do=before]').ariaPressed === 'true'")
    page.keyboard.up("b")
    page.wait_for_function("document.querySelector('[data-do=pair]').ariaPressed === 'true'")
    page.keyboard.down("b")
    page.evaluate("window.dispatchEvent(new Event('blur'))")  # another window's turn
    page.wait_for_function("document.querySelector('[data-do=pair]').ariaPressed === 'true'")


def test_nothing_changes_behind_a_receipt_and_it_can_be_closed_while_it_waits(page):
    wait_for_list(page)
    helpers.open_row(page, "#axis-1").get_by_role("button", name="Receipt").click()
    dialog = page.locator("dialog.dr-receipt")
    assert dialog.get_by_role("button", name="Close").is_visible()
    before = page.evaluate("JSON.stringify(brain.now)")
    for key in ("r", "ArrowRight", "0"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.evaluate("JSON.stringify(brain.now)") == before
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("ArrowRight")
    wait_for(page, "seed", Recipe().seed + 1)


def test_a_receipt_that_comes_leaves_the_focus_on_its_button(page):
    wait_for_list(page)
    helpers.open_row(page, "#axis-1").get_by_role("button", name="Receipt").click()
    page.locator("dialog.dr-receipt table").wait_for()
    assert page.evaluate("document.activeElement.matches('.dr-receipt button')")
    page.keyboard.press("Enter")
    assert page.locator("dialog.dr-receipt").is_hidden()


def test_a_receipt_that_comes_late_stays_out_of_another_ones(page):
    wait_for_list(page)
    held, dialog = [], page.locator("dialog.dr-receipt")

    def hold(route):
        first = route.request.post_data_json["fn_name"] == "receipt" and not held
        held.append(route) if first else route.continue_()

    page.route("**/component_server/**", hold)
    helpers.open_row(page, "#axis-1").get_by_role("button", name="Receipt").click()
    while not held:
        page.wait_for_timeout(50)
    dialog.get_by_role("button", name="Close").click()
    helpers.open_row(page, "#axis-2").get_by_role("button", name="Receipt").click()
    dialog.locator("h3", has_text="PCA 2").wait_for()
    with page.expect_response("**/component_server/**"):
        held[0].continue_()
    rest(page)
    assert dialog.locator("h3").inner_text().startswith("PCA 2")
    page.unroute("**/component_server/**")


def test_undo_moves_the_slider_under_the_hand_too(page):
    page.get_by_role("tab", name="Mix").click()
    everything = page.locator(".mx-all input").first
    everything.focus()
    page.keyboard.press("End")
    page.wait_for_function("brain.now.mix.weights[0] === 1")
    rest(page)
    page.keyboard.press("Control+z")
    page.wait_for_function("!brain.now.mix.weights[0]")
    assert everything.input_value() == "0"


def test_a_step_of_the_history_keeps_the_focus(page):
    rest(page)
    page.keyboard.press("ArrowRight")
    rest(page)
    page.locator(".dk-history button").first.focus()
    page.keyboard.press("Enter")
    wait_for(page, "seed", Recipe().seed)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Step 1"


def test_a_finger_moves_a_slider_along_it_and_not_when_it_scrolls_the_page(chromium, address):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{address}?mode=full")
    page.wait_for_selector(".dr-row")
    page.get_by_role("tab", name="Mix").tap()
    assert page.locator("#mix-seed input").bounding_box()["width"] > 80
    slider = page.locator(".mx-all input").first  # of four layers, which differ
    page.evaluate("brain.set('mix.weights', [0.1, 0.5, 0.9, 0.2])")
    screen = context.new_cdp_session(page)

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def drag(right, down):
        slider.evaluate("(e) => e.scrollIntoView({ block: 'center' })")
        box = slider.bounding_box()
        x, y = box["x"] + 0.1 * box["width"], box["y"] + box["height"] / 2
        before = page.evaluate("scrollY")
        touch("touchStart", (x, y))
        for step in range(1, 11):
            touch("touchMove", (x + right * step / 10, y + down * step / 10))
        touch("touchEnd")
        page.wait_for_timeout(300)
        return page.evaluate("scrollY") - before

    assert drag(0, -150) > 50
    assert page.evaluate("brain.now.mix.weights") == [0.1, 0.5, 0.9, 0.2]
    assert drag(slider.bounding_box()["width"] / 2, 0) == 0
    assert page.evaluate("brain.now.mix.weights.slice(0, 4).every((x) => x > 0.4 && x < 0.8)")
    context.close()


def test_the_first_class_is_no_change(chromium, tmp_path):
    """Without a class in the recipe the first is shown, and Undo comes back to that."""
    path = write_model(tmp_path / "two.safetensors", c_dim=2)
    with helpers.running_app("--checkpoint", str(path)) as address:
        page = helpers.open_page(chromium, address)
        rest(page)
        page.get_by_label("NC", exact=True).check()
        page.wait_for_function("brain.now.class_index === 1")
        rest(page)
        page.keyboard.press("Control+z")
        wait_for(page, "class_index", None)
        page.wait_for_timeout(600)
        assert page.evaluate("brain.now.class_index") is None
        page.get_by_role("button", name="Redo").click()
        wait_for(page, "class_index", 1)
        page.close()


def test_a_slider_is_made_for_the_brain_on_the_stage(page):
    page.wait_for_selector("#anatomy-1")
    page.locator(".dr-tabs [data-source=own]").click()
    page.locator("[name=aim]").select_option(label="Brain area")
    page.get_by_role("button", name="Make it here").click()
    page.wait_for_function("document.querySelector('.dr-aimed').textContent.includes('is ready')")
    says = page.locator(".dr-aimed").inner_text()
    assert "One step aims at +" in says
    assert "Measured by other instruments" in says
    slider = page.locator(".dr-row[data-key='own:brain-area-here'] input[type=range]")
    assert slider.evaluate("node => node === document.activeElement")
    before = helpers.canvas_bytes(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.last.edits.length === 1")
    assert helpers.canvas_bytes(page) != before
