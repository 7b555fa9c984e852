"""How much each may ask: generous for a hand that drags, tight for a script gone wild."""

import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_MOST_KEYS = 20_000  # that are remembered; those who have not asked for a while are forgotten first


class Busy(Exception):
    """More is under way than may be."""


class Allowance:
    """For each key so much at once, and so much a second on the average."""

    def __init__(self, rate: float, at_once: float, clock: Callable[[], float] = time.monotonic):
        self._rate, self._at_once, self._clock = rate, at_once, clock
        self._left: dict[str, tuple[float, float]] = {}  # what is left, and when it was

    def take(self, key: str, amount: float = 1.0) -> float:
        """0 if it may; else the seconds until it may, and nothing is taken."""
        now = self._clock()
        left = self._still(key, now)
        if left < amount:
            return (amount - left) / self._rate
        self._left[key] = (left - amount, now)
        if len(self._left) > _MOST_KEYS:
            self._forget(now)
        return 0.0

    def wait(self, key: str, amount: float = 1.0) -> float:
        """As `take`, but nothing is taken."""
        return max(0.0, (amount - self._still(key, self._clock())) / self._rate)

    def _still(self, key: str, now: float) -> float:
        left, then = self._left.get(key, (self._at_once, now))
        return min(self._at_once, left + (now - then) * self._rate)

    def _forget(self, now: float) -> None:
        """Whoever could take everything again, and if those are too few the oldest half."""
        kept = {k: v for k, v in self._left.items() if self._still(k, now) < self._at_once}
        newest = sorted(kept, key=lambda key: kept[key][1])[-_MOST_KEYS // 2 :]
        self._left = {key: kept[key] for key in newest}


class UnderWay:
    """So many at the same time for each key, and so many for all together."""

    def __init__(self, each: int, all_together: int):
        self._each, self._all = each, all_together
        self._now: dict[str, int] = {}
        self._sum = 0

    @contextmanager
    def one(self, key: str, amount: int = 1) -> Iterator[None]:
        """Around a request; raises Busy where it is one too many."""
        mine = self._now.get(key, 0)
        if mine + amount > self._each or self._sum + amount > self._all:
            raise Busy
        self._now[key], self._sum = mine + amount, self._sum + amount
        try:
            yield
        finally:
            self._sum -= amount
            self._now[key] -= amount
            if not self._now[key]:
                del self._now[key]


class Places:
    """At most so many sessions at a time. A place is free again some minutes after its last use."""

    def __init__(
        self, most: int | None, idle: float = 600.0, clock: Callable[[], float] = time.monotonic
    ):
        self._most, self._idle, self._clock = most, idle, clock
        self._seen: dict[str, float] = {}
        self._many = 1000  # from here on it is looked who has left

    def enter(self, session: str) -> bool:
        """Whether this session has a place, or gets one."""
        if session not in self._seen and not self._room(self.taken()):
            return False
        return self._seat(session)

    def knock(self, near: str) -> bool:
        """As `enter` for a new session, whose cookie has not come back yet: all of one
        neighbourhood sit on one place until it does, for whoever keeps no cookies is new each
        time."""
        others = self.taken() - (near in self._seen)
        return self._seat(near) if self._room(others) else False

    def move(self, near: str, session: str) -> bool:
        """As `enter` for a session whose cookie has come back: the neighbourhood's place is free
        again."""
        if session not in self._seen:
            self.leave(near)
        return self.enter(session)

    def _room(self, taken: int) -> bool:
        return self._most is None or taken < self._most

    def _seat(self, session: str) -> bool:
        self._seen[session] = self._clock()
        if len(self._seen) > self._many:
            self._many = max(1000, 2 * self.taken())
        return True

    def leave(self, session: str) -> None:
        self._seen.pop(session, None)

    def taken(self) -> int:
        now = self._clock()
        self._seen = {key: at for key, at in self._seen.items() if now - at <= self._idle}
        return len(self._seen)


def neighbourhood(address: str) -> str:
    """What is counted as one address: of the new kind everybody has millions."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
