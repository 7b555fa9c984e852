"""TensorBoard: written where it is installed, silent where it is not."""

import sys
import types

import numpy as np
import pytest

from gan.picture import png_bytes
from train.boards import Board


@pytest.fixture
def written(monkeypatch):
    """A TensorBoard that remembers what it was given."""
    calls = []

    class SummaryWriter:
        def __init__(self, folder):
            calls.append(("open", folder))

        def __getattr__(self, name):
            return lambda *values, **options: calls.append((name, *values, *options.values()))

    module = types.SimpleNamespace(SummaryWriter=SummaryWriter)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return calls


def test_scalars_and_pictures_are_written(written, tmp_path):
    board = Board(tmp_path)
    board.write(12.5, {"loss_D": 1.0, "fd": 2.0})
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8)
    board.picture(12.5, png_bytes(picture))
    board.picture(13, np.zeros((8, 8, 3), np.uint8), "reals")
    board.close()
    assert written[0] == ("open", str(tmp_path))
    assert written[1:3] == [("add_scalar", "loss_D", 1.0, 12500), ("add_scalar", "fd", 2.0, 12500)]
    grey, colour = (call for call in written if call[0] == "add_image")
    assert (grey[1], grey[3], grey[4]) == ("samples", 12500, "HW")
    assert np.array_equal(grey[2], picture)
    assert (colour[1], colour[3], colour[4]) == ("reals", 13000, "HWC")
    assert written[-1] == ("close",)


def test_without_tensorboard_nothing_happens(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    board = Board(tmp_path / "board")
    board.write(1, {"loss_D": 1.0})
    board.picture(1, np.zeros((8, 8), np.uint8))
    board.close()
    assert not (tmp_path / "board").exists()
    assert capsys.readouterr() == ("", "")
