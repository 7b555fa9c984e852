"""Basic and Full, a lesson from beginning to end, and the glossary, in headless Chromium."""

import csv

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser as helpers
from tests.test_browser import wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(address64):
    return address64


@pytest.fixture
def page(chromium, address):
    page = helpers.open_page(chromium, address)
    page.wait_for_selector("#anatomy-1")
    problems = helpers.watch(page)
    yield page
    page.close()
    assert problems == []


def faults(page) -> list[str]:
    helpers.wait_for_numbers(page)  # those of another picture are pale
    helpers.wait_for_colours(page)
    result = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert len(result["passes"]) > 10
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in result["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def visible_tabs(page) -> list[str]:
    return [tab.inner_text() for tab in page.get_by_role("tab").all() if tab.is_visible()]


def test_basic_hides_and_keeps(page):
    page.get_by_role("tab", name="Noise").click()
    page.get_by_label("Off").check()
    wait_for(page, "noise.mode", "none")
    before = helpers.canvas_bytes(page)
    page.get_by_role("button", name="Basic").click()
    assert visible_tabs(page) == ["Directions", "Mix"]
    assert page.get_by_role("tab", name="Directions").get_attribute("aria-selected") == "true"
    assert (
        page.locator(".md-note")
        .inner_text()
        .startswith("This picture also has settings that only Full shows: noise.")
    )
    page.evaluate("window.brain.edit('sefa2', 1); window.brain.set('mix.weights', [1, 1])")
    page.locator(".md-note", has_text="noise, mixing layer by layer, other directions").wait_for()
    page.evaluate("window.brain.edit('sefa2', 0); window.brain.set('mix.weights', [1, 1, 1, 1])")
    page.locator(".md-note", has_text="only Full shows: noise.").wait_for()
    page.evaluate("window.brain.set('mix.weights', [])")
    wait_for(page, "mix.weights", [])
    assert page.locator("#psi-layers").is_hidden()
    page.evaluate("document.querySelector('.dr-tabs [data-source=pca]').click()")  # hidden here
    rows = [row for row in page.locator(".dr-row").all() if row.is_visible()]
    assert len(rows) == 5
    page.get_by_role("button", name="More directions").click()
    assert all(row.is_visible() for row in page.locator(".dr-row").all())
    assert faults(page) == []
    assert helpers.canvas_bytes(page) == before  # the picture is what it was
    page.get_by_role("button", name="Show everything").click()
    assert page.get_by_role("tab", name="Noise").get_attribute("aria-selected") == "true"
    assert page.get_by_label("Off").is_checked()
    assert page.locator(".md-note").is_hidden()
    page.get_by_role("button", name="Basic").click()
    page.reload()  # what was chosen is remembered
    page.wait_for_selector("#main[data-mode] .dr-row")
    assert visible_tabs(page) == ["Directions", "Mix"]


def test_a_phone_begins_with_basic_and_a_link_decides(chromium, address):
    for query, basic in (("", True), ("?mode=full", False)):
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{address}/{query}")
        page.wait_for_selector("#main[data-mode] .dr-row", state="attached", timeout=90_000)
        assert (visible_tabs(page) == ["Directions", "Mix"]) == basic
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()


def test_a_lesson_from_beginning_to_end(page):
    """By hand as a student would: guess, try, see the tick, answer; then the picture is back."""
    page.locator("#anatomy-1 input[type=number]").fill("1")
    wait_for(page, "edits[0].strength", 1)
    before = page.evaluate("window.brain.recipe")
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("button", name="A seed is a brain").click()
    title = page.locator(".ls-title")
    assert title.inner_text() == "…" or "becomes" in title.inner_text()
    page.wait_for_selector(".ls-task:not([hidden])")
    assert page.evaluate("document.activeElement.className") == "ls-title"
    for seed in range(1, 4):
        page.locator("#title").click()
        page.keyboard.press("ArrowRight")
        page.locator(".ls-task li", has_text=f"{seed + 1} of 4").wait_for()
    page.wait_for_selector(".ls-explain:not([hidden])")
    assert "256 random numbers" in page.locator(".ls-explain").inner_text()
    assert page.locator(".ls-done").inner_text() == "Done ✓"
    assert faults(page) == []

    page.get_by_role("button", name="Next").click()
    page.get_by_label("A similar brain").check()
    page.get_by_role("button", name="My guess").click()
    page.get_by_role("button", name="Show me").click()
    page.wait_for_selector(".ls-verdict .ls-wrong")
    assert page.locator(".ls-task li").all_inner_texts() == ["✓ 3 of 3", "✓ now 12"]
    assert page.locator(".ls-done").inner_text() == "Shown ✓"
    page.wait_for_function("document.activeElement.className === 'ls-explain'")
    assert page.evaluate("window.brain.recipe.seed") == 12
    assert (
        "Not quite. Correct answer: Exactly the same brain"
        in page.locator(".ls-verdict").inner_text()
    )
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
        page.wait_for_function("!document.querySelector('.ls-wait').textContent")
    assert title.inner_text() == "Read it yourself"
    page.wait_for_selector("#psi.ls-here")  # what is to be done, then what is to be read
    page.locator("#psi input[type=number]").fill("0")
    page.wait_for_selector(".ls-question:not([hidden])")
    page.wait_for_function("window.last.psi === 0")
    page.wait_for_selector(".nb table.ls-here")
    row = page.locator(".nb tbody tr", has_text="Brain area").locator("td").first
    helpers.wait_for_numbers(page)
    page.get_by_label("What is the brain area").fill(row.inner_text().split()[0])
    page.get_by_role("button", name="Answer").click()
    page.wait_for_selector(".ls-said .ls-right")
    page.get_by_role("button", name="Finish").click()
    assert "1 of 1 right" in page.locator(".ls-list li").first.inner_text()
    assert page.evaluate("document.querySelector('.ls-body').scrollTop") == 0

    page.get_by_text("Your answers").click()
    page.locator(".ls [name=name]").fill('=HYPERLINK("x")')
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["kind"], r["right"]) for r in rows] == [("guess", "false"), ("question", "true")]
    assert rows[0]["name"] == '\'=HYPERLINK("x")'  # no formula in a spreadsheet
    assert rows[0]["given"] == "A similar brain"
    summed_up(page, download.value.path())
    page.get_by_role("button", name="Leave").click()
    wait_for(page, "edits", before["edits"])
    assert page.evaluate("window.brain.recipe") == before
    assert page.locator(".ls").is_hidden()


