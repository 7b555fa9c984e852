"""Opening a model for a command, on the card or processor that its user names."""

import argparse
import sys
from pathlib import Path

import torch

from explorer.picture.model import Model, load
from gan.card import CardError, CardSynthesis, pick

DEVICES = ("auto", "cuda", "mps", "cpu")


def add_device(parser: argparse.ArgumentParser) -> None:
    """The option of all commands that make pictures."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto",
        help="where to make pictures: an NVIDIA card (cuda), an Apple one (mps) or the processor; "
        "auto takes an NVIDIA card if there is one",
    )  # fmt: skip


def opened(path: str | Path | None, device: str) -> Model:
    """As `load`. With "auto" a card that is of no use is told and left alone.

    Raises CheckpointError if the file cannot be used, CardError if the card that was named cannot.
    """
    try:
        return load(path, pick(device))
    except CardError as error:
        if device != "auto":
            raise
        print(f"the card is left alone: {error}", file=sys.stderr)
        return load(path)


def where(model: Model) -> str:
    """Where its pictures are made, in words."""
    card = model.synthesis
    if not isinstance(card, CardSynthesis):
        return f"computing on {torch.get_num_threads()} CPU threads"
    name = torch.cuda.get_device_name(card.device) if card.device.type == "cuda" else "Apple card"
    return f"computing on {name} ({card.device.type}, {str(card.dtype).removeprefix('torch.')})"
