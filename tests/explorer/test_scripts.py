"""The page's scripts: served as modules of one version, small, and free of mistakes of type."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from gradio.routes import App
from plotly.offline import get_plotlyjs_version
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from explorer import page as page_wing
from explorer.door.guard import Guard
from explorer.page import build, page_paths
from explorer.page.parts import parts
from explorer.page.scripts import DIGEST, SCRIPTS, preloads, route

PAGE = Path(page_wing.__file__).parent
STANDALONE = PAGE.parent / "export" / "standalone"
# Where `make test` puts the compiler.
TSC = Path(sys.prefix) / "node" / "node_modules" / "typescript" / "bin" / "tsc"
IMPORT = re.compile(r"^import .*? from '([^']+)';$", re.MULTILINE)


@pytest.fixture(scope="module")
def client(model):
    kwargs = {"routes": [route()], "middleware": [Middleware(Guard)]}
    return TestClient(App.create_app(build([model]), app_kwargs=kwargs), "http://127.0.0.1:7860")


def test_scripts_are_modules_that_may_be_kept(client):
    answer = client.get(f"/scripts/{DIGEST}/shared/brain.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text == (PAGE / "shared" / "brain.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "address",
    [
        "0123456789ab/shared/brain.js",  # of another version
        f"{DIGEST}/shared/nothing.js",
        f"{DIGEST}/parts.py",
        f"{DIGEST}/shared/%2e%2e/parts.py",
        f"{DIGEST}/%2e%2e/%2e%2e/%2e%2e/app.py",
        f"{DIGEST}/",
    ],
)
def test_nothing_else_is_served_there(client, address):
    answer = client.get(f"/scripts/{address}")
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


def test_plotly_comes_out_of_the_installed_package(client, model):
    answer = client.get(f"/scripts/{DIGEST}/plotly.min.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert f"plotly.js v{get_plotlyjs_version()}" in answer.text[:300]
    assert "plotly" not in preloads()  # only once a chart is opened
    assert client.get("/scripts/0123456789ab/plotly.min.js").status_code == 404


def test_other_pages_do_not_get_them(client):
    headers = {"origin": "http://evil.example"}
    address = f"/scripts/{DIGEST}/shared/brain.js"
    assert client.get(address, headers=headers).status_code == 403


def test_no_model_takes_their_address(model):
    named = replace(model, path=model.path.with_name("scripts"))
    assert page_paths([model, named]) == ["", "scripts-2"]


def test_addresses_are_relative_to_the_page(model):
    """So they hold behind a proxy's prefix, and say nothing of this machine."""
    load = parts("panels/map")["js_on_load"]
    assert f"new URL('scripts/{DIGEST}/shared/part.js', document.baseURI)" in load
    assert "'panels/map/map.js'" in load
    assert f'href="scripts/{DIGEST}/shared/brain.js"' in preloads()
    assert str(PAGE) not in load + preloads()
    assert str(PAGE) not in json.dumps(build([model]).get_config_file()["components"])


def test_every_part_of_the_page_has_its_script(model):
    config = build([model]).get_config_file()
    scripts = "".join(c["props"].get("js_on_load") or "" for c in config["components"])
    begun = re.findall(r"begin\('([^']+)'", scripts)
    assert len(begun) > 15
    for name in begun:
        assert re.search(r"^export function start\(", SCRIPTS[name].decode(), re.MULTILINE)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_small_and_import_what_is_there(name):
    text = SCRIPTS[name].decode()
    assert text.startswith("// "), "a script opens with its purpose"
    assert len(text.splitlines()) <= 400
    room = PurePosixPath(name).parts
    for wanted in IMPORT.findall(text):
        place = PurePosixPath(
            os.path.normpath(PurePosixPath(name).parent / wanted).replace("\\", "/")
        )
        assert str(place) in SCRIPTS, wanted
        # What is shared knows no panel, and a panel no other.
        assert place.parts[0] == "shared" or place.parts[:2] == room[:2], wanted
    if name != "shared/brain.js":  # others import it
        assert "window.brain" not in text


@pytest.mark.parametrize("folder", [PAGE, STANDALONE], ids=lambda folder: folder.name)
def test_scripts_fit_their_types(folder):
    node = shutil.which("node")
    if not node or not TSC.exists():
        reason = "no node or TypeScript: `make test` installs them where it can"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    check = subprocess.run(
        [node, TSC, "--pretty", "false", "-p", folder / "jsconfig.json"],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert check.stdout + check.stderr == ""
    assert check.returncode == 0
