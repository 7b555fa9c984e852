"""Command line: python -m explorer.export --out FILE; the ending of FILE says what is made."""

import argparse
import math
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from explorer.export.dataset import Progress, write_dataset
from explorer.export.network import whole
from explorer.export.nifti import DEFAULT_MM, nifti_bytes, voxel_mm
from explorer.export.papers import Outcome
from explorer.export.plan import Balance, Plan, groups_of
from explorer.export.runtime import FILE as RUNTIME_FILE
from explorer.export.runtime import open_runtime
from explorer.export.sheet import next_brains, sheet_png
from explorer.export.standalone.file import page_html
from explorer.export.where import HOW, Condition
from explorer.knowledge.library import StillComputing
from explorer.picture.latents import check, check_condition
from explorer.picture.model import Model
from explorer.picture.opening import add_device, opened
from explorer.picture.render import export_png
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, short
from explorer.recipe.files import recipe_of
from explorer.work.machine import spare_cores
from gan.card import CardError
from gan.checkpoint import CheckpointError, write_atomic

_ENDINGS = (".png", ".nii.gz", ".zip", ".html", ".onnx")
_OF_PICTURES = ("recipe", "seed", "psi", "cutoff", "class", "condition")  # not of a network
_LATE = {"disable": None, "delay": 0.3}  # of what is mostly there: a bar only where it takes time
_MAILED = 25_000_000  # bytes
_EXAMPLES = """examples:
  python -m explorer.export --seed 5 --psi 0.8 --out brain.png
  python -m explorer.export --recipe brain.png --bits 16 --out brain16.png
  python -m explorer.export --recipe brain.png --voxel-mm 3 --out brain.nii.gz
  python -m explorer.export --count 24 --columns 6 --labels --out sheet.png
  python -m explorer.export --count 500 --psi 1 --where "ventricles>p80" --out large.zip
  python -m explorer.export --count 900 --psi 1 --balance ventricles:3 --out balanced.zip
  python -m explorer.export --seed 5 --out brains.html
  python -m explorer.export --checkpoint runs/mine/model.safetensors --out mine.onnx

A data set that was stopped or killed goes on when the same command is given again. Every file says
that it is synthetic; nothing of it is for diagnosis."""


