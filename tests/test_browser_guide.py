"""The guide: from the help by keyboard, from page to page by its links."""

import pytest

from tests import browser as helpers

pytestmark = pytest.mark.browser


def test_the_help_opens_the_guide_and_its_links_lead_on(chromium, address):
    asked = []
    page = helpers.open_page(chromium, address, on_request=lambda request: asked.append(request))
    problems, opened = helpers.watch(page), len(page.context.pages)
    pages = lambda: [r for r in asked if "guide_page" in (r.post_data or "")]  # noqa: E731
    page.locator(".dk-help", has_text="Open the guide").wait_for(state="attached")
    assert page.locator("#guide-text").count() == 0
    assert pages() == []  # nothing of it is loaded before
    page.keyboard.press("?")
    page.get_by_role("button", name="Open the guide").press("Enter")
    page.locator("#guide-text h1", has_text="The explorer").wait_for()
    assert page.evaluate("document.activeElement.closest('#guide') !== null")
    assert page.locator("#guide").bounding_box()["y"] < 100  # scrolled to it
    assert page.locator(".dk-help").is_hidden()
    assert len(pages()) == 1
    page.get_by_label("Python", exact=True).press(" ")
    page.locator("#guide-text h1", has_text="Python").wait_for()
    page.locator("#guide-text a", has_text="Training").press("Enter")
    page.locator("#guide-text h1", has_text="Training").wait_for()
    assert page.get_by_label("Training", exact=True).is_checked()
    assert page.url.rstrip("/") == address  # no other page was opened
    assert len(page.context.pages) == opened
    page.close()
    assert problems == []
    assert all(request.url.startswith((address, "data:", "blob:")) for request in asked)
