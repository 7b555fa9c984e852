"""Measure how near a model comes to slices of people it never saw.

    python -m explorer.unseen FOLDER [--checkpoint FILE] [--slices N] [--source TEXT]

FOLDER: pictures of held-out people, one slice each. N of them, evenly spaced in the order of their
paths, are projected as on the page; what each reached is written as unseen.json beside the
checkpoint, and projections are judged by it from then on.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from explorer.knowledge.unseen import FEWEST, FILE, Unseen, write_unseen
from explorer.picture.model import Model
from explorer.picture.opening import add_device, opened
from explorer.picture.render import render
from explorer.recipe.checks import RecipeError
from explorer.tools.projection import Projector
from explorer.tools.scans.framing import Placing, place
from explorer.tools.scans.reading import read_scan
from explorer.tools.verdict import judge
from explorer.tools.views import rarer_than
from explorer.work.machine import spare_cores
from gan.card import CardError
from gan.checkpoint import CheckpointError


def main() -> int:
    """0 when the file is written, 2 if the pictures or the checkpoint cannot be used."""
    parser = argparse.ArgumentParser(description="Measure how near unseen slices can be come.")
    parser.add_argument("folder", type=Path, help="pictures of people that were held out")
    parser.add_argument("--checkpoint", help="a .safetensors file (default: the bundled model)")
    parser.add_argument("--slices", type=int, default=12, help="how many of them")
    parser.add_argument("--source", default="", help="where the pictures come from")
    add_device(parser)
    args = parser.parse_args()
    torch.set_num_threads(spare_cores())
    try:
        paths = sorted(args.folder.rglob("*.png"))
        if not FEWEST <= args.slices <= len(paths):
            raise RecipeError(
                f"{args.folder}: {len(paths)} PNG pictures; --slices must be {FEWEST} or more, "
                "and no more than they are"
            )
        at = (np.arange(args.slices) + 0.5) * len(paths) / args.slices
        model = opened(args.checkpoint, args.device)
        model.library.settled_population()
        found = measure_unseen(model, [paths[int(i)] for i in at], args.source)
        write_unseen(found, model.path.parent / FILE)
    except (CheckpointError, CardError, RecipeError, OSError) as error:
        print(f"unseen: {error}", file=sys.stderr)
        return 2
    low, high = min(found.structure), max(found.structure)
    print(f"{len(found)} slices: structure {low:.2f} to {high:.2f}. Written: {FILE}")
    return 0


def measure_unseen(model: Model, paths: list[Path], source: str) -> Unseen:
    """Project the slices and judge each."""
    projector, config, library = Projector(model), model.config, model.library
    album = projector.album.get()
    start, structure, error, rarer, gaps = [], [], [], [], []
    for path in tqdm(paths, "projecting", leave=False):
        scan = read_scan([path.read_bytes()], config.img_channels)
        target = place(scan, album.frame, Placing(), config.resolution, config.img_channels)
        *_, last = projector.project(target)
        verdict = judge(library, target, render(model, last.recipe))
        start.append(float(album.alike(target).max()))
        structure.append(verdict.likeness.structure)
        error.append(verdict.likeness.error)
        rarer.append(rarer_than(model, last.recipe))
        gaps.append(tuple(round(float(x), 4) if np.isfinite(x) else None for x in verdict.gaps))
    lists = (tuple(round(x, 4) for x in xs) for xs in (start, structure, error, rarer))
    side = library.side if library.sketched else None
    return Unseen(model.digest[:12], source, *lists, library.ruler.keys, tuple(gaps), side,
                  bool(model.scale))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
