"""Who is served next: one picture at a time, in order, and for each user only the newest."""

import math
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from explorer.work.background import computing

Result = TypeVar("Result")


class Superseded(Exception):
    """The same user asked for something newer before this was begun."""


class Pieces(Generic[Result]):
    """Long work that is done in turns of a bounded length.

    steps: yields None where the work may pause, and its results.
    """

    def __init__(self, steps: Iterator[Result | None]):
        self._steps, self.ended = steps, False

    def go_on(self, most: float = 0.04) -> Result | None:
        """Work until the next result; None if `most` seconds were over before, or at the end."""
        end = time.monotonic() + most
        for step in self._steps:
            if step is not None:
                return step
            if time.monotonic() >= end:
                return None
        self.ended = True
        return None


class Turns:
    """Requests that wait together are made one after the other; the newest of each user wins.

    A user's newer request takes the older one's place in the row, so that nobody who keeps
    dragging a slider waits longer, or makes others wait longer, than with a single request.
    """

    def __init__(self):
        self._waiting: dict[Hashable, object] = {}  # in order of arrival
        self._busy = False
        self._changed = threading.Condition()
        self._asked = -math.inf  # when somebody last wanted or got something

    def take(self, user: Hashable, work: Callable[[], Result]) -> Result:
        """Wait for the turn, then return what `work` does; its exceptions pass through.

        Raises Superseded, without calling `work`, if a newer request of `user` came meanwhile, and
        Ending if the program is about to end.
        """
        self._asked = time.monotonic()
        try:
            return self._take(user, work)
        finally:
            self._asked = time.monotonic()

    def take_idle(
        self, work: Callable[[], Result], quiet: float = 0.2, most: float = 1.0
    ) -> Result:
        """As `take`, for long jobs in many short pieces, which nobody should feel.

        Waits until nobody has asked for `quiet` seconds, but not longer than `most`.
        """
        end = time.monotonic() + most
        with self._changed:
            while (now := time.monotonic()) < end:
                calm = now - self._asked
                if calm >= quiet and not self._waiting and not self._busy:
                    break
                self._changed.wait(min(end - now, max(quiet - calm, 0.01)))
        return self._take(object(), work)

    def _take(self, user: Hashable, work: Callable[[], Result]) -> Result:
        ticket = object()
        with self._changed:
            self._waiting[user] = ticket
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self._is_next(user, ticket))
                if self._waiting.get(user) is not ticket:
                    raise Superseded
                self._busy = True
            finally:
                if self._waiting.get(user) is ticket:
                    del self._waiting[user]
        try:
            with computing():
                return work()
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _is_next(self, user: Hashable, ticket: object) -> bool:
        """Whether to go on: it is this ticket's turn, or it has lost its place."""
        if self._waiting.get(user) is not ticket:
            return True
        return not self._busy and next(iter(self._waiting)) == user
