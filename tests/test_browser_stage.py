"""The stage, Present mode, sliders of a line, bars and width, in headless Chromium."""

import pytest

from explorer import Recipe, load, render
from tests import browser as helpers
from tests.test_browser import page, shown, wait_for, wait_for_list  # noqa: F401

pytestmark = pytest.mark.browser
# ruff: noqa: F811


def box(page, selector: str) -> dict:
    return page.locator(selector).first.bounding_box()


def alpha(page) -> list[float]:
    """How black the view is made in a corner and in the middle, 0..1."""
    return page.evaluate(
        """() => {
          const over = document.querySelector('.lv-cell-now .lv-black'), side = over.width;
          const data = over.getContext('2d').getImageData(0, 0, side, side).data;
          return [data[3] / 255, data[4 * (side * side / 2 + side / 2) + 3] / 255];
        }"""
    )


def test_the_picture_is_the_largest_thing_and_on_a_dark_stage(page):
    for colours, width, height, least in (
        ("light", 1440, 900, 500), ("dark", 1440, 900, 500),
        ("dark", 1280, 720, 400), ("light", 1280, 720, 400),
    ):  # fmt: skip
        helpers.wear(page, colours)
        page.set_viewport_size({"width": width, "height": height})
        canvas = box(page, "#view .lv-now")
        assert canvas["width"] >= least
        assert canvas["y"] + canvas["height"] < height
        stage = page.evaluate(
            "getComputedStyle(document.querySelector('#picture')).backgroundColor"
        )
        assert max(map(int, stage.removeprefix("rgb(").removesuffix(")").split(","))) < 40
        tabs = [tab.bounding_box()["y"] for tab in page.get_by_role("tab").all()]
        assert len(tabs) == 9
        assert max(tabs) - min(tabs) < 2  # one line
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ten_sliders_fit_on_a_screen(chromium, address):
    page = helpers.open_page(chromium, address, 1280, 720)
    wait_for_list(page)
    last = box(page, "#axis-10 .dr-slide")
    assert last["y"] + last["height"] <= 720
    page.close()


def test_the_background_is_black_to_look_at_and_the_picture_stays_as_it_is(page):
    assert alpha(page) == [1, 0]
    assert shown(page).tobytes() == render(load(), Recipe()).tobytes()
    page.locator("#title").click()
    page.keyboard.press("g")  # raw
    assert page.locator(".lv-cell-now .lv-black").is_hidden()
    page.keyboard.press("g")
    page.keyboard.press("ArrowRight")
    wait_for(page, "seed", 1)
    assert alpha(page) == [1, 0]
    assert shown(page).tobytes() == render(load(), Recipe(seed=1)).tobytes()


def test_every_pane_of_a_comparison_has_its_caption(page):
    wait_for_list(page, "Anatomy")
    page.locator("#anatomy-1 input[type=number]").fill("2")
    wait_for(page, "edits[0].strength", 2)
    page.get_by_role("button", name="Side by side").click()
    page.wait_for_function("document.querySelector('.lv-far').textContent.includes('at most')")
    captions = page.locator(".lv-legend span").all_inner_texts()
    assert captions[:2] == ["A, untouched", "B, this picture"]
    panes = [cell.bounding_box() for cell in page.locator(".lv-cell").all()]
    for caption, pane in zip(page.locator(".lv-legend span").all(), panes, strict=True):
        middle = caption.bounding_box()["x"] + caption.bounding_box()["width"] / 2
        assert abs(middle - pane["x"] - pane["width"] / 2) < 3
        assert caption.bounding_box()["y"] >= pane["y"] + pane["height"]
    assert box(page, "#picture")["width"] > 1300  # across the page
    assert page.locator(".lv-bar .signed").is_visible()


