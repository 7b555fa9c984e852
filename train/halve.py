"""python -m train halve CHECKPOINT --out FILE: the generator in half of the bytes."""

import argparse
from pathlib import Path

import torch

from gan.checkpoint import Checkpoint, load_generator, save_checkpoint
from train.quality.samples import draw
from train.usage import UsageError

SAMPLES = 64


def main(argv: list[str]) -> None:
    """Write the averaged generator in half precision, and say what that does to its pictures.

    Numbers keep 11 bits; they are read back as float32, so nothing computes in half precision.
    Raises UsageError if a number is too large for it (above 65,504).
    """
    parser = argparse.ArgumentParser(
        prog="python -m train halve",
        description="Write the generator of a checkpoint in half precision, for sharing: half of "
        "the bytes, and pictures that differ by a fraction of a grey level.",
    )
    parser.add_argument("checkpoint", help="model.safetensors or resume.safetensors of a training")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    args = parser.parse_args(argv)
    if args.out.suffix != ".safetensors":
        raise UsageError(f"--out {args.out}: its name must end in .safetensors")
    whole, checkpoint = load_generator(args.checkpoint)
    before = checkpoint.path.stat().st_size / 2**20
    if args.out.resolve() == checkpoint.path.resolve():
        raise UsageError(f"--out {args.out}: is the checkpoint itself; give another name")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_halves(args.out, checkpoint, ("G_ema",))
    off = grey_levels(whole, load_generator(args.out)[0])
    after = args.out.stat().st_size / 2**20
    print(
        f"{args.out}: {after:.1f} MB instead of {before:.1f}; over {SAMPLES} pictures grey levels "
        f"differ by {off.mean():.2f} of 255 on average, {off.max():.0f} at most"
    )


def write_halves(path: Path, checkpoint: Checkpoint, networks: tuple[str, ...]) -> None:
    """These networks of a checkpoint ("G_ema", "D") in half precision, with its facts.

    Raises UsageError if a number is too large for it.
    """
    prefixes = tuple(f"{name}." for name in networks)
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in checkpoint.tensors.items()
        if name.startswith(prefixes)
    }
    lost = [name for name, tensor in halves.items() if not tensor.isfinite().all()]
    if lost:
        raise UsageError(f"{checkpoint.path}: {lost[0]} is too large for half precision")
    save_checkpoint(path, checkpoint.config, checkpoint.provenance, halves)


def grey_levels(one, other) -> torch.Tensor:
    """Absolute differences of two generators' pictures of the same seeds, [N, C, R, R]."""
    return 127.5 * (draw(one, SAMPLES, 0) - draw(other, SAMPLES, 0)).abs()
