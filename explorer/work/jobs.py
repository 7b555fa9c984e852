"""Files made for the users of a page: in turns, in a folder of their own, and not for ever.

A job is known by a name that nobody can guess, which is also the name of its file's folder. One
is worked on at a time, and each for a few seconds: then it is the next one's turn, so that a file
of hours keeps nobody's small one waiting. What nobody asks for any more is ended and removed.
"""

import atexit
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from explorer.recipe.checks import RecipeError
from explorer.work.asker import alias, asker
from explorer.work.background import Ending, begin, end_all
from explorer.work.events import tell
from explorer.work.scratch import make_scratch, scratch_path


class Cancelled(Exception):
    """The user has ended the job."""


@dataclass
class Job:
    """One file: how far it is. state: waiting, working, done, failed."""

    path: Path
    make: Callable[[Path, Callable[[dict], None]], str]
    owner: str  # as of `asker`
    state: str = "waiting"
    progress: dict = field(default_factory=dict)
    message: str = ""  # when done or failed
    asked: float = 0.0  # when the user last asked for it
    seconds: float = 0.0  # since the work began
    bytes: int = 0  # of the finished file
    cancelled: bool = False


class Jobs:
    """The jobs of a page. Safe to use from several threads.

    most: jobs that are unfinished at a time; most_bytes: of finished files; abandoned, kept:
    seconds without a question after which a job is ended and a finished file removed; turn: seconds
    that a job is worked on while others wait; most_each: unfinished jobs of each where several
    people ask, whose finished files may be a quarter of all.
    """

    def __init__(
        self, most: int = 40, most_bytes: float = 4e9, abandoned: float = 600, kept: float = 3600,
        turn: float = 2.0, most_each: int = 2,
    ):  # fmt: skip
        self.folder = scratch_path()
        self._most, self._most_bytes, self._most_each = most, most_bytes, most_each
        self._abandoned, self._kept, self._turn = abandoned, kept, turn
        self._jobs: dict[str, Job] = {}  # in order of arrival
        self._row: list[Job] = []  # those at work or waiting for it, in order of their turns
        self._changed = threading.Condition()
        self._keeper: threading.Thread | None = None

    def start(self, name: str, make: Callable[[Path, Callable[[dict], None]], str]) -> str:
        """Put a job in the row and return its key.

        name: of the file. make: writes the path it gets, reports its progress, JSON, to the
        function it gets, and returns a message; a RecipeError or OSError it raises is told to the
        user. It has a thread of its own and is held up where it reports. Raises RecipeError if too
        many wait already.
        """
        with self._changed:
            self._tidy()
            owner, row = asker.get(), self._wanted_row()
            if len(row) >= self._most:
                raise RecipeError("files: too many are being made already; try again later")
            if owner and [job.owner for job in row].count(owner) >= self._most_each:
                raise RecipeError(
                    f"files: {self._most_each} of yours are being made already; wait for one of "
                    "them, or cancel it"
                )
            if not self.folder.exists():
                make_scratch(self.folder)
                atexit.register(end_all)  # or what is at work would write into it again
            key = secrets.token_urlsafe(16)
            path = self.folder / key / name
            path.parent.mkdir(mode=0o700)
            self._jobs[key] = job = Job(path, make, owner, asked=time.monotonic())
            self._row.append(job)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep_house, daemon=True)
                self._keeper.start()
        begin(lambda: self._make(job))
        return key

    def look(self, key: object) -> Job:
        """A job; raises RecipeError if there is none of this key, or none any more."""
        with self._changed:
            self._tidy()
            return self._find(key)

    def take(self, key: object) -> bytes:
        """The content of a finished file, which is then removed; raises RecipeError as `look`."""
        job = self.look(key)
        if job.state != "done":
            raise RecipeError("file: it is not finished yet")
        try:
            content = job.path.read_bytes()
            self.cancel(key)
        except (OSError, RecipeError) as error:  # somebody else took it
            raise RecipeError("file: it is not kept any more; make it again") from error
        return content

    def ahead(self, key: str) -> int:
        """How many turns of others come before this job's first one."""
        with self._changed:
            job, row = self._jobs.get(key), self._wanted_row()
            return row.index(job) if job in row and job.state == "waiting" else 0

    def cancel(self, key: object) -> None:
        """End a job and remove its file; raises RecipeError as `look`."""
        with self._changed:
            self._end(key, self._find(key))

    def _wanted_row(self) -> list[Job]:
        """Without those that were ended but have not noticed yet."""
        return [job for job in self._row if not job.cancelled]

    def _find(self, key: object) -> Job:
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None or (job.state == "done" and not job.path.exists()):
            raise RecipeError("file: it is not kept any more; make it again")
        job.asked = time.monotonic()
        return job

    def _end(self, key: str, job: Job) -> None:
        job.cancelled = True  # whoever is at work on it removes the file
        del self._jobs[key]
        self._changed.notify_all()
        if job.state != "working":
            shutil.rmtree(job.path.parent, ignore_errors=True)

    def _tidy(self) -> None:
        """Remove what nobody asks for, and the oldest files where there are too many."""
        now = time.monotonic()
        for key, job in list(self._jobs.items()):
            idle = now - job.asked
            if idle > (self._kept if job.state in ("done", "failed") else self._abandoned):
                self._end(key, job)
        done = [(key, job) for key, job in self._jobs.items() if job.state == "done"]
        self._make_room(done, self._most_bytes)
        for owner in {job.owner for _, job in done} - {""}:
            mine = [(key, job) for key, job in done if job.owner == owner and not job.cancelled]
            self._make_room(mine, self._most_bytes / 4)

    def _make_room(self, done: list[tuple[str, Job]], most: float) -> None:
        """Remove the oldest of these files until the others are no larger together."""
        total = sum(job.bytes for _, job in done)
        for key, job in done:
            if total <= most:
                break
            total -= job.bytes
            self._end(key, job)

    def _keep_house(self) -> None:
        while True:
            with self._changed:
                self._changed.wait(60)
                self._tidy()

    def _make(self, job: Job) -> None:
        """The whole life of a job, in its own thread."""
        start = until = 0.0

        def report(progress: dict) -> None:
            nonlocal until
            if self._unwanted(job):
                raise Cancelled
            job.progress, job.seconds = progress, time.monotonic() - start
            if time.monotonic() >= until:
                until = self._next_turn(job)

        try:
            until = self._next_turn(job)
            start, job.state = time.monotonic(), "working"
            report({})
            job.message = job.make(job.path, report)
            job.bytes = job.path.stat().st_size
            job.state = "done"
        except (Cancelled, Ending):
            job.cancelled = True
        except (RecipeError, OSError) as error:
            self._fail(job, str(error))
        except Exception as error:  # a mistake of ours must not end the row of the others
            self._fail(job, f"file: {type(error).__name__}: {error}"[:200])
        finally:
            with self._changed:
                self._row.remove(job)
                self._tidy()
                state = "cancelled" if job.cancelled else job.state
                tell("job", made=job.path.suffix, state=state, seconds=round(job.seconds, 1),
                     bytes=job.bytes, session=alias(job.owner))  # fmt: skip
                if job.cancelled:
                    self._jobs = {k: j for k, j in self._jobs.items() if j is not job}
                    shutil.rmtree(job.path.parent, ignore_errors=True)
                self._changed.notify_all()

    def _next_turn(self, job: Job) -> float:
        """Let those who wait work first, then say until when it is this job's turn."""
        with self._changed:
            if self._row[0] is job and job.state == "working":
                self._row.append(self._row.pop(0))
                self._changed.notify_all()
            while self._row[0] is not job:
                self._changed.wait(1)
                if self._unwanted(job):
                    raise Cancelled
        return time.monotonic() + self._turn

    def _unwanted(self, job: Job) -> bool:
        return job.cancelled or time.monotonic() - job.asked > self._abandoned

    @staticmethod
    def _fail(job: Job, message: str) -> None:
        shutil.rmtree(job.path.parent, ignore_errors=True)  # a full disk needs the room
        job.message, job.state = message, "failed"
