"""From a path to the decoded data of each side, through the cache where that is possible."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gan.scale import Scale
from gan.scans import BrokenFile
from gan.scans.levels import PERCENTILES
from train.data import cache, packed
from train.data.decode import Decoder
from train.data.files import Source, open_source
from train.data.items import Scan, View, Volume
from train.data.options import DataConfig
from train.data.plan import Entry, Plan, make_plan, of_decoded
from train.data.slices import Slices
from train.data.splits import SPLITS, NobodyHeldOut, told_drawn
from train.usage import UsageError, check_outside
from train.usage import people as counted

_DEFAULTS = DataConfig()
_TOLD = 3  # examples of a kind
_IN_INDEX = ("cache", "held_out", "pixel_mm")  # options that do not change what is decoded


def load_slices(
    source: Path,
    resolution: int,
    channels: int,
    config: DataConfig = _DEFAULTS,
    split: str | None = "train",
) -> Slices:
    """Read everything a folder, a zip or a single file holds, as `config` says.

    split: "train"; "held_out", people kept apart for judging, whatever their folder is called;
    None for everything. Pictures are scaled to `resolution`; they must be square and of one size
    unless `config.fit` says how to make them so. Volumes are cut as `config.cut` says. A packed
    data set holds the first two and is what it was. Raises UsageError, naming the file and the
    remedy.
    """
    return load_parts(source, resolution, channels, config)(split)


def load_both(
    source: Path, resolution: int, channels: int, config: DataConfig = _DEFAULTS
) -> tuple[Slices, Slices | None]:
    """The slices to train on and those of people held out, decoded once.

    The latter None where there are none and `config` names no folder of theirs. Raises UsageError.
    """
    part = load_parts(source, resolution, channels, config)
    train = part("train")
    try:
        return train, part("held_out")
    except NobodyHeldOut:
        if config.held_out != "auto":
            raise
        return train, None


def load_parts(
    source: Path, resolution: int, channels: int, config: DataConfig
) -> Callable[[str | None], Slices]:
    """What gives the slices of each split that is asked of it, all decoded once.

    It raises NobodyHeldOut where there are none of people held out.
    """
    path = Path(source)
    if path.name.endswith(packed.SUFFIX) and path.is_file():
        return packed.unpack(path, resolution, channels, config)
    opened = open_source(path)
    array, index = _stored(opened, resolution, channels, config)
    return lambda split: _part(path, array, index, resolution, config, split)


def _part(
    path: Path, array: np.ndarray, index: dict, resolution: int, config: DataConfig,
    split: str | None,
) -> Slices:  # fmt: skip
    assert split in ("train", "held_out", None)
    parts = {name: tuple(index["parts"][name]) for name in SPLITS}
    chosen = _chosen(parts, split, config, path)
    first, last = parts[chosen[0]][0], parts[chosen[-1]][1]
    subjects = _spread(index["subjects"])[first:last]
    classes = tuple(index["classes"])
    scale = Scale(**index["scale"]) if index["scale"] else None
    kind = np.float32 if scale else np.int64
    labels = np.array([n for n, count in index["labels"] for _ in range(count)], kind)
    digest = hashlib.sha256("".join(index["digests"][name] for name in chosen).encode())
    return Slices(
        path.name, array[first:last], labels[first:last], subjects, classes,
        tuple(name for name, _ in index["skipped"]), tuple(index["notes"]), digest.hexdigest(),
        config.to_dict(), _pixel_mm(index.get("cut", False), resolution, config, path), scale,
        _spread(index["names"])[first:last],
    )  # fmt: skip


def _pixel_mm(cut: bool, resolution: int, config: DataConfig, path: Path) -> float | None:
    """Side of a pixel: volumes are cut to one field of view, of pictures only the user knows."""
    if not cut:
        return config.pixel_mm or None
    size = config.field_mm / resolution
    if config.pixel_mm and not math.isclose(config.pixel_mm, size, rel_tol=1e-3):
        raise UsageError(
            f"--pixel-mm {config.pixel_mm:g}: volumes are cut to {size:g} mm a pixel ({path}); "
            "leave it out, or see --field-mm"
        )
    return size


def _spread(runs: list[list]) -> tuple[str, ...]:
    return tuple(value for value, count in runs for _ in range(count))


def _chosen(parts: dict[str, tuple[int, int]], split: str | None, config: DataConfig, path: Path):
    """The names of the parts that `split` means, which lie one behind the other."""
    if split is None:
        return SPLITS
    if split == "train":
        return ("train",)
    there = [name for name in ("val", "test") if parts[name][0] < parts[name][1]]
    wanted = config.held_out if config.held_out != "auto" else next(iter(there), "val")
    if wanted not in there:
        other = "" if config.held_out == "auto" else ", or give another --held-out"
        raise NobodyHeldOut(
            f"--data {path}: nobody is held out: no pictures in a folder named {wanted}; put "
            f"people the training never sees there, beside a folder train{other}"
        )
    return (wanted,)


def _stored(opened: Source, resolution: int, channels: int, config: DataConfig):
    """The array of everything and its index, from the cache or freshly decoded."""
    folder, name = config.cache_folder, cache_name(opened, resolution, channels, config)
    if folder:
        check_outside("cache", folder, opened.path)
    if folder and (found := cache.read(folder, name)):
        return found
    plan = make_plan(opened, config)
    shape = (channels, resolution, resolution)
    if folder:
        try:
            return _build(opened, plan, config, cache.DiskWriter(folder, name, shape), shape)
        except OSError as error:
            note = f"no cache in {folder} ({error.strerror}): decoded into memory; see --cache"
            plan = Plan(**{**vars(plan), "notes": (*plan.notes, note)})
    return _build(opened, plan, config, cache.MemoryWriter(shape), shape)


def cache_name(opened: Source, resolution: int, channels: int, config: DataConfig) -> str:
    """PLACE-CONTENT: what was asked of which place, and what its files were like."""
    options = {k: v for k, v in asdict(config).items() if k not in _IN_INDEX}
    asked = [str(opened.path.resolve()), resolution, channels, options]
    content = [opened.fingerprint, _stamp(config.labels)]
    return "-".join(
        hashlib.sha256(json.dumps(x, default=str).encode()).hexdigest()[:24]
        for x in (asked, [asked, content])
    )


def _stamp(labels: str) -> tuple[int, int] | None:
    """Of a table beside the data; one inside it is part of its fingerprint."""
    path = Path(labels).expanduser()
    if labels in ("none", "folders") or not path.is_file():
        return None
    return path.stat().st_size, path.stat().st_mtime_ns


def _build(opened: Source, plan: Plan, config: DataConfig, writer, shape) -> tuple:
    """Decode everything into the writer. Raises UsageError, and OSError if the disk refuses."""
    channels, resolution, _ = shape
    decoder = Decoder(opened, plan, View(resolution, channels, config.cut), config)
    skipped: list[tuple[str, str]] = []
    try:
        for name, reason in plan.broken:
            _leave_out(name, reason, skipped, config, opened.path)
        parts, digests, decoded = {}, {}, []
        entries = iter(tqdm(plan.entries, "decoding", unit="file", delay=1, leave=False))
        waiting = next(entries, None)
        for split in SPLITS:
            first, digest = len(writer), hashlib.sha256(repr((config.cut, config.fit)).encode())
            while waiting and waiting.split == split:
                before, content = len(writer), hashlib.sha256()
                try:
                    for pixels in decoder.slices(waiting, content):
                        writer.append(pixels)
                except BrokenFile as error:
                    writer.rollback(before)
                    _leave_out(waiting.item.name, str(error), skipped, config, opened.path)
                count = len(writer) - before
                if count:
                    digest.update(waiting.item.name.encode("utf-8", "replace") + content.digest())
                    decoded.append((waiting, count))
                waiting = next(entries, None)
            parts[split], digests[split] = (first, len(writer)), digest.hexdigest()
        if parts["train"][0] == parts["train"][1]:
            raise UsageError(f"--data {opened.path}: every file is broken, e.g. {_first(skipped)}")
        if config.fit == "refuse":
            decoder.sizes.check(str(opened.path))
        plan = of_decoded(plan, [entry for entry, _ in decoded], config)
        index = {
            "parts": parts,
            "digests": digests,
            "subjects": _joined([(entry.subject, count) for entry, count in decoded]),
            "labels": _joined([(_class_of(entry, plan), count) for entry, count in decoded]),
            "names": _joined([(entry.item.name, count) for entry, count in decoded]),
            "classes": plan.classes,
            "scale": plan.scale.to_dict() if plan.scale else None,
            "skipped": skipped,
            # Whether every picture comes out of a volume, in millimetres.
            "cut": all(isinstance(entry.item, Volume | Scan) for entry in plan.entries),
            "notes": [
                *plan.notes,
                *_notes(plan, decoder, parts, decoded, skipped),
                *opened.told(),
            ],
        }
        return writer.finish(index), index
    except BaseException:
        writer.discard()
        raise


def _class_of(entry: Entry, plan: Plan) -> float:
    """The number of its class, or its place on the scale of classes in order."""
    if plan.scale:
        return plan.scale.position(entry.label)
    return plan.classes.index(entry.label) if plan.classes else 0


def _first(skipped: list[tuple[str, str]]) -> str:
    return ": ".join(skipped[0]) if skipped else "none is for training"


def _joined(runs: list[tuple]) -> list[list]:
    """Neighbouring runs of one value as one."""
    joined: list[list] = []
    for value, count in runs:
        if joined and joined[-1][0] == value:
            joined[-1][1] += count
        else:
            joined.append([value, count])
    return joined


def _leave_out(name: str, reason: str, skipped: list, config: DataConfig, path: Path) -> None:
    if not config.skip_broken:
        raise UsageError(
            f"{path}: {name}: {reason}; mend or remove it, or give --skip-broken to leave it out"
        )
    skipped.append((name, reason))


def _notes(plan: Plan, decoder: Decoder, parts, decoded, skipped) -> list[str]:
    """What the user should know of what was decoded."""
    notes = []
    people = {split: set() for split in SPLITS}
    for entry, _ in decoded:
        people[entry.split].add(entry.subject)
    if plan.drawn:
        notes.append(told_drawn(people))
    for split in ("val", "test"):
        first, last = parts[split]
        if last > first:
            whose = f" of {counted(len(people[split]))}" if plan.known else ""
            notes.append(f"{last - first} slices{whose} in {split} are held out")
    if decoder.deep:
        whose = "once for each person" if plan.known else "once for all, as nobody's are known"
        notes.append(
            f"16-bit or float pictures: grey scale from the background to the {PERCENTILES[1]:g}th "
            f"percentile, {whose}"
        )
    if skipped:
        kinds = Counter(reason.split(" (")[0].split(";")[0] for _, reason in skipped)
        reasons = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(_TOLD))
        files = "file" if len(skipped) == 1 else "files"
        notes.append(f"left out {len(skipped)} broken {files}: {reasons}; `inspect` names them all")
    return notes
