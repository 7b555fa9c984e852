"""Temporary folders belong to one program and go with it."""

import os
import stat
import subprocess
import sys
import tempfile

import pytest

from explorer.work.scratch import make_scratch, scratch_path
from tests.browser import ROOT

PREFIX = "stylegan2-brain-explorer"


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path.resolve()


def ended_process() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="processes are asked for by POSIX signals")
def test_leftovers_of_the_dead_go_and_nothing_else(base):
    dead = base / f"{PREFIX}-{ended_process()}-{'a' * 16}"
    living = base / f"{PREFIX}-{os.getpid()}-{'b' * 16}"
    foreign = base / f"{PREFIX}-{ended_process()}-notes"
    for folder in (dead, living, foreign):
        folder.mkdir()
        (folder / "file").write_text("x")
    folder = scratch_path()
    make_scratch(folder)
    assert folder.parent == base
    assert {path.name for path in base.iterdir()} == {living.name, foreign.name, folder.name}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert scratch_path() != folder


def test_a_folder_goes_with_its_program(tmp_path):
    code = (
        "from explorer.work.scratch import *; folder = scratch_path(); make_scratch(folder);"
        "(folder / 'file').write_text('x'); print(folder)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert str(tmp_path) in run.stdout, run.stderr
    assert not list(tmp_path.iterdir())
