"""Rejection sampling: which candidates are drawn, which are kept, and when a wish is hopeless."""

from collections.abc import Callable

from explorer.export.plan import Group, Plan

_FAIR_START = 10  # as if so many had been found: no wish is given up on a few unlucky draws


class Sampler:
    """Walks through a plan's candidates in order and fills its groups.

    Candidates come in chunks of fixed borders, so that whoever goes on in the middle of one sees
    the same chunks as whoever was never interrupted.
    """

    def __init__(self, plan: Plan, groups: list[Group], chunk: int):
        self.plan, self.groups, self._chunk = plan, groups, chunk
        self.found = [0] * len(groups)
        self.tried = [0] * len(groups)  # while the group was open
        self.drawn = 0  # candidates judged
        self._next = 0  # first candidate of the next chunk

    @property
    def hopeless(self) -> list[int]:
        """Groups that are not full and too rare to go on with."""
        return [g for g in range(len(self.groups)) if not self._full(g) and self._rare(g)]

    def chunk(self) -> list[int]:
        """Numbers of the candidates to look at next; empty when nothing more can be found.

        Candidates of classes whose groups are all closed are left out.
        """
        while open_classes := {self.groups[g].class_index for g in self._open()}:
            first, self._next = self._next, self._next + self._chunk
            numbers = range(first, self._next)
            if wanted := [n for n in numbers if self.plan.class_of(n) in open_classes]:
                return wanted
        return []

    def keep(self, number: int, fits: Callable[[Group], bool]) -> int | None:
        """Judge a candidate: the group that takes it, or None."""
        kind, taker = self.plan.class_of(number), None
        self.drawn += 1
        for g in self._open():
            if self.groups[g].class_index == kind:
                self.tried[g] += 1
                if taker is None and fits(self.groups[g]):
                    taker = g
        if taker is not None:
            self.found[taker] += 1
        return taker

    def _open(self) -> list[int]:
        return [g for g in range(len(self.groups)) if not self._full(g) and not self._rare(g)]

    def _full(self, g: int) -> bool:
        return self.found[g] >= self.groups[g].count

    def _rare(self, g: int) -> bool:
        return self.tried[g] >= self.plan.tries * (self.found[g] + _FAIR_START)
