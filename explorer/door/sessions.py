"""Sessions: a cookie that says who somebody is, signed, so that every replica knows it.

The signature covers the user's hash: with a new password, or without the user, it fits no more.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

COOKIE = "brain_explorer"
_HOURS = 12


@dataclass(frozen=True)
class Session:
    """id: random, the same as long as it lasts; user: a name, empty where nobody logs in."""

    id: str
    user: str
    ends: int


class Sessions:
    """Begins and knows sessions.

    secret: the same in all replicas. hash_of: what is kept of a user, None if there is none of this
    name.
    """

    def __init__(
        self, secret: bytes, hash_of: Callable[[str], str | None],
        clock: Callable[[], float] = time.time,
    ):  # fmt: skip
        self._secret, self._hash_of, self._clock = secret, hash_of, clock
        self._ended: dict[str, int] = {}  # ids, until they would have ended by themselves

    def begin(self, user: str = "") -> str:
        """The value of a new session's cookie."""
        ends = int(self._clock()) + _HOURS * 3600
        name = base64.urlsafe_b64encode(user.encode()).decode("ascii").rstrip("=")
        said = f"{secrets.token_urlsafe(16)}.{ends}.{name}"
        return f"{said}.{self._sign(said, self._hash_of(user) or '')}"

    def find(self, value: str) -> Session | None:
        """The session of a cookie; None if it is none of ours, or none any more."""
        said, _, signed = value.rpartition(".")
        try:
            key, ends, name = said.split(".")
            user = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
            kept = self._hash_of(user)
            ours = self._sign(said, kept or "").encode()
            if kept is None or not hmac.compare_digest(ours, signed.encode("latin-1")):
                return None
        except ValueError:  # whatever was made up
            return None
        if int(ends) <= self._clock() or key in self._ended:
            return None
        return Session(key, user, int(ends))

    def end(self, session: Session) -> None:
        """Not to be found again, by this process."""
        now = self._clock()
        self._ended = {key: ends for key, ends in self._ended.items() if ends > now}
        self._ended[session.id] = session.ends

    def _sign(self, said: str, kept: str) -> str:
        # Its length first: nothing of one can be moved into the other.
        content = f"{len(said)}.{said}.{kept}".encode()
        return hmac.new(self._secret, content, hashlib.sha256).hexdigest()


def cookie(value: str, root: str, secure: bool) -> bytes:
    """The header that keeps a session in the browser; an empty value takes it away."""
    parts = [f"{COOKIE}={value}", f"Path={root or '/'}", "HttpOnly", "SameSite=Lax"]
    parts += [f"Max-Age={_HOURS * 3600 if value else 0}", *(["Secure"] if secure else [])]
    return "; ".join(parts).encode("latin-1")


def cookie_in(headers: list[tuple[bytes, bytes]]) -> str:
    """The session's cookie out of a request; empty if there is none."""
    for name, value in headers:
        if name == b"cookie":
            for part in value.decode("latin-1").split(";"):
                key, _, content = part.strip().partition("=")
                if key == COOKIE:
                    return content
    return ""
