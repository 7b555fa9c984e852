"""The command that measures how near a model comes to people it never saw."""

import sys

import pytest

from explorer import unseen
from explorer.knowledge import population
from explorer.knowledge.unseen import open_unseen
from explorer.picture.model import load
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.tools import projection
from gan.picture import png_bytes
from tests.explorer.conftest import write_model
from tests.explorer.test_project import _short


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(projection.Effort, "__init__", _short)
    monkeypatch.setattr(population.measure_population, "__defaults__", (None, 600))

    def call(*arguments) -> int:
        monkeypatch.setattr(sys, "argv", ["unseen", *map(str, arguments)])
        return unseen.main()

    return call


def test_from_a_folder_to_figures_that_the_model_is_judged_by(run, tmp_path, capsys):
    path = write_model(tmp_path / "here" / "model.safetensors")
    opened = load(path)
    assert opened.library.unseen is None
    folder = tmp_path / "people"
    for seed in range(6):
        (folder / str(seed)).mkdir(parents=True)
        picture = render(opened, Recipe(seed, psi=1))
        (folder / str(seed) / "slice.png").write_bytes(png_bytes(picture))
    assert run(folder, "--checkpoint", path, "--slices", 5, "--source", "made up") == 0
    assert "5 slices: structure" in capsys.readouterr().out
    found = load(path).library.unseen
    assert found == open_unseen(path, opened.digest)
    assert (len(found), found.source) == (5, "made up")
    assert min(found.structure) > 0.3  # the model's own pictures are found again
    assert set(found.keys) == set(opened.library.ruler.keys)

    for many in (4, 7):
        assert run(folder, "--checkpoint", path, "--slices", many) == 2
        assert "6 PNG pictures; --slices must be 5 or more" in capsys.readouterr().err
