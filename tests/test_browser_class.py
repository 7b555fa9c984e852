"""For a class: logging in, below a path, behind TLS, two replicas that answer for each other, a
full house, and no files."""

import base64
import io
import itertools
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from explorer import Recipe, load, render
from explorer.door import options
from explorer.door.gate import FAST, FULL
from explorer.door.sessions import COOKIE
from explorer.door.users import with_user
from explorer.work.uploads import OFF
from tests import browser as helpers
from tests.proxy import reverse_proxy

pytestmark = pytest.mark.browser
ROOT = "/user/ada@lab/proxy/7860"
LINK = "#r=" + base64.urlsafe_b64encode(b'{"version":2,"seed":42}').decode().rstrip("=")
WATCH = """window.frames_seen = 0;
addEventListener('frame', (e) => { frames_seen++; window.last = e.detail });
localStorage['stylegan2-brain-explorer-mode'] ??= 'full';"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Addresses of two replicas with users below a path, and of one for all with a single place."""
    folder = tmp_path_factory.mktemp("class")
    with_user(folder / "users", "ada", "correct horse")
    (folder / "secret").write_text("s" * 64)
    replica = (
        "--auth", str(folder / "users"), "--secret", str(folder / "secret"), "--root-path", ROOT,
    )  # fmt: skip
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        starts = [
            replica,
            replica,
            ("--host", "0.0.0.0", "--open", "--max-users", "1", "--share-nothing"),
        ]
        begun = [pool.submit(stack.enter_context, helpers.running_app(*s)) for s in starts]
        yield [each.result() for each in begun]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate that nobody has signed."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return str(path)


@contextmanager
def visitor(chromium, **options):
    """A page of somebody who has never been here; `problems` are told by the page itself."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.set_default_timeout(30_000)
    yield page
    context.close()


def enter(page, password: str = "correct horse") -> None:
    """With the keyboard alone: the name has the focus."""
    page.locator("#name:focus").wait_for()
    page.keyboard.type("ada")
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def drawn(page, condition: str = "true") -> None:
    page.locator("#view .lv-now").wait_for()  # the pages at the door let nobody evaluate
    page.wait_for_function(f"window.frames_seen > 0 && window.last && ({condition})")


def shows(page, recipe: Recipe) -> bool:
    """Whether the canvas shows the recipe's picture; threads may round otherwise."""
    data = base64.b64decode(helpers.canvas_bytes(page).split(",")[1])
    found = np.asarray(Image.open(io.BytesIO(data)).convert("L"), int)
    return np.abs(found - render(load(), recipe).astype(int)).max() <= 1


def by_cookie(replicas):
    """As nginx does with `hash $cookie_...`: a session stays with its replica."""

    def choose(request) -> str:
        found = re.search(rf"{COOKIE}=([^;]+)", request.headers.get("cookie", ""))
        return replicas[zlib.crc32(found[1].encode()) % len(replicas) if found else 0]

    return choose


def test_logging_in_behind_tls_with_the_keyboard(chromium, programs, certificate):
    """The proxy strips the path and says https; the link's brain is there afterwards."""
    told = {"X-Forwarded-Proto": "https"}
    asked = []
    with (
        reverse_proxy(lambda _: programs[0], ROOT, told, certificate) as proxy,
        visitor(chromium, ignore_https_errors=True) as page,
    ):
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{proxy}{ROOT}/{LINK}")
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme=colours)
            helpers.wait_for_colours(page)
            faults = Axe().run(page, None, {"resultTypes": ["violations"]}).response["violations"]
            assert [fault["id"] for fault in faults] == []
        enter(page, "wrong horse")
        page.locator("[role=alert]").wait_for()
        assert page.locator("#name").input_value() == "ada"
        page.locator("#password:focus").wait_for()
        page.keyboard.type("correct horse")
        page.keyboard.press("Enter")
        drawn(page, "window.last.seed === 42")
        assert shows(page, Recipe(seed=42))
        cookie = next(c for c in page.context.cookies() if c["name"] == COOKIE)
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax")
        assert cookie["path"] == ROOT
        assert COOKIE not in page.evaluate("document.cookie")
        strangers = {u for u in asked if not u.startswith((f"{proxy}{ROOT}/", "data:", "blob:"))}
        assert strangers == set()
        page.get_by_role("button", name="Log out").click()
        page.locator("#password").wait_for()
        page.goto(f"{proxy}{ROOT}/brains64")
        assert page.locator("#password").is_visible()


