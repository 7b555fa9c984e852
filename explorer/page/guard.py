"""Who may talk to the server: the page that it serves, and nobody else's.

Any web page in the user's browser can post to this machine, and with a name that it has made point
here it can read the answers too. The browser says in `Host` under which name it asks, and in
`Origin` for whose page.
"""

import re

_HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)


class Guard:
    """ASGI middleware: 403 for whoever asks under a foreign name, or for a foreign page."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket") or is_own(scope["headers"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is open: a 403
        else:
            kind = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": kind})
            await send({"type": "http.response.body", "body": b"Only for the page itself."})


def is_own(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request goes to this machine by its own name, and comes from no other page."""
    hosts, origins = (
        [value.decode("latin-1").lower() for name, value in headers if name.lower() == wanted]
        for wanted in (b"host", b"origin")
    )
    if len(hosts) != 1 or not _HERE.fullmatch(hosts[0]):
        return False
    return all(origin == f"http://{hosts[0]}" for origin in origins)
