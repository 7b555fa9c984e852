"""Charts in a real page: fetched late, saved, in the page's colours, told in words."""

# ruff: noqa: F811
import io

import pytest
from PIL import Image

from tests import browser as helpers
from tests.test_browser import page, wait_for_list  # noqa: F401

pytestmark = pytest.mark.browser


def unfold(page, details: str):
    """Open what holds a chart and wait for it."""
    page.locator(f"{details} > summary").click()
    page.locator(f"{details} .ct-bar:not([hidden])").wait_for()
    return page.locator(details)


def save(page, chart, format: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        chart.get_by_role("button", name=f"Save {format}").click()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_plotly_is_fetched_with_the_first_chart_and_once(chromium, address):
    asked = []
    page = helpers.open_page(chromium, address, on_request=lambda r: asked.append(r.url))
    wait_for_list(page)
    page.wait_for_selector(".nb tbody tr")

    def fetched():
        return sum(url.endswith("/plotly.min.js") for url in asked)

    assert fetched() == 0
    unfold(page, ".nb-spread")
    assert fetched() == 1
    unfold(page, ".dr-scree")
    assert fetched() == 1
    page.close()


def test_a_histogram_says_where_the_picture_is_and_follows_it(page):
    page.wait_for_selector(".nb tbody tr")
    chart = unfold(page, ".nb-spread")
    chart.locator("select").select_option("brightness")
    says = chart.locator("figcaption")
    says.get_by_text("Brightness of").wait_for()
    row = page.locator(".nb tbody tr", has_text="Brightness").first.locator("td").first
    assert f"of this picture: {row.inner_text().strip()}" in says.inner_text()
    before = says.inner_text()
    page.evaluate("window.brain.set('seed', 12)")
    page.wait_for_function(
        "(t) => document.querySelector('.nb-chart figcaption').innerText !== t", arg=before
    )
    chart.locator(".ct-table summary").click()
    assert chart.locator(".ct-table tbody tr").count() == 30
    assert chart.locator(".ct-table [role=region]").bounding_box()["height"] <= 260


# Lower ends of an axis' numbers, both ends of its name, and the upper one of the legend.
BELOW = """(chart) => {
  const box = (s) => [...chart.querySelectorAll(s)].map((e) => e.getBoundingClientRect());
  const name = box('.annotation-text').at(-1);
  return [Math.max(...box('.xtick text').map((e) => e.bottom)), [name.top, name.bottom],
    box('.legend .bg')[0].top];
}"""


def test_what_stands_over_a_value_is_never_cut_off(page):
    page.wait_for_selector(".nb tbody tr")
    page.evaluate("window.brain.set('seed', 3)")  # its slice lies at the end of the range
    helpers.wait_for_numbers(page)
    chart, seen = unfold(page, ".nb-spread"), 0
    for key in chart.locator("select option").evaluate_all("(all) => all.map((o) => o.value)"):
        chart.locator("select").select_option(key)
        name = chart.locator("option:checked").inner_text()
        says = chart.locator("figcaption").get_by_text(f"{name} of")
        says.or_(chart.locator(".nb-waits:not(:empty)")).first.wait_for()
        if not says.count() or "of this picture" not in says.inner_text():
            continue  # it has no value here
        seen += 1
        chart.locator(".annotation-text", has_text="this picture").wait_for()
        plot = chart.locator(".ct-plot").bounding_box()
        words = chart.locator(".annotation-text", has_text="this picture").bounding_box()
        assert plot["x"] <= words["x"], name
        assert words["x"] + words["width"] <= plot["x"] + plot["width"], name
        numbers, named, legend = chart.evaluate(BELOW)
        assert numbers <= named[0] + 2, name
        assert named[1] <= legend + 2, name
    assert seen > 5


def test_a_bar_goes_to_its_slider(page):
    wait_for_list(page)
    chart = unfold(page, ".dr-scree")
    assert "Click a bar" in chart.locator("figcaption").inner_text()
    chart.locator(".ct-plot").scroll_into_view_if_needed()
    for _ in range(30):  # it is drawn anew when the names of directions arrive
        box = chart.locator(".barlayer .point").nth(8).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(500)
        if page.evaluate("document.activeElement.id === 'axis-9-range'"):
            break
    assert page.evaluate("document.activeElement.id") == "axis-9-range"
    page.locator(".dr-tabs").get_by_role("button", name="Mine").click()
    assert chart.is_hidden()  # these have no shares


def test_charts_are_saved_dark_on_white_and_are_dark_in_a_dark_page(page):
    wait_for_list(page)
    chart = unfold(page, ".dr-scree")
    name, png = save(page, chart, "PNG")
    assert name == "share-of-each-axis.png"
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.width >= 960
    assert picture.getpixel((2, 2)) == (255, 255, 255)
    ink = "document.querySelector('.dr-scree .ct-plot').layout.font.color"
    light = page.evaluate(ink)
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_function(f"(light) => {ink} !== light", arg=light)
    name, svg = save(page, chart, "SVG")
    assert name == "share-of-each-axis.svg"
    text = svg.decode()
    assert "<svg" in text[:200]
    assert "Share of each axis" in text
    assert "rgb(255, 255, 255)" in text  # the paper, in a dark page too


def test_without_webgl_the_map_is_drawn_dot_by_dot(chromium, address):
    page = helpers.open_page(chromium, address)
    page.evaluate(
        "(() => { const own = HTMLCanvasElement.prototype.getContext;"
        " HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        " return kind.startsWith('webgl') ? null : own.call(this, kind, ...more); }; })()"
    )
    page.get_by_role("tab", name="Map").click()
    page.locator(".mp-frame .ct-bar:not([hidden])").wait_for()
    assert page.locator(".mp-frame .scatterlayer .point").count() > 1000
    page.close()
