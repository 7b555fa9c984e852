"""The judge: every figure of a generator beside the same figure between reals of other people."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gan.checkpoint import write_atomic
from gan.generator import Generator
from gan.measure import MEASUREMENTS, measure
from gan.picture import to_uint8
from train.data import Slices
from train.quality import people as who
from train.quality.copies import Search
from train.quality.distances import frechet_distance, kernel_distance
from train.quality.features import DIMENSIONS, feature_network
from train.quality.measurements import compare_measurements
from train.quality.neighbours import precision_recall_density_coverage
from train.quality.pyramid import sliced_wasserstein
from train.quality.samples import draw_labelled
from train.quality.score import score
from train.quality.similarity import ms_ssim
from train.quality.spectrum import radial_spectrum, spectrum_distance
from train.quality.telltales import bright_background, closest_people, measured_auc, twins
from train.quality.twosample import two_sample_auc
from train.quality.worst import worst_sheet

FEWEST = 4  # slices on a side
SPLITS = 3  # of the training people into halves, whose median is the floor
_DIRECTIONS, _PATCHES = 256, 64  # of the sliced Wasserstein distance
_SEARCHED = 20_000  # training slices searched for copies in a quick judgement
_PAIRS = 500  # for MS-SSIM
_MEASURED = 500  # slices on a side, for measurements of heads


class TooFewSlices(ValueError):
    """Too few training slices, or of too few people, to judge by."""


@dataclass(frozen=True)
class Group:
    """One side of a comparison: pictures [N, C, R, R] in -1..1, their features, whose they are."""

    images: Tensor
    features: Tensor
    people: np.ndarray

    def first(self, n: int) -> "Group":
        return Group(self.images[:n], self.features[:n], self.people[:n])

    @cached_property
    def spectrum(self) -> Tensor:
        return radial_spectrum(self.images)


def compare(real: Group, fake: Group) -> dict[str, float]:
    """All figures of two equally large sets; those that cannot be computed are left out."""
    scales = sliced_wasserstein(real.images, fake.images, _DIRECTIONS, _PATCHES)
    kid, _ = kernel_distance(real.features.numpy(), fake.features.numpy())
    k = min(5, len(real.images) - 1)
    figures = {
        "swd": float(np.mean(list(scales.values()))),
        **{f"swd_{resolution}": distance for resolution, distance in scales.items()},
        "spectrum_db": spectrum_distance(real.spectrum, fake.spectrum),
        "fd": frechet_distance(real.features.numpy(), fake.features.numpy()),
        "kid": kid,
        **precision_recall_density_coverage(real.features, fake.features, k),
        "auc": two_sample_auc(
            real.features.numpy(), fake.features.numpy(), real.people, fake.people
        ),
    }
    return {name: value for name, value in figures.items() if np.isfinite(value)}


class Judge:
    """Built once from the training slices and, if there are any, slices of unseen people.

    train, held_out: the slices; folder: where the feature network is kept, usually the run.
    samples: pictures on each side of a quick comparison, if half the people have as many slices.
    mirror: whether the network is shown mirrored slices too; then so are the comparisons.
    device: where the feature network computes.

    floors: {figure: its value between two halves of the training people, median of three splits;
    of the figures on copies the value of unseen people}.
    Raises TooFewSlices if there are fewer than eight training slices, or nearly all are of one
    person.
    """

    def __init__(
        self, train: Slices, held_out: Slices | None, folder: Path, *, samples: int = 1000,
        mirror: bool = False, seed: int = 0, device: torch.device | str = "cpu",
    ):  # fmt: skip
        held_out = held_out or None  # nobody is no unseen people
        self.train, self.held_out, self.mirror, self.seed = train, held_out, mirror, seed
        self._people = who.numbered(train.subjects)
        self._splits = [who.halves(self._people, self._random(i)) for i in range(SPLITS)]
        self._most = min(len(half) for split in self._splits for half in split)
        if self._most < FEWEST:
            raise TooFewSlices(
                f"{len(train)} training slices, of which only {self._most} are on one side when "
                f"they are halved by person; at least {2 * FEWEST} are needed to judge, and "
                f"{FEWEST} on each side"
            )
        self.samples = min(samples, self._most)
        self._network, self._taught = feature_network(train, folder, seed, device)
        self._search = Search(train, held_out, mirror, _SEARCHED, seed)
        self._real = self._reals(self.samples)
        self.floors = self._halves_floors(self.samples) | self._search.floors

    def quick(self, generator: Generator) -> dict[str, float]:
        """The figures on `samples` pictures, cheap enough to be taken during a training."""
        images = self.draw(generator, self.samples)
        copies = self._search.judge(images)
        return compare(self._real, self.fakes(images)) | copies.figures(self._search.unseen)

    def full(self, generator: Generator, samples: int = 2000) -> dict:
        """All figures with everything the page shows; see `examine`."""
        return self.examine(self.draw(generator, samples))

    def draw(self, generator: Generator, count: int, psi: float = 1.0) -> Tensor:
        """Random pictures of the generator, always the same: [N, C, R, R] in -1..1.

        Classes come as often as among the training slices.
        """
        return self.draw_labelled(generator, count, psi)[0]

    def draw_labelled(
        self, generator: Generator, count: int, psi: float = 1.0
    ) -> tuple[Tensor, np.ndarray]:
        """The same, and the class number of each picture, or its place between classes: [N]."""
        labels = self.train.labels if self.train.classes else None
        return draw_labelled(generator, count, self.seed, psi, labels)

    def examine(self, images: Tensor) -> dict:
        """The figures of pictures [N, C, R, R] in -1..1, beside two kinds of floor; JSON-able.

        "halves": beside halves of the training people; "held_out": beside the unseen people, None
        if there are none. Both compare with training slices, equally many on every side. "copies",
        "diversity", "spectrum", "measurements" and "telltales" besides, the score, and what was
        compared.
        """
        n = min(len(images), self._most)
        real, fake = self._reals(n), self.fakes(images[:n])
        value = compare(real, fake)
        floors = self.floors if n == self.samples else self._halves_floors(n)
        floors = {name: floors[name] for name in value if name in floors}
        search = self._whole_search
        copies = search.judge(images)
        copied = copies.figures(search.unseen)
        return {
            "score": score(value | copied, floors | search.floors),
            **self.about,
            "halves": {"slices": n, "value": value, "floor": floors},
            "held_out": self._against_held_out(real, fake),
            "copies": {
                "value": copied, "floor": search.floors, **copies.histogram(search.unseen)
            },
            "diversity": self._diversity(images),
            "spectrum": self._spectra(real, fake),
            **self._measured(images),
            "telltales": self._telltales(images),
        }  # fmt: skip

    def reals(self, count: int) -> Tensor:
        """Random training slices, at most so many: [N, C, R, R] in -1..1."""
        return self._reals(count).images

    def closest(self, images: Tensor, count: int = 10) -> tuple[Tensor, Tensor, Tensor]:
        """The pictures closest to a training slice, those slices, and the distances [count]."""
        copies = self._whole_search.judge(images)
        order = copies.distances.argsort()[:count]
        reals = self._whole_search.pictures(copies.places[order])
        return images[order], reals, copies.distances[order]

    def worst(self, images: Tensor) -> np.ndarray:
        """The pictures least like a real slice, and those most like each other: a uint8 sheet."""
        n = min(len(images), self._most)
        return worst_sheet(images, self._reals(n).features, self.fakes(images[:n]).features)

    def group(self, slices: Slices, places: np.ndarray) -> Group:
        """Slices at these places; if the network saw mirrored ones, every second is mirrored."""
        images = torch.from_numpy(slices.images[places]).float() / 127.5 - 1
        if self.mirror:
            images[::2] = images[::2].flip(3)
        people = who.numbered(slices.subjects)[places]
        return Group(images, self._network.features(images), people)

    def fakes(self, images: Tensor) -> Group:
        """Pictures [N, C, R, R] in -1..1, each nobody else's."""
        return Group(images, self._network.features(images), np.arange(len(images)))

    @property
    def halves(self) -> tuple[np.ndarray, np.ndarray]:
        """Places of the training slices of two groups of different people, shuffled."""
        return self._splits[0]

    @property
    def about(self) -> dict:
        """What was compared with what: numbers of people and slices, features, notes."""
        sides = {"train": self.train} | ({"held_out": self.held_out} if self.held_out else {})
        notes = []
        if not who.known(self._people):
            notes.append("The training slices name no people: halves are of slices.")
        if not self.held_out:
            notes.append("No unseen people: each training slice stands in for one, searched for "
                         "among the slices of others.")  # fmt: skip
        if self.mirror:
            notes.append("The network was shown mirrored slices too; so the comparisons are.")
        return {
            "slices": {name: len(s) for name, s in sides.items()},
            "people": {name: who.counted(who.numbered(s.subjects)) for name, s in sides.items()},
            "features": f"{DIMENSIONS} features of a small network taught to tell apart: "
            f"{self._taught}; not comparable with the Inception figures of papers",
            "notes": notes,
        }  # fmt: skip

    def save_floors(self, path: Path) -> None:
        """Write the floors, for the report: RUN/quality-floors.json."""
        content = {"floors": self.floors, "samples": self.samples, **self.about}
        write_atomic(path, (json.dumps(content, indent=1) + "\n").encode())

    @cached_property
    def _whole_search(self) -> Search:
        if len(self.train) <= _SEARCHED:
            return self._search
        return Search(self.train, self.held_out, self.mirror, None, self.seed)

    @cached_property
    def _level(self) -> np.ndarray | None:
        return who.levels(self._people, self.train.images, self._random(8))

    def _random(self, purpose: int = 0) -> np.random.Generator:
        return np.random.default_rng([self.seed, purpose])

    def _pictures(self, places: np.ndarray) -> Tensor:
        return torch.from_numpy(self.train.images[places]).float() / 127.5 - 1

    def _reals(self, n: int) -> Group:
        return self.group(self.train, self._random(9).permutation(len(self.train))[:n])

    def _unseen(self, n: int) -> Group:
        order = self._random(10).permutation(len(self.held_out))
        return self.group(self.held_out, order[:n])

    def _halves_floors(self, n: int) -> dict[str, float]:
        found = []
        for split in self._splits:
            found.append(compare(*(self.group(self.train, half[:n]) for half in split)))
        names = [name for name in found[0] if all(name in figures for figures in found)]
        return {name: float(np.median([figures[name] for figures in found])) for name in names}

    def _against_held_out(self, real: Group, fake: Group) -> dict | None:
        if not self.held_out:
            return None
        n = min(len(self.held_out), len(real.images))
        if n < FEWEST:
            return None
        real, unseen = real.first(n), self._unseen(n)
        return {
            "slices": n, "value": compare(real, fake.first(n)), "floor": compare(real, unseen)
        }  # fmt: skip

    def _spectra(self, real: Group, fake: Group) -> dict[str, list[float]]:
        """In dB at 1, 2, ... waves across the picture."""
        groups = {"real": real, "generated": fake}
        if self.held_out:
            groups["held_out"] = self._unseen(min(len(self.held_out), len(real.images)))
        return {name: group.spectrum.tolist() for name, group in groups.items()}

    def _measured(self, images: Tensor) -> dict:
        """The measurements of heads on the pictures, on training slices, and on halves of these.

        Nothing for colour, or where hardly any picture shows a head.
        """
        if images.shape[1] != 1:
            return {}
        n = min(len(images), self._most, _MEASURED)
        halves = [self.group(self.train, half[:n]).images for half in self._splits[0]]
        fake, real, *halves = (
            measure(to_uint8(x)) for x in (images[:n], self._reals(n).images, *halves)
        )
        named = [m.name for m in MEASUREMENTS]
        try:
            found = compare_measurements(list(zip(named, real.T, fake.T, strict=True)))
            floor = compare_measurements(list(zip(named, *(h.T for h in halves), strict=True)))
        except ValueError:
            return {}
        distances = {"fd": found["fd"], "fd_floor": floor["fd"]}
        known = {name: value for name, value in distances.items() if np.isfinite(value)}
        return {"measurements": known | {"each": found["each"]}}

    def _telltales(self, images: Tensor) -> dict[str, dict[str, float]]:
        """What gives heads away, of unseen people where there are any, beside training people.

        {"value": {figure: number}, "floor": ...}; figures that cannot be had are left out.
        """
        n = min(len(images), self._most)
        if self.held_out:
            other, real = self._unseen(min(n, len(self.held_out))), self._reals(n)
        else:
            other, real = (self.group(self.train, half[:n]) for half in self._splits[0])
        some = self._random(14).permutation(len(self.train))[:_SEARCHED]
        people = self._people if who.known(self._people) else np.arange(len(self.train))
        closest = closest_people(self._pictures(some), people[some])
        found = {"twins": (twins(images, closest), 0.0)}
        if images.shape[1] == 1:
            fake, nobody = images[:n], np.arange(n)
            found |= {
                "measured_auc": (
                    measured_auc(other.images, fake, other.people, nobody),
                    measured_auc(other.images, real.images, other.people, real.people),
                ),
                "background": (bright_background(fake), bright_background(other.images)),
            }
        found = {k: pair for k, pair in found.items() if np.isfinite(pair).all()}
        return {side: {k: pair[i] for k, pair in found.items()}
                for i, side in enumerate(("value", "floor"))}  # fmt: skip

    def _diversity(self, images: Tensor) -> dict[str, float | str]:
        """MS-SSIM of pairs of fakes, and of pairs of different people's slices."""
        n = min(len(images), 2 * _PAIRS, len(self.train))
        places = self._random(12).permutation(len(self.train))[:n]
        real = self._pictures(places)
        people = self._people[places] if who.known(self._people) else None
        return {
            "ms_ssim": self._mean_ms_ssim(images[:n], None),
            "ms_ssim_floor": self._mean_ms_ssim(real, people),
            "pairs": "any" if self._level is None else "of the same level",
        }

    def _mean_ms_ssim(self, images: Tensor, people: np.ndarray | None) -> float:
        level = None
        if self._level is not None:  # as the nearest training slice's, of another person if known
            own = None if people is None else torch.from_numpy(people)
            _, places = self._search.nearest(images, own)
            level = self._level[self._search.slices(places)]
        random = self._random(13)
        if people is None:
            people = np.arange(len(images))
        pairs = random.permutation(who.pairs_within_level(level, people, random))[:_PAIRS]
        a, b = ((images[pairs[:, i]] + 1) / 2 for i in (0, 1))
        values = [ms_ssim(x, y) for x, y in zip(a.split(64), b.split(64), strict=True)]
        return torch.cat(values).mean().item()
