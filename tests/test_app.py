"""app.py as a user starts it."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer import Recipe, load
from explorer.__main__ import fitting_first
from explorer.recipe import Edit
from tests.explorer.conftest import write_model

ROOT = Path(__file__).resolve().parent.parent


# Imports once, for that takes seconds; each line of input is then a program of its own: its
# arguments, and the file for what it says of errors. Its exit code is told.
_STARTER = """
import json, os, runpy, signal, sys
import explorer.__main__
for line in sys.stdin:
    arguments, errors = json.loads(line)
    child = os.fork()
    if not child:
        signal.alarm(60)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
        sys.argv = ["app.py", "--no-browser", *arguments]
        runpy.run_path("app.py", run_name="__main__")
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Runs app.py with these arguments to its end."""
    folder = tmp_path_factory.mktemp("errors")
    command = [sys.executable, "-c", _STARTER]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:

        def run(*arguments: str) -> subprocess.CompletedProcess:
            errors = folder / str(len(list(folder.iterdir())))
            print(json.dumps([arguments, str(errors)]), file=starter.stdin, flush=True)
            code = int(starter.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, stderr=errors.read_text())

        yield run
        starter.stdin.close()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "it is empty"), (b"PK\x03\x04" * 99, "the zip is damaged")],
)
def test_a_wrong_checkpoint_is_one_line_and_exit_code_2(run, tmp_path, content, message):
    path = tmp_path / "model.pkl"
    if content is not None:
        path.write_bytes(content)
    result = run("--checkpoint", str(path))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"app: {path}")
    assert message in result.stderr


def test_a_wrong_recipe_is_one_line_and_exit_code_2(run, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"not a picture")
    result = run("--recipe", str(path))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"app: {path}")
    path.write_text('{"model": "0123456789ab"}')
    result = run("--recipe", str(path))
    assert result.returncode == 2
    assert "another model" in result.stderr


def test_a_wrong_lesson_is_one_line_that_names_the_field_and_exit_code_2(run, tmp_path):
    (tmp_path / "mine.json").write_text('{"title": "T", "about": "A.", "steps": [{"title": "S"}]}')
    result = run("--lessons", str(tmp_path))
    assert result.returncode == 2
    assert result.stderr == f"app: {tmp_path / 'mine.json'}: steps[0].text: is missing\n"


@pytest.mark.skipif(torch.cuda.is_available(), reason="a card is there")
def test_a_card_that_is_not_there_is_one_line_and_exit_code_2(run):
    done = run("--device", "cuda")
    assert done.returncode == 2
    assert done.stderr == (
        "app: --device cuda: torch finds none; leave it out, or give --device cpu\n"
    )


def test_a_taken_port_is_one_line_and_exit_code_2(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 2
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_recipe_with_directions_still_to_be_measured_opens(tmp_path):
    model = load(write_model(tmp_path / "new" / "tiny.safetensors"))
    recipe = Recipe(edits=(Edit("act1@2", 1),))
    assert fitting_first([model], recipe) == [model]
    model.library._activations[2].get()  # its thread must end before the program does
