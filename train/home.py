"""python -m train home RUN --out FOLDER: what should come home from a machine that is lent."""

import argparse
from pathlib import Path

from gan.checkpoint import load_checkpoint, write_atomic
from train.folder import RESUME, SAMPLES
from train.halve import write_halves
from train.usage import UsageError

LOGS = ("stats.jsonl", "quality.jsonl")
MODELS = ("model.safetensors", "best.safetensors")
START = "start.safetensors"


def main(argv: list[str]) -> None:
    """Write the files; each replaces the one of an earlier time, whole or not at all.

    Raises UsageError if there is no training, or a number is too large for half precision.
    """
    parser = argparse.ArgumentParser(
        prog="python -m train home",
        description="Write what should come home of a training into a folder, small: the newest "
        "sample grid, the logs, model and best model in half precision, and start.safetensors "
        "(averaged generator and discriminator) for --start-from elsewhere.",
    )
    parser.add_argument("run", type=Path, help="folder of the training")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args(argv)
    resume = args.run / RESUME
    if not resume.is_file():
        raise UsageError(f"{args.run}: holds no {RESUME}; give the folder of a training")
    if args.out.resolve() == args.run.resolve():
        raise UsageError(f"--out {args.out}: is the training itself; give another folder")
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {args.out}: {error.strerror}; give another folder") from error
    for name in LOGS:
        _bring(args.run / name, args.out / name)
    _bring(max((args.run / SAMPLES).glob("kimg*.png"), default=None), args.out / "samples.png")
    for name in MODELS:
        if (args.run / name).exists():
            write_halves(args.out / name, load_checkpoint(args.run / name), ("G_ema",))
    write_halves(args.out / START, load_checkpoint(resume), ("G_ema", "D"))
    for path in sorted(args.out.glob("*.*")):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _bring(source: Path | None, target: Path) -> None:
    if source and source.exists():
        write_atomic(target, source.read_bytes())
