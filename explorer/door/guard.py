"""Who may talk to the server: the page that it serves, and nobody else's.

Any web page in the user's browser can post to this machine, and with a name that it has made point
here it can read the answers too. The browser says in `Host` under which name it asks, and in
`Origin` for whose page.
"""

import re
from collections.abc import Sequence

from explorer.door.limits import Allowance
from explorer.door.proxies import FORWARDED
from explorer.work.events import tell

_ADDRESS = re.compile(r"[\d.]+|[\da-f:]*:[\da-f:.]*", re.IGNORECASE)
_HERE = r"127\.0\.0\.1|localhost|\[::1\]"
_REFUSAL = (
    b"Only for the page itself. Whoever runs the program can let it answer under another name: "
    b"--allow-host and the name."
)


class Guard:
    """ASGI middleware: 403 for whoever asks under a foreign name, or for a foreign page.

    names: beside this machine's own, `*.` at the front stands for one more part. addresses: the
    address that a request came to is a name of this machine, too.
    """

    def __init__(self, app, names: Sequence[str] = (), addresses: bool = False):
        self.app, self._addresses = app, addresses
        self._told = Allowance(rate=0.1, at_once=3)  # lines in the log, for each address
        self._names = re.compile(
            rf"(?:{'|'.join([_HERE, *map(_pattern, names)])})(?::\d+)?", re.IGNORECASE
        )

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket") or self.is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is open: a 403
        else:
            address = (scope.get("client") or ("",))[0]
            if not self._told.take(address):
                tell("refused", why="name", names=_said(scope), address=address)
            kind = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": _REFUSAL})

    def is_own(self, scope) -> bool:
        """Whether a request goes to this machine by its own name, and comes from no other page."""
        hosts, origins = _headers(scope, b"host"), _headers(scope, b"origin")
        if len(hosts) != 1 or not self._is_known(scope, hosts[0]):
            return False
        behind = scope.get(FORWARDED)
        if behind is not None and not self._is_known(scope, behind):
            return False  # a page of that name could say itself which name to take it for
        scheme = scope["scheme"].replace("ws", "http")
        own = {f"{scheme}://{hosts[0]}"}
        if behind is not None and scope.get("server"):
            # Some proxies look at the page's name themselves, and put this one in its place.
            own |= {f"{s}://localhost:{scope['server'][1]}" for s in ("http", "https")}
        return all(origin in own for origin in origins)

    def _is_known(self, scope, host: str) -> bool:
        return bool(self._names.fullmatch(host)) or self._is_address(scope, host)

    def _is_address(self, scope, host: str) -> bool:
        """No name can be made to stand for an address, so it is safe where it is this machine's."""
        if not self._addresses or not scope.get("server"):
            return False
        address, port = scope["server"]
        if not _ADDRESS.fullmatch(address):
            return False
        return host in (bracketed(address), f"{bracketed(address)}:{port}")


def bracketed(address: str) -> str:
    """An address as it stands in front of a port."""
    return f"[{address}]" if ":" in address else address


def _pattern(name: str) -> str:
    return rf"[^.:/@]+\.{re.escape(name[2:])}" if name.startswith("*.") else re.escape(name)


def _headers(scope, wanted: bytes) -> list[str]:
    return [v.decode("latin-1").lower() for name, v in scope["headers"] if name.lower() == wanted]


def _said(scope) -> list[str]:
    """Under which name a refused request came, and for whose page."""
    said = [*_headers(scope, b"host"), *_headers(scope, b"origin"), scope.get(FORWARDED) or ""]
    return [name[:200] for name in said if name]
