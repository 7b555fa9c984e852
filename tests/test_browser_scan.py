"""The panel of one's own scan in headless Chromium."""

import numpy as np
import pytest

from explorer import Recipe, load, render
from explorer.recipe import Noise
from gan.picture import png_bytes
from tests import browser as helpers

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, address):
    with helpers.watched_page(chromium, address) as page:
        page.get_by_role("tab", name="Your scan").click()
        page.wait_for_selector(".sc-drop")
        yield page


def give(page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator(".sc-drop input").set_input_files(file)


def test_what_is_no_scan_is_told_and_nothing_changes(page):
    for content, words in ((b"hello" * 99, "Neither a picture"), (b"", "empty")):
        give(page, "scan.png", content)
        page.wait_for_function(
            "(w) => document.querySelector('.sc-problem').textContent.includes(w)", arg=words
        )
    assert page.locator(".sc-prepare").is_hidden()


def test_what_is_no_head_is_refused_and_the_reason_told(page):
    give(page, "grey.png", png_bytes(np.full((64, 64), 120, np.uint8) + np.eye(64, dtype=np.uint8)))
    page.wait_for_selector(".sc-preview[src]")
    page.get_by_role("button", name="Find nearest brain").click()
    page.wait_for_function(
        "document.querySelector('.sc-problem').textContent.includes('no head that the model makes')"
    )
    assert page.locator(".sc-prepare").is_visible()
    page.get_by_role("button", name="Remove scan").first.click()


def test_from_a_file_to_an_edited_reconstruction(page):
    give(page, "scan.png", png_bytes(render(load(), Recipe(11, noise=Noise("none")))))
    page.wait_for_selector(".sc-preview[src]")
    before = page.get_attribute(".sc-preview", "src")
    page.locator(".sc [name=brightness]").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "(s) => document.querySelector('.sc-preview').src !== s", arg=before
    )  # fmt: skip

    page.get_by_role("button", name="Find nearest brain").click()
    page.wait_for_function("document.querySelector('.sc-run progress').value > 0.02")
    page.evaluate("window.brain.set('psi', 0.4)")  # the sliders go on meanwhile
    page.wait_for_function("window.last.psi === 0.4")
    page.locator(".sc [data-do=cancel]:visible").click()
    page.wait_for_function("""() => {
      const open = (name) => !document.querySelector(`.sc-${name}`).hidden;
      return open('prepare') || (open('result') && !open('refining'));
    }""")
    if page.locator(".sc-result").is_visible():  # this machine took longer than it waits
        page.get_by_role("button", name="Prepare again").click()

    page.get_by_role("button", name="Find nearest brain").click()
    page.wait_for_selector(".sc-result:not([hidden])")
    assert "Structure in the head" in page.inner_text(".sc-words")
    if page.get_by_role("button", name="Stop here").is_visible():  # the best so far stays
        page.get_by_role("button", name="Stop here").click()
        page.wait_for_selector(".sc-refining", state="hidden")
    page.get_by_role("button", name="Explore it").click()
    page.wait_for_function("window.last.w && window.last.psi === 1")
    shown = page.evaluate("window.brain.recipe")
    shown["edits"] = [{"direction": "pca1", "strength": 2}]
    page.evaluate("(r) => window.brain.restore(r)", shown)
    page.wait_for_function("window.last.w && window.last.edits.length === 1")
    page.get_by_role("button", name="Remove scan").last.click()
    page.wait_for_selector(".sc-result", state="hidden")
