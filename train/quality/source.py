"""What a command that looks at a model is given: its checkpoint and the data behind it."""

import argparse
from dataclasses import fields
from pathlib import Path

from tqdm import tqdm

from gan.config import ModelConfig
from train.config import UsageError, add_data_options
from train.data import DataConfig, NobodyHeldOut, Slices, load_parts


def add_source(parser: argparse.ArgumentParser) -> None:
    """The checkpoint, --data, and how it is read where not as the training did."""
    parser.add_argument("checkpoint", help="a .safetensors file, or the folder of a training")
    parser.add_argument(
        "--data", required=True, type=Path, metavar="FOLDER_OR_ZIP",
        help="what the model was trained on, with people it never saw",
    )  # fmt: skip
    add_data_options(parser)


def find_checkpoint(path: Path) -> Path:
    """A file, or of the folder of a training its best model."""
    best, latest = path / "best.safetensors", path / "model.safetensors"
    if path.is_dir():
        return best if best.exists() else latest
    if not path.exists() and path.name == best.name and path.with_name(latest.name).exists():
        raise UsageError(
            f"{path}: not judged yet (see --evaluate-kimg of the training); give "
            f"{path.with_name(latest.name)}"
        )
    return path


def table_beside(args: argparse.Namespace, provenance: dict, config: ModelConfig) -> str:
    """The table in which `--by` looks for its column: `--labels`, or that of the training.

    Where the model's classes come from no table, `--labels` is for `--by` alone and is taken out of
    `args`. Raises UsageError where no table is known.
    """
    stored = _stored(provenance).get("labels", "none")
    table = args.labels or stored
    if table in ("none", "folders"):
        raise UsageError(
            f"--by {args.by}: no table to look into; give --labels a CSV or TSV with that column "
            "and a column file or subject"
        )
    if not config.c_dim or stored == "folders":
        args.labels = args.label_column = args.ordered = None
    return table


def load_both(
    args: argparse.Namespace, provenance: dict, config: ModelConfig
) -> tuple[Slices, Slices | None]:
    """The slices the model was trained on and those of unseen people, None if there are none.

    Raises UsageError where the data does not fit the model.
    """
    data = _data_config(args, provenance)
    part = load_parts(args.data, config.resolution, config.img_channels, data)
    train = part("train")
    try:
        held_out = part("held_out")
    except NobodyHeldOut as error:
        if args.held_out:
            raise
        tqdm.write(f"no unseen people: {error}")
        held_out = None
    if config.c_dim != len(train.classes):
        raise UsageError(
            f"--data {args.data}: {len(train.classes)} classes, but the model knows {config.c_dim}"
        )
    for note in train.notes:
        tqdm.write(note)
    return train, held_out


def _data_config(args: argparse.Namespace, provenance: dict) -> DataConfig:
    """As the training read its data, which its checkpoint says, but for what is given here."""
    names = [field.name for field in fields(DataConfig)]
    stored = _stored(provenance)
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    return DataConfig(**{name: stored[name] for name in names if name in stored} | given)


def _stored(provenance: dict) -> dict:
    return provenance.get("data_options") or provenance.get("train", {})
