"""The pages at the door: log in, full, refused. Each is whole in itself and fetches nothing."""

import base64
import hashlib
from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

_PAGE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
# A link to a brain has it behind its #, which the browser does not send: it is to be there again.
_SCRIPT = "const form = document.querySelector('form'); form.action += location.hash;"
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    f"script-src 'sha256-{_HASH}'; frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with none the browser would say "Origin: null"
    "X-Content-Type-Options": "nosniff",
}
_AGAIN = 15  # seconds until a page tries again by itself


def login_page(root: str, onward: str, wrong: str = "", name: str = "") -> HTMLResponse:
    """Asks for name and password. onward: where to go then; wrong: what was wrong before."""
    told = ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""
    problem = f'<p class="wrong" id="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    first, second = ("", " autofocus") if name else (" autofocus", "")
    body = f"""<p class="quiet">Whoever runs this program has given you a name and a password.</p>
<form method="post" action="{escape(root)}/login">
<input type="hidden" name="onward" value="{escape(onward)}">
<label for="name">Name</label>
<input id="name" name="name" value="{escape(name)}" autocomplete="username" autocapitalize="none"
 spellcheck="false" maxlength="40" required{told}{first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="1000" required{told}{second}>
{problem}
<button>Log in</button>
</form>"""
    return _page("Log in", body, 401, script=f"<script>{_SCRIPT}</script>")


def waiting_page(title: str, sentence: str, status: int) -> HTMLResponse:
    """Says why not now, and tries again by itself."""
    body = f"""<p role="status">{escape(sentence)}</p>
<p class="quiet">This page tries again every {_AGAIN} seconds.</p>"""
    refresh = f'<meta http-equiv="refresh" content="{_AGAIN}">'
    answer = _page(title, body, status, refresh)
    answer.headers["Retry-After"] = str(_AGAIN)
    return answer


def _page(title: str, body: str, status: int, refresh: str = "", script: str = "") -> HTMLResponse:
    text = _PAGE.substitute(title=escape(title), body=body, refresh=refresh, script=script)
    return HTMLResponse(text, status, _HEADERS)
