"""python -m train average CHECKPOINT CHECKPOINT ... --out FILE: one generator out of several."""

import argparse
from pathlib import Path

import torch

from gan.checkpoint import Checkpoint, load_generator, save_checkpoint
from train.usage import UsageError


def main(argv: list[str]) -> None:
    """Write the mean of the weights of several moments of one training.

    Weights along the end of a training circle around a better place than each of them (stochastic
    weight averaging, Izmailov 2018): what a longer half-life of the averaged generator would have
    found (Karras 2024), without training again. Raises UsageError if the networks differ.
    """
    parser = argparse.ArgumentParser(
        prog="python -m train average",
        description="Average the generators of several moments of one training, such as its last "
        "snapshots. It often makes cleaner pictures than each of them: measure it (python -m train "
        "evaluate).",
    )
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT",
                        help="copies of model.safetensors, two or more")  # fmt: skip
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    args = parser.parse_args(argv)
    if args.out.suffix != ".safetensors":
        raise UsageError(f"--out {args.out}: its name must end in .safetensors")
    if len(args.checkpoints) < 2:
        raise UsageError(f"{args.checkpoints[0]}: one checkpoint is its own mean; give two or more")
    checkpoints = [load_generator(path)[1] for path in args.checkpoints]
    newest = max(checkpoints, key=lambda checkpoint: checkpoint.provenance.get("kimg", 0))
    averaged = [checkpoint.provenance.get("kimg") for checkpoint in checkpoints]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    facts = newest.provenance | {"averaged_kimg": averaged}
    save_checkpoint(args.out, newest.config, facts, mean_weights(checkpoints))
    print(f"{args.out}: the mean of {len(checkpoints)} generators, up to {max(averaged):g} kimg")


def mean_weights(checkpoints: list[Checkpoint]) -> dict[str, torch.Tensor]:
    """The mean of the averaged generators, by name. Raises UsageError if the networks differ."""
    first, *others = checkpoints
    for other in others:
        if other.config != first.config:
            raise UsageError(
                f"{other.path}: another network than {first.path}; give snapshots of one training"
            )
    return {
        name: torch.stack([c.tensors[name].double() for c in checkpoints]).mean(dim=0).float()
        for name in first.tensors
        if name.startswith("G_ema.")
    }
