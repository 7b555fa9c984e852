"""What a data set holds, counted while it streams by, and what is suspicious about it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from gan.scans import BrokenFile
from gan.scans.volume import PLANES, THICK
from train.data.decode import Decoder
from train.data.items import Flat, Picture, Scan, Stack, Volume
from train.data.left import suffix_of
from train.data.pictures import fit_picture
from train.data.plan import Entry, Plan
from train.data.volumes import cut_volume
from train.usage import people

BLOCKY = 1.12  # mean step across 8-pixel borders over other steps; 1 without JPEG blocks
SATURATED = 0.02  # share of white pixels
DARK = 8  # grey level that hardly any pixel of a black picture exceeds
FEW_PEOPLE = 20
_BLOCK_SAMPLES = 256  # pictures measured for blocks
_MGH = (".mgz", ".mgh", ".mgh.gz")
SHOWN = 64  # pictures on the contact sheet
TILE = 110  # their side in pixels


def blockiness(picture: np.ndarray) -> float:
    """Mean grey-level step across the borders of 8x8 blocks over the mean of all other steps.

    picture: uint8 [H, W]. 1 for anything that never was a JPEG; nan for a constant picture.
    """
    at_border, elsewhere = [], []
    for pixels in (picture, picture.T):
        steps = np.abs(np.diff(pixels.astype(np.int16), axis=1)).mean(axis=0)
        border = np.arange(1, len(steps) + 1) % 8 == 0
        at_border.append(steps[border])
        elsewhere.append(steps[~border])
    below = np.concatenate(elsewhere).mean()
    return float(np.concatenate(at_border).mean() / below) if below > 0 else float("nan")


class Spread:
    """An evenly spread choice of at least `limit` things (if there are so many), and at most twice
    as many, from a stream of unknown length."""

    def __init__(self, limit: int):
        self._limit, self._stride, self._seen = limit, 1, 0
        self.kept: list = []

    def add(self, make: Callable[[], object]) -> None:
        """Keep what `make` gives, or pass over it without making it."""
        if self._seen % self._stride == 0:
            self.kept.append(make())
            if len(self.kept) > 2 * self._limit:
                self.kept, self._stride = self.kept[::2], 2 * self._stride
        self._seen += 1


@dataclass
class Found:
    """How often something was met, and the names of the first few."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < 3 and name not in self.names:
            self.names.append(name)


