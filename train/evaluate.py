"""python -m train evaluate CHECKPOINT --data FOLDER_OR_ZIP --out FOLDER: is it any good?"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gan.checkpoint import load_generator, write_atomic
from gan.generator import Generator, one_hot
from gan.picture import contact_sheet, png_bytes, to_uint8
from train.config import UsageError
from train.data import DataConfig, Slices, load_slices
from train.metrics import (
    memorised_share,
    nearest,
    precision_recall_density_coverage,
    sliced_wasserstein,
    small_features,
)

PAIRS = 10
SHEET = 64


def main(argv: list[str]) -> None:
    """Measure a checkpoint; writes evaluation.json and pictures, prints the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m train evaluate",
        description="Measure a model against the slices it was trained on and against people "
        "it never saw.",
    )
    parser.add_argument("checkpoint", help="a .safetensors file")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER_OR_ZIP",
        help="with the folders train and val (or what --held-out names)",
    )  # fmt: skip
    parser.add_argument("--held-out", default="auto", help="folder of unseen people: val, test")
    parser.add_argument("--out", required=True, type=Path, help="folder for the results")
    parser.add_argument("--seed", type=int, default=0, help="of the generated slices (default 0)")
    args = parser.parse_args(argv)
    generator, checkpoint = load_generator(args.checkpoint)
    if args.held_out == "train":
        raise UsageError(
            "--held-out train: the model has seen these; name a folder of other people"
        )
    config, source = generator.config, DataConfig(held_out=args.held_out)
    train, held_out = (
        _as_floats(load_slices(args.data, config.resolution, config.img_channels, source, split))
        for split in ("train", "held_out")
    )
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {args.out}: {error.strerror}; give another folder") from error
    fake = generate(generator, len(held_out), args.seed)
    mirror = bool(checkpoint.provenance.get("train", {}).get("mirror"))
    kimg = checkpoint.provenance.get("kimg")
    figures = {"kimg": kimg, **measure(train, held_out, fake, mirror)}
    text = json.dumps(figures, indent=1)
    write_atomic(args.out / "evaluation.json", (text + "\n").encode())
    _write_pictures(args.out, generator, train, fake, args.seed, mirror)
    print(text)


@torch.inference_mode()
def generate(generator: Generator, count: int, seed: int, psi: float = 1.0) -> Tensor:
    """Random, uncurated pictures as 8-bit grey levels would show them: [N, C, R, R] in -1..1."""
    config = generator.config
    random = np.random.RandomState(seed)
    torch.manual_seed(seed)  # of the noise
    batches = []
    for start in range(0, count, 16):
        size = min(16, count - start)
        z = torch.from_numpy(random.randn(size, config.z_dim)).float()
        labels = torch.from_numpy(random.randint(0, max(config.c_dim, 1), size))
        c = one_hot(labels, config.c_dim) if config.c_dim else None
        batches.append(generator(z, c, truncation_psi=psi))
    levels = (torch.cat(batches) * 127.5 + 128).clamp(0, 255).floor()
    return levels / 127.5 - 1


def measure(train: Tensor, held_out: Tensor, fake: Tensor, mirror: bool) -> dict:
    """All figures, each with its floor: the held-out people in the place of the fakes.

    train: [M, C, R, R]; held_out, fake: [N, C, R, R], all in -1..1. mirror: whether the network
    also saw the training slices mirrored. Sets are cut to equal numbers.
    """
    N = len(held_out)
    some = train[np.random.RandomState(0).permutation(len(train))[:N]]
    n = min(len(some), N)
    some, held_out, fake = some[:n], held_out[:n], fake[:n]
    swd, swd_floor = sliced_wasserstein(some, fake), sliced_wasserstein(some, held_out)
    features = [small_features(x) for x in (some, held_out, fake)]
    everything = small_features(_with_mirrored(train, mirror))
    return {
        "slices": {"train": len(train), "held_out": n, "generated": n},
        "sliced_wasserstein": _rounded(swd) | {"mean": round(np.mean(list(swd.values())), 2)},
        "sliced_wasserstein_floor": _rounded(swd_floor)
        | {"mean": round(np.mean(list(swd_floor.values())), 2)},
        "neighbours": _rounded(precision_recall_density_coverage(features[0], features[2]), 3),
        "neighbours_floor": _rounded(
            precision_recall_density_coverage(features[0], features[1]), 3
        ),
        "memorised_share": round(memorised_share(features[2], features[1], everything), 4),
        "nearest_training_slice": {
            "generated_median": round(nearest(features[2], everything)[0].median().item(), 2),
            "held_out_median": round(nearest(features[1], everything)[0].median().item(), 2),
        },
    }


def _as_floats(slices: Slices) -> Tensor:
    return torch.from_numpy(slices.images).float() / 127.5 - 1


def _with_mirrored(train: Tensor, mirror: bool) -> Tensor:
    """What the network was shown: with --mirror the mirrored slices too."""
    return torch.cat([train, train.flip(3)]) if mirror else train


def _write_pictures(out: Path, generator, train: Tensor, fake: Tensor, seed: int, mirror: bool):
    """Uncurated samples at psi 1 and 0.7, and the fakes closest to a training slice."""
    for psi in (1.0, 0.7):
        sheet = contact_sheet(to_uint8(generate(generator, SHEET, seed, psi)), 8)
        write_atomic(out / f"samples-psi{psi:g}.png", png_bytes(sheet))
    shown = _with_mirrored(train, mirror)
    distances, places = nearest(small_features(fake), small_features(shown))
    closest = distances.argsort()[:PAIRS]
    pairs = torch.cat([fake[closest], shown[places[closest]]])
    description = (
        "Above: the synthetic slices closest to a training slice. Below: those training slices "
        "(real). Not for diagnosis."
    )
    picture = png_bytes(contact_sheet(to_uint8(pairs), PAIRS), description)
    write_atomic(out / "closest-pairs.png", picture)


def _rounded(figures: dict, digits: int = 2) -> dict:
    return {str(name): round(value, digits) for name, value in figures.items()}
