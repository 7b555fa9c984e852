"""Which person a file belongs to: splits and figures go by person, never by slice."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from train.usage import UsageError

# BIDS, the OASIS course slices, ADNI, OASIS, IXI and BraTS names, wherever they stand in the path.
_ID = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(sub-[A-Za-z0-9]+|case_\d+|\d{3}_S_\d{4}|OAS[12]_\d{4}|OAS3\d{4}|IXI\d{3}"
    r"|BraTS[-A-Za-z0-9]*?_(?:[A-Za-z]+_)?\d{3,})"
    r"(?![A-Za-z0-9])"
)
UNTOLD = "none: the names do not tell"
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Subjects:
    """of: the person of each name; rule: in words, how they were told; known: False where the
    names say nothing and every file counts as its own person."""

    of: list[str]
    rule: str
    known: bool


def known_id(name: str) -> str | None:
    """An id of a known kind in a path: the file name first, then the folder nearest to it."""
    path = PurePosixPath(name)
    for part in (path.name, *reversed(path.parent.parts)):
        if found := _ID.search(part):
            return found[1]
    return None


def find_subjects(names: list[str], pattern: str = "", whole: bool = False) -> Subjects:
    """The person of every file, by one rule for the whole data set.

    In this order: `pattern`'s group; ids of a known kind (`sub-01`, `case_001`, `002_S_0413`,
    `OAS1_0001`, `IXI002`, ...); the text before the first `_` of the file name, if it varies and
    has digits (`1003730_100.jpeg`); the folder, if folders vary and have digits (`P07/001.png`)
    and do more than part a long list of files; the text before the first `_`, if several files
    share it. Else names say nothing: `whole` tells whether each file is then a person (a volume)
    or just a slice.
    Raises UsageError if the pattern is not found in a name.
    """
    if pattern:
        return Subjects([_by_pattern(name, pattern) for name in names], f"{pattern} (given)", True)
    ids = [known_id(name) for name in names]
    rest = [name for name, found in zip(names, ids, strict=True) if found is None]
    if not rest:
        return Subjects(ids, "an id of a known kind in the name", True)
    rule, known, of = _by_shape(rest, whole)
    found = iter(of)
    of = [person if person is not None else next(found) for person in ids]
    if len(rest) < len(names):
        rule, known = f"an id of a known kind in the name, else {rule}", known or whole
    return Subjects(of, rule, known)


def _by_pattern(name: str, pattern: str) -> str:
    found = re.search(pattern, name)
    if not found or not found[1]:
        raise UsageError(f"--subject-pattern {pattern}: not found in {name}")
    return found[1]


def _by_shape(names: list[str], whole: bool) -> tuple[str, bool, list[str]]:
    """The rule in words, whether it tells persons, and the persons."""
    paths = [PurePosixPath(name) for name in names]
    stems = [path.name.split(".")[0] for path in paths]
    prefixes = [stem.split("_")[0] if "_" in stem else None for stem in stems]
    folders = [path.parent.name for path in paths]
    homes = defaultdict(set)
    for prefix, folder in zip(prefixes, folders, strict=True):
        if _DIGIT.search(folder):
            homes[prefix].add(folder)
    by_folder = len(set(folders)) > 1 and all(map(_DIGIT.search, folders))
    if by_folder and not whole and _packed(paths):
        return "none: the numbers of the files run on from folder to folder", False, _each(names)
    varied = len(set(prefixes)) > 1 and None not in prefixes
    at_home = all(len(found) == 1 for found in homes.values())
    if varied and all(map(_DIGIT.search, prefixes)) and (at_home or not by_folder):
        return "the text before the first _", True, prefixes
    one_each = whole and len(set(stems)) == len(stems)
    if by_folder and not one_each:
        return "the folder", True, folders
    if varied and len(set(prefixes)) < len(names):
        return "the text before the first _", True, prefixes
    if one_each:
        return "one person a volume", True, stems
    if whole and len(set(folders)) > 1:
        return "the folder", True, folders
    return UNTOLD, False, _each(names)


def _each(names: list[str]) -> list[str]:
    """Every file as a person of its own."""
    return [name.rpartition(".")[0] or name for name in names]


def _packed(paths: list[PurePosixPath]) -> bool:
    """Whether folders only part a long list of files: `00000/img00000999`, `00001/img00001000`.

    The files' names differ in one number, and each folder's numbers follow those of the folder
    before it. A person's folder would begin anew.
    """
    names = [_NUMBER.split(path.name.split(".")[0]) for path in paths]  # text, number, text, ...
    if len({len(parts) for parts in names}) > 1:
        return False
    differ = [i for i, parts in enumerate(zip(*names, strict=True)) if len(set(parts)) > 1]
    if len(differ) != 1 or differ[0] % 2 == 0:
        return False
    numbers = defaultdict(lambda: defaultdict(list))
    for path, parts in zip(paths, names, strict=True):
        numbers[path.parent.parent][path.parent].append(int(parts[differ[0]]))
    folders = sum(map(len, numbers.values()))
    return len(numbers) < folders < len(paths) and all(
        _run_on(beside.values()) for beside in numbers.values()
    )


def _run_on(folders: Iterable[list[int]]) -> bool:
    ranges = sorted((min(numbers), max(numbers)) for numbers in folders)
    return all(before[1] < after[0] for before, after in pairwise(ranges))