def test_what_is_behind_the_dots_is_reached_by_keys_too(page):
    wait_for_list(page)
    row = page.locator("#axis-1")
    assert row.get_by_role("button", name="Film").is_hidden()
    row.locator(".dr-slide input[type=range]").focus()
    page.keyboard.press("m")
    assert row.get_by_role("button", name="Film").is_visible()
    page.keyboard.press("k")
    wait_for(page, "hold", ["pca1"])
    assert row.locator(".dr-name").evaluate(
        "(name) => getComputedStyle(name, '::after').content.includes('fixed')"
    )
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.brain.now.edits.length === 1")
    page.keyboard.press("Delete")
    wait_for(page, "edits", [])
    page.keyboard.press("m")
    assert row.get_by_role("button", name="Film").is_hidden()


def test_layers_are_chosen_with_two_handles(page):
    wait_for_list(page)
    row = helpers.open_row(page, "#axis-1")
    row.locator("input[type=number]").fill("2")
    wait_for(page, "edits", [{"direction": "pca1", "strength": 2}])
    row.get_by_label("first layer").focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    wait_for(page, "edits[0].layers", [2, load().config.num_ws])
    row.get_by_label("last layer").focus()
    page.keyboard.press("ArrowLeft")
    wait_for(page, "edits[0].layers", [2, load().config.num_ws - 1])
    assert row.locator(".hd output").inner_text() == f"layers 3–{load().config.num_ws - 1}"
    row.get_by_role("button", name="coarse").click()
    wait_for(page, "edits[0].layers", [0, 4])
    assert row.locator(".hd output").inner_text() == "layers 1–4"
    recipe = Recipe.from_dict(page.evaluate("window.last"))
    assert shown(page).tobytes() == render(load(), recipe).tobytes()
    row.get_by_role("button", name="all", exact=True).click()
    wait_for(page, "edits", [{"direction": "pca1", "strength": 2}])


def test_tiny_bars_say_what_a_slider_moves(page):
    page.wait_for_selector("#anatomy-1 .dr-moves:not([hidden])")
    key = page.locator("#anatomy-1").get_attribute("data-key")
    effect = load().library.settled_receipts()[key].effect
    bars = page.locator("#anatomy-1 .dr-moves i")
    assert bars.count() == len(effect)
    for bar, x in zip(bars.all(), effect, strict=True):
        name = "less" if x <= -0.3 else "more" if x >= 0.3 else ""
        assert set((bar.get_attribute("class") or "").split()) - {"down"} == ({name} - {""})
    assert "One step moves" in page.locator("#anatomy-1 .dr-moves").get_attribute("aria-label")


def test_measurements_are_bars_and_figures_on_demand(page):
    wait_for_list(page, "Anatomy")
    page.wait_for_selector(".nb-dot")
    assert page.locator(".nb .moved").count() == 0
    row = page.locator(".nb tbody tr", has_text="Brain area")
    value = row.locator("td").first
    assert value.is_hidden()
    plain = page.evaluate("getComputedStyle(document.querySelector('.nb-dot')).backgroundColor")
    page.locator("#anatomy-1 input[type=number]").fill("3")
    page.wait_for_selector(".nb .moved .nb-dot")
    colour = "getComputedStyle(document.querySelector('.nb .moved .nb-dot')).backgroundColor"
    assert page.evaluate(colour) != plain
    row.hover()
    tip = page.locator(".nb-tip")
    assert tip.inner_text().startswith("Brain area: ")
    assert "Share of the picture" in tip.inner_text()
    page.locator("#title").hover()
    page.locator(".nb tbody tr").first.focus()
    assert tip.inner_text().startswith("Slice height: ")
    page.keyboard.press("ArrowDown")
    assert tip.inner_text().startswith("Age as it looks: ")
    page.keyboard.press("ArrowDown")
    assert tip.inner_text().startswith("Brain area: ")
    assert row.locator(".nb-line .unseen").inner_text().startswith(value.inner_text().strip())
    page.get_by_role("button", name="Digits").click()
    assert value.is_visible()
    assert page.get_by_role("columnheader", name="Change").is_visible()
    page.set_viewport_size({"width": 1280, "height": 720})
    table = box(page, ".nb table")
    assert table["x"] + table["width"] <= 1280
    colour = "(e) => getComputedStyle(e).backgroundColor"
    digits = page.get_by_role("button", name="Digits")
    digits.hover()
    helpers.wait_for_colours(page)
    under = digits.evaluate(colour)
    page.locator("#title").hover()
    helpers.wait_for_colours(page)
    assert under == digits.evaluate(colour)  # white words stay on what is dark


