"""The lab in headless Chromium: open, read, race, put a brain on the stage, close."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser as helpers

pytestmark = pytest.mark.browser
RUN = "document.querySelector('.lb-running').textContent === 'All have run.'"


@pytest.fixture(scope="module")
def address(address64):
    return address64


def faults(page, rules=None) -> list[str]:
    helpers.wait_for_colours(page)
    options = {"resultTypes": ["violations"], **(rules or {})}
    result = Axe().run(page, "#lab", options).response
    assert len(result["passes"]) > (0 if rules else 10)  # it did look
    return [
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in result["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def test_the_lab_from_beginning_to_end(chromium, address):
    page = helpers.open_page(chromium, address)
    problems = helpers.watch(page)
    page.wait_for_selector("#anatomy-1")
    button = page.locator("[data-do=lab]")

    # Not in Basic, and not beside the lessons.
    page.get_by_role("button", name="Basic").click()
    assert button.is_hidden()
    page.get_by_role("button", name="Full").click()
    page.get_by_role("button", name="Lessons").click()
    button.click()
    assert page.locator(".ls").is_hidden()
    assert page.locator(".lb").is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.textContent") == "Lab"

    # Each card: a claim, a figure, the opposite; text and table beside the charts.
    for card in ("disentangled", "smooth", "race", "signal"):
        page.wait_for_selector(f"[data-card={card}] .js-plotly-plot .points")
        rows = page.locator(f"[data-card={card}] .ct-table tbody tr")
        assert rows.count() >= 4
        assert "(" in rows.first.text_content()
    page.locator("[data-card=desk]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-side=right] [data-of=map][src^=data]")
    for card in page.locator(".lb-card:not([hidden])").all():
        assert card.locator("h3").inner_text().endswith(".")
        assert "would show the opposite" in card.locator(".lb-opposite").inner_text()
    assert page.locator("[data-card=layers] tbody tr").count() == 10
    assert page.locator(".lb-pairs tbody tr").count() == 45
    page.get_by_role("button", name="At equal slice height").click()
    assert page.locator(".lb-pairs tbody tr").count() == 36

    # The brain on the stage has run all ways.
    page.wait_for_function(RUN)
    ways = page.locator(".lb-lane")
    assert ways.evaluate_all("all => all.map((one) => one.dataset.way)") == [
        "before", "Z", "W", "W+", "S",
    ]  # fmt: skip
    assert ways.locator("img[src^=data]").count() == 5
    assert ways.nth(2).locator(".lb-came").inner_text().startswith("✓ Ventricles +")
    assert ways.nth(2).locator(".lb-moves li").count() == 9
    first = ways.first.locator("img").get_attribute("src")
    high = page.evaluate("document.querySelector('.lb').scrollHeight")
    page.get_by_role("button", name="Race another brain").click()
    page.wait_for_function(f"{RUN} && document.querySelector('.lb-lane img').src !== {first!r}")
    assert page.evaluate("document.querySelector('.lb').scrollHeight") == high  # nothing jumps

    # One of them goes on the stage.
    before = helpers.canvas_bytes(page)
    use = page.get_by_role("button", name="Use the brain changed through S")
    use.click()
    page.wait_for_function("window.last.channels.length > 0")
    assert page.evaluate("window.brain.recipe.w") is not None
    assert helpers.canvas_bytes(page) != before
    assert use.inner_text() == "On the stage ✓"
    # It has no z; the brain before runs again.
    assert "no z" not in page.locator(".lb-racer").inner_text()
    page.get_by_role("button", name="Race the brain on the stage").click()
    page.wait_for_function(RUN)
    assert "The brain on the stage has no z" in page.locator(".lb-racer").inner_text()

    assert faults(page) == []
    helpers.wear(page, "dark")
    assert faults(page, {"runOnly": ["color-contrast"]}) == []

    # On a phone the lab is alone, and nothing is wider than the screen.
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#view").is_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})

    page.keyboard.press("Escape")
    page.wait_for_selector(".lb", state="hidden")
    assert page.evaluate("document.activeElement.dataset.do") == "lab"
    assert page.locator("#anatomy-1").is_visible()
    button.click()
    page.get_by_role("button", name="Close", exact=True).click()
    assert page.locator(".lb").is_hidden()
    assert page.evaluate("document.activeElement.dataset.do") == "lab"
    page.close()
    assert problems == []


TOPS = """[...document.querySelector('[data-card=desk]').children].map((part) =>
  Math.round(part.getBoundingClientRect().top
    - document.querySelector('[data-card=desk]').getBoundingClientRect().top))"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_nothing_jumps_on_the_desk(chromium, address, width, height):
    """Neither when its figures come nor when other networks are chosen."""
    page = helpers.open_page(chromium, address, width, height)
    page.locator("[data-do=lab]").click()
    page.wait_for_selector("[data-card=race] .js-plotly-plot .points", state="attached")
    card = page.locator("[data-card=desk]")
    before = page.evaluate(TOPS)
    card.scroll_into_view_if_needed()
    card.locator("[data-side=right] [data-of=map][src^=data]").wait_for()
    title = card.locator("h3")
    for name in (None, "brains64", "phantom64"):
        if name:
            card.locator("[data-side=right]").get_by_label("Network").select_option(label=name)
            card.locator(f"[data-side=right] [data-of=picture][alt$='{name}']").wait_for()
        assert title.inner_text().endswith(".")
        assert page.evaluate(TOPS) == pytest.approx(before, abs=2)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        over = card.locator(".ds-effects .lb-scroll, .ds-rows .lb-scroll").evaluate_all(
            "all => all.map((box) => box.scrollWidth - box.clientWidth)"
        )
        assert len(over) == 3
        assert max(over) <= 0  # no table scrolls sideways
    page.close()


