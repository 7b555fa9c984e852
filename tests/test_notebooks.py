"""The guide's notebooks run, and say what they did when their pictures were kept."""

import json

import numpy as np
import pytest

from tests.notebooks import GUIDE, run

NOTEBOOKS = sorted(GUIDE.glob("*.ipynb"))


def _read(name: str) -> dict:
    return json.loads((GUIDE / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def explored():
    notebook = _read("explore.ipynb")
    return notebook, run(notebook)


def test_it_runs_and_shows_pictures_and_curves(explored):
    notebook, names = explored
    kinds = [
        kind for cell in notebook["cells"] for output in cell.get("outputs", [])
        for kind in output.get("data", {"text": 0})
    ]  # fmt: skip
    assert kinds.count("image/png") == 3
    assert kinds.count("application/vnd.plotly.v1+json") == 3
    assert names["picture"].shape == (128, 128)


def test_what_it_teaches_is_so(explored):
    _, names = explored
    height, area = (names["ruler"].keys.index(key) for key in ("height", "area"))
    free, still = names["free"], names["still"]
    assert free[-1, height] - free[0, height] > 1  # the edit moves what it is named after
    assert np.nanmax(np.abs(still[:, area])) < 0.5 * np.nanmax(np.abs(free[:, area]))
    assert names["area"].std() > 0


def test_what_is_kept_in_it_is_what_it_says(explored):
    """The printed lines; pictures and figures may differ by a processor's rounding."""
    notebook, _ = explored
    for kept, made in zip(_read("explore.ipynb")["cells"], notebook["cells"], strict=True):
        said = [
            [o["name"] for o in cell.get("outputs", []) if "name" in o] for cell in (kept, made)
        ]
        assert said[0] == said[1]
        assert cell_kinds(kept) == cell_kinds(made)


def cell_kinds(cell: dict) -> list[set[str]]:
    return [set(output.get("data", ())) for output in cell.get("outputs", [])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_a_notebook_that_says_what_the_pictures_are(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    first = "".join(notebook["cells"][0]["source"])
    assert "synthetic" in first
    assert "not for diagnosis" in first