def summed_up(page, answers):
    """The teacher's summary of one student's file, and of one that is none."""
    page.get_by_text("For teachers").click()
    wrong = {"name": "notes.csv", "mimeType": "text/csv", "buffer": b"a,b"}
    files = page.locator(".ls-all [type=file]")
    files.set_input_files(wrong)
    page.wait_for_function(
        "document.querySelector('.ls-gathered').textContent.includes('notes.csv')"
    )
    files.set_input_files(answers)
    summary = page.get_by_role("dialog", name="What the class answered")
    assert "1 file, up to 1 student a question, 1 of 2 answers right" in summary.inner_text()
    assert summary.locator("td", has_text="1 of 1").count() == 1
    assert "HYPERLINK" not in summary.inner_text()  # no names
    page.keyboard.press("Escape")
    assert summary.is_hidden()


def test_what_was_shown_is_read_from_its_beginning_however_late_it_comes(page):
    """The focus goes to the explanation once that is there."""
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("button", name="A seed is a brain").click()
    page.wait_for_selector(".ls-task:not([hidden])")

    def late(route):
        if '"explain"' in (route.request.post_data or ""):
            page.wait_for_timeout(1500)
        route.continue_()

    page.route("**/component_server/**", late)
    page.get_by_role("button", name="Show me").click()
    page.wait_for_selector(".ls-explain:not([hidden])")
    page.wait_for_function("document.activeElement.className === 'ls-explain'")
    page.unroute("**/component_server/**")


