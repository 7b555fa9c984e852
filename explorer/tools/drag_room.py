"""Drags that are under way: in memory only, each under a key nobody can guess.

A drag moves only when its page asks for the next step, so one whose page is gone costs nothing,
and after two minutes it is forgotten.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.drag import Arrow, Drag, Moved
from explorer.work.asker import asker
from explorer.work.background import Sweeper
from explorer.work.turns import Superseded

_IDLE = 120.0  # seconds
_BUSY = 10.0  # a drag that was asked for since then makes no room for another
_MOST, _MOST_LARGE = 32, 8  # a class that drags; a large network's maps take 64 MB each
_MOST_EACH = 4  # of each, where several people ask


@dataclass
class _Held:
    """A drag, when it was last asked for, and whose it is, as of `asker`."""

    drag: Drag
    asked: float
    owner: str


class DragRoom:
    """All users' drags, for one model. Every method raises RecipeError in one sentence."""

    def __init__(self, model: Model, clock: Callable[[], float] = time.monotonic):
        self.model = model
        self._clock = clock
        self._drags: dict[str, _Held] = {}
        self._most = _MOST if model.config.resolution <= 256 else _MOST_LARGE
        self._lock = threading.Lock()
        self._sweeper = Sweeper(_IDLE / 2, self._sweep)

    def __len__(self) -> int:
        return len(self._drags)

    def start(
        self, recipe: Recipe, arrows: Sequence[Arrow], movable: np.ndarray | None = None,
        instead: object = None,
    ) -> tuple[str, Drag]:  # fmt: skip
        """Begin a drag, see there; returns its key. instead: key of one that ends now."""
        self.forget(instead)
        _ = self.model.library.spread  # takes seconds the first time: not in a turn
        drag = self.model.turns.take(object(), lambda: Drag(self.model, recipe, arrows, movable))
        with self._lock:
            self._tidy()
            owner = asker.get()
            mine = [key for key, held in self._drags.items() if owner and held.owner == owner]
            if len(mine) >= _MOST_EACH:
                del self._drags[mine[0]]
            if len(self._drags) >= self._most:
                oldest = min(self._drags, key=lambda k: self._drags[k].asked)
                if self._clock() - self._drags[oldest].asked < _BUSY:
                    raise RecipeError("drag: too many are under way; try again in a minute")
                del self._drags[oldest]
            key = secrets.token_urlsafe(16)
            self._drags[key] = _Held(drag, self._clock(), owner)
            self._sweeper.wake()
        return key, drag

    def step(self, key: object) -> Moved:
        """The next picture's recipe; a drag that has ended is forgotten."""
        with self._lock:
            self._tidy()
            if not isinstance(key, str) or key not in self._drags:
                raise RecipeError("drag: it is no longer kept here; start it again")
            drag = self._drags[key].drag
            self._drags[key].asked = self._clock()
        try:
            moved = self.model.turns.take(("drag", key), drag.step)
        except Superseded as newer:
            raise RecipeError("drag: a copy of this page goes on with it") from newer
        if moved.ended:
            self.forget(key)
        return moved

    def forget(self, key: object) -> None:
        """End a drag; no error if there is none."""
        with self._lock:
            if isinstance(key, str):
                self._drags.pop(key, None)

    def _tidy(self) -> None:
        now = self._clock()
        self._drags = {k: d for k, d in self._drags.items() if now - d.asked <= _IDLE}

    def _sweep(self) -> bool:
        with self._lock:
            self._tidy()
            return bool(self._drags)
