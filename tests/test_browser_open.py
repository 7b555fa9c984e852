"""A model's file is opened in the page, and has a page of its own from then on."""

import re

import pytest

from tests import browser as helpers
from tests.gan.convert.nvidia_like import Generator
from tests.gan.convert.test_alike import pickled


@pytest.fixture(scope="module")
def opened(chromium, address, tmp_path_factory):
    """The page that a file of another program leads to, and the file."""
    path = tmp_path_factory.mktemp("models") / "their network.pkl"
    pickled(path, {"G_ema": Generator(R=32)})
    page = helpers.open_page(chromium, f"{address}/#seed=3")
    page.locator(".mo-file").set_input_files(path)
    page.wait_for_url("**/their-network/**")
    page.wait_for_function("window.frames_seen > 0")
    yield page, path
    page.close()


def test_its_own_page_opens_and_draws(opened):
    page, _ = opened
    assert page.locator("#models select").evaluate("(s) => s.selectedOptions[0].text") == (
        "their network"
    )
    before = page.evaluate("JSON.stringify(window.last)")
    page.get_by_role("button", name="New brain").click()
    page.wait_for_function("(before) => JSON.stringify(window.last) !== before", arg=before)
    assert "32×32 grey" in page.locator("#about").inner_text()


def test_all_pages_know_it_and_it_knows_all(opened, chromium, address):
    page, _ = opened
    names = page.locator("#models option").all_inner_texts()
    assert {"brains128", "brains64", "their network"} <= set(names)
    other = helpers.open_page(chromium, address)
    other.locator("#models option", has_text="their network").wait_for(state="attached")
    other.locator("#models select").select_option(label="their network")
    other.wait_for_url("**/their-network/**")
    other.locator("#models select").select_option(label="brains64")
    other.wait_for_url(re.compile(r"/brains64(#|$)"))
    other.close()


def test_the_same_file_leads_to_the_same_page(opened, chromium, address):
    _, path = opened
    page = helpers.open_page(chromium, address)
    page.locator(".mo-file").set_input_files(path)
    page.wait_for_url("**/their-network/**")
    page.close()


def test_what_is_no_model_is_told(chromium, address, tmp_path):
    page = helpers.open_page(chromium, address)
    problems = helpers.watch(page)
    for name, content, told in (
        ("notes.txt", b"hello", "is none of"),
        ("bad.safetensors", b"nothing" * 9, "bad.safetensors"),
        ("evil.pkl", b"cos\nsystem\n(S'true'\ntR.", "evil.pkl"),
    ):
        page.locator(".mo-file").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        page.locator(".mo-status", has_text=told).wait_for()
    assert problems == []
    page.close()


@pytest.mark.parametrize(("width", "height", "dark"), [(1440, 900, False), (390, 844, True)])
def test_nothing_scrolls_sideways(chromium, address, width, height, dark):
    page = helpers.open_page(chromium, address, width, height, dark)
    assert page.get_by_role("button", name="Open a model…").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
