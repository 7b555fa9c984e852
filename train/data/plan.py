"""What is in a data set, before any pixel is read: the items, whose, which split, which class."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from gan.scale import Scale
from gan.scans import BrokenFile, nifti
from gan.scans.kinds import DICOM, PAIR, PICTURE, START, VOLUME
from train.data import dicom, stacks
from train.data.files import ARCHIVES, DAMAGE, STACKS, Source
from train.data.items import Flat, Item, Picture, Scan, Stack, Volume
from train.data.labels import (
    Table,
    check_classes,
    folder_labels,
    is_number,
    read_table,
    scale_of,
)
from train.data.left import kinds_of, left_alone, pairs_of
from train.data.nifti_stacks import rows_beside
from train.data.options import DataConfig
from train.data.splits import (
    FEWEST,
    SPLITS,
    below_shared,
    check_no_shared,
    hold_out,
    splits_by_folder,
)
from train.data.subjects import UNTOLD, find_subjects
from train.usage import UsageError

_MASK_FOLDER = re.compile(r"(^|_)seg(_|$)|^(masks?|segmentations?)$")  # keras_png_slices_seg_train
_MASK_FILE = re.compile(r"(^seg_\d+_slice|_(mask|dseg|seg|probseg)\.)", re.IGNORECASE)
_DERIVED = frozenset(("derivatives", "sourcedata"))  # of BIDS: the same heads once more
_BIDS = re.compile(r"^sub-[A-Za-z0-9]+(?:_[a-z]+-[A-Za-z0-9]+)*_([A-Za-z0-9]+)\.nii(\.gz)?$")


@dataclass(frozen=True)
class Entry:
    """An item with what is known of it."""

    item: Item
    subject: str
    split: str
    label: str | None


@dataclass(frozen=True)
class Plan:
    """entries: sorted by split and name; known: whether the names tell whose slices they are;
    drawn: whether people were chosen to be held out, as no folder says whom; classes: their names,
    or with a scale the values at its marks."""

    entries: tuple[Entry, ...]
    rule: str
    known: bool
    drawn: bool
    classes: tuple[str, ...]
    scale: Scale | None
    broken: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def make_plan(source: Source, config: DataConfig) -> Plan:
    """Raises UsageError if there is nothing to train on, or split or labels make no sense."""
    items, persons, broken, notes = find_items(source, config)
    if not items and not broken:
        raise UsageError(
            f"--data {source.path}: no .png, .jpg, .tif, .npy, .npz, .nii.gz or DICOM files found"
            f"{''.join(f' ({note})' for note in notes)}; {_remedy(source)}"
        )
    table = None
    if config.labels not in ("none", "folders"):
        table = read_table(source, config.labels, config.label_column)
    subjects, rule, known = _subjects(items, persons, config, table)
    names = [_split_name(item) for item in items]
    splits, said = splits_by_folder(names)
    kept = [i for i, split in enumerate(splits) if split is not None]
    items, subjects, splits = ([x[i] for i in kept] for x in (items, subjects, splits))
    if known and not config.allow_shared_subjects:
        check_no_shared(subjects, splits, source.path)
    labels: list[str | None] = [None] * len(items)
    if config.labels == "folders" and items:
        labels = folder_labels([item.name for item in items], subjects, source.path)
    elif table:
        table.check_names({i.name: s for i, s in zip(items, subjects, strict=True)})
        notes += table.notes
        table = table.for_people(set(subjects))
        labels = [table.label_of(i.name, s) for i, s in zip(items, subjects, strict=True)]
        broken += [
            (item.name, table.no_class)
            for item, label in zip(items, labels, strict=True)
            if label is None
        ]
        if config.ordered:
            labels, none = _numbers(items, labels, table)
            broken += none
        kept = [i for i, label in enumerate(labels) if label is not None]
        items, subjects, splits, labels = (
            [x[i] for i in kept] for x in (items, subjects, splits, labels)
        )  # before people are chosen, or those chosen might be gone
    drawn = False
    if set(splits) == {"train"}:
        groups = [None] * len(items) if config.ordered else labels
        splits, said = _hold_out(subjects, groups, known, config)
        drawn = "val" in splits
    notes += said
    found = [Entry(*row) for row in zip(items, subjects, splits, labels, strict=True)]
    classes, scale = (), None
    if (table or config.labels == "folders") and found:
        classes, scale = _classes_of(found, table.column if table else "", config)
    found.sort(key=lambda e: (SPLITS.index(e.split), e.item.name, e.subject))
    return Plan(tuple(found), rule, known, drawn, classes, scale, tuple(broken), tuple(notes))


def of_decoded(plan: Plan, found: list[Entry], config: DataConfig) -> Plan:
    """The plan with the classes, or the scale, of what could be decoded: no network learns a class
    whose every file is broken. Raises UsageError as `make_plan` does."""
    if not plan.classes:
        return plan
    classes, scale = _classes_of(found, plan.scale.column if plan.scale else "", config)
    gone = [] if scale else [name for name in plan.classes if name not in classes]
    notes = [f"left class {name} out: every file of it is broken" for name in gone]
    return replace(plan, classes=classes, scale=scale, notes=(*plan.notes, *notes))


def _classes_of(found: list[Entry], column: str, config: DataConfig):
    """The classes, and the scale where they are in order. Raises UsageError."""
    counts = Counter(entry.label for entry in found)
    training = Counter(entry.label for entry in found if entry.split == "train")
    if not config.ordered:
        return check_classes(counts, training, config.labels), None
    scale = scale_of(training, column, config.ordered, config.labels)
    return scale.classes, scale


def _remedy(source: Source) -> str:
    zips = [file.name for file in source.files if file.name.lower().endswith(".zip")]
    if zips:
        return f"give the zip itself: --data {source.path / zips[0]}"
    return "see the README on your own scans"


def _numbers(items: list[Item], labels: list, table: Table):
    """The labels that are numbers, None for the others; and the items of those, with the reason."""
    numbers = [label if label is None or is_number(label) else None for label in labels]
    broken = [
        (item.name, f"{label} in column {table.column} of {table.name} is no number")
        for item, label, number in zip(items, labels, numbers, strict=True)
        if label is not None and number is None
    ]
    return numbers, broken


def _hold_out(subjects, labels, known: bool, config: DataConfig):
    """The splits where no folder says any, and a note that tells why they hold nobody out."""
    people = len(set(subjects))
    if not config.val_fraction:
        return ["train"] * len(subjects), ()
    if not known or people < FEWEST:
        reason = (
            f"only {people} people, and fewer than {FEWEST} are all needed for training"
            if known
            else "the names do not tell whose slices these are; see --subject-pattern"
        )
        return ["train"] * len(subjects), (f"nobody is held out: {reason}",)
    splits = hold_out(subjects, labels, config.val_fraction)
    return splits, () if "val" in splits else ("nobody is held out: each is the last of a class",)


def _subjects(items, persons, config: DataConfig, table) -> tuple[list[str], str, bool]:
    """The person of every item: what the table or the file itself says, else by its name."""
    of: list[str | None] = [persons.get(item) for item in items]
    if config.subject_pattern:
        of = [None] * len(items)
    elif table:
        of = [table.subject_of(i.name) or s for i, s in zip(items, of, strict=True)]
    rules, known = Counter(), True
    if told := len(of) - of.count(None):
        rules["told by the file or the table"] = told
    if not config.subject_pattern:  # of a series the name is made up
        hidden = [i for i, item in enumerate(items) if of[i] is None and isinstance(item, Scan)]
        for i in hidden:
            of[i] = items[i].name
        if hidden:
            rules["none: several DICOM studies have one id, which is nobody's"] = len(hidden)
            known = False
    for whole in (False, True):  # a picture is one slice of a person, a volume a whole one
        places = [
            i for i, item in enumerate(items)
            if of[i] is None and (not isinstance(item, Picture | Flat)) == whole
        ]  # fmt: skip
        if not places:
            continue
        names = [items[i].name for i in places]
        found = find_subjects(names, config.subject_pattern, whole)
        for place, subject in zip(places, found.of, strict=True):
            of[place] = subject
        one_stack = len(items) == 1 and isinstance(items[0], Stack)
        sure = found.known and (not one_stack or bool(config.subject_pattern))
        rules[found.rule if sure or not found.known else UNTOLD] += len(places)
        known = known and sure
    return of, "; ".join(rule for rule, _ in rules.most_common()), known


def _split_name(item: Item) -> str:
    """A stack may be called after its split: `x_train.npy`."""
    if isinstance(item, Stack):
        return item.name.removesuffix(".npy").removesuffix(".npz") + "/slices"
    return item.name


def find_items(source: Source, config: DataConfig):
    """(items, persons by item where the file tells, broken files with reasons, notes)."""
    names = [file.name for file in source.files]
    broken, notes = list(source.broken), []
    names = _without(names, _is_mask, "segmentation masks", notes)
    if any(name.startswith("sub-") or "/sub-" in name for name in names):
        derived = {n for n, below in zip(names, below_shared(names), strict=True)
                   if _DERIVED.intersection(PurePosixPath(below).parent.parts)}  # fmt: skip
        names = _without(names, derived.__contains__, "files in derivatives and sourcedata", notes)
    names = _without(names, lambda n: n.lower().endswith(ARCHIVES), "archives inside the data",
                     notes)  # fmt: skip
    arrays = [name for name in names if name.lower().endswith(STACKS)]
    others = [name for name in names if name not in set(arrays)]
    kinds = kinds_of(source, others)
    partners = pairs_of(others, kinds)
    voxels = set(partners.values())
    items: list[Item] = [
        Picture(name) for name in others if kinds[name] == PICTURE and name not in voxels
    ]
    persons: dict[Item, str] = {}
    for name in arrays:
        try:
            for member in stacks.members(source, name):
                items += _stack_items(member, name, persons)
        except BrokenFile as error:
            broken.append((name, str(error)))
    tables = {config.labels}
    whole = [n for n in others if kinds[n] in (VOLUME, PAIR) and n not in voxels]
    whole = _of_freesurfer(whole, notes)
    headers = {name: _header(source, name) for name in whole}
    flat = [name for name in whole if headers[name] and headers[name].flat]
    items += [Flat(name, partners.get(name, "")) for name in flat]
    whole = [name for name in whole if name not in set(flat)]
    for name in _of_modality(whole, config.modality, notes):
        partner, header = partners.get(name, ""), headers[name]
        rows, table = rows_beside(source, name, header.shape[2] if header else 0)
        slices = [Stack(f"{name}/{row.id}", name, "", np.array([row.place]), partner)
                  for row in rows]  # fmt: skip
        items += slices or [Volume(name, partner)]
        persons |= {item: row.subject for item, row in zip(slices, rows, strict=True)}
        tables.add(table)
    series = [name for name in others if kinds[name] == DICOM and name not in voxels]
    scans, bad, without = _scans(source, series, config.modality, notes)
    persons |= {scan: scan.series.person for scan in scans if scan.series.person}
    left = [n for n in others if kinds[n] is None and n not in voxels and n not in tables]
    if note := left_alone(left + without + source.left):
        notes.append(note)
    return items + scans, persons, broken + bad, tuple(notes)


def _header(source: Source, name: str) -> nifti.Header | None:
    """None where it is broken, which is told when it is read."""
    try:
        with source.open(name) as file:
            return nifti.read_header(file.read(START))
    except (BrokenFile, *DAMAGE):
        return None


def _of_freesurfer(names: list[str], notes: list[str]) -> list[str]:
    """Of FreeSurfer's many volumes of one head, T1.mgz where it is there."""
    heads = {PurePosixPath(name).parent for name in names if name.endswith("/T1.mgz")}
    extra = {name for name in names if name.lower().endswith(".mgz") and not
             name.endswith("/T1.mgz") and PurePosixPath(name).parent in heads}  # fmt: skip
    return _without(names, extra.__contains__, "of FreeSurfer's volumes beside T1.mgz", notes)


