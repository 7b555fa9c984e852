"""What waits for a large network besides its picture: names and receipts, films, companions.

    python -m tests.bench.sketched [RESOLUTION]

A random network with the paper's widths. Its brains and a receipt, made and measured as the page
does it, on the smaller picture that the network makes on the way, and small pictures as the page
shows them; beside these the same from whole pictures. Seconds of processor time, so that it matters
little who else computes. Prints tables in Markdown.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.library import Library
from explorer.knowledge.population import PICTURES, Population
from explorer.knowledge.receipts import BRAINS, STEPS, write_receipt
from explorer.knowledge.samples import pictures_of
from explorer.picture.model import Model, load
from explorer.picture.render import render
from explorer.recipe import Edit, Recipe
from explorer.tools import matrix, variety, views
from explorer.work.machine import spare_cores
from explorer.work.memory import keep_memory
from gan.generator import Generator
from tests.bench.large import WIDTHS
from tests.explorer.conftest import write_model

SOME = 8  # times eight brains that are timed
EDIT = Edit("pca1", 1.0)


def main() -> None:
    resolution = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    torch.set_num_threads(spare_cores())
    keep_memory()  # as the program does with such networks
    options = {"channel_base": WIDTHS[resolution], "channel_max": 512, "z_dim": 512, "w_dim": 512}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large" / "model.safetensors"
        model = load(write_model(path, resolution=resolution, img_channels=3, **options))
        small(model)
        waiting(model)


def small(model: Model) -> None:
    print("| shown | on smaller pictures | whole |\n| --- | --- | --- |")
    films = {
        "film strip": (lambda n: views.film_strip(model, Recipe(seed=n), EDIT), 7),
        "eight companions": (lambda n: views.companions(model, Recipe(psi=0.7 - n / 99)), 8),
        "24 brains": (lambda n: variety.brains(model, Recipe(psi=0.7), 1000 * n), 24),
        "row of the matrix": (
            lambda n: matrix.row(model, Recipe(seed=n), (1, 2, 3), 9 + n, (0, 4)),
            4,
        ),
    }
    for number, (name, (make, pictures)) in enumerate(films.items()):
        made = timed(lambda make=make, number=number: make(number + 1))
        before = timed(
            lambda number=number, pictures=pictures: [
                render(model, Recipe(seed=7000 + 50 * number + i)) for i in range(pictures)
            ]
        )
        print(f"| {name} | {made:.2f} s | {before:.2f} s |", flush=True)


def waiting(model: Model) -> None:
    """What comes before names and receipts, for some of the brains and one receipt."""
    library, direction = model.library, model.library.pca[0]
    count = PICTURES + len(STEPS) * BRAINS * len(library.pca + library.sefa() + by_group(library))
    print(f"\nBrains and receipts measure {count:,} pictures and more.")
    print("| pictures | a brain made and measured | a receipt |\n| --- | --- | --- |")
    for generator in (library.sitter, model.generator):
        ws = generator.broadcast(torch.from_numpy(library.w[: 8 * SOME]))
        rows = []
        brain = timed(lambda g=generator, ws=ws, rows=rows: rows.extend(measured(library, g, ws)))
        rows = np.stack(rows)
        of = Population(rows, np.zeros(rows.shape[1]))
        receipt = timed(lambda g=generator, of=of: write_receipt(g, direction, of, library.ruler))
        side = generator.config.resolution
        print(f"| {side} px | {brain / len(rows):.3f} s | {receipt:.1f} s |", flush=True)


def measured(library: Library, generator: Generator, ws: torch.Tensor) -> Iterator[np.ndarray]:
    """As explorer.knowledge.population does it."""
    for some in pictures_of(generator, ws):
        library.ruler.build(some)
        yield from library.ruler.measure(some)


def by_group(library: Library) -> list[Direction]:
    return [d for layers in library.groups.values() for d in library.sefa(layers)[:5]]


def timed(make: Callable[[], object]) -> float:
    start = time.process_time()
    make()
    return time.process_time() - start


if __name__ == "__main__":
    main()
