"""The figures of thirds for people: tables of the page, and printed lines."""

from collections.abc import Iterator
from dataclasses import dataclass

from train.quality.legend import COMPARED, TELLTALES, Figure
from train.quality.tables import number

_NEVER_SEEN = "people it never saw"


@dataclass(frozen=True)
class ThirdsTable:
    """groups: (what the third is, {figure: number} of the pictures, and of the floor)."""

    title: str
    about: str
    figures: tuple[Figure, ...]
    groups: tuple[tuple[str, dict[str, float], dict[str, float]], ...]


def thirds_tables(result: dict) -> list[ThirdsTable]:
    """Of an evaluation with "thirds" or "by"; none of one without."""
    return [*_of_condition(result.get("thirds", [])), *_of_column(result.get("by"))]


def thirds_lines(result: dict) -> Iterator[str]:
    """The same tables as text."""
    for table in thirds_tables(result):
        yield table.title.lower()
        names = "".join(f"{name:>25s}" for name, _, _ in table.groups)
        yield f"  {'':14s}{names}"
        for figure in table.figures:
            cells = "".join(
                f"{number(value.get(figure.key)):>11s}  real {number(floor.get(figure.key)):>7s}"
                for _, value, floor in table.groups
            )
            yield f"  {figure.key:14s}{cells}"
        yield f"  {table.about}"


def _of_condition(thirds: list[dict]) -> Iterator[ThirdsTable]:
    title = "By third of the condition"
    held_out = [(third, third["held_out"]) for third in thirds if third["held_out"]]
    for name, parts, floor in (
        (title, [(third, third) for third in thirds], "two halves of the training people"),
        (f"{title}, beside {_NEVER_SEEN}", held_out, _NEVER_SEEN),
    ):
        if parts:
            counts = ", ".join(f"{part['slices']:,}" for _, part in parts)
            about = (
                f"Slices and pictures of that third only, {counts} on each side; floor: {floor}."
            )
            yield _table(name, about, parts)


def _of_column(by: dict | None) -> Iterator[ThirdsTable]:
    for side, whose, floor in (
        ("train", "training people", "slices of the other half of the people"),
        ("held_out", _NEVER_SEEN, "slices of the training people"),
    ):
        parts = [(group, group[side]) for group in by["groups"] if group[side]] if by else []
        if parts:
            counts = ", ".join(f"{part['slices']:,}" for _, part in parts)
            about = f"{counts} real slices; is a picture near each? Floor: {floor} instead."
            if missing := by["missing"][side]:
                about += f" {missing:,} slices without a number are left out."
            yield _table(f"By third of {by['title']}: {whose}", about, parts)


def _table(title: str, about: str, parts: list[tuple[dict, dict]]) -> ThirdsTable:
    told = {name for _, part in parts for name in part["value"]}
    figures = tuple(f for f in (*COMPARED, *TELLTALES) if f.key in told)
    groups = tuple((_range(third), part["value"], part["floor"]) for third, part in parts)
    return ThirdsTable(title, about, figures, groups)


def _range(third: dict) -> str:
    unit = f" {third['unit']}" if "unit" in third else ""
    return f"{third['from']:.4g} to {third['to']:.4g}{unit}"
