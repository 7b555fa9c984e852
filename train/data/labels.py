"""Classes for conditional training: from folders, or from a table that may name people too."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from gan.scale import MOST, Scale, is_range
from train.data.files import Source
from train.data.splits import split_of_part
from train.data.subjects import known_id
from train.data.tables import column_key, read_rows
from train.usage import UsageError

_FILE = ("file", "filename", "file_name", "path", "image")
_SUBJECT = ("subject", "subject_id", "participant_id", "patient", "patient_id", "case", "person")
_LABEL = ("label", "class", "diagnosis", "group", "dx")
_NUMBERED = re.compile(r"(?:sub-)?(\D*?)0*(\d+?)(?:\.0+)?")  # sub-001, IXI012; 7.0 of Excel
_POINT_NAUGHT = re.compile(r"(-?\d+)\.0*")  # 1.0, which a table makes of 1 where a cell is empty
_ONE_ROW = "keep one row of each file, and write its name with its folder"
_ONE_CLASS = "a person has one class where no column `file` says otherwise"
_MOST = 1000  # classes; more are no classes but measurements


@dataclass(frozen=True)
class Table:
    """A CSV or TSV file with classes: labels by file or by person, and people by file.

    labels: the table as `--labels` names it; missing: the words in it that mean no class; nameless:
    how many rows name no file and no person.
    """

    labels: str
    column: str
    by_file: dict[str, str]
    by_subject: dict[str, str]
    subjects: dict[str, str]
    missing: tuple[str, ...]
    nameless: int

    @property
    def name(self) -> str:
        return Path(self.labels).name

    @property
    def no_class(self) -> str:
        """Why a file is left out that the table has no class for."""
        words = f", where {' and '.join(self.missing)} means none" if self.missing else ""
        return f"no class in {self.name}{words}"

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.nameless:
            return ()
        return (f"left {self.nameless} rows of {self.name} that name no file or person alone",)

    def label_of(self, name: str, subject: str) -> str | None:
        """The class of a file (`name`, inside the data) of a person, None where it is not told."""
        for key in _keys(name):
            if key in self.by_file:
                return self.by_file[key]
        for key in (subject, subject.removeprefix("sub-")):
            if found := self.by_subject.get(key) or self.by_file.get(key):
                return found
        return None

    def for_people(self, people: set[str]) -> "Table":
        """The same, where a spreadsheet has made 1 of sub-001 or 12 of IXI012.

        A number stands for a person only where no other number and no other person could be meant.
        """
        given = {**self.by_file, **self.by_subject}
        rows, persons = (_by_number(names) for names in (given, people))
        loose = {}
        for number in rows.keys() & persons.keys():
            (told, row), (letters, person) = rows[number], persons[number]
            if told in ("", letters) and person not in given and row not in people:
                loose[person] = given[row]
        return replace(self, by_subject=self.by_subject | loose)

    def subject_of(self, name: str) -> str | None:
        return next((self.subjects[key] for key in _keys(name) if key in self.subjects), None)

    def check_names(self, people: dict[str, str]) -> None:
        """Raises UsageError if a row names several files, unless by the person of all of them.

        people: by the name of each file that is read.
        """
        for told in (self.by_file, self.subjects):
            meant: dict[str, list[str]] = {}
            for name in people:
                if key := next((key for key in _keys(name) if key in told), None):
                    meant.setdefault(key, []).append(name)
            for key, names in meant.items():
                whose = {people[name].removeprefix("sub-") for name in names}
                if len(names) > 1 and whose != {key.removeprefix("sub-")}:
                    some = ", ".join(names[:2]) + (", ..." if len(names) > 2 else "")
                    raise UsageError(
                        f"--labels {self.labels}: {key} fits {len(names)} files ({some}); write "
                        "it with its folder"
                    )


def _by_number(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By their number, the letters and the whole of names that are letters and one number; none
    whose number another name has too."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        if parts := _NUMBERED.fullmatch(name):
            found.setdefault(parts[2], []).append((parts[1], name))
    return {number: same[0] for number, same in found.items() if len(same) == 1}


def _keys(name: str) -> list[str]:
    """How a table may call a file: by its path, its name, or without the suffix."""
    name = _path(name)
    base = PurePosixPath(name).name
    return [name, base, name.split(".")[0], base.split(".")[0]]


def _path(name: str) -> str:
    """A file's name with `/` between folders, whatever system wrote it."""
    return name.replace("\\", "/")


