"""How far a slider carries one measurement: the one for all brains against the one made here.

    python -m tests.bench.sliders MODEL [MEASUREMENT ...]

For each measurement that has a slider, or those that are named by their keys: brains on which it
can be measured, at psi 0.7; the step at which it has changed by +1 standard deviation, as far as
the slider goes (3), as judged by other instruments than those that made either. Prints a table in
Markdown.
"""

import sys

import numpy as np
import torch

from explorer.knowledge.population import PICTURES
from explorer.lab.codes import draw_brains
from explorer.lab.dependency import dependency
from explorer.lab.factors import Factors, measured_factors
from explorer.lab.race import Arrival, reach
from explorer.picture.model import Model, load
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, pack_vector
from explorer.tools import here
from gan.picture import grey, to_uint8

BRAINS, PSI, FARTHEST = 100, 0.7, 3.0


def main() -> None:
    torch.set_num_threads(1)
    print("| model | measurement | slider | arrived | leak | height moves | step |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    model, wanted = load(sys.argv[1]), sys.argv[2:]
    model.library._population.get()
    for direction in model.library.measured():
        key = direction.key.removeprefix("measured:")
        if key in wanted or (not wanted and key != "height"):
            _compare(model, key, direction.vector)


def _compare(model: Model, key: str, straight: torch.Tensor) -> None:
    factors = measured_factors(model.library)
    target = factors.number(key)
    w = draw_brains(model.generator, 5 * BRAINS, PICTURES).w
    w = model.generator.mapping.w_avg.lerp(w, PSI)
    start = _judged(model, factors, w)
    rows = np.flatnonzero(np.isfinite(start[:, target]))[:BRAINS]
    w, start = w[rows], start[rows]
    ways = {
        "for all brains": straight.expand(len(w), -1),
        "made here": torch.stack([_here(model, key, one) for one in w]),
    }
    for name, steps in ways.items():

        def moved(some: np.ndarray, sizes: np.ndarray, steps=steps) -> np.ndarray:
            by = torch.from_numpy(sizes.astype(np.float32))[:, None] * steps[some]
            return _judged(model, factors, w[some] + by)

        found = reach(moved, start, target, FARTHEST, 1.0)
        print(f"| {model.name} | {key} | {name} | {_told(found, target, factors)} |", flush=True)


def _here(model: Model, key: str, w: torch.Tensor) -> torch.Tensor:
    """No step at all where none can be made."""
    recipe = Recipe(w=pack_vector(w.numpy()), psi=1)
    try:
        return torch.from_numpy(here.aim(model, recipe, key).own.values())
    except RecipeError:
        return torch.zeros_like(w)


def _judged(model: Model, factors: Factors, w: torch.Tensor) -> np.ndarray:
    G, pictures = model.generator, []
    with torch.inference_mode():
        for some in w.split(8):
            pictures.append(grey(to_uint8(G.synthesis(G.broadcast(some), noise_mode="const"))))
    return factors.scaled(factors.read(np.concatenate(pictures)))


def _told(found: Arrival, target: int, factors: Factors) -> str:
    share, changes = found.reached.mean(), found.changes[found.reached]
    arrived = f"{share:.0%} of {len(found.reached)}"
    if not len(changes):
        return f"{arrived} | | | "
    leak = dependency(changes, target)
    height = np.nanmean(np.abs(changes[:, factors.number("height")]))
    low, high = leak.interval
    return (f"{arrived} | {leak.mean:.2f} [{low:.2f}, {high:.2f}] | {height:.2f} | "
            f"{np.median(found.step[found.reached]):.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
