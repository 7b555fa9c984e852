"""What proxies tell is believed from those that are known, and from nobody else."""

import ipaddress

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from explorer.door.guard import Guard
from explorer.door.options import Door
from explorer.door.proxies import Proxies

TLS = {"x-forwarded-proto": "https", "x-forwarded-host": "brains.example.org"}


async def echo(scope, receive, send):
    """Says what the program sees."""
    request = Request(scope)
    seen = {
        "url": str(request.url), "client": request.client.host, "path": scope["path"],
        "told": [name for name in request.headers if "forwarded" in name or "gradio" in name],
    }  # fmt: skip
    await JSONResponse(seen)(scope, receive, send)


def seen(peer: str, path: str = "/x", root: str = "", **headers: str) -> dict:
    app = Proxies(echo, [ipaddress.ip_network("10.0.0.0/24")], root)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(app, "http://here:7860", client=(peer, 1)).get(path, headers=named).json()


def test_a_known_proxy_is_believed():
    found = seen("10.0.0.7", **TLS, x_forwarded_for="203.0.113.9")
    assert found["url"] == "https://brains.example.org/x"
    assert found["client"] == "203.0.113.9"
    assert found["told"] == []  # it has been used


def test_nobody_else_is():
    found = seen("10.0.1.7", **TLS, x_forwarded_for="203.0.113.9", x_gradio_server="http://evil")
    assert found == {"url": "http://here:7860/x", "client": "10.0.1.7", "path": "/x", "told": []}


def test_of_several_proxies_the_first_name_and_the_last_stranger_count():
    found = seen(
        "10.0.0.7", x_forwarded_proto="https,http", x_forwarded_host="a.example, b.example",
        x_forwarded_for="1.2.3.4, 203.0.113.9, 10.0.0.3",
    )  # fmt: skip
    assert found["url"] == "https://a.example/x"
    assert found["client"] == "203.0.113.9"  # what stands before it anybody may have written


@pytest.mark.parametrize("scheme", ["gopher", "javascript", ""])
def test_a_scheme_is_http_or_https(scheme):
    assert seen("10.0.0.7", x_forwarded_proto=scheme)["url"] == "http://here:7860/x"


@pytest.mark.parametrize("path", ["/user/a@b/proxy/7860/scripts/x.js", "/scripts/x.js"])
def test_a_proxy_may_strip_the_path_or_not(path):
    assert seen("1.1.1.1", path, root="/user/a@b/proxy/7860")["path"] == "/scripts/x.js"


def test_a_path_that_only_begins_alike_is_another():
    assert seen("1.1.1.1", "/brainstorm", root="/brain")["path"] == "/brainstorm"


def test_without_its_end_the_path_leads_to_the_page():
    client = TestClient(Proxies(echo, (), "/brain"), "http://here", follow_redirects=False)
    assert client.get("/brain").headers["location"] == "/brain/"


def test_a_page_that_made_its_name_point_here_cannot_name_itself():
    """Its own requests may carry any header, and come from this machine as a proxy's do."""
    app = Proxies(Guard(echo), Door().proxies)
    evil = {"x-forwarded-host": "localhost:7860", "x-forwarded-proto": "http"}
    client = TestClient(app, "http://evil.example:7860", client=("127.0.0.1", 1))
    assert client.get("/", headers=evil).status_code == 403
    own = TestClient(app, "http://localhost:7860", client=("127.0.0.1", 1))
    assert own.get("/", headers=evil).status_code == 200


def test_lines_of_several_proxies_are_one_row_and_ports_are_left_out():
    app = Proxies(echo, [ipaddress.ip_network("10.0.0.0/24")])
    client = TestClient(app, client=("10.0.0.7", 1))
    for given, found in (
        (["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9:4711, 10.0.0.3:80"], "203.0.113.9"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["2001:db8::1"], "2001:db8::1"),
        (["10.0.0.3"], "10.0.0.7"),
        ([""], "10.0.0.7"),
    ):
        headers = [("x-forwarded-for", line) for line in given]
        assert client.get("/", headers=headers).json()["client"] == found


def test_this_machine_is_known_without_a_word():
    app = Proxies(echo, Door().proxies)
    for peer, known in (("127.0.0.1", True), ("::1", True), ("10.0.0.1", False)):
        url = TestClient(app, client=(peer, 1)).get("/", headers=TLS).json()["url"]
        assert url.startswith("https://brains.example.org") is known


def test_a_proxy_that_checks_the_page_itself_puts_this_one_in_its_place():
    """As those of code spaces do; without such a proxy the same is foreign."""
    app = Proxies(Guard(echo, ["brains.example.org"]), [ipaddress.ip_network("10.0.0.7")])
    told = TLS | {"origin": "http://localhost:7860"}
    for peer, status in (("10.0.0.7", 200), ("10.0.0.8", 403)):
        client = TestClient(app, "http://brains.example.org:7860", client=(peer, 1))
        assert client.get("/", headers=told).status_code == status
    evil = TLS | {"origin": "http://evil.example"}
    client = TestClient(app, "http://brains.example.org:7860", client=("10.0.0.7", 1))
    assert client.get("/", headers=evil).status_code == 403
