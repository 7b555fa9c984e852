"""An analysis in the background: one for a model, whoever asks, and whether its page is open."""

import threading
import time
from dataclasses import dataclass

from explorer.knowledge.library import StillComputing
from explorer.lab.analysis import analyse
from explorer.lab.factors import Factors, factors_of
from explorer.lab.results import Settings
from explorer.picture.model import Model
from explorer.work.background import Ending, Once, begin, computing
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
    """Safe to use from several threads. What is finished stays kept when it is stopped."""

    def __init__(self, model: Model, settings: Settings | None = None):
        self._model, self._settings = model, settings
        self._known = Once(lambda report: factors_of(model.lab, report))
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._state = State()

    @property
    def state(self) -> State:
        return self._state

    def factors(self) -> Factors:
        """What the model is judged by; raises StillComputing until that is there."""
        library = self._model.lab
        library.population()
        if library.factor_reader is not None:  # thousands of pictures are read the first time
            self._known.start()
            if not self._known.ready():
                raise StillComputing(self._known.progress)
        return self._known.get()

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
            library, settings = self._model.lab, self._settings
            analyse(library, self._tell, self._stop.is_set, self._known.get(), settings=settings)
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
        library = self._model.lab
        for what, ask in (("the model's brains", library.population), ("factors", self.factors),
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
