"""The page's scripts: ES modules, served from memory under an address that changes with them.

Beside them lies plotly.js, out of the installed package: `shared/charts.js` fetches it when the
first chart is opened.
"""

import hashlib
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

ROOM = "scripts"  # the first part of their address; no model's page may be called so
_FOLDER = Path(__file__).parent
SCRIPTS = {
    path.relative_to(_FOLDER).as_posix(): path.read_bytes()
    for path in sorted(_FOLDER.rglob("*.js"))
}
PLOTLY = "plotly.min.js"
_PLOTLY_FILE = Path(plotly.__file__).parent / "package_data" / PLOTLY
# Of all: they belong together.
DIGEST = hashlib.sha256(repr((SCRIPTS, plotly.__version__)).encode()).hexdigest()[:12]
# The addresses of imports are relative, so they carry the digest on; nothing is ever stale.
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}


def route() -> Route:
    """Answers for all scripts, of this version only."""
    return Route(f"/{ROOM}/{{digest}}/{{name:path}}", _answer)


async def _answer(request: Request) -> Response:
    name = request.path_params["name"]
    text = SCRIPTS.get(name)
    # The type is said: what the system takes .js for is on some a plain text, which no browser
    # takes for a script.
    kind = {"headers": _HEADERS, "media_type": "text/javascript"}
    if request.path_params["digest"] == DIGEST:
        if text is not None:
            return Response(text, **kind)
        if name == PLOTLY:
            return FileResponse(_PLOTLY_FILE, **kind)
    return PlainTextResponse("There is no such script; load the page again.", 404)


def preloads() -> str:
    """For the page's head: all scripts are on their way before the first part asks for its own."""
    return "".join(
        f'<link rel="modulepreload" href="{ROOM}/{DIGEST}/{name}">'
        for name in sorted(SCRIPTS, key=lambda name: not name.startswith("shared/"))
    )
