"""Who really asks, and how: a proxy in front of the program says so in `X-Forwarded-...`.

Anybody can write these lines, so they are believed from known addresses only and taken away from
everybody else's requests. Gradio, which would believe them, sees what is settled here.
"""

import ipaddress
from collections.abc import Sequence

from starlette.responses import RedirectResponse

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED = "explorer.forwarded"  # in the scope: the `Host` that a known proxy gave another for
_TOLD = (b"x-forwarded-", b"x-gradio-server", b"forwarded")
_SCHEMES = ("http", "https")


class Proxies:
    """ASGI middleware: scheme, client, `Host` and path as the browser had them.

    trusted: networks of proxies. root: path in front of all others, which some proxies strip and
    others do not; behind this they look the same.
    """

    def __init__(self, app, trusted: Sequence[Network] = (), root: str = ""):
        self.app, self._trusted, self._root = app, tuple(trusted), root

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["path"] == self._root != "":
            # The page's addresses are relative: without the end they would lead elsewhere.
            await RedirectResponse(f"{self._root}/")(scope, receive, send)
            return
        told: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name.startswith(_TOLD):
                before = f"{told[name]}," if name in told else ""
                told[name] = before + value.decode("latin-1")
        kept = [(k, v) for k, v in scope["headers"] if not k.startswith(_TOLD)]
        scope = scope | {"headers": kept, FORWARDED: None} | self._path(scope["path"])
        if told and self._knows((scope.get("client") or [""])[0]):
            self._believe(scope, told)
        await self.app(scope, receive, send)

    def _path(self, path: str) -> dict:
        if not self._root or not path.startswith(f"{self._root}/"):
            return {}
        path = path[len(self._root) :]
        return {"path": path, "raw_path": path.encode()}

    def _knows(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)

    def _believe(self, scope, told: dict[bytes, str]) -> None:
        """With several proxies the first is the one that the browser talked to."""
        scheme = _first(told.get(b"x-forwarded-proto", ""))
        if scheme in _SCHEMES:
            scope["scheme"] = scheme if scope["type"] == "http" else scheme.replace("http", "ws")
        host = _first(told.get(b"x-forwarded-host", ""))
        if host:
            named = [v.decode("latin-1").lower() for k, v in scope["headers"] if k == b"host"]
            others = [(k, v) for k, v in scope["headers"] if k != b"host"]
            scope["headers"] = [(b"host", host.encode("latin-1")), *others]
            scope[FORWARDED] = named[0] if len(named) == 1 else ""
        # Each proxy adds at the end whom it saw: what stands before a stranger may be made up.
        seen = [_bare(one.strip()) for one in told.get(b"x-forwarded-for", "").split(",")]
        strangers = [one for one in seen if one and not self._knows(one)]
        if strangers:
            scope["client"] = (strangers[-1], 0)


def _bare(address: str) -> str:
    """Without the port that some proxies add: it is another each time."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _first(values: str) -> str:
    return values.split(",")[0].strip().lower()