LESSONS = (
    "seed-is-a-brain", "coarse-middle-fine", "chance-and-anatomy", "straight-roads",
    "variance-not-meaning", "three-kinds-of-slider", "entangled-or-correlated", "does-it-copy",
    "three-lists", "what-training-does", "the-other-network", "why-demodulation",
    "known-truth",
)  # fmt: skip


@pytest.mark.parametrize("lesson", LESSONS)
def test_show_me_does_something_visible_in_every_step(chromium, address, lesson):
    """The task is done on the page, and what comes of it is told."""
    page = helpers.open_page(chromium, f"{address}/?lesson={lesson}")
    problems = helpers.watch(page)
    page.wait_for_selector(".ls-title")
    where, steps = page.locator(".ls-where"), 0
    while page.locator(".ls-step").is_visible():
        page.wait_for_function(
            "document.querySelector('.ls-text').textContent"
            " || document.querySelector('.ls-wait').textContent.startsWith('This step is left out')"
        )
        drawn = "JSON.stringify(window.last) === JSON.stringify(window.brain.now)"
        page.wait_for_function(drawn)  # the start of the step
        button, title = page.get_by_role("button", name="Show me"), page.locator(".ls-title")
        if button.is_visible():
            task, before = page.locator(".ls-task"), helpers.canvas_bytes(page)
            told = page.locator(".ls-body").inner_text()
            button.click()
            page.wait_for_selector(".ls-explain:not([hidden]), .ls-question:not([hidden])",
                                   timeout=60_000)  # fmt: skip
            if task.is_visible():
                page.wait_for_function(
                    "document.querySelector('.ls-done').textContent === 'Shown ✓'"
                )
                ticks = page.locator(".ls-task li").all_inner_texts()
                assert all(tick.startswith("✓") for tick in ticks), (title.inner_text(), ticks)
                seen = page.locator(
                    ".dr-receipt[open], .jr-chart svg, #noise-map figure img, .lb-lane img[src]"
                )
                for _ in range(300):  # measuring takes its time
                    changed = helpers.canvas_bytes(page) != before
                    if changed or any(one.is_visible() for one in seen.all()):
                        break
                    page.wait_for_timeout(100)
                assert changed or any(one.is_visible() for one in seen.all()), title.inner_text()
            assert len(page.locator(".ls-body").inner_text()) > len(told)
            assert button.is_hidden()
            steps += 1
            if page.locator(".dr-receipt[open]").count():
                page.keyboard.press("Escape")
        now = where.inner_text()
        page.locator("[data-do=next]").click()
        page.wait_for_function(
            "now => document.querySelector('.ls-where').textContent !== now", arg=now
        )
    assert steps >= 3
    assert problems == []
    page.close()


def test_a_lesson_is_large_enough_to_read(chromium, address):
    for width, height in ((1440, 900), (1000, 800), (390, 844)):
        page = helpers.open_page(chromium, f"{address}/?lesson=seed-is-a-brain", width, height)
        page.wait_for_selector(".ls-task:not([hidden])")
        texts = page.locator(".ls-text p, .ls-task p").all()
        assert len(texts) >= 3
        for text in texts:
            size, line = text.evaluate(
                "(p) => [getComputedStyle(p).fontSize, getComputedStyle(p).lineHeight]"
            )
            assert size == "16px"
            assert float(line.removesuffix("px")) >= 1.45 * 16
            assert text.bounding_box()["width"] <= 34 * 16  # some 70 letters
        page.close()


