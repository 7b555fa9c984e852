"""The gate: each request belongs to a session, and no session asks for more than its share.

A session is counted by itself, and more loosely by its address, for a whole class may sit behind
one. What is refused is told in a sentence: as a page to whoever opens one, else as JSON.
"""

import json
import math
import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from explorer.door.limits import Allowance, Busy, Places, UnderWay, neighbourhood
from explorer.door.login import Login
from explorer.door.pages import waiting_page
from explorer.door.sessions import Session, Sessions, cookie, cookie_in
from explorer.work.asker import alias, asker
from explorer.work.events import places, tell

_SLOW = 2.0  # seconds after which a request is told in the log
_LARGEST = 8 << 20  # bytes of one request; the page sends 5.4 MB at most
_UPLOAD = 1 << 18  # bytes from which on it brings a file
# The program asks itself for the first once it listens.
_FREE = {"/gradio_api/startup-events", "/robots.txt"}
_UNUSED = ("/gradio_api/upload", "/gradio_api/proxy=")  # Gradio's; the page needs neither

OUT = "You are not logged in any more: load the page again. Your steps are kept."
FULL = "All places are taken. One is free when somebody has done nothing for ten minutes."
FAST = "Too much at once: wait a moment."
UNUSED = "There is nothing of this kind here."
LARGE = f"This is more than {_LARGEST >> 20} MB at once."
MUCH = "You have sent a lot of files: wait some minutes."
BROKEN = "The program made a mistake. Whoever runs it finds it in the log."


class Refused(Exception):
    """Not now, or not at all: status and sentence; wait: seconds until it may be tried again."""

    def __init__(self, status: int, sentence: str, why: str, wait: float = 1.0):
        super().__init__(sentence)
        self.status, self.why, self.wait = status, why, math.ceil(wait)


