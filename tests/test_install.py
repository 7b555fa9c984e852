"""The program as a package: what is in it, and that it runs where there is no checkout."""

import hashlib
import json
import os
import site
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement

from explorer import Recipe, load, render
from gan import __version__

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 45_000_000  # four models with what is known of them, and 22 moments of a training
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RECIPE = {"seed": 5, "psi": 0.8}
# Says where the packages lie, and what they find and make there.
RENDER = f"""
import hashlib, json
import explorer, gan, train
from explorer.lessons.reading import bundled_lessons
from explorer.picture.model import bundled
from gan.checkpoint import code_version
picture = explorer.render(explorer.load(), explorer.Recipe(**{RECIPE!r}))
print(json.dumps({{
    "packages": [package.__file__ for package in (explorer, gan, train)],
    "version": code_version(),
    "models": [path.parent.name for path in bundled()],
    "lessons": len(bundled_lessons()),
    "picture": hashlib.sha256(picture.tobytes()).hexdigest(),
}}))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints that succeeds."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env["OMP_NUM_THREADS"] = str(torch.get_num_threads())
    result = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def pip(*arguments: str | Path, cwd: Path) -> None:
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from the source distribution, as for a package index; with nothing from the network."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    (source,) = folder.glob("*.tar.gz")
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def content(wheel) -> dict[str, int]:
    """Sizes by name of the files in the wheel."""
    with zipfile.ZipFile(wheel) as file:
        return {entry.filename: entry.file_size for entry in file.infolist()}


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The interpreter of an environment that holds the wheel alone, and sees what it needs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip("--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    )
    seen = "\n".join(site.getsitepackages())
    (Path(packages.strip()) / "needed.pth").write_text(seen, encoding="utf-8")
    return python


def test_the_wheel_holds_all_of_the_three_packages_and_nothing_beside_them(content):
    there = {
        path.relative_to(ROOT).as_posix()
        for package in ("gan", "train", "explorer")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    rest = {name for name in content if not name.startswith("explorer/assets/")}
    information = f"stylegan2_brain_explorer-{__version__}.dist-info/"
    assert {name for name in rest if not name.startswith(information)} == there
    assert f"{information}licenses/LICENSE" in rest


def test_of_the_assets_the_wheel_holds_what_the_program_reads(content):
    inside = {name.removeprefix("explorer/") for name in content if "explorer/assets/" in name}
    needed = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("glossary.json", "lessons/*.json", "models/*/card.md",
                        "models/*/evaluation.json", "models/*/unseen.json",
                        "models/*/height.safetensors", "models/*/reference.safetensors",
                        "models/*/model.safetensors", "variants/*/model.safetensors",
                        "variants/*/card.md", "variants/*/model.*.safetensors",
                        "variants/*/stats.jsonl", "variants/*/snapshots/*.safetensors")
        for path in (ROOT / "assets").glob(pattern)
    }  # fmt: skip
    assert len(needed) >= 1 + 8 + 2 * 5
    assert needed <= inside
    for name in ("tour", "bench", "deploy", "training"):
        assert not [path for path in inside if path.startswith(f"assets/{name}")]
    read = {".safetensors", ".json", ".md"}
    assert {Path(name).suffix for name in inside if "/models/" in name} == read
    assert {Path(name).suffix for name in inside if "/variants/" in name} <= {*read, ".jsonl"}


def test_the_wheel_stays_small(wheel):
    assert wheel.stat().st_size < MOST_BYTES


def test_an_install_renders_the_same_picture_from_another_folder(installed, tmp_path):
    packages = installed.parent.parent
    models = [path.parent for path in packages.rglob("model.safetensors")]
    before = {path for folder in models for path in folder.iterdir()}
    found = json.loads(run(installed, "-c", RENDER, cwd=tmp_path))
    assert len(found["packages"]) == 3
    assert all(Path(path).is_relative_to(packages) for path in found["packages"])
    expected = render(load(), Recipe(**RECIPE))
    assert found["picture"] == hashlib.sha256(expected.tobytes()).hexdigest()
    assert found["models"] == ["adults128", "brains128", "brains64", "phantom64"]
    assert found["lessons"] == len(list((ROOT / "assets" / "lessons").glob("*.json")))
    assert found["version"] == __version__
    assert {path for folder in models for path in folder.iterdir()} == before  # nothing made anew


@pytest.mark.parametrize(
    ("command", "option"),
    [("brain-explorer", "--checkpoint"), ("brain-train", "--data"), ("brain-convert", "--out")],
)
def test_an_install_has_the_commands(installed, tmp_path, command, option):
    assert option in run(installed.parent / command, "--help", cwd=tmp_path)
    assert command in PROJECT["scripts"]


def test_the_ranges_of_dependencies_hold_the_versions_that_are_tested():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [Requirement(line) for line in lines if line and not line.startswith("#")]
    ranges = {range_.name: range_ for range_ in map(Requirement, PROJECT["dependencies"])}
    assert ranges.keys() == {pin.name for pin in pinned}
    for pin in pinned:
        (version,) = pin.specifier
        assert version.operator == "=="
        assert ranges[pin.name].specifier.contains(version.version), pin
        assert {part.operator for part in ranges[pin.name].specifier} == {">=", "<"}, pin