def test_two_networks_obey_one_hand(chromium, address):
    page = helpers.open_page(chromium, address)
    problems = helpers.watch(page)
    page.wait_for_selector("#anatomy-1")
    page.locator("[data-do=lab]").click()
    card = page.locator("[data-card=desk]")
    card.scroll_into_view_if_needed()
    sides = [card.locator(f"[data-side={name}]") for name in ("left", "right")]
    for side, name in zip(sides, ("phantom64", "brains64"), strict=True):
        side.locator("[data-of=map][src^=data]").wait_for()
        side.get_by_label("Network").select_option(label=name)
        side.locator(f"[data-of=picture][alt$='{name}']").wait_for()

    # What is kept of both, and what follows from it.
    page.wait_for_function(
        "document.querySelector('[data-card=desk] h3').textContent"
        ".startsWith('phantom64 and brains64')"
    )
    assert "Surely" in card.locator(".lb-says").inner_text()
    rows = card.locator(".ds-rows tbody tr")
    assert rows.count() == 7
    assert all(" to " in text and "250 pairs" in text for text in rows.all_inner_texts()[2:6])
    assert card.locator(".ds-effects table").count() == 2
    assert card.locator(".ds-effects thead th").count() == 2 * 6
    assert card.locator(".ds-effects td").first.inner_text().count("±") == 1
    tables = card.locator(".ds-effects table")
    left, right = (tables.nth(i).locator("tbody th").all_inner_texts() for i in (0, 1))
    assert left == right
    # Only brains64 can tell a slice's height: dashes say that the other cannot.
    heights = [tables.nth(i).locator("tr", has_text="Slice height").locator("td") for i in (0, 1)]
    assert heights[0].all_inner_texts() == ["–"] * 5
    assert all("±" in cell for cell in heights[1].all_inner_texts())
    tops = tables.evaluate_all(
        "all => all.map((one) =>"
        " [...one.tBodies[0].rows].map((row) => row.getBoundingClientRect().y))"
    )
    assert tops[0] == pytest.approx(tops[1], abs=0.5)
    labels = card.locator(".ds-rows tbody th").all_inner_texts()
    assert labels[0].startswith("Strongest spot over the median")
    assert labels[2].startswith("Path length through Z, anywhere")
    assert labels[4].startswith("Path length through Z, at brains")
    assert labels[6].startswith("What else moves along axes 1 to 5 (leak)")

    def shown(kind: str) -> list[str]:
        return [side.locator(f"[data-of={kind}]").get_attribute("src") for side in sides]

    def changed(kind: str, before: list[str]) -> None:
        for side, old in zip(("left", "right"), before, strict=True):
            picture = f"document.querySelector('[data-side={side}] [data-of={kind}]')"
            page.wait_for_function(f"{picture}.src !== {old!r}")

    start, maps = shown("picture"), shown("map")
    assert len({*start, *maps}) == 4
    card.get_by_label("Axis 1").fill("2")
    changed("picture", start)
    assert (
        card.get_by_label("Axis 1").locator("xpath=following-sibling::output").inner_text() == "2.0"
    )
    card.get_by_role("button", name="Reset").click()
    for side, src in zip(("left", "right"), start, strict=True):
        page.wait_for_function(
            f"document.querySelector('[data-side={side}] [data-of=picture]').src === {src!r}"
        )
    before = shown("map")
    card.get_by_label("Map of layer").select_option(index=4)
    changed("map", before)
    assert shown("picture") == start
    assert all("times the median.\nOver 250 brains: " in s.inner_text() for s in sides)
    card.get_by_role("button", name="Another brain").click()
    changed("picture", start)
    assert helpers.canvas_bytes(page)  # the stage is left alone
    assert page.evaluate("window.brain.recipe.edits.length") == 0

    page.wait_for_function(RUN)
    assert faults(page) == []
    helpers.wear(page, "dark")
    assert faults(page, {"runOnly": ["color-contrast"]}) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})

    # Another size: shown, not compared; and a layer that one of them lacks.
    sides[1].get_by_label("Network").select_option(label="brains128")
    page.wait_for_function(
        "document.querySelector('[data-card=desk] h3').textContent.includes('two sizes')"
    )
    card.get_by_label("Map of layer").select_option(index=10)
    page.wait_for_function(
        "document.querySelector('[data-side=left] .ds-peak').textContent.includes('no such layer')"
    )
    assert sides[0].locator("[data-of=map]").is_hidden()
    page.close()
    assert problems == []


