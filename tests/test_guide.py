"""What README and guide say exists: pages, pictures, commands, options."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from explorer.page.panels.guide.answers import GUIDE, contents
from gan import ModelConfig
from train.config import TrainConfig
from train.data.options import DataConfig

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]
# Of tensorboard and torchrun; of pip, pipx and uvx; of docker.
ELSEWHERE = {"--logdir", "--nproc", "--nnodes", "--rdzv"}
ELSEWHERE |= {"--from", "--spec", "--extra-index-url", "--rm"}
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


def targets(text: str) -> set[str]:
    """Where links and pictures lead that are not in the web."""
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    return {target for target in found if not target.startswith(("https:", "http:"))}


def test_the_readme_is_short():
    assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 150


@each_page
def test_links_and_pictures_lead_somewhere(path):
    found = targets(path.read_text(encoding="utf-8"))
    missing = {target for target in found if not (path.parent / target.split("#")[0]).exists()}
    assert not missing


def test_all_links_are_seen():
    assert targets('[a](b.md) ![c](d/e.png) <img src="f.png" alt=""> [g](https://h)') == {
        "b.md", "d/e.png", "f.png",
    }  # fmt: skip
    assert len(set().union(*(targets(p.read_text(encoding="utf-8")) for p in PAGES))) > 30


@each_page
def test_commands_exist(path):
    text = path.read_text(encoding="utf-8")
    for module in re.findall(r"(?:python|per_node \d) -m ([\w.]+)", text):
        place = ROOT / module.replace(".", "/")
        known = place.with_suffix(".py").exists() or (place / "__main__.py").exists()
        assert known or module == "venv", module
    goals = re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for goal in re.findall(r"(?:^|`|1 )make ([\w./-]+)", text, re.M):
        assert goal in goals


@each_page
def test_options_exist(path):
    sources = [ROOT / "app.py", *(p for room in ("gan", "train", "explorer")
                                  for p in (ROOT / room).rglob("*.py"))]  # fmt: skip
    known = {
        f"--{field.name.replace('_', '-')}"
        for config in (ModelConfig, TrainConfig, DataConfig)
        for field in fields(config)
    }
    for source in sources:
        known |= set(re.findall(r'"(--[a-z-]+)"', source.read_text(encoding="utf-8")))
    told = set(re.findall(r"(?<!\w)--[a-z]+(?:-[a-z]+)*", path.read_text(encoding="utf-8")))
    assert told - known - ELSEWHERE <= {"--help"}


def test_the_contents_list_every_page_under_its_title():
    pages = contents()
    assert pages.keys() | {"README.md"} == {path.name for path in GUIDE.glob("*.md")}
    for name, title in pages.items():
        assert (GUIDE / name).read_text(encoding="utf-8").startswith(f"# {title}\n")
