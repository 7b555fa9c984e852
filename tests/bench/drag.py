"""From the hand to the picture, with a real mouse in Chromium: python -m tests.bench.drag.

And twenty clients at once. Writes assets/bench/drag.json and prints tables for the guide.
"""

import argparse
import base64
import io
import json
import math
import re
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from explorer import Recipe, load, render
from explorer.picture.model import bundled
from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.bench.clients import drag_together, summary
from tests.bench.timing import machine
from tests.browser import ROOT, canvas_bytes, chromium, open_page, open_row, running_app

FILE = ROOT / "assets" / "bench" / "drag.json"
# A lean network of 128 px, as it is made for processors.
LEAN_128 = ModelConfig(
    resolution=128, channel_base=2048, channel_max=128, z_dim=256, w_dim=256, mapping_layers=4
)

# For every picture on the screen: how long ago the mouse made the move it comes from. The page asks
# for one picture at a time, so what it shows next is the newest value at the time of the last
# picture, or else the first value after it. Events are stamped before anything of the page ran.
_WATCH = """() => {
  Object.assign(window, { waits: [], moves: 0, log: [], shown: -1, before: 0 });
  addEventListener('input', (event) => {
    if (event.target.type !== 'range') return;
    moves++;
    setTimeout(() => log.push([event.timeStamp, JSON.stringify(window.brain.recipe)]));
  });
  addEventListener('frame', (event) => {
    let asked = log.findLastIndex(([at]) => at <= before);
    if (asked <= shown) asked = shown + 1;
    before = performance.now();
    const key = JSON.stringify(event.detail);
    // A move may have come between the last picture and the next question.
    while (asked < log.length && log[asked][1] !== key) asked++;
    if (asked >= log.length) return;
    shown = asked;
    requestAnimationFrame(() => waits.push(performance.now() - log[asked][0]));
  });
}"""


def drag(page, slider, seconds: float) -> dict:
    """Drag a slider to and fro with the mouse: milliseconds to the screen, pictures a second.

    Raises AssertionError if the picture that is left is not that of the slider's last place.
    """
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # Press on the handle: its place, within its own width of the ends.
    low, high, value = slider.evaluate("(s) => [s.min, s.max, s.value].map(Number)")
    at = (value - low) / (high - low)
    page.mouse.move(box["x"] + 8 + at * (box["width"] - 16), y)
    page.mouse.down()
    page.evaluate("Object.assign(window, { waits: [], moves: 0, log: [], shown: -1 })")
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        page.mouse.move(middle + 0.4 * box["width"] * math.sin(2 * now), y)
        time.sleep(0.008)  # a mouse reports up to 125 times a second
    page.mouse.up()
    waits, moves = page.evaluate("[waits, moves]")
    assert moves > 5 * seconds, "the mouse did not hold the slider"
    page.wait_for_timeout(600)
    last = page.evaluate("[JSON.stringify(window.last), JSON.stringify(window.brain.recipe)]")
    assert last[0] == last[1], "the last picture is not that of the last value"
    waits.sort()
    return {
        "events_per_second": round(moves / seconds, 1),
        "pictures_per_second": round(len(waits) / seconds, 1),
        "median_ms": round(statistics.median(waits), 1),
        "p95_ms": round(waits[int(0.95 * len(waits))], 1),
    }


def measure_hand(checkpoint: str, seconds: float) -> dict:
    """Each kind of slider in turn, on one page."""
    model = load(checkpoint)
    found = {}
    with running_app("--checkpoint", checkpoint) as address, chromium() as browser:
        page = open_page(browser, address)
        # Names and measured directions redraw the list once: not under the mouse.
        page.wait_for_selector("#anatomy-1, .dr-row", timeout=60_000)
        page.wait_for_timeout(3000)
        page.evaluate(_WATCH)
        page.locator(".dr-tabs").get_by_role("button", name="PCA").click()
        axis = page.locator("#axis-1 input[type=range]")
        drag(page, axis, 1)  # warm up
        found["a direction, all layers"] = drag(page, axis, seconds)
        open_row(page, "#axis-2").locator(".dr-spans button").last.click()
        fine = page.locator("#axis-2 .dr-slide input[type=range]")
        found["a direction, fine layers"] = drag(page, fine, seconds)
        psi = page.locator("#psi input[type=range]")
        found["variety (truncation)"] = drag(page, psi, seconds)
        shown = Image.open(io.BytesIO(_png(canvas_bytes(page)))).convert("L")
        values = page.evaluate("window.brain.recipe")
        assert np.array_equal(np.asarray(shown), render(model, Recipe.from_dict(values)))
        page.close()
    return found


def _png(uri: str) -> bytes:
    return base64.b64decode(uri.split(",")[1])


def main() -> None:
    """Measure, print tables, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5, help="of each drag (default: 5)")
    parser.add_argument("--clients", type=int, default=20, help="at once (default: 20)")
    parser.add_argument("--together", type=float, default=60, help="their seconds (default: 60)")
    args = parser.parse_args()
    result = {"machine": machine(), "hand": {}, "together": {}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lean128.safetensors"
        save_checkpoint(path, LEAN_128, {}, named_tensors(G_ema=Generator(LEAN_128)))
        for name, file in (("bundled", str(bundled()[0])), ("lean 128 px", str(path))):
            result["hand"][name] = measure_hand(file, args.seconds)
        with running_app() as address:
            runs = drag_together(address, load(), args.clients, args.together)
    result["together"] = summary(runs, args.together)
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(tables(result))


def tables(result: dict) -> str:
    """Markdown."""
    lines = ["| dragged | model | pictures a second | median | 95 % under |", "| --- " * 5 + "|"]
    for name, found in result["hand"].items():
        for what, r in found.items():
            lines.append(
                f"| {what} | {name} | {r['pictures_per_second']:.0f} | {r['median_ms']:.0f} ms "
                f"| {r['p95_ms']:.0f} ms |"
            )
    t = result["together"]
    lines += [
        "",
        f"{t['clients']} clients dragging at once for {t['seconds']:g} s: {t['pictures']} pictures "
        f"({t['pictures_per_second']:.0f} a second), each checked by its client: {t['wrong']} "
        f"wrong, {t['errors']} errors; {t['median_ms']:.0f} ms median, {t['p95_ms']:.0f} ms "
        f"for 95 %, {t['max_ms']:.0f} ms at most; each client got {t['fewest']} to "
        f"{t['most']} pictures.",
    ]
    return re.sub(r" +\n", "\n", "\n".join(lines))


if __name__ == "__main__":
    main()
