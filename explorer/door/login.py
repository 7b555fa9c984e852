"""Logging in and out: a form comes in, a cookie goes out, and guessing is slow."""

import asyncio
import re
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from explorer.door.limits import Allowance, neighbourhood
from explorer.door.pages import login_page
from explorer.door.sessions import Session, Sessions, cookie
from explorer.door.users import Users, fits
from explorer.work.asker import alias
from explorer.work.events import tell

_MOST = 16384  # bytes of the form
_ONWARD = re.compile(r"/(?![/\\])[\w./?=&%~+-]*")


class Login:
    """Who comes in by name and password.

    One guess is looked at a time, each takes some 50 ms. Of wrong ones an address may make five for
    one name, then one in half a minute; for all names 60, for a class sits behind one address,
    then one in five seconds.
    """

    def __init__(self, users: Users, sessions: Sessions, root: str):
        self._users, self._sessions, self._root = users, sessions, root
        self._of_name, self._of_address = Allowance(1 / 30, 5), Allowance(1 / 5, 60)
        self._one = asyncio.Lock()

    def ask(self, onward: str) -> Response:
        return login_page(self._root, onward)

    async def enter(self, request: Request, address: str) -> Response:
        """What comes of a form that was sent."""
        posted = await _form(request)
        name, password, onward = (posted.get(k, "") for k in ("name", "password", "onward"))
        near, name = neighbourhood(address), name.strip()
        async with self._one:  # or who sends many at once would be ahead of the count
            wait = max(self._of_name.wait(f"{near} {name}"), self._of_address.wait(near))
            if wait:
                tell("login", done=False, why="too many", address=address)
                again = f"Too many wrong passwords. Try again in {max(1, round(wait))} seconds."
                answer = login_page(self._root, _safe(onward), again, name)
                answer.status_code, answer.headers["Retry-After"] = 429, str(max(1, round(wait)))
                return answer
            kept = self._users.hash_of(name)
            right = await asyncio.to_thread(fits, password, kept)
            if not right:
                self._of_name.take(f"{near} {name}")
                self._of_address.take(near)
        if not right:
            tell("login", done=False, why="wrong", address=address)
            return login_page(self._root, _safe(onward), "Name and password do not fit.", name)
        token = self._sessions.begin(name)
        tell("login", done=True, user=name, address=address,
             session=alias(self._sessions.find(token).id))  # fmt: skip
        answer = RedirectResponse(f"{self._root}{_safe(onward)}", 303)
        secure = request.scope["scheme"] == "https"
        answer.raw_headers.append((b"set-cookie", cookie(token, self._root, secure)))
        return answer

    def leave(self, session: Session, secure: bool) -> Response:
        """Log out; other replicas know the session until it ends by itself."""
        self._sessions.end(session)
        tell("logout", session=alias(session.id))
        answer = RedirectResponse(f"{self._root}/", 303)
        answer.raw_headers.append((b"set-cookie", cookie("", self._root, secure)))
        return answer


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; none of one that is not small."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > _MOST:
            return {}
    fields = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=9)
    return {name: values[0] for name, values in fields.items()}


def _safe(onward: str) -> str:
    """A place on this page, wherever somebody would like to be sent."""
    return onward if _ONWARD.fullmatch(onward) else "/"
