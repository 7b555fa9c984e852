"""Every tab of the page, light and dark, before axe-core's rules for keyboards and readers."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests import browser as helpers

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_serious_fault(chromium, address, dark):
    faults = []
    page = helpers.open_page(chromium, address, dark=dark)
    page.wait_for_selector(".dr-row")
    page.get_by_text("Zoom, grey window, sides").click()
    page.get_by_text("What moves what: all sliders").click()
    page.wait_for_selector(".ef-box td")
    page.locator("#guide > button").click()
    page.wait_for_selector("#guide-text h1")
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(300)
        result = Axe().run(page).response
        assert len(result["passes"]) > 10  # it did look
        faults += [
            f"{tab.inner_text()}: {fault['id']}: {node['target']} {node['failureSummary']}"
            for fault in result["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
        guide = page.locator("#guide-text h1").first
        if guide.is_visible():  # one look at it is enough: it is long
            page.locator("#guide > button").click()
            guide.wait_for(state="hidden")
    page.close()
    assert not faults, "\n".join(faults)