def main(argv: list[str] | None = None) -> int:
    """0 when done, 2 on bad input, 1 when a data set stays incomplete, 130 when stopped."""
    args = _parser().parse_args(argv)
    torch.set_num_threads(spare_cores())
    try:
        return _export(args, Path(args.out))
    except (CheckpointError, CardError, RecipeError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"export: {error}; what was finished before is unharmed", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("export: stopped; a data set goes on with the same command", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m explorer.export", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Make a picture (.png, .nii.gz), a contact sheet (.png with --count) or a "
        "synthetic data set (.zip) with a trained model; or a page that runs it without a server "
        "(.html), or the network for other programs (.onnx).",
    )  # fmt: skip
    add = parser.add_argument
    add("--out", required=True, metavar="FILE", help="what to write: .png, .nii.gz, .zip, "
        ".html or .onnx")  # fmt: skip
    add("--checkpoint", metavar="FILE", help="a .safetensors file (default: the bundled model)")
    add("--recipe", metavar="FILE", help="saved picture or recipe in JSON whose settings and edits "
        "all pictures share; its own brain comes first")  # fmt: skip
    add("--seed", type=int, metavar="N", help="first brain (default: the recipe's, else 0)")
    add("--psi", type=float, metavar="X", help="truncation: 0 the average brain, 1 as varied as "
        "the training data (default: the recipe's, else 0.7)")  # fmt: skip
    add("--cutoff", type=int, metavar="N", help="truncate the first N layers only (default: the "
        "recipe's, else all)")  # fmt: skip
    add("--class", dest="classes", action="append", metavar="NAME", help="class of a model that "
        "has some; repeat for equal numbers of several (default: the recipe's or all)")  # fmt: skip
    add("--condition", metavar="X|LOW..HIGH", help="of a model whose classes are in order, such as "
        "the slice's height: one for all pictures, or of a data set a range over which they are "
        "spread (default: the recipe's; of a data set the whole scale)")  # fmt: skip
    add("--bits", type=int, default=8, help="depth of grey in PNGs: 8 or 16 (default 8)")
    add("--overwrite", action="store_true", help="replace what lies at --out, and begin anew")
    add_device(parser)
    one = parser.add_argument_group("a volume (.nii.gz)")
    one.add_argument("--voxel-mm", type=float, metavar="MM", help="side of a voxel (default: what "
                     f"the model knows, else {DEFAULT_MM:g} mm)")  # fmt: skip
    page = parser.add_argument_group("a page without a server (.html)")
    page.add_argument("--runtime", metavar="FILE", help=f"{RUNTIME_FILE} of npm, where there is no "
                      "internet (default: fetched once, 33 MB, and kept)")  # fmt: skip
    many = parser.add_argument_group("many pictures")
    add = many.add_argument
    add("--count", type=int, metavar="N", help="how many: to 100,000 in a data set, to 400 on a "
        "contact sheet")  # fmt: skip
    add("--columns", type=int, metavar="N", help="of a contact sheet (default: about square)")
    add("--labels", action="store_true", help="of a contact sheet: the seed below each picture")
    add("--vary", choices=("brain", "noise", "both"), default="brain", help="another brain for "
        "each picture, one brain with fresh noise, or both (default brain)")  # fmt: skip
    add("--noise-seed", type=int, metavar="N", help="first noise of --vary noise (default: the "
        "recipe's)")  # fmt: skip
    add(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help=f"take only pictures that measure so; repeat for several: {HOW}".replace("%", "%%"),
    )
    add("--balance", metavar="NAME[:N]", help="equal numbers from N (default 3) ranges of a "
        "measurement that hold equal shares of the model's brains")  # fmt: skip
    add("--tries", type=int, default=200, metavar="N", help="give a wish up where fewer than one "
        "in N brains fulfils it (default 200)")  # fmt: skip
    return parser


def _export(args: argparse.Namespace, out: Path) -> int:
    name = out.name.lower()
    if not name.endswith(_ENDINGS):
        raise RecipeError(f"--out {out}: the name must end in {', '.join(_ENDINGS)}")
    if not out.parent.is_dir():
        raise RecipeError(f"--out {out}: there is no folder {out.parent}; make it first")
    if name.endswith(".zip") and args.count is None:
        raise RecipeError("--count: how many pictures should the data set have?")
    if not name.endswith(".zip") and (args.where or args.balance or args.vary != "brain"):
        raise RecipeError("--where, --balance and --vary are for data sets: let --out end in .zip")
    if args.noise_seed is not None and args.vary != "noise":
        raise RecipeError("--noise-seed: only --vary noise asks for one; leave it out")
    if name.endswith((".html", ".onnx")):
        _check_no_pictures(args, name)
    elif args.runtime is not None:
        raise RecipeError("--runtime: only a page needs it: let --out end in .html")
    model = opened(args.checkpoint, args.device)
    recipe = _recipe(args, model)
    if name.endswith(".zip"):
        return _dataset(args, out, model, recipe)
    if args.count is not None and args.bits != 8:
        raise RecipeError("--bits: contact sheets have 8; leave it out")
    if out.exists() and not args.overwrite:
        raise RecipeError(f"--out {out}: already there; choose another name, or give --overwrite")
    _patiently(lambda: check(model, recipe))
    if name.endswith(".html"):
        content = _page(args, model, recipe)
    elif name.endswith(".onnx"):
        content = whole(model)
    elif name.endswith(".nii.gz"):
        content = nifti_bytes(model, recipe, args.voxel_mm)
        if args.voxel_mm is None and voxel_mm(model) is None:
            print(f"{out}: the model does not know its pixels' size, so voxels are "
                  f"{DEFAULT_MM:g} mm; --voxel-mm tells it")  # fmt: skip
    elif args.count is not None:
        square = math.ceil(math.sqrt(max(1, args.count)))
        columns = square if args.columns is None else args.columns
        content = sheet_png(model, next_brains(model, recipe, args.count), columns, args.labels)
    else:
        content = export_png(model, recipe, bits=args.bits)
    write_atomic(out, content)
    print(f"{out}: {len(content):,} bytes")
    return 0


def _check_no_pictures(args: argparse.Namespace, name: str) -> None:
    """Raise RecipeError for options that would do nothing here."""
    given = ["count"] if args.count is not None else []
    if args.bits != 8:
        given.append("bits")
    if name.endswith(".onnx"):
        values = {**vars(args), "class": args.classes}
        given += [option for option in (*_OF_PICTURES, "runtime") if values[option] is not None]
    if given:
        kind = "a page" if name.endswith(".html") else "a network by itself"
        raise RecipeError(f"--{given[0]}: {kind} has none; leave it out")


def _page(args: argparse.Namespace, model: Model, recipe: Recipe) -> bytes:
    with tqdm(desc="fetching the runtime", unit="B", unit_scale=True, **_LATE) as bar:

        def report(done: int, size: int) -> None:
            bar.total = size or None
            bar.update(done - bar.n)

        runtime = open_runtime(args.runtime, report)
    content = _patiently(lambda: page_html(model, recipe, runtime))
    if len(content) > _MAILED:
        print(f"{args.out}: {len(content) / 1e6:.0f} MB, more than many mail programs take")
    return content


def _recipe(args: argparse.Namespace, model: Model) -> Recipe:
    """The recipe of the command line."""
    recipe = recipe_of(args.recipe) if args.recipe else Recipe()
    if args.seed is not None:
        recipe = recipe.with_seed(args.seed)
    if args.psi is not None:
        recipe = replace(recipe, psi=args.psi)
    if args.cutoff is not None:
        recipe = replace(recipe, cutoff=args.cutoff)
    if args.classes:
        recipe = replace(recipe, class_index=_class(model, args.classes[0]))
    if args.condition:
        low, high = _conditions(args.condition)
        if low != high and not args.out.lower().endswith(".zip"):
            raise RecipeError(f"--condition {args.condition}: a range is for data sets; give one")
        check_condition(model, low)
        recipe = replace(recipe, condition=low)
    return recipe


def _conditions(text: str) -> tuple[float, float]:
    """The ends of a range, or one number twice."""
    try:
        low, _, high = text.partition("..")
        return float(low), float(high or low)
    except ValueError:
        raise RecipeError(
            f"--condition {short(text)}: write it like --condition=12.5 or --condition=-20..59"
        ) from None


def _class(model: Model, name: str) -> int:
    if name not in model.classes:
        known = f"classes {', '.join(model.classes)}" if model.classes else "no classes"
        raise RecipeError(f"--class {short(name)}: this model has {known}")
    return model.classes.index(name)


def _plan(args: argparse.Namespace, model: Model, recipe: Recipe) -> Plan:
    classes = tuple(_class(model, name) for name in args.classes or ())
    if not classes and args.vary != "noise" and recipe.class_index is None:
        classes = tuple(range(len(model.classes)))
    conditions = _conditions(args.condition) if args.condition else None
    if not conditions and model.scale and recipe.condition is None and args.vary != "noise":
        conditions = (model.scale.first, model.scale.last)
    balance = None
    if args.balance:
        key, _, parts = args.balance.partition(":")
        if parts and not parts.isdecimal():
            raise RecipeError(f"--balance {args.balance}: write it like ventricles:3")
        balance = Balance(key, int(parts) if parts else 3)
    where = tuple(Condition.parse(text) for text in args.where)
    first = recipe.seed
    if args.vary == "noise":
        first = recipe.noise.seed if args.noise_seed is None else args.noise_seed
    return Plan(
        recipe,
        args.count,
        first,
        args.vary,
        classes,
        where,
        balance,
        args.bits,
        args.tries,
        conditions,
    )


def _dataset(args: argparse.Namespace, out: Path, model: Model, recipe: Recipe) -> int:
    plan = _plan(args, model, recipe)
    _patiently(lambda: groups_of(model, plan))
    with tqdm(total=plan.count, unit="picture", disable=None) as bar:

        def report(progress: Progress) -> None:
            bar.set_postfix(tried=progress.tried, mb=round(progress.bytes / 1e6, 1), refresh=False)
            if bar.n == 0 and progress.found > 8:
                bar.initial = bar.n = progress.found  # what an earlier run has made
            bar.update(progress.found - bar.n)

        outcome = write_dataset(model, plan, out, report, args.overwrite)
    return _tell(out, outcome)


def _tell(out: Path, outcome: Outcome) -> int:
    print(f"{out}: {outcome.count:,} pictures, {outcome.bytes / 1e6:,.1f} MB; synthetic, not for "
          "diagnosis")  # fmt: skip
    if outcome.complete:
        return 0
    print(f"export: incomplete: {outcome.shortfall()}; ask for less, raise --psi or --tries",
          file=sys.stderr)  # fmt: skip
    return 1


def _patiently(work) -> None:
    """Do it once what it needs to know of the model has been measured; the first time only."""
    with tqdm(total=100, desc="measuring the model's brains", unit="%", **_LATE) as bar:
        while True:
            try:
                return work()
            except StillComputing as wait:
                bar.update(round(100 * wait.progress) - bar.n)
                time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
