"""The program starts wherever it is put and however it is called, and draws."""

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import Recipe, load, render
from explorer import __main__ as app
from explorer.recipe import Edit
from explorer.work.environment import this_machine_only
from tests.bench.clients import Server
from tests.browser import ROOT, running_app
from tests.explorer.conftest import write_model

NOBODY = "http://127.0.0.1:9"  # a proxy that does not answer
# Three ways to be told of one. Who asks it for this machine does not start; of the programs started
# here each is told in another way.
PROXIES = (
    {"http_proxy": NOBODY},
    {"HTTP_PROXY": NOBODY, "HTTPS_PROXY": NOBODY, "NO_PROXY": "example.com"},
    {"https_proxy": NOBODY, "ALL_PROXY": "socks5://127.0.0.1:9", "no_proxy": "example.com"},
)
LEFT_TO_CHANCE = {"no_proxy", "http_proxy", "https_proxy", "all_proxy"}
# Root may write what is read-only, unless it gives up that right.
MORTAL = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")


def surroundings(**variables: str) -> dict[str, str]:
    """The environment without the proxies of this machine, and with these variables."""
    kept = {k: v for k, v in os.environ.items() if k.lower() not in LEFT_TO_CHANCE}
    return kept | variables


def draws(address: str) -> bool:
    """Whether the page is served, and draws a brain as `render` does."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    with ask(address, timeout=60) as answer:
        page = answer.read().decode()
    recipe = Recipe(seed=11, psi=0.9)
    picture = Image.open(io.BytesIO(Server(address).draw(recipe, "starter")))
    found, expected = (np.asarray(x, int) for x in (picture, render(load(), recipe)))
    # As many threads as the machine has left may round otherwise.
    same = found.shape == expected.shape and np.abs(found - expected).max() <= 1
    return "StyleGAN2 Brain Explorer" in page and same


@contextmanager
def read_only(folder):
    """Nobody may write in it, or below; yields what starts a program that cannot either."""

    def runs(*command) -> bool:
        return subprocess.run(command, capture_output=True).returncode == 0

    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)
    ways = ((), MORTAL) if shutil.which(MORTAL[0]) else ((),)
    try:
        launcher = next((way for way in ways if runs(*way, "test", "!", "-w", folder)), None)
        if launcher is None:
            pytest.skip("root can write anything here, and cannot give up that right")
        yield launcher
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_read_only_checkout_with_spaces_and_umlauts_from_elsewhere(tmp_path):
    checkout = tmp_path / "Gehirn Übung (1)"
    for name in ("app.py", "assets", "explorer", "gan"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        checkout.mkdir(exist_ok=True)
        copy(ROOT / name, checkout / name)
    with (
        read_only(checkout) as launcher,
        running_app(
            checkout=checkout,
            launcher=launcher,
            environment=surroundings(**PROXIES[1]),
            cwd=checkout.parent,
        ) as address,
    ):
        assert draws(address)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_home_and_folders_that_cannot_be_written(tmp_path):
    """And a model that has never been measured, whose results can be kept nowhere."""
    home = tmp_path / "home"
    home.mkdir()
    model = write_model(home / "model" / "tiny.safetensors")
    places = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(home))
    places |= {"XDG_CACHE_HOME": str(home / "cache"), "GRADIO_TEMP_DIR": str(home / "gradio")}
    with (
        read_only(home) as launcher,
        running_app(
            "--checkpoint", str(model), "--recipe", str(recipe_of_bundled(tmp_path)),
            launcher=launcher, environment=surroundings(**places, **PROXIES[2]),
        ) as address,
    ):  # fmt: skip
        assert draws(address)


def recipe_of_bundled(folder):
    """Puts the bundled model first."""
    path = folder / "recipe.json"
    path.write_text(Recipe(seed=3, edits=(Edit("pca1", 0.5),), model=load().digest[:12]).to_json())
    return path


def test_all_usual_ports_are_taken(tmp_path):
    """Of the usual ones only the first is left here; it would be rude to take a hundred."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "app.py").write_text(
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
            "import gradio.http_server as usual\n"
            f"usual.INITIAL_PORT_VALUE, usual.TRY_NUM_PORTS = {port}, 1\n"
            "from explorer.__main__ import main; sys.exit(main())\n"
        )
        with running_app(checkout=tmp_path, environment=surroundings()) as address:
            assert not address.endswith(f":{port}")
            assert draws(address)


@pytest.mark.skipif(os.name != "posix", reason="a shell's redirection")
def test_a_bare_environment(tmp_path):
    """No locale, no input, a terminal that knows ASCII, warnings as errors, foreign settings."""
    foreign = {"GRADIO_SERVER_PORT": "none", "GRADIO_ROOT_PATH": "/elsewhere"}
    bare = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error"}
    lost = {"SSL_CERT_FILE": str(tmp_path / "lost.pem"), "all_proxy": "socks://127.0.0.1:9"}
    checkpoint = write_model(tmp_path / "Schädel.safetensors")
    with running_app(
        "--checkpoint", str(checkpoint), "--recipe", str(recipe_of_bundled(tmp_path)),
        launcher=("sh", "-c", 'exec "$@" <&-', "sh"),
        environment=surroundings(**foreign, **bare, **lost, **PROXIES[0]), cwd=tmp_path,
    ) as address:  # fmt: skip
        assert draws(address)


def test_no_folder_for_temporary_files_is_one_line_and_exit_code_2(monkeypatch, capsys):
    def nowhere():
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    monkeypatch.setattr(sys, "argv", ["app.py", "--no-browser"])
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(sys.stdout, "reconfigure", lambda **_: None, raising=False)
    assert app.main() == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "set TMPDIR to one that can be written" in error


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "", "²"])
def test_a_port_that_is_none_is_told_with_its_range(text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be a number from 1 to 65535"):
        app.port(text)


@pytest.mark.parametrize("before", ["proxy.example", None])
def test_the_users_proxies_are_back_for_the_browser(monkeypatch, before):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if before:
        monkeypatch.setenv("NO_PROXY", before)
    with this_machine_only():
        assert os.environ["no_proxy"] == "*"
    assert os.environ.get("NO_PROXY") == before
    assert "no_proxy" not in os.environ