def test_the_lab_keeps_an_answer_until_it_is_given(chromium, address):
    """A card and its chart say nothing of a question that is still open."""
    with helpers.watched_page(chromium, f"{address}/?lesson=three-lists") as page:
        page.wait_for_selector(".ls-predict:not([hidden])")
        page.get_by_role("button", name="Next").click()
        card = page.locator("[data-card=disentangled]")
        card.locator(".js-plotly-plot .points").first.wait_for(state="attached")
        page.wait_for_selector("[data-card=disentangled].lb-asked")
        marks = card.locator(".scatterlayer").first
        assert marks.is_hidden()
        assert card.locator("h3").is_hidden()
        page.locator(".ls-predict").get_by_label("s", exact=True).check()
        page.get_by_role("button", name="My guess").click()
        page.wait_for_selector(".ls-verdict .ls-right")
        assert marks.is_visible()
        assert card.locator("h3").is_visible()

        # The race: guess, watch, then a question whose answer was not told before.
        page.get_by_role("button", name="Next").click()
        page.locator(".ls-predict").get_by_label("More than 80").check()
        page.get_by_role("button", name="My guess").click()
        page.wait_for_selector(".ls-question:not([hidden])")
        card = page.locator("[data-card=race]")
        assert page.locator(".lb-lane img[src]").count() == 5
        assert card.locator(".lb-says").is_hidden()
        told = page.locator(".ls-text, .ls-explain").all_inner_texts()
        page.locator(".ls-question").get_by_label("With the styles").check()
        page.get_by_role("button", name="Answer").click()
        page.wait_for_selector(".ls-said li")
        figures = [
            line.rpartition(": ")[2] for line in page.locator(".ls-said li").all_inner_texts()
        ]
        assert len(figures) == 3
        assert not any(figure in text for figure in figures for text in told)
        assert card.locator(".lb-says").is_visible()


def test_a_lesson_shows_in_basic_what_its_step_needs(chromium, address):
    page = helpers.open_page(
        chromium, f"{address}/?mode=basic&lesson=chance-and-anatomy", dark=True
    )
    page.wait_for_selector(".ls-task:not([hidden])")
    page.wait_for_selector("#noise-mode.ls-here")
    assert visible_tabs(page) == ["Directions", "Mix", "Noise"]
    assert faults(page) == []
    lesson, picture = (page.locator(s).bounding_box() for s in (".ls", "#view canvas[role=img]"))
    assert lesson["y"] >= 0
    assert lesson["y"] + lesson["height"] <= 900
    assert picture["y"] >= 0
    for _ in range(3):  # to a step about the numbers, whose task needs the tab
        page.get_by_role("button", name="Next").click()
        page.wait_for_function("!document.querySelector('.ls-wait').textContent")
    page.wait_for_selector(".nb table.ls-here")
    assert visible_tabs(page) == ["Directions", "Mix", "Noise"]
    page.get_by_role("button", name="Leave").click()
    page.wait_for_function(
        "document.querySelector('[role=tab][aria-selected=true]').textContent.includes('Directions')"
    )
    assert visible_tabs(page) == ["Directions", "Mix"]
    page.close()


def test_words_are_explained_where_they_stand_and_in_the_help(page):
    word = page.locator(".dr-about .gl-term", has_text="R²")
    word.hover()
    tip = page.locator(".gl-tip")
    assert "share of a measurement’s variation" in tip.inner_text()
    page.locator("#title").hover()
    tip.wait_for(state="hidden")
    word.focus()
    assert tip.is_visible()
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    assert page.locator("label .gl-term, button .gl-term").count() == 0
    meaning = page.locator(f"#{word.get_attribute('aria-describedby')}")
    page.locator("#title").click()
    page.keyboard.press("?")
    assert meaning.is_visible()
    assert meaning.inner_text().startswith("The share of a measurement")
    assert tip.is_hidden()  # nothing lies over the help: its words stand below
    page.keyboard.press("?")
    page.locator(".dr-tabs").get_by_role("button", name="PCA").click()
    page.wait_for_selector(".dr-about .gl-term >> text=principal components")
    helpers.open_row(page, "#axis-1").get_by_role("button", name="Receipt").click()
    page.wait_for_selector(".dr-receipt .gl-term")
    words = page.locator(".dr-receipt .gl-term").all_inner_texts()
    assert {"Purity", "leakage", "standard deviations", "Agreement", "Linearity"} <= set(words)
