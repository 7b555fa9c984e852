"""The options for a class: what they mean together, and what must not be begun."""

import argparse
import ipaddress
import os
import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from explorer.door.guard import bracketed
from explorer.door.proxies import Network
from explorer.door.users import DoorError, read_users
from explorer.work.events import keep_events

HERE = "127.0.0.1"
_NAME = re.compile(r"(\*\.)?[\w.-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")
_ROOT = re.compile(r"(/[\w.~@%+-]+)+")
_MACHINE = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128")))
_SHORTEST = 32  # bytes of a secret


@dataclass(frozen=True)
class Door:
    """How the program is reached, and by whom; without anything said, on this machine by one."""

    host: str = HERE
    names: tuple[str, ...] = ()
    users: Path | None = None
    open: bool = False
    secret: bytes | None = None
    root: str = ""
    proxies: tuple[Network, ...] = _MACHINE
    uploads: bool = True
    most: int | None = None
    log: Path | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether other machines can ask."""
        return not _is_here(self.host)

    @property
    def shared(self) -> bool:
        """Whether several people ask, who are told apart."""
        return self.elsewhere or self.open or self.users is not None or self.most is not None

    @property
    def behind(self) -> bool:
        """Whether a proxy may stand in front."""
        return self.shared or bool(self.names or self.root) or self.proxies != _MACHINE


def add_options(parser: argparse.ArgumentParser) -> None:
    """The group of options that a single user needs nothing of."""
    group = parser.add_argument_group(
        "for a class", "so that others can use it over the network; see the guide, “For a class”"
    )
    add = group.add_argument
    add("--host", default=HERE, metavar="ADDRESS",
        help="listen at this address; 0.0.0.0 lets every machine that reaches this one come in "
        f"(default: {HERE}, this machine only)")  # fmt: skip
    add("--allow-host", action="append", default=[], metavar="NAME",
        help="answer under this name too, as it stands in the browser's address; *.NAME for all "
        "names below it; may be given several times")  # fmt: skip
    add("--auth", type=Path, metavar="FILE",
        help="only who has a password comes in; make the file with: "
        "python -m explorer.users FILE NAME")  # fmt: skip
    add("--open", action="store_true", help="let everybody in, without a password")
    add("--max-users", type=int, metavar="N",
        help="so many at a time; who comes later waits until a place is free")  # fmt: skip
    add("--share-nothing", action="store_true",
        help="take no files from users: no scans, no saved pictures, no directions")  # fmt: skip
    add("--root-path", default="", metavar="PATH",
        help="the program is not at the top of its address but below this path, as "
        "/brains")  # fmt: skip
    add("--proxy", action="append", default=[], metavar="ADDRESS",
        help="a proxy in front of it, or the network it is in, which may say who really asks "
        "(default: this machine)")  # fmt: skip
    add("--secret", type=Path, metavar="FILE",
        help="the same file for several of these programs behind one proxy, so that each knows "
        "who has logged in at another; it is made if there is none")  # fmt: skip
    add("--log", type=Path, metavar="FILE",
        help="write what happens into this file, one JSON object a line (default, with most of "
        "these options: to the terminal)")  # fmt: skip


def door_of(args: argparse.Namespace) -> Door:
    """What the options say together; raises DoorError where they must not be followed."""
    door = Door(
        host=_host(args.host),
        names=tuple(map(_name, args.allow_host)),
        users=args.auth,
        open=args.open,
        secret=_secret(args.secret) if args.secret else None,
        root=_root(args.root_path),
        proxies=tuple(map(_network, args.proxy)) or _MACHINE,
        uploads=not args.share_nothing,
        most=args.max_users,
        log=args.log,
    )
    if door.users:
        try:
            read_users(door.users)
        except DoorError as error:
            raise DoorError(f"--auth {error}") from error
    if door.open and door.users:
        raise DoorError("--open lets in without a password, --auth asks for one: give one of them")
    if door.elsewhere and not door.users and not door.open:
        raise DoorError(
            f"--host {door.host}: everybody who reaches this machine could come in; give users "
            "with --auth FILE, or --open if that is what you want"
        )
    if door.most is not None and door.most < 1:
        raise DoorError(f"--max-users {door.most}: must be 1 or more")
    return door


def keep_log(door: Door) -> None:
    """From now on, if it is wanted; raises DoorError where it cannot be written."""
    if not (door.log or door.behind):
        return
    try:
        keep_events(door.log)
    except OSError as error:
        why = error.strerror
        raise DoorError(
            f"--log {door.log}: it cannot be written ({why}); give another file"
        ) from error


def _host(host: str) -> str:
    """An address of this machine, as it stands; raises DoorError if it is none."""
    host = host.strip("[]")
    try:
        family, *_, place = socket.getaddrinfo(host or " ", 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind(place)
    except OSError as error:
        raise DoorError(
            f"--host {host}: this machine has no such address; give one of its own, or 0.0.0.0 "
            "for all"
        ) from error
    return host


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise DoorError(f"--allow-host {name}: give only the name, as brains.example.org")
    return name.lower()


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise DoorError(f"--proxy {text}: must be an address as 10.0.0.2 or a network as "
                        "10.0.0.0/24") from error  # fmt: skip


def _root(path: str) -> str:
    path = path.rstrip("/")
    if path and not _ROOT.fullmatch(path):
        raise DoorError(f"--root-path {path}: must begin with / and hold a path only, as /brains")
    return path


def _secret(path: Path) -> bytes:
    """What the file holds; it is made if there is none, by one of those that begin together."""
    try:
        if not path.exists():
            made = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            made.touch(0o600)
            made.write_text(f"{secrets.token_hex(_SHORTEST)}\n", encoding="ascii")
            with suppress(FileExistsError):
                os.link(made, path)  # all of it at once, and never in the place of another's
            made.unlink()
        secret = path.read_bytes().strip()
    except OSError as error:
        why = error.strerror
        raise DoorError(
            f"--secret {path}: it can be neither read nor made ({why}); give a file in a folder "
            "that can be written"
        ) from error
    if len(secret) < _SHORTEST:
        raise DoorError(
            f"--secret {path}: it must hold {_SHORTEST} bytes or more; remove it, and a new one is "
            "made"
        )
    return secret


def addresses(door: Door, port: int) -> list[str]:
    """Where the page is for others, as far as this machine can tell."""
    hosts = [name for name in door.names if not name.startswith("*.")]
    if not hosts and door.elsewhere and door.host != "::":
        hosts = [_own_address() if door.host == "0.0.0.0" else door.host]
    return [f"http://{bracketed(host)}:{port}{door.root}/" for host in hosts if host]


def _own_address() -> str | None:
    """The one that goes out into the network, if there is one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]