def test_the_effects_table_shows_all_columns_or_scrolls_within_itself(page):
    page.get_by_text("What moves what: all sliders").click()
    page.wait_for_selector(".ef-box td")
    for width, height, whole in ((1440, 900, True), (1280, 720, False)):
        page.set_viewport_size({"width": width, "height": height})
        inside, within = page.evaluate(
            "(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])"
            "(document.querySelector('.ef-box'))"
        )
        assert (inside <= within + 1) == whole
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("What moves what: all sliders").click()
    page.wait_for_function("!document.querySelector('#main').hasAttribute('data-wide')")


def test_the_map_has_the_page_until_it_is_sent_back(page):
    page.get_by_role("tab", name="Map").click()
    plot = page.locator(".mp-frame .ct-plot")
    plot.wait_for()
    assert plot.bounding_box()["width"] > 950
    page.get_by_role("button", name="Wide").click()
    assert plot.bounding_box()["width"] < 500
    page.get_by_role("tab", name="Directions").click()
    page.get_by_role("tab", name="Map").click()
    assert plot.bounding_box()["width"] < 500  # as it was left


def test_present_mode_shows_picture_slider_and_what_moved(chromium, address):
    page = helpers.open_page(chromium, address, 1280, 720)
    problems = helpers.watch(page)
    wait_for_list(page, "Anatomy")
    name = page.locator("#anatomy-1 .dr-name").inner_text()
    page.locator("#anatomy-1 input[type=number]").fill("3")
    page.wait_for_selector(".nb .moved")
    moved = page.locator(".nb .moved").count()
    page.locator("#title").click()
    page.keyboard.press("f")
    canvas = box(page, "#view .lv-now")
    assert canvas["width"] > 600
    assert page.locator("#controls").is_hidden()
    assert page.locator("#desk").is_hidden()
    assert page.locator(".pr-moved dt").count() == min(moved, 4)
    first = page.get_by_label("First slider")
    assert first.locator("option:checked").inner_text() == name
    size = "parseFloat(getComputedStyle(document.querySelector('%s')).fontSize)"
    assert page.evaluate(size % ".pr-slider select") >= 32
    assert page.evaluate(size % ".pr-moved") >= 28
    for width, height in ((1440, 900), (390, 844), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        ends = page.evaluate(
            "[...document.querySelectorAll('.pr-slider output, .pr-moved dd')]"
            ".map((e) => e.getBoundingClientRect().right)"
        )
        assert max(ends) <= width
    top = first.bounding_box()["y"]
    for strength in (0, -1):  # other numbers move, and none
        page.get_by_role("slider", name=name, exact=True).last.fill(str(strength))
        wait_for(page, "edits[0]?.strength ?? 0", strength)
        helpers.wait_for_numbers(page)
        assert first.bounding_box()["y"] == pytest.approx(top, abs=1)
    page.get_by_label("Second slider", exact=True).select_option("psi")
    assert first.bounding_box()["y"] == pytest.approx(top, abs=1)  # its place was kept
    page.get_by_role("slider", name="Variety ψ", exact=True).fill("0.3")
    wait_for(page, "psi", 0.3)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    assert page.locator("#controls").is_visible()
    assert page.locator("#psi input[type=number]").input_value() == "0.3"
    assert page.locator("#anatomy-1 input[type=number]").input_value() == "-1"
    assert problems == []
    page.close()


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)])
def test_presenting_begins_with_the_height_and_cuts_nothing_off(chromium, address, size):
    page = helpers.open_page(chromium, address, *size)
    wait_for_list(page, "Anatomy")
    page.evaluate("document.dispatchEvent(new Event('present'))")
    first, second = (
        page.get_by_label(f"{which} slider", exact=True) for which in ("First", "Second")
    )
    first.locator("option", has_text="Slice height (mm)").wait_for(state="attached")
    assert first.input_value() == "condition"
    page.get_by_role("slider", name="Slice height (mm)").last.fill("-12.5")
    wait_for(page, "condition", -12.5)
    assert page.locator(".pr-slider output").first.inner_text() == "−12.5"
    second.select_option(label="Length to width")
    page.get_by_role("slider", name="Length to width").last.fill("-3")
    page.wait_for_selector(".pr-moved dt")
    for select in (first, second):
        name = select.locator("option:checked").inner_text()
        assert helpers.has_room(select, name)
        value = select.locator("xpath=following-sibling::output").bounding_box()
        assert value["x"] + value["width"] <= size[0]
    button = box(page, ".pr-nav [data-do=leave]")  # however much has moved
    assert button["y"] + button["height"] <= size[1]
    page.close()