class Survey:
    """Counts over all slices of a plan. `run` reads every file once."""

    def __init__(self, plan: Plan, decoder: Decoder):
        self.plan, self.decoder = plan, decoder
        self.broken = list(plan.broken)
        self.kinds, self.depths, self.sizes = Counter(), Counter(), Counter()
        self.colour = Found()
        self.slices_of, self.classes = Counter(), Counter()
        self.slices_in, self.people_in = Counter(), defaultdict(set)
        self.constant, self.dark, self.saturated = Found(), Found(), Found()
        self.twice, self.mirrored, self.leaked = Found(), Found(), Found()
        self._hashes: dict[int, int] = {}
        self.voxels, self.thick = Counter(), Found()
        self.blocks = Spread(_BLOCK_SAMPLES)
        people = sorted({entry.subject for entry in plan.entries})
        places = np.linspace(0, len(people) - 1, min(len(people), SHOWN)).round().astype(int)
        self._each = -(-SHOWN // max(len(places), 1))
        self._tiles = {people[place]: Spread(max(self._each, 8)) for place in places}

    def __len__(self) -> int:
        return self.slices_in.total()

    def run(self) -> None:
        for i, entry in enumerate(tqdm(self.plan.entries, "reading", unit="file", leave=False)):
            count = 0
            try:
                for frame in self._frames(entry):
                    self._look_at(frame, entry, i)
                    count += 1
            except BrokenFile as error:
                self.broken.append((entry.item.name, str(error)))
            if count:
                self.kinds[_kind(entry.item)] += 1
                self.slices_of[entry.subject] += count
                self.slices_in[entry.split] += count
                self.people_in[entry.split].add(entry.subject)
                self.classes[entry.label] += count

    def _frames(self, entry: Entry) -> Iterator[np.ndarray]:
        item, view = entry.item, self.decoder.view
        if not isinstance(item, Volume | Scan):
            yield from self.decoder.frames(entry)
            return
        loaded = item.load(self.decoder.source, hashlib.sha256())
        zooms = loaded.zooms
        self.voxels[_shape(loaded.values.shape, zooms)] += 1
        across = PLANES[view.cut.plane][0]
        if zooms.max() > THICK * zooms.min() and zooms.argmax() != across:
            self.thick.add(item.name)
        yield from cut_volume(loaded, view.cut, view.resolution)

    def _look_at(self, frame: np.ndarray, entry: Entry, place: int) -> None:
        name = entry.item.name
        if not isinstance(entry.item, Volume | Scan):
            self.sizes[frame.shape[1], frame.shape[0]] += 1
        grey = frame
        if frame.ndim == 3:
            grey = frame[:, :, 1]
            if int((frame.max(axis=2) - frame.min(axis=2)).max()) > 2:
                self.colour.add(name)
        if grey.min() == grey.max():
            self.constant.add(name)
        elif np.count_nonzero(grey > DARK) < 0.005 * grey.size:
            self.dark.add(name)
        else:
            self._compare(grey, entry, place)
            if np.count_nonzero(grey == 255) > SATURATED * grey.size:
                self.saturated.add(name)
            if isinstance(entry.item, Picture) and min(grey.shape) >= 32:
                self.blocks.add(lambda: blockiness(grey))
        if entry.subject in self._tiles:
            self._tiles[entry.subject].add(lambda: (fit_picture(frame, TILE, "pad"), entry))

    def _compare(self, grey: np.ndarray, entry: Entry, place: int) -> None:
        """Exact copies among other people's slices, as they are or mirrored."""
        for pixels, found in ((grey, self.twice), (grey[:, ::-1], self.mirrored)):
            key = _hash(pixels)
            if pixels is grey:
                before = self._hashes.setdefault(key, place)
            else:
                before = self._hashes.get(key, place)
            other = self.plan.entries[before]
            if before != place and other.subject != entry.subject:
                found.add(f"{other.item.name} = {entry.item.name}")
                if other.split != entry.split:
                    self.leaked.add(f"{other.item.name} = {entry.item.name}")

    def shared_people(self) -> list[str]:
        held = self.people_in["val"] | self.people_in["test"]
        return sorted(self.people_in["train"] & held)

    def blockiness(self) -> float:
        """The median over pictures that came as files; nan if there are none."""
        return float(np.median(self.blocks.kept)) if self.blocks.kept else float("nan")

    def tiles(self) -> list[tuple[np.ndarray, Entry]]:
        """Small pictures of people in turn, of another level each: uint8 [TILE, TILE(, 3)]."""
        chosen = []
        for i, spread in enumerate(self._tiles.values()):
            kept = spread.kept
            count = min(self._each, len(kept))
            for j in range(count):
                part = (j + i * 0.618) / count % 1  # the golden ratio repeats itself least
                chosen.append(kept[int(part * len(kept))])
        return chosen[:SHOWN]

    def warnings(self) -> list[str]:
        """What to look at before training, the gravest first."""
        few = lambda found: ", ".join(found.names) + ("" if found.count <= 3 else ", ...")  # noqa: E731
        say = []
        if self.broken:
            say.append(
                f"broken files: {len(self.broken)}; training stops at them without --skip-broken"
            )
        if self.plan.known and (shared := self.shared_people()):
            say.append(f"{people(len(shared))} in two splits: {', '.join(shared[:3])}")
        if not self.plan.known:
            say.append("the names do not tell whose slices these are: see --subject-pattern")
        elif len(self.slices_of) < FEW_PEOPLE:
            say.append(
                f"only {people(len(self.slices_of))}: expect little variety; use ADA, and 50 or "
                "more where you can"
            )
        if self.leaked.count:
            say.append(f"{self.leaked.count} slices are in two splits: {few(self.leaked)}")
        if self.twice.count:
            say.append(f"{self.twice.count} equal slices of different people: {few(self.twice)}")
        if self.mirrored.count:
            say.append(
                f"{self.mirrored.count} slices are another person's mirrored: {few(self.mirrored)}"
            )
        if len(self.sizes) > 1:
            say.append(f"{len(self.sizes)} different sizes: --fit pad or --fit crop")
        elif any(width != height for width, height in self.sizes):
            say.append("not square: --fit pad (black bars) or --fit crop (cuts the longer side)")
        if 0 < self.colour.count < len(self):
            say.append(f"{self.colour.count} colour pictures among grey: {few(self.colour)}")
        if self.constant.count:
            say.append(f"{self.constant.count} constant pictures: {few(self.constant)}")
        if self.dark.count:
            say.append(f"{self.dark.count} nearly black pictures: {few(self.dark)}")
        if self.saturated.count:
            say.append(
                f"{self.saturated.count} pictures with more than {SATURATED:.0%} of the pixels "
                f"white: {few(self.saturated)}"
            )
        if self.thick.count:
            say.append(
                f"{self.thick.count} volumes have thick slices across another plane: "
                f"{few(self.thick)}; see --plane"
            )
        if self.blockiness() > BLOCKY:
            say.append(
                f"JPEG blocks: steps at 8-pixel borders are {self.blockiness():.2f} times the "
                "others; the network will learn them as texture"
            )
        return say


def _hash(pixels: np.ndarray) -> int:
    content = np.ascontiguousarray(pixels)
    digest = hashlib.blake2b(content, digest_size=8, person=str(pixels.shape).encode()[:16])
    return int.from_bytes(digest.digest())


def _shape(shape: tuple[int, ...], zooms: np.ndarray) -> str:
    return "x".join(map(str, shape)) + " of " + "x".join(f"{zoom:.3g}" for zoom in zooms) + " mm"


def _kind(item) -> str:
    match item:
        case Picture():
            return suffix_of(item.name)
        case Stack():
            return "stacks"
        case Flat():
            return "NIfTI slices"
        case Volume():
            return "FreeSurfer volumes" if item.name.lower().endswith(_MGH) else "NIfTI volumes"
        case Scan():
            return "DICOM series"
