"""Everything known of a model beyond its weights: directions, population, receipts.

What is cheap is made when first asked for. What takes longer (the population, and the measured
directions that come from it; the receipts) is made in the background, kept beside the checkpoint,
and asked for by `ready`.
"""

import threading
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch

from explorer.knowledge import population as populations
from explorer.knowledge import tsne
from explorer.knowledge.cache import Kept, Shelf, digest_of
from explorer.knowledge.directions import activations, sefa
from explorer.knowledge.directions.direction import Direction, Spread, spread_of
from explorer.knowledge.directions.former import FORMER, MEASURED, former_directions
from explorer.knowledge.directions.measured import measured_directions
from explorer.knowledge.directions.pca import principal_axes
from explorer.knowledge.population import Population, measure_population
from explorer.knowledge.receipts import Receipt, receipt_beyond, write_receipt
from explorer.knowledge.reference import open_reals
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import brains_at, centre, sample_classes, sample_w
from explorer.knowledge.styles import style_moments
from explorer.knowledge.typicality import Gauge
from explorer.knowledge.unseen import open_unseen
from explorer.work.background import Once
from gan import measure
from gan.factors import FILE as FACTORS_FILE
from gan.factors import load_reader
from gan.generator import Generator
from gan.height import AGE_FILE, load_readers
from gan.height import FILE as HEIGHT_FILE
from gan.layers import FullyConnected
from gan.reference import FILE as REFERENCE_FILE
from gan.scale import Scale

PCA_VERSION, ACTIVATIONS_VERSION, MEASURED_VERSION, RECEIPTS_VERSION = 2, 1, 2, 3
GROUPS = {"coarse": (0, 4), "middle": (4, 8), "fine": (8, 18)}  # Karras 2019, figure 3


class StillComputing(Exception):
    """Something is being computed for the first time. progress: 0..1."""

    def __init__(self, progress: float):
        super().__init__(f"being computed for the first time: {progress:.0%} done")
        self.progress = progress


