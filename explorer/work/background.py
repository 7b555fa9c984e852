"""Long work in threads of its own: values computed once, and an end that waits for no work.

Python stops other threads wherever they are when the program ends. In the middle of a network that
kills the process with "terminate called without an active exception", so at the end no computation
is begun any more, and those under way are waited for, which takes a fraction of a second.
"""

import atexit
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

T = TypeVar("T")
_PATIENCE = 5.0  # seconds to wait at the end


class Ending(Exception):
    """The program is about to end."""


class _Work:
    """The computations under way, and the threads that were started for them."""

    def __init__(self):
        self.ending = False
        self.under_way = 0
        self.changed = threading.Condition()
        self.threads: list[threading.Thread] = []


_work = _Work()


@atexit.register
def end_all() -> None:
    """Begin nothing any more, and wait for what is under way."""
    with _work.changed:
        _work.ending = True
    deadline = time.monotonic() + _PATIENCE
    for thread in _work.threads:
        thread.join(max(0, deadline - time.monotonic()))
    with _work.changed:
        _work.changed.wait_for(lambda: not _work.under_way, max(0, deadline - time.monotonic()))


def is_ending() -> bool:
    """Whether nothing is begun any more."""
    return _work.ending


@contextmanager
def computing() -> Iterator[None]:
    """Around every computation that others than the main thread may do.

    A short one: the program's end waits for it. Raises Ending where that has come.
    """
    with _work.changed:
        if _work.ending:
            raise Ending
        _work.under_way += 1
    try:
        yield
    finally:
        with _work.changed:
            _work.under_way -= 1
            _work.changed.notify_all()


def begin(target: Callable[[], None]) -> None:
    """Run it in a thread of its own, which ends with its next computation if the program does."""

    def run() -> None:
        with suppress(Ending):
            target()

    thread = threading.Thread(target=run, daemon=True)
    with _work.changed:
        _work.threads = [t for t in _work.threads if t.is_alive()]
        _work.threads.append(thread)
        thread.start()


class Sweeper:
    """Calls `sweep` every so many seconds for as long as it answers that something is left."""

    def __init__(self, seconds: float, sweep: Callable[[], bool]):
        self._seconds, self._sweep = seconds, sweep
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    @property
    def awake(self) -> bool:
        return self._timer is not None

    def wake(self) -> None:
        """There is something to sweep."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._seconds, self._run)
                self._timer.daemon = True
                self._timer.start()

    def _run(self) -> None:
        with self._lock:
            self._timer = None  # first, or who wakes it during the last sweep is not heard
        if self._sweep():
            self.wake()


class Once(Generic[T]):
    """A value that the first who needs it makes; everybody else waits for it or looks in later.

    make: gets a function to report its progress to, 0..1. If it raises, so does `get`, every time.
    """

    def __init__(self, make: Callable[[Callable[[float], None]], T]):
        self._make = make
        self._lock = threading.Lock()
        self._started = False
        self._done = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None
        self.progress = 0.0

    def start(self) -> None:
        """Begin in a thread of its own, unless somebody has."""
        if self._first():
            begin(self._run)

    def ready(self) -> bool:
        return self._done.is_set()

    def get(self) -> T:
        """The value; blocks until it is there."""
        if self._first():
            self._run()
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._value

    def _first(self) -> bool:
        with self._lock:
            first, self._started = not self._started, True
        return first

    def _run(self) -> None:
        try:
            self._value = self._make(self._report)
        except BaseException as error:
            self._error = error
        finally:
            self.progress = 1.0
            self._done.set()

    def _report(self, progress: float) -> None:
        if _work.ending:
            raise Ending
        self.progress = progress
