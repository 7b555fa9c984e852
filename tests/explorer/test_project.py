"""The command line of projection."""

import sys

import numpy as np
import pytest

from explorer import project
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.files import recipe_of
from explorer.tools import projection
from gan.picture import png_bytes


@pytest.fixture
def run(monkeypatch, model_path, model, tmp_path):
    """Runs the command on the small model with few steps."""
    monkeypatch.setattr(projection.Effort, "__init__", _short)
    (tmp_path / "scan.png").write_bytes(png_bytes(render(model, Recipe(4, psi=1))))

    def call(*arguments) -> int:
        command = ["project", *map(str, arguments), "--checkpoint", str(model_path)]
        monkeypatch.setattr(sys, "argv", command)
        return project.main()

    return call


def _short(self, shared=20, layered=20):
    object.__setattr__(self, "shared", shared)
    object.__setattr__(self, "layered", layered)


def test_it_writes_a_recipe_or_its_picture(run, model, tmp_path, capsys):
    scan = tmp_path / "scan.png"
    assert run(scan, "--out", tmp_path / "a.png", "--as-it-is") == 0
    assert "Mean error:" in capsys.readouterr().out
    assert run(scan, "--out", tmp_path / "a.json", "--as-it-is") == 0
    pictures = [render(model, recipe_of(tmp_path / name)) for name in ("a.png", "a.json")]
    assert np.array_equal(*pictures)
    assert run(scan, "--out", tmp_path / "b.json", "--as-it-is", "--one-w") == 0
    assert len(recipe_of(tmp_path / "b.json").w) < len(recipe_of(tmp_path / "a.json").w)


def test_mistakes_are_told_in_one_line(run, tmp_path, capsys):
    scan = tmp_path / "scan.png"
    (tmp_path / "empty.png").touch()
    for arguments in (
        (scan, "--out", "a.txt"),
        (tmp_path / "none.png", "--out", "a.png"),
        (tmp_path / "empty.png", "--out", "a.png"),
        (scan, "--out", "a.png", "--slice", 7),
        (scan, "--out", "a.png", "--slice", 0),
        (scan, "--out", tmp_path / "no" / "folder" / "a.png"),
    ):
        assert run(*arguments) == 2
        told = capsys.readouterr().err
        assert told.startswith("project: ")
        assert told.count("\n") == 1
        if "--slice" in arguments:
            assert f"--slice {arguments[-1]}: the scan has slices 1 to 1" in told
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.png", "scan.png"]
