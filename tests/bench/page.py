"""A page without a server under a real mouse in Chromium: python -m tests.bench.page.

Writes assets/bench/page.json and prints a table for the guide.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from pathlib import Path

from explorer import Recipe, load
from explorer.export.runtime import open_runtime
from explorer.export.standalone.file import page_html
from explorer.picture.model import bundled
from tests.bench.timing import machine
from tests.browser import ROOT, chromium

FILE = ROOT / "assets" / "bench" / "page.json"

# Of every picture on the screen how long ago the hand set the value it is of, and what the network
# and all around it took in the worker. Events are stamped before anything of the page ran.
_WATCH = """
  Object.assign(window, { waits: [], own: [], moves: 0, set: new Map(), shown: 0 });
  addEventListener('input', ({ target, timeStamp }) => {
    moves++;
    set.set(Number(target.value), timeStamp);
  }, true);
  addEventListener('frame', (event) => {
    const { recipe, ms } = event.detail, at = set.get(recipe.psi ?? 0.7);
    shown = performance.now();
    own.push(ms);
    if (at !== undefined) requestAnimationFrame(() => waits.push(performance.now() - at));
  });
"""


def drag(page, seconds: float) -> dict:
    """Variety to and fro with the mouse, which makes the whole picture anew every time."""
    box = page.locator("#psi").bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle, y)
    page.mouse.down()
    page.evaluate("Object.assign(window, { waits: [], own: [], moves: 0 })")
    start = time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        page.mouse.move(middle + 0.4 * box["width"] * math.sin(2 * now), y)
        time.sleep(0.008)  # a mouse reports up to 125 times a second
    page.mouse.up()
    waits, own, moves = page.evaluate("[waits, own, moves]")
    assert moves > 5 * seconds, "the mouse did not hold the slider"
    waits.sort()
    return {
        "moves_per_second": round(moves / seconds, 1),
        "pictures_per_second": round(len(waits) / seconds, 1),
        "median_ms": round(statistics.median(waits), 1),
        "p95_ms": round(waits[int(0.95 * len(waits))], 1),
        "own_ms": round(statistics.median(own), 1),
        "own_best_ms": round(min(own), 1),
    }


def measure(checkpoint: Path, seconds: float, repeats: int) -> dict:
    """The file's size, the time from opening it to its first picture of its own, the drags."""
    model = load(checkpoint)
    model.library.settled_receipts()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder) / "page.html"
        path.write_bytes(page_html(model, Recipe(5), open_runtime()))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(_WATCH)
        page.goto(path.as_uri())
        while not page.evaluate("shown"):
            page.wait_for_timeout(20)
        found = {"bytes": path.stat().st_size, "first_ms": round(page.evaluate("shown"))}
        drag(page, 2)  # warm up
        found["drags"] = [drag(page, seconds) for _ in range(repeats)]
        page.close()
    return found


def table(result: dict) -> str:
    """Markdown, of each model the best and the worst drag."""
    lines = [
        "| model | file | first picture | pictures a second | median | 95 % under | network |",
        "| --- " * 7 + "|",
    ]
    for name, found in result["models"].items():
        each = {key: [drag[key] for drag in found["drags"]] for key in found["drags"][0]}
        span = {key: f"{min(x):.0f} to {max(x):.0f}" for key, x in each.items()}
        lines.append(
            f"| {name} | {found['bytes'] / 1e6:.1f} MB | {found['first_ms'] / 1000:.1f} s | "
            f"{span['pictures_per_second']} | {span['median_ms']} ms | {span['p95_ms']} ms | "
            f"{span['own_ms']} ms |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5, help="of each drag (default: 5)")
    parser.add_argument("--repeats", type=int, default=5, help="of the drag (default: 5)")
    args = parser.parse_args()
    result = {"machine": machine(), "models": {}}
    for checkpoint in bundled():
        name = checkpoint.parent.name
        result["models"][name] = measure(checkpoint, args.seconds, args.repeats)
    FILE.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
