"""Everything the lab tells of a model, part by part; each is kept as soon as it is there.

An analysis that was stopped goes on where it was: parts beside the checkpoint (or in the cache)
that were made with the same settings are read. `found` reads only.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from explorer.knowledge.cache import Shelf
from explorer.knowledge.library import Library
from explorer.knowledge.population import PICTURES
from explorer.knowledge.samples import pictures_of
from explorer.lab import keeping
from explorer.lab.against_data import Against, against_data
from explorer.lab.agreement import Agreement, agreement
from explorer.lab.axes import AXES, Axes, measure_axes
from explorer.lab.codes import Brains, Codes, draw_brains, mix_brains, principal, telling
from explorer.lab.distance import Distance
from explorer.lab.factors import Factors, factors_of, kind_of
from explorer.lab.intervals import FEWEST
from explorer.lab.keeping import DATA, FREE, HEIGHT, PERCEPTUAL, TRAINING, shelf_of
from explorer.lab.magnitudes import BRAINS, Magnitudes, magnitudes
from explorer.lab.moments import Moment, moments_beside
from explorer.lab.race import Race, best_channels, run
from explorer.lab.regression import regress
from explorer.lab.results import Analysis, Settings
from explorer.lab.settling import Settling, settling
from explorer.lab.smoothness import Smoothness, smoothness
from explorer.lab.spaces import (
    Space,
    group_axes,
    group_shares,
    group_spans,
    mixed_codes,
    plain_codes,
    score,
)
from explorer.lab.ways import Way, channel_ways, line_way, pictures
from explorer.work.jobs import Cancelled

VERSION = 1
_CONDITION = 2  # raised when something else is done with the condition of a model that has one
LEAST_R2 = 0.2  # of what w foretells of a factor: below, there is no direction to compare
_TRIED = 12  # brains that ways through S are chosen on
NEAR = 0.3  # of the wanted standard deviation, in the table of dependencies, where many are made
_TRIES, _FEW_TRIES = 4, 2  # there; fewer on large networks, whose pictures take long
SPACES = ("Z", "W", "W+", "S")


def analyse(
    library: Library,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    factors: Factors | None = None,
    target: str = "ventricles",
    settings: Settings | None = None,
    only: tuple[str, ...] = (),
    lpips: Distance | None = None,
) -> Analysis:
    """Make or read all parts. Waits for the library's population and receipts.

    report: gets the share that is done and what is being made. factors: those of `factors_of`,
    unless others are given. target: key of the factor of the race; the one that w foretells best
    where this one is not measured. only: keys of the parts, if not all. lpips: see lab.lpips.
    Raises explorer.work.jobs.Cancelled soon after `cancelled` says so.
    """

    def read(share: float) -> None:
        if cancelled and cancelled():
            raise Cancelled
        if report:
            report(0.0, f"brains to judge, {share:.0%}")

    factors = factors_of(library, read) if factors is None else factors
    work = _Work(library, factors, settings or Settings(), lpips)
    parts = [part for part in work.parts(target) if not only or part.key in only]
    total, done, values = sum(part.cost for part in parts), 0.0, {}
    for part in parts:

        def tell(share: float, part=part, done=done) -> None:
            if cancelled and cancelled():
                raise Cancelled
            if report:
                report((done + min(share, 1.0) * part.cost) / total, part.what)

        tell(0.0)
        values[part.key] = work.kept(part, tell)
        done += part.cost
    if report:
        report(1.0, "done")
    return work.summed(values)


def found(
    library: Library, factors: Factors | None = None, target: str = "ventricles",
    settings: Settings | None = None,
) -> Analysis:  # fmt: skip
    """What is kept of a model already; makes no part (but waits for what the factors need)."""
    factors = factors_of(library) if factors is None else factors
    work = _Work(library, factors, settings or Settings())
    values = {part.key: work.read(part) for part in work.parts(target)}
    return work.summed({key: value for key, value in values.items() if value is not None})


def of_the_network(
    library: Library, settings: Settings | None = None
) -> tuple[Smoothness | None, Magnitudes | None, Axes | None]:
    """What is kept of path lengths, signal and axes, for which nothing is waited for."""
    return tuple(_of_the_network(library, key, settings) for key in FREE)


def of_the_training(library: Library, settings: Settings | None = None) -> Settling | None:
    """What is kept of how the training went; nothing is waited for."""
    return _of_the_network(library, TRAINING, settings)


def _of_the_network(library: Library, key: str, settings: Settings | None) -> object | None:
    kept = shelf_of(library, key).read(f"lab-{kind_of(library)}-{key}", VERSION)
    try:
        whole = kept and {**kept.table["settings"], **asdict(settings or Settings())}
        return ((kept and keeping.unpack(kept, whole)) or (None,))[0]
    except (KeyError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class Left:
    """What is not kept yet. parts: in words; of: how many there are; seconds: roughly, at 128
    px."""

    parts: tuple[str, ...]
    of: int
    seconds: float


def left(
    library: Library, factors: Factors, target: str = "ventricles", settings: Settings | None = None
) -> Left:
    """What `analyse` would have to make."""
    work = _Work(library, factors, settings or Settings())
    parts = work.parts(target)
    lacking = [part for part in parts if work.kept_of(part) is None]
    return Left(tuple(p.what for p in lacking), len(parts), sum(p.cost for p in lacking))


@dataclass(frozen=True)
class _Part:
    """key: of the file; what: for people; cost: in seconds, roughly, at 128 px on one core."""

    key: str
    what: str
    cost: float
    make: Callable[[Callable[[float], None]], object]


class _Work:
    """The parts of one analysis, and what several of them need."""

    def __init__(
        self, library: Library, factors: Factors, settings: Settings, lpips: Distance | None = None
    ):
        self.library, self.factors, self.settings = library, factors, settings
        self.lpips = lpips
        self.generator = library.generator
        self._values: dict[str, object] = {}  # of the parts so far, by key

    def parts(self, target: str) -> list[_Part]:
        keys, s = self.factors.keys, self.settings
        parts = [
            _Part("mixed", "brains with layers drawn apart", 0.03 * s.mixed, self._measure_mixed),
            _Part("z", "metrics of Z", 9, lambda tell: self._space("Z", tell)),
            _Part("w", "metrics of W", 12, lambda tell: self._space("W", tell)),
            _Part("wplus", "metrics of W+", 13, self._space_of_groups),
            _Part("s", "metrics of S", 30, lambda tell: self._space("S", tell)),
            _Part("groups", "which layers carry what", 4, lambda tell: self._shares()),
            _Part("spans", "which layers carry what, intervals", 4, lambda tell: self._spans()),
            _Part("smooth", "path lengths", 0.12 * s.pairs, self._smoothness),
            *self._given(),
            _Part("starts", "brains to change", 0.03 * s.starts, self._measure_starts),
        ]  # fmt: skip
        if self.library.reals is not None and self.factors.kind == "measured":
            against = self._against
            parts.append(_Part(DATA, "people and model", 5, lambda tell: against(False)))
            if self.factors.held:
                what = "people and model at equal height"
                parts.append(_Part(HEIGHT, what, 5, lambda tell: against(True)))
        if len(self._moments) > 2:
            parts.append(_Part(TRAINING, "how the training went", 1.5 * len(self._moments),
                               self._settling))  # fmt: skip
        chosen = target if target in keys else None
        parts.append(_Part("race" + (f"-{chosen}" if chosen else ""), "the race", 0.3 * s.racers,
                           lambda tell: self._whole_race(chosen, tell)))  # fmt: skip
        parts += [
            _Part(f"change-{key}", f"what else moves: {name}", 0.15 * s.racers,
                  lambda tell, key=key: self._coarse_race(key, tell))
            for key, name in zip(keys, self.factors.names, strict=True)
        ]  # fmt: skip
        parts.append(_Part("signal", "where the signal sits", 0.04 * BRAINS, self._magnitudes))
        cost = 0.02 * AXES * s.racers
        parts.append(_Part("axes", "what the first axes move", cost, self._axes))
        if self.library.whole:
            cost = 0.2 * s.racers
            parts.append(_Part("whole", "small pictures against whole ones", cost, self._agreement))
        return parts

    def _given(self) -> list[_Part]:
        """Path lengths by LPIPS, where its weights are given now or were before."""
        shelf = shelf_of(self.library, PERCEPTUAL)
        kept = shelf.read(f"lab-{self.factors.kind}-{PERCEPTUAL}", VERSION)
        if not self.lpips and kept is None:
            return []
        cost = 1.0 * self.settings.pairs
        return [_Part(PERCEPTUAL, "perceptual path lengths", cost, self._perceptual)]

    def kept(self, part: _Part, tell: Callable[[float], None]) -> object:
        """Read it or make and keep it."""
        self._values[part.key] = value = self._shelf(part).get(
            self._kind(part), VERSION, lambda: (part.make(tell),),
            lambda made: keeping.pack(made, self._settings),
            lambda kept: keeping.unpack(kept, self._settings),
        )[0]  # fmt: skip
        return value

    def read(self, part: _Part) -> object | None:
        found = self.kept_of(part)
        return found[0] if found else None

    def kept_of(self, part: _Part) -> tuple[object] | None:
        """None: nothing is kept. A part may be kept that is itself None."""
        kept = self._shelf(part).read(self._kind(part), VERSION)
        try:
            return (kept and keeping.unpack(kept, self._settings)) or None
        except (KeyError, ValueError, TypeError):
            return None

    def _shelf(self, part: _Part) -> Shelf:
        return shelf_of(self.library, part.key, self._moments)

    def _kind(self, part: _Part) -> str:
        return f"lab-{self.factors.kind}-{part.key}"

    @property
    def _settings(self) -> dict:
        told = {"condition": _CONDITION} if self.generator.config.c_dim else {}
        return {**asdict(self.settings), "factors": list(self.factors.keys), **told}

    def summed(self, values: dict[str, object]) -> Analysis:
        named = dict(zip(SPACES, ("z", "w", "wplus", "s"), strict=True))
        spaces = {name: values[key] for name, key in named.items() if key in values}
        races = {key: values.get(f"change-{key}") for key in self.factors.keys}
        return Analysis(
            self.factors.keys, self.factors.names, spaces, tuple(self.library.groups),
            values.get("groups"), values.get("spans"), values.get("smooth"), values.get(DATA),
            values.get(HEIGHT),
            {key: race for key, race in races.items() if race is not None},
            next((value for key, value in values.items() if key.startswith("race")), None),
            values.get("signal"), values.get(TRAINING), values.get("whole"),
            values.get(PERCEPTUAL),
        )  # fmt: skip

    # What several parts need.

    @cached_property
    def _codes(self) -> dict[str, Codes]:
        return plain_codes(self.generator, self.settings.brains)

    @cached_property
    def _mixed(self) -> dict[str, Codes]:
        return mixed_codes(self.generator, self.settings.mixed, self.library.groups)

    @property
    def _mixed_table(self) -> np.ndarray:
        return self._values["mixed"].astype(np.float64)

    @cached_property
    def _moments(self) -> list[Moment]:
        return moments_beside(self.library.shelf.checkpoint)

    @cached_property
    def _racers(self) -> Brains:
        """Other brains than those that anything was learned from."""
        return draw_brains(self.generator, self.settings.starts, PICTURES)

    def _measure(self, batches: Iterator[np.ndarray], count: int, tell) -> np.ndarray:
        rows = []
        for batch in batches:
            rows.append(self.factors.read(batch))
            tell(sum(map(len, rows)) / count)
        return np.concatenate(rows).astype(np.float32)

    # The parts.

    def _measure_mixed(self, tell) -> np.ndarray:
        brains = draw_brains(self.generator, self.settings.mixed)
        ws = mix_brains(self.generator, brains, self.library.groups)
        return self._measure(pictures_of(self.generator, ws), len(ws), tell)

    def _measure_starts(self, tell) -> np.ndarray:
        steps = np.zeros(len(self._racers))
        batches = pictures(self.generator, self._racers, None, steps)
        return self._measure(batches, len(self._racers), tell)

    def _space(self, name: str, tell) -> Space:
        whole, draws = self._codes[name], self.settings.draws
        kinds = [principal(whole), telling(whole, self.factors.table[: self.settings.brains])]
        return score(whole, kinds, self.factors, report=tell, times=draws)

    def _space_of_groups(self, tell) -> Space:
        first, whole = group_axes(self._mixed)
        draws = self.settings.draws
        return score(whole, [first], self.factors, self._mixed_table, tell, draws)

    def _shares(self) -> np.ndarray:
        return group_shares(self._mixed, self.factors, self._mixed_table)

    def _spans(self) -> np.ndarray:
        return group_spans(self._mixed, self.factors, self._mixed_table)

    def _smoothness(self, tell) -> Smoothness:
        return smoothness(self.generator, self.settings.pairs, report=tell)

    def _perceptual(self, tell) -> Smoothness:
        distances = {PERCEPTUAL: self.lpips}
        return smoothness(self.generator, self.settings.pairs, distances=distances, report=tell)

    def _magnitudes(self, tell) -> Magnitudes:
        return magnitudes(self.generator, report=tell)

    def _axes(self, tell) -> Axes:
        axes, of = self.library.pca[:AXES], self.library.settled_population()
        count = self.settings.racers
        return measure_axes(self.generator, axes, of, self.library.ruler, count, tell)

    def _agreement(self, tell) -> Agreement:
        whole, brains = self.library.whole, self._racers[slice(0, self.settings.racers)]
        return agreement(self.generator, whole, brains, self.factors, tell)

    def _settling(self, tell) -> Settling:
        z = draw_brains(self.generator, FEWEST).z
        return settling(self._moments, z, tell)

    def _against(self, equal: bool) -> Against | None:
        return against_data(self.library, self.factors, equal)

    def _line(self, space: str, target: int) -> Way:
        return line_way(space, self._codes[space], self.factors, target)

    def _group_line(self, target: int) -> Way:
        """The best group's own way."""
        shares = np.nan_to_num(self._values["groups"][:, target], nan=-1.0)
        name = list(self._mixed)[int(shares.argmax())]
        mixed = Factors(**{**self.factors.__dict__, "table": self._mixed_table})
        layers = self.library.groups[name]
        return line_way("W+", self._mixed[name], mixed, target, layers=layers)

    def _channels(self, target: int, rows: np.ndarray, tell) -> Way:
        sizes = [layer.weight.shape[1] for layer in self.generator.synthesis.layers]
        ways = channel_ways(self._codes["S"], self.factors, target, sizes)
        start = self.factors.scaled(self._values["starts"])[rows]
        options = {"tolerance": NEAR, "tries": _FEW_TRIES} if self.library.whole else {}
        return best_channels(
            self.generator, self._racers[rows], start, ways, self.factors, target, **options
        )

    def _whole_race(self, key: str | None, tell) -> Race:
        target = self.factors.number(key) if key else self._best()
        return self._race(target, [self._line("Z", target), self._line("W", target),
                                   self._group_line(target)], tell)  # fmt: skip

    def _coarse_race(self, key: str, tell) -> Race | None:
        """None where w foretells too little of it. Of large networks only W and S."""
        target = self.factors.number(key)
        w = self._line("W", target)
        if w.r2 < LEAST_R2:
            return None
        ways = [w] if self.library.whole else [self._line("Z", target), w]
        tries = _FEW_TRIES if self.library.whole else _TRIES
        return self._race(target, ways, tell, tolerance=NEAR, tries=tries)

    def _race(self, target: int, ways: list[Way], tell, **options) -> Race:
        start = self.factors.scaled(self._values["starts"])
        rows = np.flatnonzero(np.isfinite(start[:, target]))
        racers, tried = rows[_TRIED:][: self.settings.racers], rows[:_TRIED]
        ways = [*ways, self._channels(target, tried, tell)]
        return run(self.generator, self._racers[racers], start[racers], ways, self.factors, target,
                   tell, **options)  # fmt: skip

    def _best(self) -> int:
        """The factor that w foretells best."""
        w = self._codes["W"].values.astype(np.float64)
        w = (w - w.mean(axis=0)) / np.sqrt(w.var(axis=0).mean())
        table = self.factors.scaled(self.factors.table[: len(w)])
        return int(np.nanargmax([regress(w[: len(table)], column)[1] for column in table.T]))
