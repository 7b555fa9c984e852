"""Compute beforehand what the explorer keeps beside a checkpoint.

    python -m explorer.prepare [--checkpoint FILE] [--device NAME]

Without this the explorer does the same in the background when it opens the model.
"""

import argparse
import sys

import torch

from explorer.knowledge.climbing import AXES, share_of_height
from explorer.knowledge.library import Library
from explorer.knowledge.ruler import HEIGHT
from explorer.picture.opening import add_device, opened
from explorer.work.machine import spare_cores
from gan.card import CardError
from gan.checkpoint import CheckpointError


def main() -> int:
    """0 when everything is kept, 2 if the checkpoint cannot be used."""
    parser = argparse.ArgumentParser(description="Measure a model's population and directions.")
    parser.add_argument("--checkpoint", help="a .safetensors file (default: the bundled model)")
    add_device(parser)
    args = parser.parse_args()
    torch.set_num_threads(spare_cores())
    try:
        model = opened(args.checkpoint, args.device)
    except (CheckpointError, CardError) as error:
        print(f"prepare: {error}", file=sys.stderr)
        return 2
    model.library.prepare()
    if model.library.told:
        print(model.library.told)
    for key, receipt in model.library.receipts().items():
        print(f"{key:24s} {receipt.name}")
    if climbing := _climbing(model.library):
        print(climbing)
    return 0


def _climbing(library: Library) -> str:
    """A sentence; empty where heights cannot be read."""
    if not library.ruler.height:
        return ""
    table = library.population().table
    heights = table[:, library.ruler.keys.index(HEIGHT.key)]
    share = share_of_height(library.people[: len(table)], library.spread, heights)
    return f"slice height tells {share:.1%} of the variance along the first {AXES} axes of w"


if __name__ == "__main__":
    sys.exit(main())
