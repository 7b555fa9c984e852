"""Every tab of the page, light and dark, before axe-core's rules for keyboards and readers."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser as helpers

pytestmark = pytest.mark.browser


def test_axe_finds_no_serious_fault(chromium, address):
    faults = []
    page = helpers.open_page(chromium, address)
    page.add_style_tag(content="* { transition: none !important }")  # colours half way are faint
    page.wait_for_selector(".dr-row")
    page.get_by_text("Zoom, grey window, sides").click()
    page.get_by_text("What moves what: all sliders").click()
    page.wait_for_selector(".ef-box td")
    page.locator("#guide > button").click()
    page.wait_for_selector("#guide-text h1")
    helpers.wait_for_numbers(page)  # those of another picture are pale
    part = None  # all of the page; with the other tabs what they show
    for tab in page.get_by_role("tab").all():
        tab.click()
        # In the dark only the colours are others.
        for colours, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
            helpers.wear(page, colours)
            page.wait_for_timeout(300)  # what the tab shows is there
            helpers.wait_for_colours(page)
            options = {"resultTypes": ["violations"], **rules}
            result = Axe().run(page, part, options).response
            assert len(result["passes"]) > (0 if rules else 10)  # it did look
            faults += [
                f"{tab.inner_text()}, {colours}: {fault['id']}: {node['target']} "
                f"{node['failureSummary']}"
                for fault in result["violations"]
                if fault["impact"] in ("serious", "critical")
                for node in fault["nodes"]
            ]
        part = "#controls"
        if (guide := page.locator("#guide-text h1").first).is_visible():
            # One look at what is long is enough.
            page.locator("#guide > button").click()
            guide.wait_for(state="hidden")
            page.get_by_text("What moves what: all sliders").click()
    page.close()
    assert not faults, "\n".join(faults)
