"""python -m train reference CHECKPOINT --data FOLDER_OR_ZIP: real slices, for the explorer."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gan.checkpoint import file_digest, load_generator
from gan.height import AGE_FILE, Readers, load_readers
from gan.height import FILE as HEIGHT_FILE
from gan.measure import KEYS, VERSION, measure
from gan.picture import grey, shrink
from gan.reference import (
    FILE,
    THUMBNAIL,
    About,
    Estimates,
    Pictures,
    Reference,
    save_reference,
)
from train.config import UsageError
from train.data import Slices
from train.quality.copies import Search
from train.quality.inverse import Inverse, learn_inverse, samples, vectors
from train.quality.people import counted, numbered
from train.quality.source import add_source, find_checkpoint, load_both
from train.usage import people as told

SAMPLES = 6000  # generated pictures that the estimates of w are learned from
MOST = 20_000  # slices in a reference; of more a random part
_PIECE = 256


def main(argv: list[str]) -> None:
    """Write the reference of a checkpoint beside it, and say what is in it."""
    args = _parser().parse_args(argv)
    path = find_checkpoint(Path(args.checkpoint))
    generator, checkpoint = load_generator(path)
    out = args.out or path.with_name(FILE)
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    provenance = checkpoint.provenance
    train, held_out = load_both(args, provenance, generator.config)
    trained_on = train.digest == provenance.get("data_digest")
    if not trained_on:
        tqdm.write("these are not quite the slices that the checkpoint names as its own")
    files = {"height": HEIGHT_FILE, "age": AGE_FILE}
    readers = {key: load_readers(path.with_name(name)) for key, name in files.items()}
    readers = {key: found for key, found in readers.items() if found}
    inverse = learn_inverse(*samples(generator, SAMPLES, train.labels if train.classes else None))
    texts = {name: _text(args, provenance, name) for name in ("data_source", "data_license")}
    about = About(
        model=file_digest(path), keys=(*readers, *KEYS), version=VERSION,
        resolution=generator.config.resolution, trained_on=trained_on,
        mirror=bool(provenance.get("train", {}).get("mirror")), samples=SAMPLES, **texts,
    )  # fmt: skip
    reference = make_reference(
        about, train, held_out, list(readers.values()), inverse, args.pictures
    )
    save_reference(out, reference)
    _print(out, reference, inverse)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train reference",
        description="Measure the real slices behind a model and estimate where in w they lie, so "
        "that the explorer can show pictures among them. Writes reference.safetensors beside the "
        "checkpoint: numbers, no names, and no pictures unless asked for.",
    )
    add_source(parser)
    parser.add_argument(
        "--pictures", action="store_true",
        help="also keep every slice at 64 px, so that the explorer can show the nearest ones; who "
        "has the file then has the pictures",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help=f"(default: {FILE} beside the checkpoint)")  # fmt: skip
    for name, what in (("source", "where the data comes from"), ("license", "the data's licence")):
        parser.add_argument(f"--data-{name}", metavar="TEXT",
                            help=f"{what} (default: what the checkpoint says)")  # fmt: skip
    return parser


def make_reference(
    about: About, train: Slices, held_out: Slices | None, readers: list[Readers],
    inverse: Inverse, pictures: bool,
) -> Reference:  # fmt: skip
    """Everything about the slices of both sides; a random part of them if they are very many.

    readers: of the columns before those of `gan.measure`.
    """
    sides = [train] if held_out is None else [train, held_out]
    chosen = np.sort(np.random.default_rng(21).permutation(sum(map(len, sides)))[:MOST])
    people = numbered([person for side in sides for person in side.subjects])[chosen]
    unseen = chosen >= len(train)
    table, places, small = [], [], []
    pieces = [(train, chosen[~unseen])]
    if held_out is not None:
        pieces.append((held_out, chosen[unseen] - len(train)))
    with tqdm(total=len(chosen), desc="measuring", leave=False, unit="slice") as bar:
        for side, numbers in pieces:
            for at in range(0, len(numbers), _PIECE):
                images = _grey(side, numbers[at : at + _PIECE])
                table.append(np.column_stack([*(r.read(images) for r in readers), measure(images)]))
                places.append(inverse.coordinates(vectors(images)))
                small.append(np.rint(shrink(images, THUMBNAIL)).astype(np.uint8))
                bar.update(len(images))
    estimates = Estimates(np.concatenate(places), inverse.basis, inverse.mean, inverse.error)
    kept = None
    if pictures:
        grey_sides = (_all_grey(train), None if held_out is None else _all_grey(held_out))
        search = Search(*grey_sides, about.mirror, MOST, 0)
        kept = Pictures(np.concatenate(small), search.unseen.numpy())
    return Reference(about, np.concatenate(table), people, unseen, estimates, kept)


def _grey(slices: Slices, numbers: np.ndarray) -> np.ndarray:
    """uint8 [n, R, R]."""
    images = np.asarray(slices.images[numbers])
    return images[:, 0] if images.shape[1] == 1 else grey(images.transpose(0, 2, 3, 1))


def _all_grey(slices: Slices) -> Slices:
    if slices.images.shape[1] == 1:
        return slices
    return replace(slices, images=_grey(slices, np.arange(len(slices)))[:, None])


def _text(args: argparse.Namespace, provenance: dict, name: str) -> str:
    given = getattr(args, name)
    return str(given if given is not None else provenance.get(name) or "")


def _print(out: Path, reference: Reference, inverse: Inverse) -> None:
    n, known = len(reference.table), counted(reference.people)
    whose = told(known) if known else "unknown people"
    print(f"{n:,} slices of {whose}, {int(reference.held_out.sum()):,} of them unseen")
    if "height" not in reference.about.keys:
        print(f"  no {HEIGHT_FILE} beside the checkpoint: heights are not known")
    failed = np.isnan(reference.table).mean(axis=0)
    for key, share in zip(reference.about.keys, failed, strict=True):
        if share > 0.01:
            print(f"  {key}: not measurable on {share:.0%}")
    best = ", ".join(f"{x:.2f}" for x in inverse.explained[:5])
    print(f"axes of w told best by pictures at 32 px: R^2 {best}, ...")
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, "
          f"{'with' if reference.pictures else 'no'} pictures")  # fmt: skip