def test_a_lecturer_steps_through_what_was_prepared(page):
    page.evaluate(
        """() => { const asked = [window.brain.link(), 'Second', 'First'];
          window.prompt = () => asked.shift(); }"""
    )
    page.get_by_label("Presets").select_option("link")  # a link from somewhere
    page.evaluate("window.brain.set('seed', 9)")
    wait_for(page, "seed", 9)
    page.get_by_label("Presets").select_option("keep")
    assert page.evaluate("brain.prepared().map(({ name }) => name)") == ["Second", "First"]
    page.get_by_role("button", name="Present").click()
    state = page.locator(".pr-state")
    page.keyboard.press("ArrowRight")
    wait_for(page, "seed", 0)
    assert state.inner_text() == "Second 1 of 2"
    page.keyboard.press("PageDown")  # as the thing in a lecturer's hand says it
    wait_for(page, "seed", 9)
    assert state.inner_text() == "First 2 of 2"
    page.keyboard.press("ArrowRight")  # the end
    assert state.inner_text() == "First 2 of 2"
    page.keyboard.press("ArrowLeft")
    wait_for(page, "seed", 0)
    page.keyboard.press("f")
    assert page.locator(".pr").is_hidden()
    page.keyboard.press("ArrowRight")  # the page's own again: the next brain
    wait_for(page, "seed", 1)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_lesson_is_projected_beside_its_picture(chromium, address, width, height):
    page = helpers.open_page(chromium, f"{address}/?lesson=seed-is-a-brain", width, height)
    problems = helpers.watch(page)
    page.wait_for_selector(".ls-task:not([hidden])")
    page.locator("#title").click()
    page.keyboard.press("f")
    assert page.locator("#controls").is_hidden()
    picture, lesson = box(page, "#view .lv-now"), box(page, ".ls")
    if width > 1000:
        assert lesson["x"] >= picture["x"] + picture["width"]  # beside it
        assert picture["width"] > 500
    else:
        assert lesson["y"] >= picture["y"] + picture["height"]  # under it
        assert lesson["width"] > 0.9 * width
        assert picture["width"] > 200
    sizes = page.locator(".ls-text p, .ls-task p").evaluate_all(
        "all => all.map((p) => parseFloat(getComputedStyle(p).fontSize))"
    )
    assert min(sizes) >= (20 if width > 1000 else 18)
    for part in (".ls-nav [data-do=next]", ".ls-nav [data-do=back]", ".pr-nav [data-do=leave]"):
        button = box(page, part)
        assert button["y"] >= 0
        assert button["y"] + button["height"] <= height
        assert button["x"] + button["width"] <= width
    assert box(page, ".pr-nav [data-do=leave]")["y"] >= lesson["y"] + lesson["height"]
    # Of Present's own there is only the way out.
    for part in (".pr-sliders", ".pr-moved", ".pr-nav [data-do=on]", ".pr-nav [data-do=back]"):
        assert page.locator(part).is_hidden()

    # Its steps, with a presenter's keys and through the buttons; never a preset.
    where, title = page.locator(".ls-where"), page.locator(".ls-title")
    page.keyboard.press("PageDown")
    page.wait_for_function("window.brain.now.seed === 5")  # the step's own brain
    assert where.inner_text().endswith("2\u00a0of\u00a05")
    assert page.evaluate("window.brain.now.psi") == 0.7
    assert title.inner_text() == "The same seed twice"
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.ls-where').textContent.includes('1\u00a0of')")
    page.keyboard.press("ArrowLeft")  # there is none before
    assert where.inner_text().endswith("1\u00a0of\u00a05")
    page.wait_for_selector(".ls-task:not([hidden])")  # all of it is there, and the focus stays
    page.wait_for_function("window.brain.now.seed !== 5")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.do") == "next":
            break
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.ls-where').textContent.includes('2\u00a0of')")
    for number in (3, 4, 5, 5):  # the last one stays
        page.keyboard.press("PageDown")
        page.wait_for_function(
            "n => document.querySelector('.ls-where').textContent.includes(`${n}\u00a0of`)",
            arg=number,
        )
    page.wait_for_function("window.brain.now.seed === 7")

    page.keyboard.press("Escape")
    assert page.locator(".pr").is_hidden()
    assert page.locator(".ls").is_visible()  # the lesson goes on
    assert title.inner_text() == "Read it yourself"
    # Without one Present is what it was.
    page.locator(".ls [data-do=leave]").click()
    page.keyboard.press("f")
    assert page.locator(".pr-sliders").is_visible()
    assert page.locator(".ls").is_hidden()
    seed = page.evaluate("window.brain.now.seed")
    page.keyboard.press("PageDown")
    assert page.locator(".pr-state").inner_text().startswith("Average brain 1 of ")
    wait_for(page, "psi", 0)
    wait_for(page, "seed", seed)
    assert problems == []
    page.close()


