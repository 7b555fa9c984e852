"""An analysis in the background: one for a model, whoever asks, and whether its page is open."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from explorer.knowledge.library import Library, StillComputing
from explorer.lab.analysis import Settings, analyse
from explorer.lab.factors import Factors, factors_of
from explorer.picture.model import Model
from explorer.work.background import Ending, begin, computing
from explorer.work.jobs import Cancelled

_LOOK = 0.3  # seconds between looks at what has to be there before


@dataclass(frozen=True)
class State:
    """state: idle, working, stopping, done, stopped or failed. share: 0..1 of all parts, with those
    that were there before; what: is being made; why: it failed."""

    state: str = "idle"
    share: float = 0.0
    what: str = ""
    why: str = ""

    @property
    def busy(self) -> bool:
        return self.state in ("working", "stopping")


class Analyst:
    """Safe to use from several threads. What is finished stays kept when it is stopped.

    factors: what a model is judged by; called once its brains are measured.
    """

    def __init__(
        self, model: Model, factors: Callable[[Library], Factors] = factors_of,
        settings: Settings | None = None,
    ):  # fmt: skip
        self._model, self._factors, self._settings = model, factors, settings
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._state = State()

    @property
    def state(self) -> State:
        return self._state

    def start(self) -> None:
        """Begin, or go on where it was; nothing if it is at work already."""
        with self._lock:
            if self._state.state == "working":
                return
            if self._state.state == "stopping":  # it has not noticed yet
                self._stop.clear()
                self._state = State("working", self._state.share, self._state.what)
                return
            self._stop.clear()
            self._state = State("working", 0.0, "starting")
            begin(self._run)

    def stop(self) -> None:
        """Soon; the part that is being made is lost."""
        with self._lock:
            if self._state.state == "working":
                self._stop.set()
                self._state = State("stopping", self._state.share, self._state.what)

    def _run(self) -> None:
        try:
            self._wait()
            library = self._model.library
            factors = self._factors(library)
            analyse(library, self._tell, self._stop.is_set, factors, settings=self._settings)
            self._end(State("done", 1.0))
        except Cancelled:
            self._end(State("stopped", self._state.share))
        except Ending:
            self._end(State("stopped"))
            raise
        except Exception as error:  # the page shall say it and go on
            why = f"{type(error).__name__}: {error}"[:200]
            self._end(State("failed", self._state.share, why=why))

    def _wait(self) -> None:
        """Until the model's brains are measured and its directions have receipts."""
        library = self._model.library
        for what, ask in (("the model's brains", library.population),
                          ("receipts of its directions", library.receipts)):  # fmt: skip
            while True:
                try:
                    ask()
                    break
                except StillComputing as wait:
                    self._tell(0.0, f"{what}, {wait.progress:.0%}")
                    time.sleep(_LOOK)

    def _tell(self, share: float, what: str) -> None:
        """Between two pieces of work: those who use the page go first."""
        with computing():  # raises Ending when the program ends
            pass
        if self._stop.is_set():
            raise Cancelled
        self._model.turns.take_idle(lambda: None)
        with self._lock:
            if not self._stop.is_set():
                self._state = State("working", share, what)

    def _end(self, state: State) -> None:
        with self._lock:
            self._state = state
