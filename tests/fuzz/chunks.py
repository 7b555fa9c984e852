"""Damaged files in a process of their own, which may end with one of them."""

import faulthandler
import os
import tempfile
from pathlib import Path

import torch

from tests.fuzz.kinds import kinds
from tests.fuzz.run import Fault, faults

_HANGS = 60  # seconds


def begin(cache: str) -> None:
    """cache: a folder, so that nothing of the user's is read or written."""
    torch.set_num_threads(1)
    os.environ["XDG_CACHE_HOME"] = cache


def chunk(numbers: range, seed: int) -> list[Fault]:
    found = []
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as work:
        all_kinds = kinds(Path(made))
        left = faults(all_kinds, numbers, seed, Path(work))
        for _ in numbers:
            faulthandler.dump_traceback_later(_HANGS, exit=True)
            fault = next(left)
            faulthandler.cancel_dump_traceback_later()
            if fault:
                found.append(fault)
    return found