def read_table(source: Source, labels: str, column: str, option: str = "--label-column") -> Table:
    """The table that `--labels` names: on this machine, or inside the data.

    column: holds the classes or numbers; option: what names it on the command line. Raises
    UsageError.
    """
    rows = read_rows(source, labels)
    columns = list(rows[0]) if rows else []
    find = lambda names: next((name for name in names if name in columns), None)  # noqa: E731
    chosen = find([column_key(column)]) if column else find(_LABEL)
    if chosen is None:
        raise UsageError(
            f"--labels {labels}: no column {column or 'label'}; "
            f"give {option} one of {', '.join(columns) or 'none, the file is empty'}"
        )
    file, subject = find(_FILE), find(_SUBJECT)
    if file is None and "id" in columns:  # a file's, a person's, or the row's
        if _name_files([_path(row["id"]) for row in rows], source):
            file = "id"
        else:
            subject = subject or "id"
    if file is None and subject is None:
        raise UsageError(
            f"--labels {labels}: needs a column `file` or `subject`; it has {', '.join(columns)}"
        )
    by_file, by_subject, subjects = {}, {}, {}
    alike = _one_spelling(row[chosen] for row in rows)
    missing, nameless = set(), 0
    for row in rows:
        label, person = row[chosen], row[subject] if subject else ""
        name = _path(row[file]) if file else person
        if not name:
            nameless += 1
            continue
        if file and person and subjects.setdefault(name, person) != person:
            raise UsageError(
                f"--labels {labels}: {name} is of {subjects[name]} and {person}; {_ONE_ROW}"
            )
        if _is_missing(label):
            missing |= {label} - {""}
            continue
        label, told = alike.get(label, label), by_file if file else by_subject
        if told.setdefault(name, label) != label:
            remedy = _ONE_ROW if file else _ONE_CLASS
            raise UsageError(f"--labels {labels}: {name} is {told[name]} and {label}; {remedy}")
    words = tuple(sorted(missing))
    return Table(labels, chosen, by_file, by_subject, subjects, words, nameless)


def _is_missing(label: str) -> bool:
    """An empty cell, and what R and others write into one; in small letters na may be a class."""
    return label in ("", "NA") or label.lower() in ("n/a", "nan")


def _one_spelling(labels: Iterable[str]) -> dict[str, str]:
    """1 for 1.0 where a column has both, by the label that is to be told otherwise."""
    labels = set(labels)
    plain = {label: found[1] for label in labels if (found := _POINT_NAUGHT.fullmatch(label))}
    times = Counter([*plain.values(), *labels])
    return {label: number for label, number in plain.items() if times[number] > 1}


def _name_files(ids: Iterable[str], source: Source) -> bool:
    """Whether ids are of files in the data: some are, and none could be of several."""
    times = Counter(key for file in source.files for key in set(_keys(file.name)))
    found = [times[each] for each in ids]
    return max(found, default=0) == 1


def folder_labels(names: list[str], subjects: list[str], where: Path) -> list[str]:
    """The class of each file: the nearest folder that is neither a split nor one person's."""
    labels = [_folder(PurePosixPath(n), s) for n, s in zip(names, subjects, strict=True)]
    if len(set(labels)) < 2:
        folders = sorted({PurePosixPath(name).parent.name for name in names})
        if len(folders) > 1:
            raise UsageError(
                f"--labels folders: the folders of {where} ({', '.join(folders[:3])}, ...) were "
                "taken for people or splits; say who is who with --subject-pattern"
            )
        raise UsageError(
            f"--labels folders: all pictures of {where} lie in one folder; use one per class"
        )
    if "" in labels:
        raise UsageError(
            f"--labels folders: {names[labels.index('')]} lies in no folder of a class; move it "
            "into one"
        )
    return labels


def _folder(path: PurePosixPath, subject: str) -> str:
    for part in reversed(path.parent.parts):
        if not (split_of_part(part) or part == subject or known_id(part) or part == "anat"):
            return part
    return ""


def check_classes(counts: Counter, training: Counter, labels: str) -> tuple[str, ...]:
    """The classes in order; raises UsageError if training with them makes no sense."""
    classes = tuple(sorted(counts, key=_in_order))
    if not 2 <= len(classes) <= _MOST:
        raise UsageError(
            f"--labels {labels}: {len(classes)} class(es); give a column with a few groups"
        )
    if unseen := [name for name in classes if not training[name]]:
        raise UsageError(
            f"--labels {labels}: no training slices of class {', '.join(unseen[:3])}; "
            "add some, or take the class out of the held-out folder"
        )
    return classes


def _in_order(label: str) -> tuple:
    """Numbers by their value, 2 before 10; then words."""
    return (0, float(label), label) if is_number(label) else (1, 0.0, label)


def scale_of(values: Iterable[str], column: str, count: int, labels: str) -> Scale:
    """The scale over all the training slices' numbers. Raises UsageError if they are all one."""
    numbers = [float(value) for value in values]
    if not numbers or min(numbers) == max(numbers):
        raise UsageError(
            f"--labels {labels}: column {column} holds one number only; give --label-column a "
            "column whose numbers differ, or leave --ordered out"
        )
    if not is_range(min(numbers), max(numbers)):
        raise UsageError(
            f"--labels {labels}: column {column} goes from {min(numbers):g} to {max(numbers):g}; a "
            f"scale must lie within ±{MOST:g} and differ in its first nine digits; write the "
            "column in another unit"
        )
    return Scale(column, min(numbers), max(numbers), count)


def is_number(text: str) -> bool:
    """Whether a table's cell is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
