"""Values that take long, computed once and never in the way."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


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
            threading.Thread(target=self._run, daemon=True).start()

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
        self.progress = progress