def _without(names: list[str], leave, what: str, notes: list[str]) -> list[str]:
    kept = [name for name in names if not leave(name)]
    if left := len(names) - len(kept):
        notes.append(f"left {left} {what} alone")
    return kept


def _is_mask(name: str) -> bool:
    path = PurePosixPath(name)
    return any(map(_MASK_FOLDER.search, map(str.lower, path.parent.parts))) or bool(
        _MASK_FILE.search(path.name)
    )


def _stack_items(member: stacks.Member, name: str, persons: dict[Item, str]) -> list[Item]:
    if member.subjects is None:
        return [Stack(member.name, name, member.key, None)]
    found = []
    for person in np.unique(member.subjects):
        rows = np.flatnonzero(member.subjects == person)
        found.append(Stack(member.name, name, member.key, rows))
        persons[found[-1]] = str(person)
    return found


def _of_modality(names: list[str], modality: str, notes: list[str]) -> list[str]:
    """Of a BIDS tree only the wanted kind of scan; other volumes are what they are."""
    kinds = defaultdict(list)
    for name in names:
        found = _BIDS.match(PurePosixPath(name).name)
        kinds[found[1] if found else None].append(name)
    told = [kind for kind in kinds if kind]
    if len(told) < 2:
        return names
    if modality not in kinds:
        raise UsageError(
            f"--modality {modality}: there is none; the data has {', '.join(sorted(told))}"
        )
    left = sum(len(kinds[kind]) for kind in told if kind != modality)
    notes.append(f"left {left} scans other than {modality} alone; see --modality")
    return sorted(kinds[modality] + kinds[None])


def _scans(source: Source, names: list[str], modality: str, notes: list[str]):
    """The series to read, broken files with reasons, and files that hold no pictures."""
    found = dicom.find_series(source, names)
    chosen = dicom.of_modality(found.series, modality)
    if left := len(found.series) - len(chosen):
        notes.append(f"left {left} DICOM series other than {modality} alone; see --modality")
    return [Scan(series.name, series) for series in chosen], found.broken, found.without
