"""What the command line and its options are made of; knows nothing of what they are for."""

from dataclasses import Field, field
from pathlib import Path


class UsageError(ValueError):
    """Something the user can mend; the message names what was given and what to do."""


def option(default, help, choices=None) -> Field:
    """A field of a configuration, with the words that `--help` shows."""
    return field(default=default, metadata={"help": help, "choices": choices})


def flag(name: str) -> str:
    """How an option is spelt on the command line."""
    return "--" + name.replace("_", "-")


def check_outside(name: str, place: Path, data: Path) -> None:
    """Raises UsageError if what is written there would be read as data the next time."""
    here, there = place.expanduser().resolve(), data.resolve()
    if not data.is_dir() or not here.is_relative_to(there):
        return
    if not any(part.startswith(".") for part in here.relative_to(there).parts):
        raise UsageError(
            f"{flag(name)} {place}: lies inside --data {data}, where its pictures would be taken "
            "for slices; give a folder outside"
        )


def people(count: int) -> str:
    """As a person would count them."""
    return "1 person" if count == 1 else f"{count:,} people"
