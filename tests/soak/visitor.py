"""One visitor of the page: it asks as the page does, and checks what it gets."""

import base64
import http.client
import io
import json
import random
import threading
import time
import zipfile
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import numpy as np
from PIL import Image

from explorer.recipe import Edit, Mix, Noise, Recipe

_PATIENCE = 60  # seconds for one answer
_KEPT = 4  # pictures of each visitor that are made again afterwards


_FULL = "too many are being made already"


class Gone(Exception):
    """The server does not answer."""


class Full(Exception):
    """The server makes as many files as it may."""


@dataclass
class Seen:
    """What a visitor saw. waits: milliseconds from asking to having, of pictures; pictures: some,
    with their recipes; done: how often each thing came to its end; refused: how often the row of
    files was full, which was said; wrong, errors: sentences."""

    waits: list[float] = field(default_factory=list)
    pictures: list[tuple[Recipe, np.ndarray]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    refused: int = 0

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


class Visitor:
    """Does one thing after another until it is told to stop; the same things for a number."""

    def __init__(self, number: int, address: str, parts: dict[str, int]):
        """parts: numbers of the page's components by their element's name."""
        self.seen, self._parts = Seen(), parts
        self._number, self._hand = number, random.Random(number)
        self._host = urlsplit(address).netloc
        self._user, self._line = f"visitor{number}", None

    def stay(self, stop: threading.Event, away: threading.Event) -> None:
        """away: set while the server is known to be down, so that its silence is no error."""
        ways = [self.drag] * 12 + [self.look, self.export, self.leave, self.give_up]
        if self._number % 10 == 0:
            ways += [self.project]
        while not stop.is_set():
            act = self._hand.choice(ways)
            try:
                act()
                self.seen.count(act.__name__)
            except Gone as error:
                if not away.is_set():
                    self.seen.errors.append(f"{act.__name__}: {error}")
                time.sleep(0.5)
            except Full:
                self.seen.refused += 1
                time.sleep(2)
            except (KeyError, ValueError, TypeError) as error:
                self.seen.errors.append(f"{act.__name__}: {error!r}"[:300])

    def drag(self) -> None:
        """A hand on a slider: twenty pictures, the next as soon as one is there."""
        seed, slider = 1000 + self._number, f"pca{1 + self._hand.randrange(5)}"
        more = self._hand.choice([{}, {"noise": Noise("random", seed=seed)},
                                  {"mix": Mix(seed + 500, (0, 0, 1, 1))}])  # fmt: skip
        for _ in range(20):
            edit = Edit(slider, round(self._hand.uniform(-3, 3), 2))
            self._draw(Recipe(seed=seed, edits=(edit,), **more))

    def look(self) -> None:
        """The hand rests: measurements."""
        found = self._ask("numbers", "look", {"recipe": self._own().to_dict(), "against": None})
        if len(found["rows"]) < 5:
            self.seen.wrong.append(f"look: {len(found['rows'])} measurements")

    def export(self) -> None:
        """A small data set to its end; its pictures must be its own."""
        first = 5000 + 20 * self._number
        count = self._hand.randrange(2, 6)
        key = self._begin(first, count)
        while (job := self._watch(key))["state"] in ("waiting", "working"):
            time.sleep(0.5)
        if job["state"] != "done":
            raise ValueError(job["message"])
        with zipfile.ZipFile(io.BytesIO(self._fetch(job["path"]))) as archive:
            names = [name for name in archive.namelist() if name.endswith(".png")]
            for i, name in enumerate(sorted(names)):
                picture = Image.open(io.BytesIO(archive.read(name)))
                self._check(Recipe.from_json(picture.text["recipe"]).seed, first + i, "export")
        self._check(len(names), count, "pictures exported")
        self._ask("export", "cancel", {"kind": "dataset", "key": key})

    def give_up(self) -> None:
        """A large data set that is cancelled in the middle."""
        key = self._begin(9000, 5000)
        time.sleep(self._hand.random())
        self._ask("export", "cancel", {"kind": "dataset", "key": key})

    def leave(self) -> None:
        """A tab that is closed before its picture is there.

        It has a name of its own, as each tab has: it may be served late, and would then overtake
        what this visitor asks next.
        """
        connection = http.client.HTTPConnection(self._host, timeout=_PATIENCE)
        asked = self._of(self._own()) | {"user": f"{self._user}, a closed tab"}
        try:
            connection.request("POST", *self._posted("view", "draw", asked))
            time.sleep(self._hand.uniform(0, 0.05))
        except OSError as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()

    def project(self) -> None:
        """A scan that is opened, watched for a while, and left."""
        scan = self._draw(self._own())
        key = self._ask("scan", "open_scan", {"sizes": [len(scan)]})["key"]
        self._ask("scan", "send_scan", {"key": key, "data": base64.b64encode(scan).decode()})
        self._ask("scan", "start_scan", {"key": key, "placing": {"fit": False}})
        for _ in range(self._hand.randrange(2, 20)):
            time.sleep(0.5)
            watched = self._ask("scan", "watch_scan", {"key": key, "seen": 0})
            if watched["state"] == "ended":
                break
        self._ask("scan", "forget_scan", {"key": key})

    def _own(self) -> Recipe:
        return Recipe(seed=2000 + self._number, psi=round(self._hand.uniform(0.3, 1.2), 2))

    def _draw(self, recipe: Recipe) -> bytes:
        """The picture, which must carry its recipe; some are kept to be made again."""
        start = time.perf_counter()
        found = self._ask("view", "draw", self._of(recipe))
        self.seen.waits.append(1000 * (time.perf_counter() - start))
        png = base64.b64decode(found["src"].split(",")[1])
        picture = Image.open(io.BytesIO(png))
        self._check(Recipe.from_json(picture.text["recipe"]), recipe, "drag")
        if self._hand.random() < 0.02 and len(self.seen.pictures) < _KEPT:
            self.seen.pictures.append((recipe, np.asarray(picture)))
        return png

    def _of(self, recipe: Recipe) -> dict:
        return {"recipe": recipe.to_dict(), "user": self._user}

    def _begin(self, first: int, count: int) -> str:
        plan = {"base": Recipe().to_dict(), "count": count, "first_seed": first}
        return self._ask("export", "make", plan)["key"]

    def _watch(self, key: str) -> dict:
        return self._ask("export", "look", {"kind": "dataset", "key": key})

    def _check(self, found: object, wanted: object, what: str) -> None:
        if found != wanted:
            self.seen.wrong.append(f"{what}: {wanted} wanted, {found} got"[:300])

    def _posted(self, part: str, name: str, data: dict) -> tuple[str, bytes, dict[str, str]]:
        body = {"component_id": self._parts[part], "fn_name": name, "session_hash": self._user,
                "data": data}  # fmt: skip
        kind = {"Content-Type": "application/json"}
        return "/gradio_api/component_server/", json.dumps(body).encode(), kind

    def _ask(self, part: str, name: str, data: dict) -> dict:
        """What a function of the page answers; waits where it says so.

        Raises Gone, Full, or ValueError with the sentence it answers instead.
        """
        while True:
            found = json.loads(self._answer("POST", *self._posted(part, name, data)))
            if "error" not in found:
                return found
            if _FULL in found["error"]:
                raise Full
            if not found.get("again"):
                raise ValueError(found["error"])
            time.sleep(1)

    def _fetch(self, path: str) -> bytes:
        return self._answer("GET", f"/gradio_api/file={quote(path)}")

    def _answer(self, *request) -> bytes:
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection(self._host, timeout=_PATIENCE)
            self._line.request(*request)
            answer = self._line.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            if self._line:
                self._line.close()
            self._line = None
            raise Gone(f"{type(error).__name__}: {error}") from error
        if answer.status != 200:
            raise ValueError(f"{answer.status}: {content[:200]!r}")
        return content
