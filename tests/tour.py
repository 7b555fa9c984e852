"""Take the README's pictures and measure what it says about speed: make tour."""

import json
import os
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import torch
from PIL import Image

from explorer import Recipe, load, render
from explorer.work.machine import spare_cores
from tests.browser import ROOT, chromium, open_page, open_row, open_tab, running_app

PICTURES = ROOT / "assets" / "tour"
DRAG_MS, EVENTS_PER_SECOND = 3000, 60

# Note for every frame how long after the newest input it shows its picture, by matching the
# strength in the recipe it was made from with the time that value was set.
_DRAG = """async ([milliseconds, rate]) => {
  const slider = document.querySelector('#axis-1 input[type=range]');
  const set = {}, waits = [];
  addEventListener('frame', (event) => requestAnimationFrame(() => {
    const edit = event.detail.edits.find((e) => e.direction === 'pca1');
    const at = set[(edit ? edit.strength : 0).toFixed(2)];
    if (at) waits.push(performance.now() - at);
  }));
  const start = performance.now();
  for (let i = 0; performance.now() - start < milliseconds; i++) {
    const value = (3 * Math.sin(i / 20)).toFixed(2);
    const step = (Math.round(value / 0.05) * 0.05).toFixed(2);
    slider.value = step;
    set[Number(slider.value).toFixed(2)] = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => setTimeout(done, 1000 / rate));
  }
  const seconds = (performance.now() - start) / 1000;
  await new Promise((done) => setTimeout(done, 500));
  return { waits, seconds };
}"""


def take_pictures(browser, address: str, scan: Path) -> None:
    """The page in both sizes and both colour schemes, and each tab at work. scan: a picture."""
    for name, link, width, height, dark in (
        ("page", "", 1440, 900, False), ("page-dark", "", 1440, 900, True),
        ("phone", "/?mode=basic", 390, 844, False),  # as a phone begins
    ):  # fmt: skip
        page = open_page(browser, address + link, width, height, dark=dark)
        page.wait_for_selector(".dr-moves:not([hidden])", state="attached")  # all has come
        page.wait_for_selector(".nb tbody tr")
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()
    for name, act in (
        ("present", _present), ("directions", _directions), ("effects", _effects), ("drag", _drag),
        ("compare", _compare), ("mix", _mix), ("noise", _noise), ("journey", _journey),
        ("map", _map), ("inside", _inside), ("scan", partial(_scan, scan=scan)),
        ("export", _export), ("lesson", _lesson), ("lab", _lab), ("desk", _desk),
        ("training", _training), ("models", _models), ("help", _help),
    ):  # fmt: skip
        page = open_page(browser, address, 1440, 900)
        act(page)
        page.wait_for_timeout(700)
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()


def _directions(page) -> None:
    page.wait_for_selector("#anatomy-1")
    open_row(page, "#anatomy-1").get_by_role("button", name="Film").click()
    page.wait_for_selector("#anatomy-1 .dr-film img[src]")
    open_row(page, "#anatomy-2").get_by_role("button", name="Receipt").click()
    page.wait_for_selector(".dr dialog table")


