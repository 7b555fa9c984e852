"""Measure how disentangled a model is, and write it down.

    python -m explorer.analyse [MODEL] --out report.html

One HTML file that needs no network, and beside it the same figures as CSV. Minutes at 128 px on a
laptop; what was measured is kept, so that a stopped analysis goes on where it was.
"""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from explorer.lab import report
from explorer.lab.analysis import analyse
from explorer.lab.factors import factors_of
from explorer.lab.table import as_csv
from explorer.picture.model import load
from explorer.work.machine import spare_cores
from gan.checkpoint import CheckpointError, write_atomic


def main() -> int:
    """0 when both files are written, 2 if the model or the place cannot be used, 130 if stopped."""
    parser = argparse.ArgumentParser(description="Measure how disentangled a model is.")
    parser.add_argument("model", nargs="?", help="a .safetensors file (default: the bundled model)")
    parser.add_argument("--out", type=Path, required=True, help="the .html file to write")
    parser.add_argument("--target", default="ventricles", help="what the race is about, by its key")
    args = parser.parse_args()
    if args.out.suffix != ".html":
        print(f"analyse: --out {args.out}: its name must end in .html", file=sys.stderr)
        return 2
    torch.set_num_threads(spare_cores())
    try:
        model = load(args.model)
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with tqdm(total=100, unit="%") as bar:

            def show(share: float, what: str) -> None:
                bar.set_description(what)
                bar.update(round(100 * share) - bar.n)

            found = analyse(model.library, show, target=args.target)
        text = report.write(found, factors_of(model.library), model.name, model.digest)
        write_atomic(args.out, text.encode())
        table = args.out.with_suffix(".csv")
        write_atomic(table, as_csv(found).encode())
    except (CheckpointError, OSError) as error:
        print(f"analyse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    print(f"{args.out} and {table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
