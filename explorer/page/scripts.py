"""The page's scripts: ES modules, served from memory under an address that changes with them."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

ROOM = "scripts"  # the first part of their address; no model's page may be called so
_FOLDER = Path(__file__).parent
SCRIPTS = {
    path.relative_to(_FOLDER).as_posix(): path.read_bytes()
    for path in sorted(_FOLDER.rglob("*.js"))
}
DIGEST = hashlib.sha256(repr(SCRIPTS).encode()).hexdigest()[:12]  # of all: they belong together
# The addresses of imports are relative, so they carry the digest on; nothing is ever stale.
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}


def route() -> Route:
    """Answers for all scripts, of this version only."""
    return Route(f"/{ROOM}/{{digest}}/{{name:path}}", _answer)


async def _answer(request: Request) -> Response:
    text = SCRIPTS.get(request.path_params["name"])
    if text is None or request.path_params["digest"] != DIGEST:
        return PlainTextResponse("There is no such script; load the page again.", 404)
    # Said here: what the system takes .js for is on some a plain text, which browsers refuse.
    return Response(text, headers=_HEADERS, media_type="text/javascript")


def preloads() -> str:
    """For the page's head: all scripts are on their way before the first part asks for its own."""
    return "".join(
        f'<link rel="modulepreload" href="{ROOM}/{DIGEST}/{name}">'
        for name in sorted(SCRIPTS, key=lambda name: not name.startswith("shared/"))
    )
