"""Files made for the users of a page: in a row, in a folder of their own, and not for ever.

A job is known by a name that nobody can guess, which is also the name of its file's folder. One
is made at a time. What nobody asks for any more is ended and removed.
"""

import atexit
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from explorer.checks import RecipeError

_PREFIX = "stylegan2-brain-explorer"


class Cancelled(Exception):
    """The user has ended the job."""


@dataclass
class Job:
    """One file: how far it is. state: waiting, working, done, failed."""

    path: Path
    make: Callable[[Path, Callable[[dict], None]], str]
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
    seconds without a question after which a job is ended and a finished file removed.
    """

    def __init__(
        self, most: int = 20, most_bytes: float = 4e9, abandoned: float = 600, kept: float = 3600
    ):
        base = Path(tempfile.gettempdir()).resolve()
        self.folder = base / f"{_PREFIX}-{os.getpid()}-{secrets.token_hex(8)}"
        self._most, self._most_bytes = most, most_bytes
        self._abandoned, self._kept = abandoned, kept
        self._jobs: dict[str, Job] = {}  # in order of arrival
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    def start(self, name: str, make: Callable[[Path, Callable[[dict], None]], str]) -> str:
        """Put a job in the row and return its key.

        name: of the file. make: writes the path it gets, reports its progress, JSON, to the
        function it gets, and returns a message; a RecipeError or OSError it raises is told to the
        user. Raises RecipeError if too many wait already.
        """
        with self._changed:
            self._tidy()
            if len(self._unfinished()) >= self._most:
                raise RecipeError("files: too many are being made already; try again later")
            if not self.folder.exists():
                _remove_leftovers(self.folder.parent)
                self.folder.mkdir(mode=0o700)
                atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
            key = secrets.token_urlsafe(16)
            path = self.folder / key / name
            path.parent.mkdir(mode=0o700)
            self._jobs[key] = Job(path, make, asked=time.monotonic())
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
            self._changed.notify_all()
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
        """How many unfinished jobs stand before this one."""
        with self._changed:
            keys = self._unfinished()
            return keys.index(key) if key in keys else 0

    def cancel(self, key: object) -> None:
        """End a job and remove its file; raises RecipeError as `look`."""
        with self._changed:
            self._end(key, self._find(key))

    def _unfinished(self) -> list[str]:
        return [k for k, job in self._jobs.items() if job.state in ("waiting", "working")]

    def _find(self, key: object) -> Job:
        job = self._jobs.get(key) if isinstance(key, str) else None
        if job is None or (job.state == "done" and not job.path.exists()):
            raise RecipeError("file: it is not kept any more; make it again")
        job.asked = time.monotonic()
        return job

    def _end(self, key: str, job: Job) -> None:
        job.cancelled = True  # whoever is at work on it removes the file
        del self._jobs[key]
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
        total = sum(job.bytes for _, job in done)
        for key, job in done:
            if total <= self._most_bytes:
                break
            total -= job.bytes
            self._end(key, job)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (job := self._next()):
                    self._changed.wait(60)
                    self._tidy()
                job.state = "working"
            self._make(job)
            with self._changed:
                self._tidy()
                if job.cancelled:
                    self._jobs = {k: j for k, j in self._jobs.items() if j is not job}
                    shutil.rmtree(job.path.parent, ignore_errors=True)

    def _next(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == "waiting"), None)

    def _make(self, job: Job) -> None:
        start = time.monotonic()

        def report(progress: dict) -> None:
            if job.cancelled or time.monotonic() - job.asked > self._abandoned:
                raise Cancelled
            job.progress, job.seconds = progress, time.monotonic() - start

        try:
            report({})
            job.message = job.make(job.path, report)
            job.bytes = job.path.stat().st_size
            job.state = "done"
        except Cancelled:
            job.cancelled = True
        except (RecipeError, OSError) as error:
            self._fail(job, str(error))
        except Exception as error:  # a mistake of ours must not end the row of the others
            self._fail(job, f"file: {type(error).__name__}: {error}"[:200])

    @staticmethod
    def _fail(job: Job, message: str) -> None:
        shutil.rmtree(job.path.parent, ignore_errors=True)  # a full disk needs the room
        job.message, job.state = message, "failed"


def _remove_leftovers(base: Path) -> None:
    """Folders of programs that were killed."""
    if os.name != "posix":
        return
    for folder in base.glob(f"{_PREFIX}-*-*"):
        found = re.fullmatch(rf"{_PREFIX}-(\d+)-[0-9a-f]{{16}}", folder.name)
        try:
            if found and folder.stat().st_uid == os.getuid():
                os.kill(int(found[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