def test_a_training_is_seen_again_and_a_lesson_stands_beside_it(chromium, address):
    with helpers.watched_page(chromium, f"{address}/?lesson=the-other-network") as page:
        page.wait_for_selector(".lb-brains img[src]")
        assert page.locator(".ls").is_visible()
        assert page.locator("#view").is_hidden()
        page.wait_for_selector(".lb-time.ls-here")

        # Other moments show other pictures of the same seeds, with what the discriminator says.
        first = page.locator(".lb-brains img").first
        finished = first.get_attribute("src")
        page.locator("[name=lb-moment]").fill("0")
        page.wait_for_function(
            "old => document.querySelector('.lb-brains img').src !== old", arg=finished
        )
        assert page.locator(".lb-time output").first.inner_text() == "0 thousand"
        says = page.locator(".lb-brains output")
        assert says.count() == 8
        assert says.first.inner_text().startswith(("real ", "generated "))
        noise = first.get_attribute("src")
        page.get_by_role("button", name="Where the discriminator looks").click()
        assert first.get_attribute("src") != noise
        assert "where the discriminator looks" in first.get_attribute("alt")
        page.get_by_role("button", name="Pictures", exact=True).click()
        assert first.get_attribute("src") == noise
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_function("Number(document.querySelector('[name=lb-moment]').value) > 1")
        page.get_by_role("button", name="Pause").click()
        for chart in ("decided", "verdicts"):
            page.wait_for_selector(f"[data-chart={chart}] .js-plotly-plot .scatterlayer .trace")
        title = page.locator("[data-card=training] h3").text_content()
        assert "px decided from" in title or "at once" in title or title.startswith("Not from")
        assert faults(page, {"runOnly": ["color-contrast"]}) == []

        # What the card says is not told before the answer, and leaves no gap.
        card = page.locator("[data-card=training]")
        assert card.locator("h3").is_hidden()
        assert card.locator(".lb-says").is_hidden()
        gap = card.evaluate("""(card) => {
          const [asks, next] = ['.lb-question', '.lb-whose'].map(
            (part) => card.querySelector(part).getBoundingClientRect());
          return next.top - asks.bottom;
        }""")
        assert gap < 12

        # A projector shows what the step is about: here the lab, with the step beside it.
        page.get_by_role("button", name="Project this lesson").click()
        assert page.locator("#view").is_hidden()
        lab, lesson = (page.locator(part).bounding_box() for part in (".lb", ".ls"))
        assert lesson["x"] >= lab["x"] + lab["width"]
        page.wait_for_timeout(300)
        time = page.locator(".lb-time").bounding_box()
        assert 0 <= time["y"] < 600
        assert lab["y"] >= 0
        assert lab["y"] + lab["height"] <= 900
        page.keyboard.press("Escape")
        page.wait_for_selector(".ls")
        assert page.locator("#view").is_hidden()
        assert page.locator(".lb").is_visible()

        # Back on the list the stage is there again.
        page.get_by_role("button", name="All lessons").click()
        assert page.locator(".lb").is_hidden()
        assert page.locator("#view").is_visible()