class Gate:
    """ASGI middleware. login: None where everybody may come in; root: the path before all others.

    A hand that drags asks 30 times a second; a page asks for some dozens of things when it opens.
    """

    def __init__(self, app, sessions: Sessions, places: Places, login: Login | None, root: str):
        self.app, self._sessions, self._places = app, sessions, places
        self._login, self._root = login, root
        self._asks = Allowance(rate=60, at_once=180)  # of a session
        self._near = Allowance(rate=2000, at_once=6000)  # of an address, with every small file
        self._sent = Allowance(rate=2e6, at_once=4e8)  # bytes of files of a session
        self._sent_near = Allowance(rate=2e7, at_once=4e9)
        self._under_way = UnderWay(each=32, all_together=800)
        self._held = UnderWay(each=64 << 20, all_together=256 << 20)  # bytes of requests
        self._told = Allowance(rate=0.1, at_once=3)  # refusals of one kind in the log

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # the page opens none
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            session = self._sessions.find(cookie_in(scope["headers"]))
            near = neighbourhood(_address(scope))
            try:
                await self._answer(scope, receive, send, session, near)
            except Refused as refused:
                self._tell(scope, refused, session, near)
                await _refusal(scope, refused)(scope, receive, send)

    async def _answer(self, scope, receive, send, session: Session | None, near: str) -> None:
        """Raises Refused before anything of an answer is sent."""
        path, posts = scope["path"], scope["method"] not in ("GET", "HEAD")
        if wait := self._near.take(near):
            raise Refused(429, FAST, "address", wait)
        if path.startswith(_UNUSED):
            raise Refused(403, UNUSED, "unused")
        if self._login and (answer := await self._at_login(scope, receive, session)):
            await answer(scope, receive, send)
            return
        fresh = ""
        if session is None and self._login is None and _opens_page(scope):
            fresh = self._sessions.begin()
            session = self._sessions.find(fresh)
        key = session.id if session else near  # a browser may keep no cookies
        if scope["method"] != "HEAD" and path not in _FREE:
            if fresh:
                in_ = self._places.knock(near)
            else:
                in_ = self._places.move(near, key) if session else self._places.enter(near)
            if not in_:
                raise Refused(503 if _opens_page(scope) else 429, FULL, "full", 15)
        if fresh:
            send = _with_cookie(send, cookie(fresh, self._root, scope["scheme"] == "https"))
        if posts:
            await self._take(scope, receive, send, key, near)
        else:
            await self._pass_on(scope, receive, send, key)

    async def _at_login(self, scope, receive, session: Session | None) -> Response | None:
        """What is answered here where people log in; None for those who may go on."""
        path, posts = scope["path"], scope["method"] == "POST"
        if path == "/login" and posts:
            return await self._login.enter(Request(scope, receive), _address(scope))
        if session and path == "/login":
            return RedirectResponse(f"{self._root}/", 303)
        if session and path == "/logout" and posts:
            self._places.leave(session.id)
            return self._login.leave(session, scope["scheme"] == "https")
        if session or path in _FREE:
            return None
        if not _opens_page(scope):
            raise Refused(401, OUT, "login")
        query = scope["query_string"].decode("latin-1")
        onward = "/" if path == "/login" else quote(path) + (f"?{query}" if query else "")
        return self._login.ask(onward)

    async def _take(self, scope, receive, send, key: str, near: str) -> None:
        """A request that brings something, once it is known to be within its limits."""
        if wait := self._asks.take(key):
            raise Refused(429, FAST, "session", wait)
        size = _announced(scope)
        if size > _LARGEST:
            raise Refused(413, LARGE, "large")
        if size > _UPLOAD:
            wait = self._sent.take(key, size) or self._sent_near.take(near, size)
            if wait:
                raise Refused(429, MUCH, "bytes", wait)
        try:
            with self._under_way.one(key), self._held.one(key, size):
                content = await _content(receive, size)
                start = time.perf_counter()
                await self._pass_on(scope, _replay(content, receive), send, key)
        except Busy as busy:
            raise Refused(429, FAST, "under way") from busy
        seconds = time.perf_counter() - start
        if seconds > _SLOW:
            tell("slow", seconds=round(seconds, 2), session=alias(key), asked=_asked(content))

    async def _pass_on(self, scope, receive, send, key: str) -> None:
        """To the page, in the name of the session; a mistake becomes a line and a sentence."""
        begun = False

        async def forward(message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        mark = asker.set(key)
        try:
            await self.app(scope, receive, forward)
        except Exception as error:
            where = places(error.__traceback__)
            tell("error", kind=type(error).__name__, at=where, path=scope["path"][:200],
                 session=alias(key))  # fmt: skip
            if begun:
                raise
            await JSONResponse({"error": BROKEN}, 500)(scope, receive, send)
        finally:
            asker.reset(mark)

    def _tell(self, scope, refused: Refused, session: Session | None, near: str) -> None:
        """Into the log, but not a line for each where somebody does not stop."""
        key = session.id if session else ""
        if scope["method"] == "HEAD":
            return  # the program's own first question
        if not self._told.take(f"{refused.why} {key or near}"):
            tell("refused", why=refused.why, status=refused.status, session=alias(key),
                 address=_address(scope))  # fmt: skip


def _refusal(scope, refused: Refused) -> Response:
    if _opens_page(scope):
        title = "The class is full" if refused.why == "full" else "One moment"
        return waiting_page(title, str(refused), refused.status)
    headers = {"Retry-After": str(refused.wait), "Cache-Control": "no-store"}
    return JSONResponse({"error": str(refused), "again": True}, refused.status, headers)


def _address(scope) -> str:
    return (scope.get("client") or ("",))[0]


def _opens_page(scope) -> bool:
    """Whether somebody looks at the answer, and not the page."""
    if scope["method"] != "GET":
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _with_cookie(send, header: bytes):
    async def forward(message) -> None:
        if message["type"] == "http.response.start":
            message = message | {"headers": [*message["headers"], (b"set-cookie", header)]}
        await send(message)

    return forward


def _announced(scope) -> int:
    """Bytes of a request; the most that may be where it does not say."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return _LARGEST


async def _content(receive, size: int) -> bytes:
    """All of a request, which is short; raises Refused if it is longer than it was said to be."""
    pieces, found, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, LARGE, "gone")
        pieces.append(message.get("body", b""))
        found, more = found + len(pieces[-1]), message.get("more_body", False)
        if found > size:
            raise Refused(413, LARGE, "large")
    return b"".join(pieces)


def _replay(content: bytes, receive):
    """What was received, once more, and then what comes after it."""
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def again() -> dict:
        return waiting.pop() if waiting else await receive()

    return again


def _asked(content: bytes) -> str:
    """Which function of the page's server was asked for, for the log."""
    try:
        name = json.loads(content)["fn_name"]
    except (ValueError, KeyError, TypeError):
        return ""
    return name[:40] if isinstance(name, str) and name.isidentifier() else ""
