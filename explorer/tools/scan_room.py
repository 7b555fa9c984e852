"""Scans that users of the page have opened: in memory only, each under a key nobody can guess.

Nothing is written to disk. What nobody asks about for a quarter of an hour is forgotten, and what
is older makes room for newer.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from explorer.picture.model import Model
from explorer.picture.render import render
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.projection import Effort, Progress, Projector
from explorer.tools.scans.framing import Placing, place
from explorer.tools.scans.reading import check_files, read_scan
from explorer.tools.scans.scan import Scan
from explorer.tools.verdict import Verdict, judge
from explorer.tools.views import rarer_than
from explorer.work.asker import alias, asker
from explorer.work.background import Sweeper, begin
from explorer.work.events import tell
from explorer.work.turns import Pieces

MOST_CHUNK = 1 << 20  # bytes
_IDLE = 900.0  # seconds
_SHOWN = 10.0  # seconds after which the best so far is shown, with the tools to go on from it
_BETWEEN = 0.3  # seconds that a projection waits at most for those who keep dragging
_MOST_USERS, _MOST_HELD = 8, 400 << 20  # scans, and bytes of them
_MOST_EACH = 2  # scans of each, where several people ask


@dataclass(frozen=True)
class Result:
    """A recipe, its picture beside the one it was made for, and per cent of rarer brains."""

    recipe: Recipe
    target: np.ndarray
    picture: np.ndarray
    verdict: Verdict
    rarer: float


class Job:
    """A projection in a thread of its own, in short turns when nobody else asks for pictures.

    waiting: until another scan's projection ends. curve: the error after each step. last: the
    newest step. result: what was found by then, for the first time after 10 s, again from time to
    time, and at the end; `cancel` leaves it as it is. results: how often. problem: a sentence.
    """

    def __init__(self, projector: Projector, bench: threading.Lock, target: np.ndarray, effort):
        self.waiting, self.ended = True, False
        self.curve: list[float] = []
        self.last: Progress | None = None
        self.result: Result | None = None
        self.results = 0
        self.problem: str | None = None
        self._projector, self._bench = projector, bench
        self._target, self._effort = target, effort
        self._cancelled = threading.Event()
        self._owner = asker.get()
        begin(self._run)

    def cancel(self) -> None:
        self._cancelled.set()

    def _run(self) -> None:
        try:
            while not self._bench.acquire(timeout=0.2):
                if self._cancelled.is_set():
                    return
            try:
                self.waiting = False
                self._project()
            finally:
                self._bench.release()
        except Exception as error:  # of a thread nobody would see it
            self.problem = f"projection: it failed ({type(error).__name__}: {error})"
        finally:
            self.ended = True
            state = (
                "failed" if self.problem else "cancelled" if self._cancelled.is_set() else "done"
            )
            tell("job", made="projection", state=state, session=alias(self._owner))

    def _project(self) -> None:
        model = self._projector.model
        pieces = Pieces(self._projector.pieces(self._target, self._effort))
        step = pieces.go_on()  # the nearest of the album
        due = time.monotonic() + _SHOWN
        while not pieces.ended and not self._cancelled.is_set():
            if step is not None:
                self.curve.append(round(step.error, 2))
                self.last = step
                if time.monotonic() >= due:
                    self._show()
                    due = time.monotonic() + _SHOWN
            step = model.turns.take_idle(pieces.go_on, most=_BETWEEN)
        if not self._cancelled.is_set():
            self._show()

    def _show(self) -> None:
        model, recipe = self._projector.model, self.last.recipe
        picture = render(model, recipe)
        rarer = rarer_than(model, recipe)
        verdict = judge(model.library, self._target, picture, self._effort.layered > 0)
        self.result = Result(recipe, self._target, picture, verdict, rarer)
        self.results += 1


@dataclass
class _Visit:
    """What is held of one user: the files as they come, then the scan, then a projection."""

    sizes: list[int]
    owner: str = ""  # as of `asker`
    received: bytearray = field(default_factory=bytearray)
    scan: Scan | None = None
    job: Job | None = None
    touched: float = 0.0

    @property
    def bytes(self) -> int:
        return sum(self.sizes) if self.scan is None else self.scan.slices.nbytes

    @property
    def running(self) -> bool:
        return self.job is not None and not self.job.ended


class ScanRoom:
    """All users' scans, for one model. Every method raises RecipeError in one sentence."""

    def __init__(self, model: Model, clock: Callable[[], float] = time.monotonic):
        self.model, self.projector = model, Projector(model)
        self._clock = clock
        self._visits: dict[str, _Visit] = {}
        self._lock = threading.Lock()
        self._sweeper = Sweeper(_IDLE / 3, self._sweep)
        self._reading = threading.Lock()  # one at a time, for their memory
        self._bench = threading.Lock()  # one projection at a time

    def __len__(self) -> int:
        return len(self._visits)

    def open(self, sizes: list[int]) -> str:
        """Expect files of these bytes; returns the key for everything else."""
        check_files(sizes)
        self.projector.album.start()  # needed soon
        with self._lock:
            self._tidy()
            owner = asker.get()
            mine = [k for k, visit in self._visits.items() if owner and visit.owner == owner]
            for old in mine[: max(0, len(mine) - _MOST_EACH + 1)]:
                self._drop(old)
            self._make_room(1, sum(sizes))
            key = secrets.token_urlsafe(16)
            self._visits[key] = _Visit(list(sizes), owner, touched=self._clock())
            self._sweeper.wake()
        return key

    def send(self, key: str, chunk: bytes) -> Scan | None:
        """The next bytes of the files, one behind the other; the scan when they are whole."""
        visit = self._visit(key)
        if visit.scan or len(visit.received) + len(chunk) > sum(visit.sizes):
            self.forget(key)
            raise RecipeError("scan: more bytes than were announced; open it again")
        visit.received += chunk
        if len(visit.received) < sum(visit.sizes):
            return None
        try:
            with self._reading:
                files, at = [], 0
                for size in visit.sizes:
                    files.append(bytes(visit.received[at : at + size]))
                    at += size
                visit.received = bytearray()
                visit.scan = read_scan(files, self.model.config.img_channels)
            with self._lock:
                self._make_room(0, 0, keep=key)  # unpacked it may be larger
        except BaseException:
            self.forget(key)
            raise
        return visit.scan

    def prepare(self, key: str, placing: Placing) -> np.ndarray:
        """The picture that would be projected: uint8 [R, R] or [R, R, 3]."""
        visit = self._visit(key)
        if visit.scan is None:
            raise RecipeError("scan: it is not whole yet")
        config = self.model.config
        frame = self.projector.album.get().frame
        return place(visit.scan, frame, placing, config.resolution, config.img_channels)

    def start(self, key: str, placing: Placing, effort: Effort | None = None) -> None:
        """Begin to project, instead of what was under way; refuses what is no head."""
        target = self.prepare(key, placing)
        self.projector.refuse_no_head(target)
        visit = self._visit(key)
        with self._lock:  # or one of two that begin together would be lost, and never cancelled
            if visit.job:
                visit.job.cancel()
            visit.job = Job(self.projector, self._bench, target, effort or Effort())
            if visit is not self._visits.get(key):  # forgotten meanwhile
                visit.job.cancel()

    def job(self, key: str) -> Job:
        visit = self._visit(key)
        if visit.job is None:
            raise RecipeError("projection: it was not started")
        return visit.job

    def forget(self, key: str) -> None:
        """Drop a scan and stop its projection; no error if there is none."""
        with self._lock:
            self._drop(key)

    def _visit(self, key: str) -> _Visit:
        with self._lock:
            self._tidy()
            visit = self._visits.get(key) if isinstance(key, str) else None
            if visit is None:
                raise RecipeError("scan: it is no longer kept here; open the file again")
            visit.touched = self._clock()
            return visit

    def _tidy(self) -> None:
        now = self._clock()
        for key in [k for k, v in self._visits.items() if now - v.touched > _IDLE]:
            self._drop(key)

    def _make_room(self, more: int, size: int, keep: str | None = None) -> None:
        """Drop the oldest, as far as `more` scans with `size` bytes need room."""
        visits = self._visits
        while visits and (
            len(visits) + more > _MOST_USERS
            or sum(v.bytes for v in visits.values()) + size > _MOST_HELD
        ):
            idle = [k for k, v in visits.items() if not v.running and k != keep]
            if not idle:
                raise RecipeError("scan: too many scans are open; try again in a minute")
            self._drop(min(idle, key=lambda k: visits[k].touched))

    def _sweep(self) -> bool:
        with self._lock:
            self._tidy()
            return bool(self._visits)

    def _drop(self, key: str) -> None:
        visit = self._visits.pop(key, None) if isinstance(key, str) else None
        if visit and visit.job:
            visit.job.cancel()
