"""Classes for conditional training: from folders, or from a table that may name people too."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gan.scans import BrokenFile
from train.data.files import Source
from train.data.splits import split_of_part
from train.data.subjects import known_id
from train.usage import UsageError

_FILE = ("file", "filename", "file_name", "path", "image", "id")
_SUBJECT = ("subject", "subject_id", "participant_id", "patient", "patient_id", "case", "person")
_LABEL = ("label", "class", "diagnosis", "group", "dx")
_MOST = 1000  # classes; more are no classes but measurements


@dataclass(frozen=True)
class Table:
    """A CSV or TSV file with classes: labels by file or by person, and people by file."""

    name: str
    column: str
    by_file: dict[str, str]
    by_subject: dict[str, str]
    subjects: dict[str, str]

    def label_of(self, name: str, subject: str) -> str | None:
        """The class of a file (`name`, inside the data) of a person, None where it is not told."""
        for key in _keys(name):
            if key in self.by_file:
                return self.by_file[key]
        for key in (subject, subject.removeprefix("sub-")):
            if found := self.by_subject.get(key) or self.by_file.get(key):
                return found
        return None

    def subject_of(self, name: str) -> str | None:
        return next((self.subjects[key] for key in _keys(name) if key in self.subjects), None)


def _keys(name: str) -> list[str]:
    """How a table may call a file: by its path, its name, or without the suffix."""
    base = PurePosixPath(name).name
    return [name, base, name.split(".")[0], base.split(".")[0]]


def read_table(source: Source, labels: str, column: str) -> Table:
    """The table that `--labels` names: on this machine, or inside the data. Raises UsageError."""
    rows = _rows(_content(source, labels), labels)
    columns = {name.strip().lower(): name for name in rows[0] if name is not None} if rows else {}
    find = lambda names: next((columns[n] for n in names if n in columns), None)  # noqa: E731
    chosen = columns.get(column.lower()) if column else find(_LABEL)
    if chosen is None:
        raise UsageError(
            f"--labels {labels}: no column {column or 'label'}; "
            f"give --label-column one of {', '.join(columns) or 'none, the file is empty'}"
        )
    file, subject = find(_FILE), find(_SUBJECT)
    if file is None and subject is None:
        raise UsageError(
            f"--labels {labels}: needs a column `file` or `subject`; it has {', '.join(columns)}"
        )
    by_file, by_subject, subjects = {}, {}, {}
    for row in rows:
        label, person = (row[chosen] or "").strip(), (row[subject] or "").strip() if subject else ""
        if file and person:
            subjects[(row[file] or "").strip()] = person
        if not label or label.lower() in ("n/a", "nan"):
            continue
        if file:
            by_file[(row[file] or "").strip()] = label
        elif by_subject.setdefault(person, label) != label:
            raise UsageError(
                f"--labels {labels}: {person} is {by_subject[person]} and {label}; "
                "a person has one class where no column `file` says otherwise"
            )
    return Table(Path(labels).name, chosen, by_file, by_subject, subjects)


def _content(source: Source, labels: str) -> bytes:
    path = Path(labels).expanduser()
    try:
        if path.is_file():
            return path.read_bytes()
        if any(file.name == labels for file in source.files):
            return source.read(labels)
    except (OSError, BrokenFile) as error:
        raise UsageError(f"--labels {labels}: cannot be read ({error})") from error
    raise UsageError(
        f"--labels {labels}: neither none, folders, a file here, nor one inside {source.path}"
    )


def _rows(content: bytes, labels: str) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
        first = text.partition("\n")[0]
        delimiter = max("\t;,", key=first.count)
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"--labels {labels}: not a readable table ({error}); save it as CSV in UTF-8"
        ) from error
    for number, row in enumerate(rows, 1):
        if any(value.strip() for value in row.get(None, ())):  # empty ones do no harm
            raise UsageError(
                f"--labels {labels}: row {number} has more values than there are columns; put "
                f"quotes around a value with {delimiter!r} in it"
            )
    return rows


def folder_labels(names: list[str], subjects: list[str], where: Path) -> list[str]:
    """The class of each file: the nearest folder that is neither a split nor one person's."""
    labels = [_folder(PurePosixPath(n), s) for n, s in zip(names, subjects, strict=True)]
    if len(set(labels)) < 2:
        raise UsageError(
            f"--labels folders: all pictures of {where} lie in one folder; use one per class"
        )
    return labels


def _folder(path: PurePosixPath, subject: str) -> str:
    for part in reversed(path.parent.parts):
        if not (split_of_part(part) or part == subject or known_id(part) or part == "anat"):
            return part
    return ""


def check_classes(counts: Counter, training: Counter, labels: str) -> tuple[str, ...]:
    """The classes in order; raises UsageError if training with them makes no sense."""
    classes = tuple(sorted(counts))
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
