"""app.py as a user starts it."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from explorer import Recipe, load
from explorer.__main__ import fitting_first
from explorer.recipe import Edit
from tests.explorer.conftest import write_model

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "app.py", "--no-browser", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "no such file"), (b"", "not a checkpoint"), (b"PK\x03\x04" * 99, "never opened")],
)
def test_a_wrong_checkpoint_is_one_line_and_exit_code_2(tmp_path, content, message):
    path = tmp_path / "model.pkl"
    if content is not None:
        path.write_bytes(content)
    result = run("--checkpoint", str(path))
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith(f"app: {path}")
    assert message in result.stderr


def test_a_wrong_recipe_is_one_line_and_exit_code_2(tmp_path):
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


def test_a_wrong_lesson_is_one_line_that_names_the_field_and_exit_code_2(tmp_path):
    (tmp_path / "mine.json").write_text('{"title": "T", "about": "A.", "steps": [{"title": "S"}]}')
    result = run("--lessons", str(tmp_path))
    assert result.returncode == 2
    assert result.stderr == f"app: {tmp_path / 'mine.json'}: steps[0].text: is missing\n"


def test_a_taken_port_is_one_line_and_exit_code_2():
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
