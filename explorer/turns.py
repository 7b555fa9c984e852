"""Who is served next: one picture at a time, in order, and for each user only the newest."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

Result = TypeVar("Result")


class Superseded(Exception):
    """The same user asked for something newer before this was begun."""


class Turns:
    """Requests that wait together are made one after the other; the newest of each user wins.

    A user's newer request takes the older one's place in the row, so that nobody who keeps
    dragging a slider waits longer, or makes others wait longer, than with a single request.
    """

    def __init__(self):
        self._waiting: dict[Hashable, object] = {}  # in order of arrival
        self._busy = False
        self._changed = threading.Condition()

    def take(self, user: Hashable, work: Callable[[], Result]) -> Result:
        """Wait for the turn, then return what `work` does; its exceptions pass through.

        Raises Superseded, without calling `work`, if a newer request of `user` came meanwhile.
        """
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
