"""The guide's notebooks run, and say what they did when their pictures were kept."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tests.notebooks import GUIDE, run
from train.config import parse

ROOT = Path(__file__).resolve().parent.parent
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
    assert kinds.count("image/png") == 4
    assert kinds.count("application/vnd.plotly.v1+json") == 3
    assert names["picture"].shape == (128, 128)


def test_what_it_teaches_is_so(explored):
    _, names = explored
    own, area = (names["ruler"].keys.index(key) for key in ("ventricles", "area"))
    free, still = names["free"], names["still"]
    assert free[-1, own] - free[0, own] > 1  # the edit moves what it is named after
    assert np.nanmax(np.abs(still[:, area])) < 0.5 * np.nanmax(np.abs(free[:, area]))
    assert np.nanstd(names["area"]) > 0


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


def test_colabs_commands_are_this_programs(monkeypatch, tmp_path):
    """Its cells run with stand-ins for Colab and for the programs that they start."""
    asked = []

    class Started:
        returncode, stdout = 0, ("as it goes\n",)

        def __init__(self, command, stdout=None, **how):
            asked.append([str(word) for word in command])
            if hasattr(stdout, "write"):
                stdout.write("open http://127.0.0.1:7860 in a browser")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(subprocess, "Popen", Started)
    monkeypatch.setattr(subprocess, "run", lambda command, check: Started(command))
    shown = []
    output = SimpleNamespace(serve_kernel_port_as_window=shown.append)
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace(output=output))
    notebook = _read("colab.ipynb")
    for cell in notebook["cells"]:
        cell["source"] = [
            line.replace('"/content/explorer"', repr(str(ROOT))).replace("/content", str(tmp_path))
            for line in cell["source"]
        ]
    run(notebook)
    assert shown == [7860]
    pip, look, train, judge, app = asked
    assert {"gradio", "safetensors"} <= {word.split("==")[0] for word in pip}
    assert not any(word.startswith("torch==") for word in pip)
    command = parse(train[train.index("train") + 1 :])
    assert command.model.resolution == 128
    assert command.minutes == 60
    assert [words[1:4] for words in (look, judge)] == [
        ["-m", "train", "inspect"], ["-m", "train", "evaluate"],
    ]  # fmt: skip
    sources = [path.read_text("utf-8") for path in (ROOT / "explorer").rglob("*.py")]
    for option in (word for word in app if word.startswith("--")):
        assert any(f'"{option}"' in source for source in sources), option


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_a_notebook_that_says_what_the_pictures_are(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    first = "".join(notebook["cells"][0]["source"])
    assert "synthetic" in first
    assert "not for diagnosis" in first
