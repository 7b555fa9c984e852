"""Long work for somebody who looks in now and then: bounded, cancelled when nobody does."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from explorer.checks import RecipeError

MOST = 3  # pieces of work at a time, of all users together
PATIENCE = 120.0  # seconds without a question; browsers ask from hidden tabs once a minute


class Stopped(Exception):
    """Nobody wants the result any more."""


@dataclass
class _Work:
    asked: float
    progress: float = 0.0
    result: bytes | None = None
    error: str | None = None
    gone: threading.Event = field(default_factory=threading.Event)


class Studio:
    """Makes files in threads of their own and keeps each until it is fetched, in memory alone.

    Names of pieces of work cannot be guessed; only who started one can ask for it.
    """

    def __init__(self, patience: float = PATIENCE):
        self._patience = patience
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}

    def start(self, make: Callable[[Callable[[float], None]], bytes]) -> str:
        """Begin; `make` gets a function to report its progress to, which raises Stopped.

        Returns the name of the work. Raises RecipeError while too much else is under way.
        """
        name, work = secrets.token_urlsafe(24), _Work(time.monotonic())
        with self._lock:
            if len(self._works) >= MOST:
                raise RecipeError("busy: others are making films; try again in a minute")
            self._works[name] = work
        threading.Thread(target=self._run, args=(name, work, make), daemon=True).start()
        return name

    def state(self, name: object) -> tuple[float, bool]:
        """Progress 0..1, and whether the result is there; raises RecipeError with what failed."""
        work = self._find(name)
        if work.error is not None:
            self.stop(name)
            raise RecipeError(work.error)
        return work.progress, work.result is not None

    def fetch(self, name: object) -> bytes:
        """The result, which is then forgotten."""
        result = self._find(name).result
        if result is None:
            raise RecipeError("film: not finished yet")
        self.stop(name)
        return result

    def stop(self, name: object) -> None:
        """Forget the work, finished or not; of an unknown one too."""
        with self._lock:
            work = self._works.pop(name, None) if isinstance(name, str) else None
        if work:
            work.gone.set()

    def _find(self, name: object) -> _Work:
        with self._lock:
            work = self._works.get(name) if isinstance(name, str) else None
        if work is None:
            raise RecipeError("film: this one is not here any more; make it again")
        work.asked = time.monotonic()
        return work

    def _run(self, name: str, work: _Work, make: Callable) -> None:
        def report(progress: float) -> None:
            work.progress = progress
            if work.gone.is_set() or time.monotonic() - work.asked > self._patience:
                raise Stopped

        try:
            work.result = make(report)
        except Stopped:
            self.stop(name)
        except RecipeError as error:
            work.error = str(error)
        except Exception as error:  # whatever it is, who waits must be told
            work.error = f"film: {type(error).__name__}: {error}"[:200]
        work.gone.wait(self._patience)
        self.stop(name)
