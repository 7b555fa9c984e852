"""How a network is trained: the options, the presets as a table, and the command line."""

import argparse
import math
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import get_args

from gan.config import ModelConfig
from train.data.options import DataConfig
from train.usage import UsageError, flag
from train.usage import option as _option


@dataclass(frozen=True)
class TrainConfig:
    """Everything but the networks' shape. The clock is images shown, in thousands (kimg)."""

    kimg: float = _option(400.0, "stop after this many thousand real images shown")
    batch: int = _option(16, "images in a step")
    lr: float = _option(0.002, "Adam's learning rate, for both networks")
    loss: str = _option(
        "logistic", "logistic: each picture is real or generated; hinge: the same, and what is "
        "judged rightly by a margin counts no more; pairing: which of two is more real (R3GAN), "
        "with the R1 penalty on both kinds",
        ("logistic", "hinge", "pairing"),
    )  # fmt: skip
    r1_gamma: float = _option(0.5, "weight of the R1 penalty; larger for small or simple data")
    r1_interval: int = _option(16, "R1 every so many steps (lazy regularisation)")
    pl_weight: float = _option(2.0, "weight of the path-length penalty, 0 to leave it out")
    pl_interval: int = _option(4, "path length every so many steps")
    style_mixing: float = _option(0.9, "probability of mixing two styles in a training picture")
    mbstd_alike: bool = _option(
        False, "the pictures that the discriminator compares are of one class, as far as it has so "
        "many, or near each other on a scale, so that it sees whether those of one class vary",
    )  # fmt: skip
    ema_kimg: float = _option(5.0, "half-life of the averaged generator")
    mirror: bool = _option(False, "also show every picture mirrored; left and right get lost")
    augment: str = _option(
        "none", "what the discriminator sees: plain pictures, transformed ones, or ADA",
        ("none", "fixed", "ada"),
    )  # fmt: skip
    augment_p: float = _option(0.2, "probability of each transformation with --augment fixed")
    ada_target: float = _option(0.6, "ADA keeps the sign of D on real pictures at this mean")
    ada_kimg: float = _option(500.0, "ADA takes so many thousand images from p = 0 to p = 1")
    grow: str = _option(
        "", "start small and double the size: resolution:kimg,... such as 32:50,64:150,128"
    )
    fade_kimg: float = _option(10.0, "a new block fades in over so many thousand images")
    start_from: str = _option("", "a checkpoint whose weights to start with, as far as they fit")
    snapshot_kimg: float = _option(10.0, "checkpoint and sample grid every so many kimg")
    evaluate_kimg: float = _option(
        40.0, "judge the model and keep the best every so many kimg, 0 for never"
    )
    keep_snapshots: int = _option(
        0, "keep so many small snapshots for looking back, closer together at the start"
    )
    seed: int = _option(0, "random seed")
    device: str = _option("auto", "where to train", ("auto", "cuda", "mps", "cpu"))
    precision: str = _option(
        "auto",
        "of the feature maps; auto: bfloat16 where it is fast",
        ("auto", "bfloat16", "float16", "float32"),
    )
    accumulate: int = _option(1, "turns in which a step is computed; more need less memory")
    compile: bool = _option(False, "torch.compile the plain steps; pays off in long trainings")
    data_license: str = _option("", "the data's licence, kept in the checkpoint")
    data_source: str = _option("", "where the data comes from, kept in the checkpoint")

    def __post_init__(self):
        for name, value in asdict(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"{flag(name)} {value}: must be a finite number")
        for name in ("kimg", "batch", "lr", "r1_interval", "pl_interval", "snapshot_kimg",
                     "ada_kimg", "accumulate"):  # fmt: skip
            if not getattr(self, name) > 0:
                raise UsageError(f"{flag(name)} {getattr(self, name)}: must be above 0")
        for name in ("r1_gamma", "pl_weight", "ema_kimg", "seed", "fade_kimg",
                     "evaluate_kimg", "keep_snapshots"):  # fmt: skip
            if not getattr(self, name) >= 0:
                raise UsageError(f"{flag(name)} {getattr(self, name)}: must not be negative")
        if self.seed >= 2**32:  # the most that numpy takes
            raise UsageError(f"--seed {self.seed}: must be below {2**32}")
        for name in ("style_mixing", "augment_p", "ada_target"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{flag(name)} {getattr(self, name)}: must be from 0 to 1")

    def to_dict(self) -> dict:
        return asdict(self)


# The rows a user chooses from. CPU rows are lean: width decides the time for an image.
# gamma starts from 0.0002 R^2 / batch (Karras 2020b); tried out upwards on few subjects. Pairing
# found more variety in equal time at 64 px on a processor; on a card it was not tried.
_COLUMNS = (
    # model                                                            training
    "resolution", "channel_base", "channel_max", "z_dim", "w_dim", "mapping_layers",
    "batch", "lr", "loss", "r1_gamma", "ema_kimg", "augment", "kimg", "snapshot_kimg",
    "evaluate_kimg",
)  # fmt: skip
_PRESET_ROWS = {
    "cpu64":  (64,   1024, 128, 256, 256, 4, 16, 0.002,  "pairing",  0.5,  5.0, "none",
               400.0,  10.0,  40.0),
    "cpu128": (128,  2048, 128, 256, 256, 4, 16, 0.002,  "pairing",  0.5,  5.0, "none",
               600.0,  10.0,  40.0),
    "gpu128": (128,  8192, 256, 512, 512, 2, 32, 0.0025, "logistic", 0.5, 10.0, "ada",
               5000.0, 100.0, 200.0),
    "gpu256": (256, 16384, 512, 512, 512, 2, 32, 0.0025, "logistic", 1.0, 10.0, "ada",
               10000.0, 100.0, 200.0),
}  # fmt: skip
PRESETS = {name: dict(zip(_COLUMNS, row, strict=True)) for name, row in _PRESET_ROWS.items()}

# Fixed features need neither penalty (Sauer 2021).
_PROJECTED = {"loss": "hinge", "r1_gamma": 0.0, "pl_weight": 0.0}

# Decided by the data, not by the user.
_FROM_DATA = {"c_dim", "c_ordered"}


@dataclass(frozen=True)
class Command:
    """A parsed command line. minutes: after which training stops, infinite if it is not to."""

    data: Path
    out: Path
    model: ModelConfig
    train: TrainConfig
    source: DataConfig
    minutes: float = math.inf


def configs_for(preset: str, **overrides) -> tuple[ModelConfig, TrainConfig]:
    """The two configurations of a preset, with single values overruled by name."""
    projected = overrides.get("d_architecture") == "projected"
    values = {**PRESETS[preset], **(_PROJECTED if projected else {}), **overrides}
    model_names = {f.name for f in fields(ModelConfig)}
    model = {k: v for k, v in values.items() if k in model_names}
    train = {k: v for k, v in values.items() if k not in model_names}
    return replace(ModelConfig(), **model), replace(TrainConfig(), **train)


def parse(argv: list[str] | None = None) -> Command:
    """Read the command line; argparse exits with code 2 on a mistake in its form.

    Raises UsageError where a value makes no sense.
    """
    arguments = vars(training_parser().parse_args(argv))
    data, out, preset, minutes = (
        arguments.pop(name) for name in ("data", "out", "preset", "minutes")
    )
    if not minutes > 0:
        raise UsageError(f"--minutes {minutes}: must be above 0")
    source = data_config(arguments)
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        model, train = configs_for(preset, **given)
    except UsageError:
        raise
    except ValueError as error:
        name, _, rest = str(error).partition(":")
        raise UsageError(f"{flag(name)}:{rest}") from error
    if train.grow and model.d_architecture == "projected":
        raise UsageError("--grow: a projected discriminator has no blocks to grow; leave one out")
    return Command(Path(data), Path(out), model, train, source, minutes)


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how data is read, for every command that reads data."""
    group = parser.add_argument_group("data")
    for option in fields(DataConfig):
        _add_option(group, option)


def data_config(arguments: dict) -> DataConfig:
    """Take what `add_data_options` added out of the parsed arguments."""
    values = {option.name: arguments.pop(option.name) for option in fields(DataConfig)}
    return DataConfig(**{name: value for name, value in values.items() if value is not None})


def training_parser() -> argparse.ArgumentParser:
    """Of the command that trains; what is not given is None, but for preset and minutes."""
    parser = argparse.ArgumentParser(
        prog="python -m train",
        description="Train a StyleGAN2 on a folder or zip of slices. "
        "Run the same command again to resume. To measure a model: python -m train "
        "evaluate --help; to show real slices beside it: python -m train reference --help; to hold "
        "measurements against a table: python -m train truth --help; to see how it went: "
        "python -m train report RUN; to look at data first: "
        "python -m train inspect DATA",
        epilog="presets: " + "; ".join(_describe(name) for name in PRESETS),
    )
    parser.add_argument(
        "--data",
        required=True,
        metavar="FOLDER_OR_ZIP",
        help="PNG, JPG, TIFF, BMP, GIF or WebP slices, npy or npz stacks, NIfTI or .mgz volumes, "
        "DICOM series, BIDS",
    )
    parser.add_argument("--out", required=True, metavar="RUN", help="folder of this training")
    parser.add_argument("--preset", choices=list(PRESETS), default="cpu64",
                        help="sizes and settings that go together (default cpu64)")  # fmt: skip
    parser.add_argument("--minutes", type=float, default=math.inf,
                        help="stop after so many minutes, where a machine is lent for a time; the "
                        "same command resumes (default: train to the end)")  # fmt: skip
    for config in (ModelConfig, TrainConfig):
        group = parser.add_argument_group(
            "network (overrules the preset)" if config is ModelConfig else "training"
        )
        for option in fields(config):
            if option.name not in _FROM_DATA:
                _add_option(group, option)
    add_data_options(parser)
    return parser


def _add_option(group, option) -> None:
    by_preset = option.name in _COLUMNS
    default = "by preset" if by_preset else f"default {option.default}".replace("None", "none")
    help_text = (
        f"{option.metadata['help']} ({default})"
        if option.default != ""
        else (option.metadata["help"])
    )
    if option.type is bool:
        group.add_argument(flag(option.name), action="store_true", default=None,
                           help=option.metadata["help"])  # fmt: skip
    else:
        kind = (get_args(option.type) or (option.type,))[0]  # of "float | None" the first
        group.add_argument(flag(option.name), type=kind, help=help_text,
                           choices=option.metadata.get("choices"))  # fmt: skip


def _describe(name: str) -> str:
    p = PRESETS[name]
    return f"{name} = {p['resolution']} px, batch {p['batch']}, {p['kimg']:g} kimg"
