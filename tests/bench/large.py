"""Large networks under a moving hand: how soon their pictures are there, and the whole one at rest.

    python -m tests.bench.large [RESOLUTION ...]

Random networks with the widths of the paper's 256, 512 and 1024 px, moved along a principal axis
through all layers, so that nothing is kept from one picture to the next. As the page asks for them:
a smaller picture while the hand moves, larger ones after a pause, up to the whole. With PNG,
without the browser. Prints a table in Markdown; the memory is that of the process that draws.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from explorer.picture.model import load
from explorer.picture.preview import drawn
from explorer.recipe import Edit, Recipe
from explorer.work.machine import spare_cores
from explorer.work.memory import keep_memory
from tests.explorer.conftest import write_model

WIDTHS = {256: 16384, 512: 32768, 1024: 32768}  # channel_base; never more than 512 channels
STEPS, PAUSE = 40, 0.08  # pictures of a drag; seconds before the page asks for a larger one


def main() -> None:
    asked = [int(number) for number in sys.argv[1:]] or list(WIDTHS)
    if len(asked) == 1:
        print(row(asked[0]), flush=True)
        return
    print("| network | under the hand | pictures a second | whole after rest | memory |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for resolution in asked:  # each in a process of its own, for its memory
        subprocess.run([sys.executable, "-m", "tests.bench.large", str(resolution)], check=True)


def row(resolution: int) -> str:
    torch.set_num_threads(spare_cores())
    keep_memory()  # as the program does with such networks
    options = {"channel_base": WIDTHS[resolution], "channel_max": 512, "z_dim": 512, "w_dim": 512}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large" / "model.safetensors"
        model = load(write_model(path, resolution=resolution, img_channels=3, **options))
        drawn(model, Recipe(), soon=False)
        sizes, start = [], time.perf_counter()
        for step in range(STEPS):
            recipe = Recipe(edits=(Edit("pca1", -2 + 4 * step / STEPS),))
            sizes.append(drawn(model, recipe)[1])
        moving = time.perf_counter() - start
        shown, start = sizes[-1], time.perf_counter()
        while shown < resolution:
            time.sleep(PAUSE)
            shown = drawn(model, recipe, soon=shown)[1]
        rest = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    usual = sorted(sizes)[STEPS // 2]
    return (
        f"| {resolution} px | {usual} px | {STEPS / moving:.1f} | {rest:.2f} s | {memory:,.0f} MB |"
    )


if __name__ == "__main__":
    main()
