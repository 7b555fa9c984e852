"""Imports point against the flow of data and never sideways; modules stay small."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "gan": {"train", "explorer", "gradio", "app"},
    "train": {"explorer", "gradio", "app"},
    "explorer": {"train", "app"},
}
# The wings of the explorer: each may import those before it; on one floor none the other.
FLOORS = (
    "recipe",
    "work",
    "knowledge",
    "picture",
    "tools",
    "lab",
    "export lessons",
    "door",
    "page",
)
FLOOR = {wing: i for i, floor in enumerate(FLOORS) for wing in floor.split()}
COMMANDS = {
    "__init__.py", "__main__.py", "analyse.py", "factors.py", "height.py", "prepare.py",
    "project.py", "ranges.py", "unseen.py", "users.py",
}  # python -m  # fmt: skip
MODULES = [path for room in FORBIDDEN for path in sorted((ROOT / room).rglob("*.py"))]
name_of = lambda path: path.relative_to(ROOT).as_posix()  # noqa: E731
parts_of = lambda path: path.relative_to(ROOT).parts  # noqa: E731


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def wings_of(path: Path) -> set[str]:
    """The wings of the explorer that a file imports."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "explorer":
            below = node.module.split(".")[1:]
            found |= set(below[:1]) or {alias.name for alias in node.names}
    return found


@functools.cache
def imports(path: Path) -> set[str]:
    """The top-level names of all packages a file imports, wherever in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_flow(path):
    room = path.relative_to(ROOT).parts[0]
    assert not imports(path) & FORBIDDEN[room]


WINGS = ROOT / "explorer"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if WINGS in p.parents and p.parent != WINGS], ids=name_of
)
def test_wings_stand_on_those_below(path):
    wing = path.relative_to(WINGS).parts[0]
    for other in wings_of(path) - {wing}:
        assert FLOOR[other] < FLOOR[wing], f"{wing} imports {other}"


def test_the_explorer_has_wings_and_commands_only():
    there = {path.name for path in WINGS.iterdir() if path.name != "__pycache__"}
    assert there == FLOOR.keys() | COMMANDS


@pytest.mark.parametrize("wing", FLOOR)
def test_a_wing_says_what_it_holds_and_may_import(wing):
    text = ast.get_docstring(parsed(WINGS / wing / "__init__.py"))
    assert text.splitlines()[0].endswith(".")
    assert "May import" in text


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if "explorer" in parts_of(p) and "page" not in parts_of(p)],
    ids=name_of,
)
def test_what_computes_knows_nothing_of_gradio(path):
    assert "gradio" not in imports(path)


@pytest.mark.parametrize("path", [p for p in MODULES if "page" in parts_of(p)], ids=name_of)
def test_what_draws_widgets_holds_no_mathematics(path):
    assert not imports(path) & {"torch", "numpy", "sklearn", "math"}


@pytest.mark.parametrize("path", [*MODULES, ROOT / "app.py"], ids=name_of)
def test_modules_are_small_and_open_with_their_purpose(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    assert ast.get_docstring(parsed(path))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_can_run_code_from_a_file(path):
    assert not imports(path) & {"pickle", "dill", "cloudpickle", "shelve"}
    assert "torch.load(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*MODULES, ROOT / "app.py"], ids=name_of)
def test_there_is_one_reader_of_scans(path):
    """nibabel and pydicom are imported in gan/scans alone, to write as well as to read."""
    if not path.is_relative_to(ROOT / "gan" / "scans"):
        assert not imports(path) & {"nibabel", "pydicom"}


def test_the_networks_do_not_wait_for_the_reader():
    code = "import sys, gan, gan.scans.pictures, gan.scans.nifti, gan.scans.dicom; sys.exit("
    code += "bool({'nibabel', 'pydicom', 'scipy.ndimage'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_processor_is_asked_in_one_place():
    asking = re.compile(r"get_capabilities|get_cpu_capability|_is_(avx|amx|mkldnn)|mkldnn\.is_av")
    found = {name_of(p) for p in MODULES if asking.search(p.read_text(encoding="utf-8"))}
    assert found == {"gan/cpu.py"}