def _present(page) -> None:
    """A slider moved, for a projector."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_selector("#anatomy-1")
    page.locator("#anatomy-1 input[type=number]").fill("1.5")
    page.wait_for_selector(".nb tr.moved")
    page.get_by_role("button", name="Present").click()
    page.wait_for_selector(".pr-moved dt")


def _effects(page) -> None:
    page.get_by_text("What moves what: all sliders").click()
    page.locator(".ef-box td").first.click()


def _drag(page) -> None:
    """Both edges of the head, outwards."""
    open_tab(page, "Drag")
    box = page.locator("#view .lv-now").bounding_box()
    y = box["y"] + 0.5 * box["height"]
    for start, end in ((0.18, 0.13), (0.82, 0.87)):
        page.mouse.move(box["x"] + start * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + end * box["width"], y, steps=4)
        page.mouse.up()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function("document.querySelector('.dg-changes').textContent")


def _lesson(page) -> None:
    page.get_by_role("button", name="Lessons").click()
    page.get_by_role("button", name="A seed is a brain").click()


def _lab(page) -> None:
    """A brain that has run."""
    page.get_by_role("button", name="Lab", exact=True).click()
    page.wait_for_selector("[data-card=race] .js-plotly-plot")
    page.get_by_role("button", name="Race another brain").click()
    page.wait_for_function("document.querySelector('.lb-running').textContent === 'All have run.'")
    page.locator("[data-card=race]").evaluate("card => card.scrollIntoView()")


def _desk(page) -> None:
    page.get_by_role("button", name="Lab", exact=True).click()
    page.wait_for_selector("[data-chart=verdicts] .js-plotly-plot")  # the cards are filled
    page.locator("[data-card=desk]").evaluate("card => card.scrollIntoView()")
    page.wait_for_selector(".ds-side[data-side=right] img[src]")
    page.wait_for_timeout(1500)
    page.locator("[data-card=desk]").evaluate("card => card.scrollIntoView()")


def _training(page) -> None:
    """In the middle of it."""
    page.get_by_role("button", name="Lab", exact=True).click()
    page.wait_for_selector("[data-chart=verdicts] .js-plotly-plot")
    page.locator("[name=lb-moment]").fill("12")
    page.wait_for_timeout(1500)
    page.locator("[data-card=training]").evaluate("card => card.scrollIntoView()")


def _models(page) -> None:
    page.get_by_text("Model card: ").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.locator("#card").evaluate("card => card.scrollIntoView()")


def _help(page) -> None:
    page.get_by_role("button", name="Help and keyboard").click()
    page.wait_for_selector(".dk-help[open]")


def _compare(page) -> None:
    page.wait_for_selector("#anatomy-1")
    page.locator("#anatomy-1 input[type=number]").fill("1.5")
    page.get_by_role("button", name="Side by side").click()
    page.get_by_text("Zoom, grey window, sides").click()


def _mix(page) -> None:
    open_tab(page, "Mix")
    page.get_by_role("button", name="Draw matrix").scroll_into_view_if_needed()
    page.get_by_role("button", name="Draw matrix").click()
    page.wait_for_function("!document.querySelector('.mx-status').textContent.includes('…')")
    page.wait_for_timeout(1500)
    page.locator(".mx-matrix").scroll_into_view_if_needed()


def _noise(page) -> None:
    open_tab(page, "Noise")
    show = page.locator("[data-do=map]")
    show.scroll_into_view_if_needed()
    show.click()
    page.wait_for_timeout(2500)
    page.locator(".nz .scale").scroll_into_view_if_needed()


def _journey(page) -> None:
    open_tab(page, "Journey")
    page.get_by_role("button", name="Add four random").click()
    page.wait_for_function("document.querySelectorAll('.jr-keys li').length > 3")
    page.get_by_role("button", name="Measure the speed").click()
    page.wait_for_selector(".jr-chart .main-svg")
    page.get_by_label("Place on the journey").fill("0.4")


def _map(page) -> None:
    open_tab(page, "Map")
    page.wait_for_selector(".mp-frame .ct-bar:not([hidden])")
    page.get_by_role("checkbox", name="Real slices").check()
    page.wait_for_timeout(1500)
    box = page.locator(".mp-frame .ct-plot").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.45 * box["height"], steps=5)


def _inside(page) -> None:
    open_tab(page, "Inside")
    page.wait_for_selector(".ns-maps button")


def _scan(page, scan: Path) -> None:
    open_tab(page, "Your scan")
    page.get_by_label("Scan", exact=True).set_input_files(scan)
    page.get_by_role("button", name="Find nearest brain").click()
    page.wait_for_selector(".sc-result:not([hidden])")
    page.locator(".sc-words").first.scroll_into_view_if_needed()


def _export(page) -> None:
    open_tab(page, "Export")
    page.get_by_role("button", name="Only pictures with").click()


def make_scan(path: Path) -> None:
    """Something to project: a brain of the model, turned a little and blurred; no real person."""
    picture = Image.fromarray(render(load(), Recipe(seed=77, psi=0.9)))
    picture.resize((256, 256), Image.Resampling.BICUBIC).rotate(4).save(path)


def measure_drag(browser, address: str) -> dict:
    """From a slider's value to the frame that shows its picture, while dragging."""
    page = open_page(browser, address)
    page.wait_for_selector(".dr-row")
    page.locator(".dr-tabs").get_by_role("button", name="PCA").click()
    page.evaluate(_DRAG, [500, EVENTS_PER_SECOND])  # warm up
    result = page.evaluate(_DRAG, [DRAG_MS, EVENTS_PER_SECOND])
    page.close()
    waits = sorted(result["waits"])
    return {
        "pictures_per_second": round(len(waits) / result["seconds"], 1),
        "median_ms": round(statistics.median(waits), 1),
        "p95_ms": round(waits[int(0.95 * len(waits))], 1),
    }


def measure_render(threads: int, rounds: int = 200) -> float:
    """Median milliseconds of render() at batch 1."""
    torch.set_num_threads(threads)
    model = load()
    times = []
    for i in range(rounds):
        start = time.perf_counter()
        render(model, Recipe(seed=i))
        times.append(time.perf_counter() - start)
    return round(1000 * statistics.median(times), 2)


def measure_start() -> float:
    """Seconds from starting app.py to the first picture in an open browser."""
    with chromium() as browser:
        start = time.perf_counter()
        with running_app() as address:
            open_page(browser, address).close()
            return round(time.perf_counter() - start, 1)


def main() -> None:
    """Write assets/tour/*.png and assets/tour/speed.json."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    figures = {"cores": os.cpu_count(), "torch": torch.__version__, "threads": spare_cores()}
    figures["render_ms"] = measure_render(1)
    figures["start_seconds"] = measure_start()
    with chromium() as browser, running_app() as address:
        with tempfile.TemporaryDirectory() as folder:
            make_scan(Path(folder) / "scan.png")
            take_pictures(browser, address, Path(folder) / "scan.png")
        figures["drag"] = measure_drag(browser, address)
    text = json.dumps(figures, indent=1)
    (PICTURES / "speed.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
