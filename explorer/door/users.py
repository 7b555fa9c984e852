"""Who may log in: a file with one `name:hash` a line, the hash of scrypt with a salt of its own."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from explorer.work.events import tell
from gan.checkpoint import write_atomic

SHORTEST = 8  # letters of a password
_MOST = 1000
_N, _R, _P = 2**14, 8, 1  # scrypt: 16 MiB and some 50 ms for each guess
_NAME = re.compile(r"[\w.@-]{1,40}")
_HASH = re.compile(r"scrypt\$(\d{1,6})\$(\d{1,2})\$(\d)\$([\w-]{22,})\$([\w-]{43,})")
_LOOK = 2.0  # seconds: how soon a change of the file is seen


class DoorError(ValueError):
    """What was given for a class is of no use; the message names the option and the remedy."""


class Users:
    """The users of a file, which may change while the program runs."""

    def __init__(self, path: Path):
        self._path = path
        self._stamp, self._looked = _stamp(path), time.monotonic()
        self._hashes = read_users(path)

    def hash_of(self, name: str) -> str | None:
        """What the file says of a user now; None if it does not say anything."""
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._looked = now
            self._look_again()
        return self._hashes.get(name)

    def _look_again(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._hashes, self._stamp = _users_in(self._path), stamp
        except (OSError, DoorError) as error:  # those who are known stay so
            tell("error", kind="users", says=str(error))


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def read_users(path: Path) -> dict[str, str]:
    """{name: hash}; raises DoorError if the file is none of users, or names nobody."""
    users = _users_in(path)
    if not users:
        raise DoorError(f"{path}: there is no user in it; {_remedy(path)}")
    return users


def _users_in(path: Path) -> dict[str, str]:
    """The same, of nobody too: the last one may have been taken out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DoorError(f"{path}: it cannot be read ({_why(error)}); {_remedy(path)}") from error
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, kept = line.strip().partition(":")
        if not _NAME.fullmatch(name) or not _known(kept) or name in users:
            raise DoorError(f"{path}: line {number} is no new user's name:hash; {_remedy(path)}")
        users[name] = kept
    return users


def _remedy(path: Path) -> str:
    return f"add users with: python -m explorer.users {path} NAME"


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is no text"


def _known(kept: str) -> bool:
    """Whether it is a hash, and one that is made within reason."""
    found = _HASH.fullmatch(kept)
    if not found:
        return False
    n, r, p = (int(found[k]) for k in (1, 2, 3))
    return n & (n - 1) == 0 and 2**14 <= n <= 2**17 and 8 <= r <= 16 and 1 <= p <= 4


def hashed(password: str) -> str:
    """What the file keeps of a password."""
    salt = secrets.token_bytes(16)
    key = _scrypt(password, salt, _N, _R, _P)
    return "$".join(["scrypt", str(_N), str(_R), str(_P), _text(salt), _text(key)])


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one that was hashed. It takes as long where there is no user."""
    n, r, p, salt, key = _HASH.fullmatch(kept or _NOBODY).groups()
    found = _scrypt(password[:_MOST], _bytes(salt), int(n), int(r), int(p))
    return hmac.compare_digest(found, _bytes(key)) and kept is not None


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # The same letters come from some keyboards as one sign, from others as two.
    typed = unicodedata.normalize("NFC", password).encode()
    return hashlib.scrypt(typed, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_NOBODY = f"scrypt${_N}${_R}${_P}${_text(bytes(16))}${_text(bytes(32))}"


def with_user(path: Path, name: str, password: str) -> None:
    """Write a user into a file, which is made if there is none; a known one gets a new password.

    Raises DoorError where name or password will not do, OSError where nothing can be written.
    """
    if not _NAME.fullmatch(name):
        raise DoorError(f"{name}: a name has 1 to 40 letters, digits or . _ - @, and no spaces")
    if not SHORTEST <= len(password) <= _MOST:
        raise DoorError(f"{name}: a password has at least {SHORTEST} letters, and at most {_MOST}")
    with _changing(path) as lines:
        where = _line_of(lines, name)
        lines[where : where + 1] = [f"{name}:{hashed(password)}"]


def without_user(path: Path, name: str) -> None:
    """Take a user out of a file; raises DoorError if there is none of this name."""
    read_users(path)
    with _changing(path) as lines:
        where = _line_of(lines, name)
        if where == len(lines):
            raise DoorError(f"{name}: {path} has no such user")
        del lines[where]


def _line_of(lines: list[str], name: str) -> int:
    """The number of a user's line; one after the last if there is none."""
    names = [line.strip().partition(":")[0] for line in lines]
    return names.index(name) if name in names else len(lines)


@contextmanager
def _changing(path: Path) -> Iterator[list[str]]:
    """The lines of a file of users, to be changed; comments stay, and who may read it. One program
    at a time does so, where the system has locks (POSIX)."""
    with _locked(path):
        lines = []
        if path.exists():
            _users_in(path)
            lines = path.read_text(encoding="utf-8").splitlines()
        yield lines
        before = path.stat() if path.exists() else None
        mask = os.umask(0o077)  # for this user's eyes only
        try:
            write_atomic(path, "".join(f"{line}\n" for line in lines).encode())
        finally:
            os.umask(mask)
        if before and _given_to(path, before):
            path.chmod(stat.S_IMODE(before.st_mode))


def _given_to(path: Path, before: os.stat_result) -> bool:
    """Whether it belongs to whom the one before did, as far as this user may decide that."""
    with suppress(OSError, AttributeError):  # Windows has none
        os.chown(path, before.st_uid, before.st_gid)
    return path.stat().st_gid == before.st_gid


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder = os.open(path.resolve().parent, os.O_RDONLY)  # the file itself is replaced
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
