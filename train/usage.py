"""What the command line and its options are made of; knows nothing of what they are for."""

from dataclasses import Field, field


class UsageError(ValueError):
    """Something the user can mend; the message names what was given and what to do."""


def option(default, help, choices=None) -> Field:
    """A field of a configuration, with the words that `--help` shows."""
    return field(default=default, metadata={"help": help, "choices": choices})


def flag(name: str) -> str:
    """How an option is spelt on the command line."""
    return "--" + name.replace("_", "-")


def people(count: int) -> str:
    """As a person would count them."""
    return "1 person" if count == 1 else f"{count:,} people"