def test_the_timing_moves_nothing(page):
    """However long it is, and however narrow the stage."""
    for width in (1440, 1280, 900):
        page.set_viewport_size({"width": width, "height": 900})
        heights = []
        for said in ("", "2 ms to compute, 9 to show", "12345 ms to compute, 123456 to show" * 2):
            page.evaluate(
                "said => { document.querySelector('.lv-timing').textContent = said; }", said
            )
            heights.append(box(page, ".lv figcaption")["height"])
            line = box(page, ".lv-timing")
            assert line["x"] + line["width"] <= width
        assert heights[0] > 10
        assert len(set(heights)) == 1, (width, heights)


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720)])
def test_a_lesson_lies_over_nothing_that_it_speaks_of(chromium, address, size):
    page = helpers.open_page(chromium, address, *size)
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("button", name="A seed is a brain").click()
    for _ in range(4):
        page.wait_for_function("!document.querySelector('.ls-wait').textContent")
        page.locator(".ls").get_by_role("button", name="Next").click()
    page.wait_for_selector("#psi.ls-here")  # what is to be done, then what is to be read
    page.evaluate("brain.set('psi', 0)")
    page.wait_for_selector(".nb table.ls-here")
    page.wait_for_timeout(400)  # the page has scrolled there
    lesson, table = box(page, ".ls"), box(page, ".nb table")
    assert lesson["y"] + lesson["height"] <= table["y"]
    assert table["y"] + 120 <= size[1]
    last = page.locator(".nb tbody tr").last
    last.scroll_into_view_if_needed()
    assert last.bounding_box()["y"] >= lesson["y"] + lesson["height"]
    page.close()


def test_a_picture_on_its_way_is_no_broken_one(page):
    background, height = page.locator(".cp-row").evaluate("""(row) => {
      row.removeAttribute('src');
      return [getComputedStyle(row).backgroundImage, row.getBoundingClientRect().height];
    }""")
    assert "gradient" in background
    assert height > 20  # it keeps its place
