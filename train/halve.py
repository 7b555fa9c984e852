"""python -m train halve CHECKPOINT --out FILE: the generator in half of the bytes."""

import argparse
from pathlib import Path

import torch

from gan.checkpoint import load_generator, named_tensors, save_checkpoint
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
    tensors = {name: t.half() for name, t in named_tensors(G_ema=whole).items()}
    lost = [name for name, tensor in tensors.items() if not tensor.isfinite().all()]
    if lost:
        raise UsageError(f"{checkpoint.path}: {lost[0]} is too large for half precision")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(args.out, checkpoint.config, checkpoint.provenance, tensors)
    off = grey_levels(whole, load_generator(args.out)[0])
    before, after = (path.stat().st_size / 2**20 for path in (checkpoint.path, args.out))
    print(
        f"{args.out}: {after:.1f} MB instead of {before:.1f}; over {SAMPLES} pictures grey levels "
        f"differ by {off.mean():.2f} of 255 on average, {off.max():.0f} at most"
    )


def grey_levels(one, other) -> torch.Tensor:
    """Absolute differences of two generators' pictures of the same seeds, [N, C, R, R]."""
    return 127.5 * (draw(one, SAMPLES, 0) - draw(other, SAMPLES, 0)).abs()
