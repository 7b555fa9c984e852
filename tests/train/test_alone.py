"""A folder belongs to one training at a time, and to nobody once that has ended."""

import multiprocessing
import os
import signal

import pytest

from train import alone
from train.alone import alone_in
from train.usage import UsageError


def test_a_folder_is_made_and_held_by_one(tmp_path):
    folder = tmp_path / "new" / "run"
    with alone_in(folder), pytest.raises(UsageError, match="another training is at work there"):
        alone_in(folder).__enter__()
    with alone_in(folder):
        assert os.listdir(folder) == []
    assert not folder.exists()  # nothing came of it
    with alone_in(folder):
        (folder / "state").write_text("")
    assert os.listdir(folder) == ["state"]


def hold(folder, held):
    with alone_in(folder):
        held.set()
        signal.pause()


def test_a_killed_training_holds_nothing(tmp_path):
    held = multiprocessing.get_context("fork").Event()
    child = multiprocessing.get_context("fork").Process(target=hold, args=(tmp_path, held))
    child.start()
    assert held.wait(30)
    with pytest.raises(UsageError), alone_in(tmp_path):
        pass
    child.kill()
    child.join()
    with alone_in(tmp_path):
        pass


def test_without_locks_nobody_is_kept_out(tmp_path, monkeypatch):
    monkeypatch.setattr(alone, "fcntl", None)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass


def test_no_folder_below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UsageError, match="give another folder"),
        alone_in(tmp_path / "file" / "run"),
    ):
        pass
