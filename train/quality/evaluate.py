"""python -m train evaluate CHECKPOINT --data FOLDER_OR_ZIP: is it any good?"""

import argparse
import html
import json
from pathlib import Path

import numpy as np
from torch import Tensor

from gan.checkpoint import load_generator, write_atomic
from gan.picture import contact_sheet, png_bytes, to_uint8
from train.config import UsageError
from train.data import Slices
from train.data.columns import read_numbers
from train.data.files import open_source
from train.data.tables import column_key
from train.quality.inception import inception_figures
from train.quality.judge import Judge
from train.quality.page import evaluation_page
from train.quality.samples import draw
from train.quality.sheets import labelled_sheet
from train.quality.source import add_source, find_checkpoint, load_both, table_beside
from train.quality.thirds import thirds_of_column, thirds_of_condition
from train.quality.thirds_told import thirds_lines
from train.usage import check_outside, people

PAIRS = 10
SHEET = 64
FEW = 5  # held-out people


def main(argv: list[str]) -> None:
    """Measure a checkpoint; writes figures, a page and pictures, prints the figures."""
    args = _parser().parse_args(argv)
    path = find_checkpoint(Path(args.checkpoint))
    generator, checkpoint = load_generator(path)
    provenance, config = checkpoint.provenance, generator.config
    if args.samples < 2:
        raise UsageError(f"--samples {args.samples}: at least 2 are needed")
    if args.inception and not args.inception.is_file():
        raise UsageError(f"--inception {args.inception}: no such file")
    options = provenance.get("train", {})
    out = args.out or Path(f"{path.with_suffix('')}-evaluation")
    check_outside("out", out, args.data)
    table = table_beside(args, provenance, config) if args.by else ""
    train, held_out = load_both(args, provenance, config)
    numbers = _numbers(args, table, train, held_out) if table else []
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}; give another folder") from error
    mirror = bool(options.get("mirror"))
    try:
        judge = Judge(train, held_out, out, mirror=mirror, seed=args.seed, samples=args.samples)
    except ValueError as error:
        raise UsageError(f"--data {args.data}: {error}") from error
    fake, places = judge.draw_labelled(generator, args.samples)
    result = judge.examine(fake)
    if train.scale:
        result["thirds"] = thirds_of_condition(judge, fake, places)
    if numbers:
        result["by"] = thirds_of_column(judge, fake, column_key(args.by), numbers)
    result = {
        "kimg": provenance.get("kimg"), "seed": args.seed,
        **result, "slices": result["slices"] | {"generated": len(fake)},
    }  # fmt: skip
    result["inception"] = inception_figures(judge.reals(len(fake)), fake, args.inception)
    text = json.dumps(result, indent=1, allow_nan=False)
    write_atomic(out / "evaluation.json", (text + "\n").encode())
    _write_pictures(out, args, judge, generator, fake, result)
    _print(result, out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train evaluate",
        description="Measure a model against the slices it was trained on and against people "
        "it never saw. Writes evaluation.json, evaluation.html, samples, the worst of them and the "
        "closest pairs.",
    )
    add_source(parser)
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        help="for the results (default: CHECKPOINT-evaluation)")  # fmt: skip
    parser.add_argument("--samples", type=int, default=2000,
                        help="pictures to generate (default 2000)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
    parser.add_argument(
        "--by", default="", metavar="COLUMN",
        help="numbers of the real slices in the table of --labels, such as age: for which third of "
        "them is there a picture nearby?",
    )  # fmt: skip
    parser.add_argument("--no-real", action="store_true",
                        help="write no picture of a real slice")  # fmt: skip
    parser.add_argument(
        "--inception", type=Path, metavar="FILE",
        help="weights of the Inception network (weights-inception-2015-12-05-6726825d.pth), for "
        "the FID and KID of papers; needs torch-fidelity",
    )  # fmt: skip
    return parser


def _numbers(
    args: argparse.Namespace, table: str, train: Slices, held_out: Slices | None
) -> list[np.ndarray]:
    """What the column of `--by` says of the slices of each side. Raises UsageError."""
    sides = [train, held_out] if held_out else [train]
    numbers = read_numbers(open_source(args.data), table, args.by, "--by", sides)
    known = numbers[0][np.isfinite(numbers[0])]
    if len(np.unique(known)) < 2:
        raise UsageError(
            f"--labels {table}: column {args.by} holds fewer than two numbers for the training "
            "slices; give --by a column whose numbers differ"
        )
    return numbers


def _write_pictures(
    out: Path, args: argparse.Namespace, judge: Judge, generator, fake: Tensor, result: dict
) -> None:
    """Uncurated samples at psi 1 and 0.7, of a scale also in the middle of each third; the worst
    pictures, the page, and the closest pairs in their own file."""
    samples = {psi: to_uint8(judge.draw(generator, SHEET, psi)) for psi in (1.0, 0.7)}
    for psi, pictures in samples.items():
        write_atomic(out / f"samples-psi{psi:g}.png", png_bytes(contact_sheet(pictures, 8)))
    if judge.train.scale:
        for name, place in _thirds(judge.train.scale.count):
            for psi in samples:
                some = draw(generator, SHEET, args.seed, psi, np.array([place]))
                sheet = png_bytes(contact_sheet(to_uint8(some), 8))
                write_atomic(out / f"samples-psi{psi:g}-{name}.png", sheet)
    worst = judge.worst(fake)
    write_atomic(out / "worst.png", png_bytes(worst))
    pairs, note = out / "closest-pairs.png", ""
    if args.no_real:
        pairs.unlink(missing_ok=True)  # of an earlier evaluation
    else:
        write_atomic(pairs, _pairs_png(*judge.closest(fake, PAIRS)))
        note = (
            f'<p>This page shows no real slice. The <a href="{pairs.name}">{PAIRS} pictures '
            "closest to a training slice, beside those slices</a>, lie in a file of their own: "
            "it shows real people and is not for publication without their leave.</p>"
        )
    name = html.escape(Path(args.checkpoint).name)
    page = evaluation_page(f"Evaluation of {name}", result, samples, worst, note)
    write_atomic(out / "evaluation.html", page.encode())


def _thirds(count: int) -> list[tuple[str, float]]:
    """Names of the thirds of a scale of so many classes, and the place in the middle of each."""
    return [(n, (2 * i + 1) / 6 * (count - 1)) for i, n in enumerate(("low", "middle", "high"))]


def _pairs_png(fakes: Tensor, reals: Tensor, distances: Tensor) -> bytes:
    """Fakes above the training slices that they come closest to, with the distances between."""
    sheet = labelled_sheet([
        "synthetic: the closest to a training slice", to_uint8(fakes),
        [f"{distance:.2f}" for distance in distances.tolist()],
        to_uint8(reals), "REAL training slices",
    ])  # fmt: skip
    return png_bytes(
        sheet,
        "Above: the synthetic slices closest to a training slice. Below: those training slices "
        "(real). Not for diagnosis.",
    )


def _print(result: dict, out: Path) -> None:
    """The figures beside their floors, one line each."""
    parts = {
        f"against halves of {result['people']['train'] or 'unknown'} training people": (
            result["halves"]["value"], result["halves"]["floor"]),
        "copies": (result["copies"]["value"], result["copies"]["floor"]),
        "what gives it away": (result["telltales"]["value"], result["telltales"]["floor"]),
    }  # fmt: skip
    if result["held_out"]:
        known = result["people"]["held_out"]
        counted = people(known) if known else "people"
        title = f"against {counted} it never saw"
        parts[title] = result["held_out"]["value"], result["held_out"]["floor"]
    for title, (value, floor) in parts.items():
        print(title)
        for name, number in value.items():
            beside = f"  real {floor[name]:9.4g}" if name in floor else ""
            print(f"  {name:20s} {number:9.4g}{beside}")
    if result["held_out"] and (known or 1) < FEW:
        print(f"  few people: these figures mean little (at least {FEW} are better)")
    for line in thirds_lines(result):
        print(line)
    print(f"score {result['score']:.3f} (0: as good as other people; lower is better)")
    print(result["inception"]["note"])
    print(out / "evaluation.html")