class Library:
    """The directions of one model and what they do. Safe to use from several threads."""

    def __init__(
        self, generator: Generator, checkpoint: Path, digest: str, scale: Scale | None = None,
        whole: Generator | None = None, sketch: Generator | None = None,
    ):  # fmt: skip
        """scale: of classes in order; None where they have none, or there are none. whole: the
        checkpoint's generator where `generator` is a sketch of it, see knowledge.sketch. sketch: of
        `generator`, where its own pictures are too large to measure many."""
        self.generator, self.scale, self.whole = generator, scale, whole
        self.sitter = sketch or generator  # whose pictures are measured
        mark = f"-{self.side}px"
        self.shelf, self._folder = Shelf(checkpoint, digest, mark * bool(whole)), checkpoint.parent
        readers = [self._folder / name for name in (HEIGHT_FILE, AGE_FILE, FACTORS_FILE)]
        self.measures = Shelf(
            checkpoint, digest, mark * bool(whole or sketch),
            rests_on=digest_of(readers, measure.VERSION),
        )  # fmt: skip
        # With a scale, directions were once found in what its places differ in too.
        self._later = int(bool(scale))
        self._lock, self._tracing, self._regressing = (threading.Lock() for _ in range(3))
        height, age = (load_readers(checkpoint.parent / name) for name in (HEIGHT_FILE, AGE_FILE))
        self.ruler = Ruler(height, age=age)
        self.reference_mark = digest_of([self._folder / REFERENCE_FILE])
        self.reals, self.reals_problem = open_reals(
            checkpoint, digest, generator.config, self.ruler, self.measures if sketch else None,
            self.side,
        )  # fmt: skip
        self.unseen = open_unseen(checkpoint, digest, self.side if sketch else None, bool(scale))
        self.factor_reader = load_reader(checkpoint.parent / FACTORS_FILE)
        self._population = Once(self._make_population)
        self._receipts = Once(self._make_receipts)
        self._activations: dict[int, Once[list[Direction]]] = {}
        self._style_moments = lru_cache(maxsize=128)(
            lambda a, here: style_moments(a, self.spread if here else self.whole_spread)
        )
        self._tsne = Once(self._make_tsne)
        self._centre = lru_cache(maxsize=500)(lambda place: centre(self.generator, place))
        self.brains_at = lru_cache(maxsize=2)(lambda place: brains_at(self.generator, place))
        self._sefa = lru_cache(maxsize=64)(self._closed_form)
        self._receipt = lru_cache(maxsize=500)(self._write)

    def of_sketch(self) -> "Library":
        """Where there is a sketch, a library of that alone, for whom nothing lies beyond it. What
        the two have measured is the same."""
        found = Library(
            self.sitter, self.shelf.checkpoint, self.shelf.digest, self.scale, self.generator
        )
        found._population, found._receipts = self._population, self._receipts
        return found

    def shelf_resting_on(self, *words: str) -> Shelf:
        """Of what is found by measuring whole pictures. words: what else it depends on."""
        return self.shelf.resting_on(self.measures.rests_on, *words)

    @property
    def side(self) -> int:
        """Pixels of the pictures that are measured."""
        return self.sitter.config.resolution

    @property
    def sketched(self) -> bool:
        """Whether smaller pictures than the model's are measured."""
        return self.sitter is not self.generator

    @property
    def size_told(self) -> str:
        """How large the pictures are that are measured, a sentence; empty where these are the
        model's own."""
        whole = self.generator.config.resolution
        return f"Measured at {self.side} of {whole} px." if self.sketched else ""

    @property
    def told(self) -> str:
        """The same with what that means."""
        if not self.sketched:
            return ""
        return (
            f"{self.size_told} It is the smaller picture that this network makes on the way; what "
            f"layers from number {self.sitter.config.num_ws + 1} on do is not seen there."
        )

    @cached_property
    def w(self) -> np.ndarray:
        """float32 [20000, w_dim], without truncation."""
        return sample_w(self.generator)

    @cached_property
    def people(self) -> np.ndarray:
        """`w` as if all were at the middle of a scale of classes in order: [20000, w_dim].

        What is left differs between brains at one place, which has a slider of its own; directions
        are found in that. Without a scale `w` itself.
        """
        if not self.scale:
            return self.w
        places = sample_classes(self.generator, len(self.w))
        known = np.arange(2 * self.scale.count - 1) / 2
        centres = np.stack([self.centre(place).numpy() for place in known])
        there = np.stack([np.interp(places, known, column) for column in centres.T], axis=1)
        middle = self.centre(self.scale.position(self.scale.middle)).numpy()
        return (self.w - there + middle).astype(np.float32)

    @cached_property
    def spread(self) -> Spread:
        """Of brains at one place of a scale, if there is one: what a step is measured in."""
        return spread_of(self.people)

    @cached_property
    def whole_spread(self) -> Spread:
        """Of all brains, wherever they are on a scale."""
        return spread_of(self.w) if self.scale else self.spread

    def centre(self, place: float = 0.0) -> torch.Tensor:
        """What truncation draws towards, [w_dim]; place: on a scale of classes in order."""
        return self._centre(float(place))

    def away(self, place: float) -> torch.Tensor:
        """How far the centre there is from that of the middle of the scale, [w_dim]."""
        return self.centre(place) - self.centre(self.scale.position(self.scale.middle))

    def style_moments(
        self, affine: FullyConnected, here: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each channel of a style over the model's brains; here: as
        if all were at the middle of a scale."""
        return self._style_moments(affine, here)

    @cached_property
    def gauge(self) -> Gauge:
        return Gauge(self.people, self.spread)

    @cached_property
    def pca(self) -> list[Direction]:
        named = lambda i: (f"pca{i}", f"PCA {i}", "pca")  # noqa: E731
        return self._axes("pca", PCA_VERSION, lambda: principal_axes(self.people), named)

    def activations(self, layer: int) -> list[Direction]:
        """Principal axes of a synthesis layer's feature maps; raises StillComputing at first."""

        def find(report) -> list[Direction]:
            w = self.people[: activations.SAMPLES]
            with self._tracing:  # one layer at a time: its maps fill a hundred megabytes
                return activations.activation_axes(self.generator, w, self.spread, layer, report)

        def make(report) -> list[Direction]:
            return self._axes(
                f"activations{layer}", ACTIVATIONS_VERSION, lambda: find(report),
                lambda i: activations.named(layer, i),
            )  # fmt: skip

        with self._lock:
            once = self._activations.setdefault(layer, Once(make))
        once.start()
        if not once.ready():
            raise StillComputing(once.progress)
        return once.get()

    def _axes(
        self, kind: str, version: int, make: Callable[[], list[Direction]],
        named: Callable[[int], tuple[str, str, str]],
    ) -> list[Direction]:  # fmt: skip
        """Numbered directions, read or made. named: number -> key, name, source."""

        def unpack(kept: Kept) -> list[Direction] | None:
            vectors = torch.from_numpy(kept.arrays["vectors"])
            found = [
                Direction(*named(i), vector, float(share))
                for i, (vector, share) in enumerate(zip(vectors, kept.table, strict=True), start=1)
            ]
            return found if self._fit(vectors) else None

        def pack(found: list[Direction]) -> Kept:
            return Kept({"vectors": self._stack(found)}, [d.share for d in found])

        return self.shelf.get(kind, version + self._later, make, pack, unpack)

    def sefa(self, layers: tuple[int, int] | None = None) -> list[Direction]:
        """Closed-form directions of all layers or of a range (first, end)."""
        return self._sefa(layers)

    def _closed_form(self, layers: tuple[int, int] | None) -> list[Direction]:
        return sefa.closed_form(self.generator, self.spread, layers)

    @property
    def groups(self) -> dict[str, tuple[int, int]]:
        """Coarse, middle and fine layers, as far as the model has them: name -> (first, end)."""
        num_ws = self.generator.config.num_ws
        return {k: (a, min(b, num_ws)) for k, (a, b) in GROUPS.items() if a < num_ws}

    @cached_property
    def _measured(self) -> list[Direction]:
        population = self._population.get()
        names = {f"measured:{m.key}": m.name for m in self.ruler.measurements}

        def make() -> list[Direction]:
            w = self.people[: len(population.table)]
            return measured_directions(w, population, self.ruler, self.spread)

        def unpack(kept: Kept) -> list[Direction] | None:
            vectors = torch.from_numpy(kept.arrays["vectors"])
            if kept.table["of"] != list(names) or not self._fit(vectors):
                return None
            shares = kept.table["shares"].items()
            return [
                Direction(key, names[key], "measured", vector, float(share))
                for (key, share), vector in zip(shares, vectors, strict=True)
            ]

        def pack(found: list[Direction]) -> Kept:
            table = {"of": list(names), "shares": {d.key: d.share for d in found}}
            return Kept({"vectors": self._stack(found)}, table)

        return self.measures.get("measured", MEASURED_VERSION + self._later, make, pack, unpack)

    def _fit(self, vectors: torch.Tensor) -> bool:
        """Whether these can be directions of this model: float [n, w_dim], finite."""
        whole = vectors.ndim == 2 and vectors.shape[1] == self.generator.config.w_dim
        return whole and bool(vectors.isfinite().all())

    def _stack(self, found: list[Direction]) -> np.ndarray:
        vectors = [d.vector.numpy() for d in found]
        return np.array(vectors, np.float32).reshape(-1, self.generator.config.w_dim)

    def measured(self) -> list[Direction]:
        """Measured directions; raises StillComputing until the population is there."""
        self.population()
        with self._regressing:
            return self._measured

    def population(self) -> Population:
        """Raises StillComputing until it is there, and sees to it that it will be."""
        self._population.start()
        if not self._population.ready():
            raise StillComputing(self._population.progress)
        return self._population.get()

    def settled_population(self) -> Population:
        """The same, waiting for it."""
        return self._population.get()

    def _make_population(self, report) -> Population:
        return self.measures.get(
            populations.KIND, populations.VERSION,
            lambda: measure_population(self.sitter, self.ruler, report),
            lambda p: populations.pack(p, self.ruler),
            lambda kept: populations.unpack(kept, self.ruler, self.generator),
        )  # fmt: skip

    def tsne(self) -> np.ndarray:
        """The population's brains in a plane, [N, 2]; raises StillComputing until it is there."""
        self.population()
        self._tsne.start()
        if not self._tsne.ready():
            raise StillComputing(self._tsne.progress)
        return self._tsne.get()

    def _make_tsne(self, report) -> np.ndarray:
        brains = len(self._population.get().table)
        return self.shelf.get(
            tsne.KIND, tsne.VERSION + self._later, lambda: tsne.embed(self.people[:brains]),
            tsne.pack, lambda kept: tsne.unpack(kept, brains),
        )  # fmt: skip

    def find(self, key: str) -> Direction | None:
        """The direction of this key, or None; raises StillComputing where it is not there yet."""
        found: list[Direction] = []
        if key.startswith("pca"):
            found = self.pca
        elif key.startswith("measured:"):
            found = self.measured()
        elif key.startswith(FORMER):
            known = former_directions(self._folder, self.generator.config.w_dim)
            return known.get(key) or self.find(MEASURED + key.removeprefix(FORMER))
        elif (layer := activations.parse_key(key, self.generator.config.num_ws - 1)) is not None:
            found = self.activations(layer)
        elif parsed := sefa.parse_key(key, self.generator.config.num_ws):
            found = self.sefa(parsed[1])
        return next((direction for direction in found if direction.key == key), None)

    def listed(self) -> list[Direction]:
        """Every direction the page lists, measured ones first; raises StillComputing."""
        by_group = [d for layers in self.groups.values() for d in self.sefa(layers)[:5]]
        return [*self.measured(), *self.pca, *self.sefa(), *by_group]

    def receipts(self) -> dict[str, Receipt]:
        """Receipts of all listed directions by key; raises StillComputing until they are there."""
        self.population()
        self._receipts.start()
        if not self._receipts.ready():
            raise StillComputing(self._receipts.progress)
        return self._receipts.get()

    def settled_receipts(self) -> dict[str, Receipt]:
        """The same, waiting for them."""
        self._population.get()
        return self._receipts.get()

    def _make_receipts(self, report) -> dict[str, Receipt]:
        self._population.get()  # before that the measured directions are not among them
        listed = self.listed()

        def make() -> dict[str, Receipt]:
            made = {}
            for i, direction in enumerate(listed):
                made[direction.key] = self.receipt(direction)
                report((i + 1) / len(listed))
            return made

        def unpack(kept: Kept) -> dict[str, Receipt] | None:
            found = {key: Receipt.from_dict(values) for key, values in kept.table.items()}
            return found if list(found) == [d.key for d in listed] else None

        return self.measures.get(
            "receipts", RECEIPTS_VERSION + self._later, make,
            lambda made: Kept(
                {"brains": np.zeros(1)}, {key: r.to_dict() for key, r in made.items()}
            ),
            unpack,
        )  # fmt: skip

    def receipt(self, direction: Direction, step: torch.Tensor | None = None) -> Receipt:
        """A direction's receipt, made now if need be; `step` overrules its vector."""
        step = direction.vector if step is None else step
        return self._receipt(direction.key, direction.layers, tuple(step.tolist()))

    def _write(self, key: str, layers: tuple[int, int] | None, step: tuple[float, ...]) -> Receipt:
        direction = Direction(key, key, "", torch.tensor(step), 0.0, layers)
        if self.beyond(layers):
            return receipt_beyond(self.population(), self.ruler, self.side)
        return write_receipt(self.sitter, direction, self.population(), self.ruler)

    def beyond(self, layers: tuple[int, int] | None) -> bool:
        """Whether layers [first, end) do nothing to the pictures that are measured."""
        return self.sketched and layers is not None and layers[0] >= self.sitter.config.num_ws

    def prepare(self) -> None:
        """Make everything that is kept beside the checkpoint; blocks."""
        _ = self.pca
        self._population.get()
        self._receipts.get()
        self._tsne.get()
