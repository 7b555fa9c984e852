"""Headless Chromium and a running app, for the browser tests and the README's pictures."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--process-per-site",  # what it has compiled for one page serves the next
]  # fmt: skip
# Of each browser the context of pages that are open one after the other, and in it a page that
# stays: scripts are fetched and compiled once, which is half of what opening the explorer takes.
_SHARED = WeakKeyDictionary()


def chromium_path() -> str | None:
    """The system's Chromium or Chrome: first the one without a window, which is twice as fast."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def running_app(
    *arguments: str, checkout: Path = ROOT, launcher: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ, cwd: Path = ROOT,
):  # fmt: skip
    """Start app.py on a free port and yield its address; stop it afterwards.

    launcher: a command that starts the one behind it.
    """
    late = [str(ROOT / "tests/late.py")] if environment.get("LATE") else []
    program = [sys.executable, "-u", *late, str(checkout / "app.py"), "--no-browser", *arguments]
    process = subprocess.Popen(
        [*launcher, *program], cwd=cwd, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"http://(127\.0\.0\.1|localhost):\d+", line):
                # Keep reading, or the pipe fills up and the app stands still.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield found[0]
                return
        raise RuntimeError("app.py did not start:\n" + "".join(lines))
    finally:
        process.terminate()
        process.wait(timeout=60)


@contextmanager
def chromium():
    """A headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser, address: str, width=1440, height=900, dark=False, on_request=None):
    """The explorer with its first picture on the canvas; `on_request` gets every request.

    In Full mode unless the address says otherwise: a phone would begin with Basic.
    """
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    if browser not in _SHARED:
        _SHARED[browser] = browser.new_context()
        _SHARED[browser].new_page().goto(f"{origin}/robots.txt")
    alone = len(_SHARED[browser].pages) == 1
    page = _SHARED[browser].new_page() if alone else browser.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light")
    tools = page.context.new_cdp_session(page)
    kept = {"origin": origin, "storageTypes": "local_storage"}  # by pages before
    tools.send("Storage.clearDataForOrigin", kept)
    tools.detach()
    if on_request:
        page.on("request", on_request)
    page.add_init_script(
        "window.frames_seen = 0;"
        "addEventListener('frame', (e) => { frames_seen++; window.last = e.detail });"
        "addEventListener('looked', (e) => { window.looked = e.detail })"
    )
    page.add_init_script("localStorage['stylegan2-brain-explorer-mode'] ??= 'full'")
    page.set_default_timeout(90_000)  # for machines that are busy with other things
    page.goto(address)
    page.wait_for_function("window.frames_seen > 0")
    return page


def need_chromium() -> None:
    """Fail in CI, and skip elsewhere, where there is no browser."""
    if chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: CI must install one")
        pytest.skip("no Chromium on this machine; install it to run the browser tests")


def watch(page) -> list[str]:
    """What goes wrong in a page from now on."""
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    return problems


@contextmanager
def watched_page(browser, address: str):
    """The explorer; afterwards nothing may have gone wrong in it."""
    page = open_page(browser, address)
    problems = watch(page)
    yield page
    page.close()
    assert problems == []


def wear(page, colours: str) -> None:
    """A page that is open becomes "light" or "dark", as when the system changes."""
    page.emulate_media(color_scheme=colours)
    dark = str(colours == "dark").lower()
    page.wait_for_function(f"document.body.classList.contains('dark') === {dark}")


def wait_for_numbers(page) -> None:
    """Until the table of measurements is of the recipe as it is now."""
    page.wait_for_function("JSON.stringify(window.looked) === JSON.stringify(window.brain.recipe)")


def wait_for_colours(page) -> None:
    """Until nothing is on its way from one look to another."""
    page.wait_for_function("""() => new Promise((done) => {
      const still = () => document.getAnimations().every(
        (one) => !(one instanceof CSSTransition) || one.playState === 'finished');
      requestAnimationFrame(() => requestAnimationFrame(() => done(still())));
    })""")


def open_tab(page, name: str) -> None:
    """Click a tab; where the window is too narrow for all, out of the menu behind the dots."""
    tab = page.get_by_role("tab", name=name)
    if not tab.count() or not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def open_row(page, row: str):
    """A slider's row with what is behind its dots open."""
    page.locator(f"{row} .dr-menu[aria-expanded=false]").click()
    return page.locator(row)


def has_room(locator, text: str, spare=0) -> bool:
    """Whether a box or a list can show a text in full, with so many pixels to spare."""
    return locator.evaluate(
        """(e, [text, spare]) => {
          const style = getComputedStyle(e), sides = [style.paddingLeft, style.paddingRight];
          const pen = document.createElement('canvas').getContext('2d');
          pen.font = style.font;
          const taken = sides.reduce((sum, side) => sum + parseFloat(side), spare);
          return pen.measureText(text).width + taken <= e.clientWidth;
        }""",
        [text, spare],
    )


def canvas_bytes(page) -> str:
    """What the canvas shows, as a data URI."""
    return page.evaluate("document.querySelector('#view .lv-now').toDataURL()")
