"""What is given for containers fits the program: options, cookie, sizes, files."""

import argparse
import re
from pathlib import Path

import pytest
import yaml

from explorer.door import gate, options
from explorer.door.sessions import COOKIE

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "assets" / "deploy"


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def chosen(command: list[str]) -> argparse.Namespace:
    """The options of a command, its variables as they are by default."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--port", type=int)
    parser.add_argument("--no-browser", action="store_true")
    options.add_options(parser)
    assert command[:2] == ["python", "app.py"]
    return parser.parse_args([re.sub(r"\$\{\w+:-(.*?)\}", r"\1", word) for word in command[2:]])


def test_the_programs_start_with_options_that_there_are(compose):
    services = compose["services"]
    assert services["explorer1"] == services["explorer2"]
    args = chosen(services["explorer1"]["command"])
    assert (args.host, args.port, args.max_users) == ("0.0.0.0", 7860, 30)
    assert args.auth.parent == args.secret.parent == Path("/class")
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert args.proxy == [subnet]  # nginx is believed
    options._network(subnet)
    for name in args.allow_host:
        options._name(name)


def test_the_container_holds_what_the_program_needs(compose):
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.*)$", text, re.M) for word in line.split()[:-1]]
    assert {"app.py", "gan", "explorer", "assets", "requirements.txt"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert set(copied) <= {line[1:] for line in sent if line.startswith("!")}
    command = re.findall(r'"([^"]*)"', re.search(r"^CMD (.*)$", text, re.M)[1])
    assert chosen(command).auth == Path("/class/users")
    built = compose["services"]["explorer1"]["build"]
    assert (DEPLOY / built["context"]).resolve() == ROOT
    assert (ROOT / built["dockerfile"]).exists()


def test_nginx_keeps_sessions_together_and_lets_the_largest_request_through(compose):
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert f"map $cookie_{COOKIE} " in text
    assert "hash $whose consistent" in text
    for service in re.findall(r"server (\w+):7860", text):
        assert service in compose["services"]
    assert int(re.search(r"client_max_body_size (\d+)m", text)[1]) << 20 == gate._LARGEST
    for header in ("Host", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto"):
        assert f"proxy_set_header {header} " in text  # whatever the browser claims is put away
