"""python -m train truth DATA --labels TABLE: do the measurements of heads tell the truth?"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gan.checkpoint import write_atomic
from gan.measure import CENTRE, KEYS, MEASUREMENTS, measure, white_matter_share
from gan.scale import Scale
from train.config import add_data_options, data_config
from train.data import DataConfig, Slices, load_slices
from train.data.columns import read_numbers
from train.data.files import open_source
from train.data.tables import column_key
from train.quality.people import counted, known, numbered
from train.quality.truth_page import group_name, truth_page
from train.usage import UsageError, check_outside
from train.usage import people as told

FEWEST = 10  # people that make a group, and slices that make a correlation
_MOST_OF = 0.9  # of the slices are to lie in groups of so many people
_OPTIONS = {  # by key, with what the column is the share of
    "area": ("--area", "the head"),
    "ventricles": ("--ventricles", "the ventricles, such as the lateral ones"),
    "white_matter": ("--white-matter", "white matter"),
}


@dataclass(frozen=True)
class Compared:
    """A measurement beside its truth, both in `unit`: float64 [N], NaN where one is not known."""

    key: str
    name: str
    unit: str
    column: str
    measured: np.ndarray
    true: np.ndarray


@dataclass(frozen=True)
class Groups:
    """Slices by the numbers of a column. bounds: [G, 2], from and to, the same if each number is a
    group of its own; of: int [N], the group of each slice, -1 without a number."""

    title: str
    bounds: np.ndarray
    of: np.ndarray


def main(argv: list[str]) -> None:
    """Measure slices whose truth a table tells; writes truth.json and truth.html, prints them."""
    arguments = vars(_parser().parse_args(argv))
    config = data_config(arguments)
    columns = {key: arguments[key] for key in _OPTIONS if arguments[key]}
    data, out = arguments["data"], arguments["out"]
    if config.labels in ("none", "folders"):
        raise UsageError(f"--labels {config.labels}: give the table that holds the true shares")
    if not columns:
        options = ", ".join(option for option, _ in _OPTIONS.values())
        raise UsageError(f"nothing to compare: give at least one of {options} a column")
    if not 16 <= arguments["resolution"] <= 1024:
        raise UsageError(f"--resolution {arguments['resolution']}: must be from 16 to 1024")
    check_outside("out", out, data)
    plain = replace(config, labels="none", label_column="", ordered=0)
    slices = load_slices(data, arguments["resolution"], 1, plain, None)
    compared = compare_all(slices, _true_shares(data, config, columns, slices), columns)
    groups = None
    if column := arguments["group"]:
        [numbers] = read_numbers(open_source(data), config.labels, column, "--group", [slices])
        groups = grouped(numbers, slices, column_key(column))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}; give another folder") from error
    people = counted(numbered(slices.subjects))
    result = {
        "data": data.name, "slices": len(slices), "people": people,
        "resolution": arguments["resolution"],
        "group": groups and {"title": groups.title, "missing": int((groups.of < 0).sum())},
        "measurements": [judged(each, groups) for each in compared],
    }  # fmt: skip
    text = json.dumps(result, indent=1, allow_nan=False)
    write_atomic(out / "truth.json", (text + "\n").encode())
    points = {each.key: (each.measured, each.true) for each in compared}
    write_atomic(out / "truth.html", truth_page(result, points).encode())
    for line in _lines(result):
        print(line)
    print(out / "truth.html")


def compare_all(
    slices: Slices, shares: dict[str, np.ndarray], columns: dict[str, str]
) -> list[Compared]:
    """Measure grey slices and put the truth beside it, in the measurement's unit.

    shares: true shares of the picture 0..1 by key (area, ventricles, white_matter), [N] each, NaN
    where not known; columns: what they are called in the table. The ventricles are measured in a
    central zone, so their true share is converted to that of this zone of the measured head.
    """
    pictures = slices.images[:, 0]
    table = dict(zip(KEYS, measure(pictures).T, strict=True))
    found = []
    for key, share in shares.items():
        if key == "white_matter":
            found.append(Compared(key, "White matter", "% of the picture", columns[key],
                                  white_matter_share(pictures), 100 * share))  # fmt: skip
            continue
        name = next(m.name for m in MEASUREMENTS if m.key == key)
        unit, true = "% of the picture", 100 * share
        if key == "ventricles":
            unit, true = "% of the central zone", 100 * share / (table["area"] / 100 * CENTRE)
        found.append(Compared(key, name, unit, columns[key], table[key], true))
    return found


def grouped(numbers: np.ndarray, slices: Slices, column: str) -> Groups:
    """Groups of enough people: each number its own, or the narrowest round bins that have them.

    numbers: float64 [N], not all NaN. Where people are not known, slices are counted instead.
    """
    there = np.isfinite(numbers)
    values = numbers[there]
    people = numbered(slices.subjects)
    people = (people if known(people) else np.arange(len(people)))[there]
    for width in _widths(values):
        # Rounded first: 0.6 / 0.2 is a little less than 3.
        marks = values if not width else np.floor(np.round(values / width, 9))
        starts, group = np.unique(marks, return_inverse=True)
        owners = np.unique(np.stack([group, people]), axis=1)[0]
        enough = np.bincount(owners) >= FEWEST
        if enough[group].mean() >= _MOST_OF:
            break
    else:
        width, starts, group = 0, values.min(keepdims=True), np.zeros(len(values), int)
    ends = starts if not width else starts + 1
    bounds = np.stack([starts, ends], axis=1) * (width or 1)
    if len(starts) == 1:
        bounds = np.array([[values.min(), values.max()]])
    of = np.full(len(numbers), -1)
    of[there] = group
    title = Scale(column, float(values.min()), float(values.max()), 2).title
    return Groups(title, bounds, of)


def _widths(values: np.ndarray) -> Iterator[float]:
    """0 for every number by itself, then 1, 2 or 5 times a power of ten up to the range."""
    yield 0
    extent = float(values.max() - values.min())
    if extent:
        power = int(np.floor(np.log10(extent))) - 2
        for width in (m * 10.0**p for p in range(power, power + 4) for m in (1, 2, 5)):
            if width <= extent:
                yield width


def judged(each: Compared, groups: Groups | None) -> dict:
    """How near a measurement is to its truth, over all and by group, as JSON has it."""
    found = {"key": each.key, "name": each.name, "unit": each.unit, "column": each.column,
             "overall": agreement(each.measured, each.true), "groups": []}  # fmt: skip
    for i, (low, high) in enumerate(groups.bounds if groups else ()):
        here = groups.of == i
        found["groups"].append({
            "from": float(low), "to": float(high),
            **agreement(each.measured[here], each.true[here]),
        })  # fmt: skip
    return found


def agreement(measured: np.ndarray, true: np.ndarray) -> dict:
    """Of two [N] with NaN where not known: {"slices": both known, "failed": only the truth is, "r":
    Pearson's correlation, None for fewer than 10 slices or a constant; "bias": mean of measured
    less true, "error": median of its size, both None without a slice}."""
    both = np.isfinite(measured) & np.isfinite(true)
    a, b = measured[both], true[both]
    found = {"slices": len(a), "failed": int((np.isfinite(true) & ~np.isfinite(measured)).sum()),
             "r": None, "bias": None, "error": None}  # fmt: skip
    if len(a) >= FEWEST and np.ptp(a) > 0 and np.ptp(b) > 0:
        found["r"] = float(np.corrcoef(a, b)[0, 1])
    if len(a):
        found |= {"bias": float((a - b).mean()), "error": float(np.median(np.abs(a - b)))}
    return found


def _true_shares(
    data: Path, config: DataConfig, columns: dict[str, str], slices: Slices
) -> dict[str, np.ndarray]:
    source, found = open_source(data), {}
    for key, column in columns.items():
        [share] = read_numbers(source, config.labels, column, _OPTIONS[key][0], [slices])
        if (wrong := np.flatnonzero((share < 0) | (share > 1))).size:
            at = wrong[0]
            raise UsageError(
                f"--labels {config.labels}: column {column} holds {share[at]:g} for "
                f"{slices.names[at]}; shares of the picture are from 0 to 1"
            )
        found[key] = share
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train truth",
        description="Compare the measurements of heads with the true shares of the picture that a "
        "table tells, of all slices whatever their folder. Writes truth.json and truth.html.",
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder or a zip of slices")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the results")
    for option, what in _OPTIONS.values():
        parser.add_argument(
            option, default="", metavar="COLUMN",
            help=f"column of the table with the share of the picture's pixels, 0 to 1, of {what}",
        )  # fmt: skip
    parser.add_argument(
        "--group", default="", metavar="COLUMN",
        help="column of numbers, such as the slice's height, by which to tell the figures",
    )  # fmt: skip
    parser.add_argument("--resolution", type=int, default=128,
                        help="size at which slices are measured (default 128)")  # fmt: skip
    add_data_options(parser)
    return parser


def _lines(result: dict) -> Iterator[str]:
    whose = f" of {told(result['people'])}" if result["people"] else ""
    yield f"{result['slices']:,} slices{whose}"
    for each in result["measurements"]:
        yield f"{each['name'].lower()}, {each['unit']}, beside {each['column']}"
        head = result["group"]["title"] if result["group"] else ""
        yield f"  {head:>20s}  slices       r    bias   error"
        for part in (*each["groups"], each["overall"]):
            name = group_name(part) if "from" in part else "all"
            cells = [f"{part[key]:8.2f}" if part[key] is not None else f"{'–':>8s}"
                     for key in ("r", "bias", "error")]  # fmt: skip
            yield f"  {name:>20s}  {part['slices']:6d}{''.join(cells)}"
        if failed := each["overall"]["failed"]:
            yield f"  not measurable on {failed:,} slices"
    if result["group"] and (missing := result["group"]["missing"]):
        yield f"{missing:,} slices without a number in that column are in no group"