def test_each_request_may_go_to_another_replica(chromium, programs):
    """One has logged in at one of them; the page drags and asks for receipts at both."""
    turn, asked = itertools.cycle(programs[:2]), []

    def choose(request) -> str:
        asked.append((request.path, next(turn)))
        return asked[-1][1]

    with reverse_proxy(choose) as proxy, visitor(chromium) as page:  # the path stays as it is
        problems = helpers.watch(page)
        page.goto(f"{proxy}{ROOT}")  # without its end
        enter(page)
        drawn(page)
        del problems[:]  # the browser calls a login page an error
        page.wait_for_selector(".dr-row")
        page.locator(".dr-tabs").get_by_role("button", name="PCA").click()
        slider = page.locator("#axis-1 input[type=range]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, y, steps=30)
        page.mouse.up()
        value = float(slider.input_value())
        drawn(page, f"window.last.edits[0]?.strength === {value}")
        strength = page.evaluate("window.last.edits[0]")
        assert shows(page, Recipe.from_dict({"edits": [strength]}))
        helpers.open_row(page, "#axis-1").get_by_role("button", name="Receipt").click()
        page.wait_for_selector(".dr-receipt tbody tr")
        page.locator(".dr-receipt").get_by_role("button", name="Close").click()
        draws = [where for path, where in asked if "component_server" in path]
        assert {programs[0], programs[1]} == set(draws)
        assert problems == []
        page.locator("#models select").select_option("brains64")
        page.wait_for_url(f"{proxy}{ROOT}/brains64#*")
        drawn(page)
        assert page.locator("#view canvas.lv-now").get_attribute("width") == "64"


def test_files_stay_with_the_replica_of_the_session(chromium, programs):
    """And if that is gone, only they have to be made again."""
    choices = {"now": by_cookie(programs[:2])}
    with (
        reverse_proxy(lambda request: choices["now"](request), ROOT) as proxy,
        visitor(chromium) as page,
    ):
        page.goto(f"{proxy}{ROOT}/")
        enter(page)
        drawn(page)
        page.get_by_role("tab", name="Export").click()
        page.locator("[name=sheet-count]").fill("4")
        page.locator("[name=columns]").fill("2")
        page.locator("[data-do=sheet]").click()
        page.wait_for_selector(".ex-sheet .ex-file:visible")
        with page.expect_download() as waiting:
            page.locator(".ex-sheet .ex-file").click()
        assert Image.open(waiting.value.path()).size[0] >= 256
        page.locator("[name=count]").fill("50000")
        page.locator("[data-do=make]").click()
        page.wait_for_function("document.querySelector('.ex-set progress').value > 0")
        here = page.evaluate("document.cookie")  # nothing: it is out of reach
        assert here == ""
        cookie = next(c for c in page.context.cookies() if c["name"] == COOKIE)["value"]
        left = programs[1 - zlib.crc32(cookie.encode()) % 2]
        choices["now"] = lambda _: left
        page.wait_for_function(
            "document.querySelector('.ex-set .ex-far').textContent.includes('make it again')"
        )
        page.evaluate("window.brain.set('seed', 7)")
        drawn(page, "window.last.seed === 7")


def test_other_machines_find_it_under_its_address_and_under_no_other_name(programs):
    own = options._own_address()
    if own is None:
        pytest.skip("this machine is in no network")
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    there = f"http://{own}:{urlsplit(programs[2]).port}/health"
    with ask(there, timeout=30) as answer:
        assert json.load(answer)["ready"] is True
    page = there.replace("health", "robots.txt")
    with ask(page, timeout=30) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        ask(urllib.request.Request(page, headers={"Host": "evil.example"}), timeout=30)


def test_a_full_house_no_files_and_a_sentence_for_whoever_asks_too_much(chromium, programs):
    address = programs[2]
    with visitor(chromium) as page, visitor(chromium) as late:
        page.goto(address)
        drawn(page)
        late.goto(address)
        assert late.get_by_role("heading", name="The class is full").is_visible()
        assert FULL in late.locator("main").inner_text()
        for colours in ("light", "dark"):
            late.emulate_media(color_scheme=colours)
            helpers.wait_for_colours(late)
            faults = Axe().run(late, None, {"resultTypes": ["violations"]}).response["violations"]
            # A page that comes anew by itself takes nothing from anybody here.
            assert [f["id"] for f in faults if f["id"] != "meta-refresh"] == []

        page.get_by_role("tab", name="Your scan").click()
        assert page.locator("#scan").inner_text() == OFF
        assert page.locator("#scan input").count() == 0
        assert page.locator("[data-do=open]").is_hidden()
        page.evaluate(
            """() => { const files = new DataTransfer();
            files.items.add(new File(['x'], 'a.png'));
            document.dispatchEvent(new DragEvent('drop', { dataTransfer: files })); }"""
        )
        page.locator(".lv-message", has_text=OFF).wait_for()

        refusal = {"status": 429, "json": {"error": FAST, "again": True}}
        told = []

        def refuse(route) -> None:
            if route.request.post_data_json["fn_name"] != "draw" or told:
                route.continue_()
            else:
                route.fulfill(**refusal)

        page.route("**/component_server/", refuse)
        page.evaluate("window.brain.set('seed', 9)")
        page.locator(".lv-message", has_text=FAST).wait_for()
        told.append(True)
        drawn(page, "window.last.seed === 9")  # it asks again by itself
        assert page.locator(".lv-message").is_hidden()
