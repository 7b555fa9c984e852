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
    page.wait_for_timeout(400)
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
    for card in ("disentangled", "smooth", "race"):
        page.wait_for_selector(f"[data-card={card}] .js-plotly-plot .points")
        rows = page.locator(f"[data-card={card}] .ct-table tbody tr")
        assert rows.count() >= 4
        assert "(" in rows.first.text_content()
    for card in page.locator(".lb-card").all():
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
    page.get_by_role("button", name="Race the brain on the stage").click()
    page.wait_for_function(RUN)

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
