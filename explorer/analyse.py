"""Measure how disentangled a model is, and write it down.

    python -m explorer.analyse [MODEL] --out report.html
    python -m explorer.analyse MODEL ... --desk
    python -m explorer.analyse MODEL ... --compare

The first writes one HTML file that needs no network, and beside it the same figures as CSV. Minutes
at 128 px on a laptop; what was measured is kept, so that a stopped analysis goes on where it was.
--desk keeps beside each model only what the lab's desk tells of it, and not its population, which
is large. --compare prints what is kept of several models as a table in Markdown.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from explorer.knowledge import population
from explorer.knowledge.sketch import is_large
from explorer.lab import report
from explorer.lab.analysis import FREE, TRAINING, analyse
from explorer.lab.comparison import as_markdown, standing_of
from explorer.lab.factors import factors_of
from explorer.lab.lpips import Lpips, read_lpips
from explorer.lab.table import as_csv
from explorer.picture.model import Model
from explorer.picture.opening import add_device, opened
from explorer.work import ahead
from explorer.work.machine import spare_cores
from explorer.work.memory import keep_memory
from gan.card import CardError
from gan.checkpoint import CheckpointError, write_atomic


def main() -> int:
    """0 when all is written, 2 if a model or the place cannot be used, 130 if stopped."""
    args = _arguments()
    if wrong := _wrong(args):
        print(f"analyse: {wrong}", file=sys.stderr)
        return 2
    torch.set_num_threads(spare_cores())
    try:
        models = [opened(path, args.device) for path in args.models or [None]]
        if any(is_large(model.config) for model in models):
            keep_memory()
            ahead.employ(spare_cores())
            torch.set_num_threads(1)
        if args.compare:
            print(as_markdown([standing_of(model) for model in models]), end="")
        elif args.desk:
            for model in models:
                _measure_for_the_desk(model)
        else:
            lpips = read_lpips(*args.lpips) if args.lpips else None
            _write(models[0], args.out, args.target, lpips)
    except (CheckpointError, CardError, OSError) as error:
        print(f"analyse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m explorer.analyse", description="Measure how disentangled a model is."
    )
    parser.add_argument(
        "models", nargs="*", metavar="MODEL",
        help=".safetensors files or folders (default: the bundled model)",
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="the .html file to write, of one model")
    what.add_argument(
        "--desk", action="store_true", help="keep what the lab's desk tells of each model"
    )
    what.add_argument(
        "--compare", action="store_true", help="print what is kept of them as Markdown"
    )
    parser.add_argument("--target", default="ventricles", help="what the race is about, by its key")
    parser.add_argument(
        "--lpips", nargs=2, type=Path, metavar=("VGG16.pth", "LIN.pth"),
        help="weights of VGG16 (torchvision) and of LPIPS (its vgg.pth), for perceptual path "
        "lengths as in the papers",
    )  # fmt: skip
    add_device(parser)
    return parser.parse_args()


def _wrong(args: argparse.Namespace) -> str:
    if args.out and args.out.suffix != ".html":
        return f"--out {args.out}: its name must end in .html"
    if args.out and len(args.models) > 1:
        return "--out is of one model; analyse them one by one"
    return ""


def _write(model: Model, out: Path, target: str, lpips: Lpips | None) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with _progress() as show:
        found = analyse(model.lab, show, target=target, lpips=lpips)
    text = report.write(found, factors_of(model.lab), model.name, model.digest)
    write_atomic(out, text.encode())
    table = out.with_suffix(".csv")
    write_atomic(table, as_csv(found).encode())
    print(f"{out} and {table}")


def _measure_for_the_desk(model: Model) -> None:
    library, measures = model.lab, model.library.measures
    model.library.measures = replace(measures, passing=frozenset({population.KIND}))
    print(f"{model.name}: brains", flush=True)
    library.settled_population()
    with _progress() as show:
        analyse(library, show, only=(*FREE, TRAINING))


@contextmanager
def _progress() -> Callable[[float, str], None]:
    with tqdm(total=100, unit="%") as bar:

        def show(share: float, what: str) -> None:
            bar.set_description(what)
            bar.update(round(100 * share) - bar.n)

        yield show


if __name__ == "__main__":
    sys.exit(main())
