"""The page's parts begin in whatever order their scripts come, and wherever the page is."""

import pytest

from tests import browser as helpers

SEEN = "addEventListener('frame', (e) => { (window.seen ??= []).push(e.detail.seed) })"


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(90_000)
    page.add_init_script(SEEN)
    problems = helpers.watch(page)
    yield page
    assert problems == []
    page.close()


def hold(page, script: str) -> list:
    """Requests for a script from now on, which wait until they are let go."""
    held = []
    page.route(f"**/scripts/*/{script}", lambda route: held.append(route))
    return held


def let_go(held: list) -> None:
    for route in held:
        route.continue_()


def test_nobody_misses_the_first_picture(page, address):
    desk, numbers = hold(page, "shared/desk/desk.js"), hold(page, "shared/numbers/numbers.js")
    page.goto(address)
    page.wait_for_function("document.querySelector('#view .lv-timing')?.textContent")
    page.wait_for_timeout(500)  # the hand would rest by now
    assert page.evaluate("window.seen") is None
    let_go(desk)
    page.wait_for_timeout(300)
    assert page.evaluate("window.seen") is None
    let_go(numbers)
    page.wait_for_function("window.seen?.length === 1")
    assert page.evaluate("brain.steps().map(({ recipe }) => recipe.seed)") == [0]
    page.wait_for_selector(".nb tbody tr")


def test_the_others_wait_for_the_recipe(page, address):
    view = hold(page, "shared/live_view/live_view.js")
    page.goto(address)
    page.wait_for_selector("#desk .dk-history", state="attached")
    page.wait_for_timeout(500)
    assert page.evaluate("window.brain") is None
    assert page.locator("#desk select option").count() == 0  # presets come with the start
    let_go(view)
    page.wait_for_function("window.seen?.length")
    assert page.locator("#desk select option").count() > 4
    page.evaluate("brain.set('seed', 5)")
    page.wait_for_function("window.seen.at(-1) === 5")
    page.wait_for_function("brain.steps().length === 2")


def test_scripts_come_from_below_the_pages_own_address(page, address):
    """As behind a proxy that takes a prefix away."""
    asked = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(address)))
    page.route(
        f"{address}/brains/**",
        lambda route: route.fulfill(
            response=route.fetch(url=route.request.url.replace("/brains/", "/", 1))
        ),
    )
    page.goto(f"{address}/brains/")
    page.wait_for_function("window.seen?.length")
    scripts = [path for path in asked if "scripts/" in path]
    assert any(path.endswith("/live_view.js") for path in scripts)
    assert all(path.startswith("/brains/scripts/") for path in scripts)
    assert len(scripts) == len(set(scripts))  # each once, whether preloaded or imported
