"""Who is trained on and who is held out: by folders where they say so, else by person."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

from train.usage import UsageError, flag, people

SPLITS = ("train", "val", "test")
FEWEST = 10  # people; of fewer, every one is needed for training

# `train`, `Training`, `validate`, and names that end so: `keras_png_slices_train`.
_PART = re.compile(r"(?:^|[_\- ])(?:(train)(?:ing)?|(val)(?:id|idate|idation)?|(test)(?:ing)?)$")
_BIDS_PART = re.compile(r"(?:sub|ses)-[a-z0-9]+$")  # `ses-test`: of test and retest


class NobodyHeldOut(UsageError):
    """There are no slices of people whom the training never sees."""


def split_of_part(part: str) -> str | None:
    """The split that a folder's name stands for; BIDS people and sessions stand for none."""
    part = part.lower()
    found = None if _BIDS_PART.match(part) else _PART.search(part)
    return next(filter(None, found.groups())) if found else None


def split_of(name: str) -> str | None:
    """The split of a file by the folders that it lies in, the outermost first."""
    return next(filter(None, map(split_of_part, PurePosixPath(name).parent.parts)), None)


def below_shared(names: list[str]) -> list[str]:
    """The names without the folders that hold everything, which tell no file from another."""
    parents = [PurePosixPath(name).parent.parts for name in names]
    shared = 0
    for level in zip(*parents, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    return ["/".join(PurePosixPath(name).parts[shared:]) for name in names]


def splits_by_folder(names: list[str]) -> tuple[list[str | None], tuple[str, ...]]:
    """The split of every file, None for those left alone, and notes.

    Where there is a folder for training, only files in some split's folder count; where only a
    held-out folder exists, everything else is for training. Without any, all are. What the folder
    around everything is called says nothing: `brains_test/train`.
    """
    splits = [split_of(name) for name in below_shared(names)]
    found = set(splits)
    if found <= {None} or not found - {"val", "test"}:
        return ["train"] * len(names), ()
    if "train" not in found:
        return [split or "train" for split in splits], ()
    alone = splits.count(None)
    return splits, (
        (f"left {alone} files outside the folders of the splits alone",) if alone else ()
    )


def hold_out(subjects: list[str], labels: list[str | None], fraction: float) -> list[str]:
    """The split of every file with `fraction` of the people, at least one, in "val".

    Who it is depends on the names alone, so that it stays so from run to run, and nearly so when
    people are added. Nobody is taken who is the last of a class.
    """
    classes = defaultdict(set)
    for person, label in zip(subjects, labels, strict=True):
        classes[person].add(label)
    left = Counter(label for found in classes.values() for label in found)
    wanted, held = max(1, round(fraction * len(classes))), set()
    for person in sorted(
        classes,
        key=lambda p: hashlib.sha256(b"held out\0" + p.encode("utf-8", "surrogateescape")).digest(),
    ):
        if len(held) < wanted and all(left[label] > 1 for label in classes[person]):
            held.add(person)
            left.subtract(classes[person])
    return ["val" if person in held else "train" for person in subjects]


def told_drawn(people: dict[str, set[str]]) -> str:
    """What came of choosing people to hold out. people: by split, those with slices."""
    if held := len(people["val"]):
        among = held + len(people["train"])
        return f"holds {held} of {among} people out for judging; see {flag('val_fraction')}"
    return (
        "nobody is held out: every file of those who were chosen is broken; mend them, or give a "
        f"larger {flag('val_fraction')}"
    )


def check_no_shared(subjects: list[str], splits: list[str], where: Path) -> None:
    """Raises UsageError if a person is in the training and in a held-out part."""
    train = {person for person, split in zip(subjects, splits, strict=True) if split == "train"}
    held = {person for person, split in zip(subjects, splits, strict=True) if split != "train"}
    if shared := sorted(train & held):
        names = ", ".join(shared[:3]) + (", ..." if len(shared) > 3 else "")
        raise UsageError(
            f"--data {where}: {people(len(shared))} in the training and in a held-out folder "
            f"({names}); move each to one side, correct {flag('subject_pattern')}, or give "
            f"{flag('allow_shared_subjects')}"
        )
