"""Tables of labels as they come: CSV and TSV of any program, Excel's too, and dataset.json."""

import csv
import io
import json
import re
from pathlib import Path

from gan.scans import BrokenFile
from train.data.files import Source
from train.usage import UsageError

_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods; .xls
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?\s*$", re.IGNORECASE)


def read_rows(source: Source, labels: str) -> list[dict[str, str]]:
    """The rows of the table that `--labels` names: on this machine, or inside the data.

    Each is a value by column; columns are called as `column_key` has it. Raises UsageError.
    """
    content = _content(source, labels)
    rows = _json_rows if labels.lower().endswith(".json") else _csv_rows
    return rows(content, labels)


def column_key(name: str) -> str:
    """`Subject ID` as `subject_id`: a column by any spelling."""
    return re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")


def _content(source: Source, labels: str) -> bytes:
    path = Path(labels).expanduser()
    try:
        if path.is_file():
            return path.read_bytes()
        if any(file.name == labels for file in source.files):
            return source.read(labels)
    except BrokenFile as error:
        raise UsageError(f"--labels {labels}: cannot be read ({error})") from error
    except OSError as error:
        raise UsageError(f"--labels {labels}: cannot be read ({error.strerror})") from error
    raise UsageError(
        f"--labels {labels}: neither none, folders, a file here, nor one inside {source.path}"
    )


def _csv_rows(content: bytes, labels: str) -> list[dict[str, str]]:
    text = _text(content, labels)
    first, _, rest = text.partition("\n")
    if told := _SEPARATOR.match(first):  # Excel's own first line
        text, delimiter = rest, told[1]
    else:
        delimiter = max("\t;,", key=first.count)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UsageError(
            f"--labels {labels}: not a readable table ({error}); save it as CSV in UTF-8"
        ) from error
    found = []
    for number, row in enumerate(rows, 1):
        if any(value.strip() for value in row.get(None, ())):  # empty ones do no harm
            raise UsageError(
                f"--labels {labels}: row {number} has more values than there are columns; put "
                f"quotes around a value with {delimiter!r} in it"
            )
        values = {column_key(k): (v or "").strip() for k, v in row.items() if k is not None}
        if any(values.values()):  # empty lines at the end of a sheet
            found.append(values)
    return found


def _text(content: bytes, labels: str) -> str:
    if content.startswith(_WORKBOOKS):
        raise UsageError(f"--labels {labels}: a workbook, not a table; save the sheet as CSV")
    coding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    try:
        text = content.decode(coding or "utf-8")
    except UnicodeDecodeError:
        if coding:
            raise UsageError(
                f"--labels {labels}: not a readable table (damaged {coding} text); save it as CSV "
                "in UTF-8"
            ) from None
        text = content.decode("cp1252", "replace")  # what Excel writes in western Europe
    if "\0" in text:
        raise UsageError(f"--labels {labels}: not a text; save the table as CSV in UTF-8")
    return text


def _json_rows(content: bytes, labels: str) -> list[dict[str, str]]:
    """`{"labels": [[file, class], ...]}`, as StyleGAN's data set tool writes it."""
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"--labels {labels}: not a whole JSON file; make it again") from error
    pairs = found.get("labels") if isinstance(found, dict) else None
    if isinstance(pairs, dict):
        pairs = [[name, label] for name, label in pairs.items()]
    if pairs is None or pairs == []:
        raise UsageError(f"--labels {labels}: holds no labels; leave --labels out")
    rows = []
    for pair in pairs if isinstance(pairs, list) else [None]:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise UsageError(
                f'--labels {labels}: expected {{"labels": [[file, class], ...]}}; '
                "make it so, or give a CSV"
            )
        rows.append({"file": pair[0].replace("\\", "/"), "label": _class(pair[1], labels)})
    return rows


def _class(label: object, labels: str) -> str:
    """A class as a word; of a one-hot vector the place of its 1."""
    if isinstance(label, list):
        if label.count(1) != 1 or label.count(0) != len(label) - 1:
            raise UsageError(
                f"--labels {labels}: a file has a list of numbers where a class is needed; give a "
                "CSV with a column for each of them, and --label-column"
            )
        label = label.index(1)
    if label is None:
        return ""
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if isinstance(label, bool) or not isinstance(label, str | int | float):
        raise UsageError(f"--labels {labels}: {str(label)[:40]} is no class; give words or numbers")
    return str(label)
