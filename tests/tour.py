"""Take the README's pictures and measure what it says about speed: make tour."""

import json
import os
import statistics
import time

import torch

from explorer import Recipe, load, render
from explorer.machine import spare_cores
from tests.browser import ROOT, chromium, open_page, running_app

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


def take_pictures(browser, address: str) -> None:
    """The page in both sizes and both colour schemes, and each tab at work."""
    for name, width, height, dark in (
        ("page", 1440, 900, False), ("page-dark", 1440, 900, True), ("phone", 390, 844, False),
    ):  # fmt: skip
        page = open_page(browser, address, width, height, dark=dark)
        page.wait_for_selector(".dr-row")
        page.wait_for_selector(".nb tbody tr")
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / f"{name}.png")
        page.close()
    page = open_page(browser, address, 1440, 900)
    page.get_by_role("tab", name="Mix").click()
    page.get_by_role("button", name="Coarse: shape").click()
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / "mix.png")
    page.get_by_role("button", name="None", exact=True).click()
    page.get_by_role("tab", name="Walk").click()
    page.locator("#walk-t input[type=number]").fill("0.5")
    page.locator("#walk-t input[type=number]").blur()
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / "walk.png")
    page.close()


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
        take_pictures(browser, address)
        figures["drag"] = measure_drag(browser, address)
    text = json.dumps(figures, indent=1)
    (PICTURES / "speed.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
