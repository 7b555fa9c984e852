"""Pickles read as data: nothing is imported, nothing of theirs is called.

A pickle is a list of instructions for a small stack machine; among them are "fetch this name from
that module" and "call it". Here the machine is our own. It knows the names that it is given, with
what to do instead, and refuses a file that asks for any other.
"""

import io
import pickletools
import struct
from collections.abc import Callable, Mapping, Sized
from typing import BinaryIO, NamedTuple


class Refused(ValueError):
    """A file that is damaged or asks for something it must not have; the message says what."""


class Name(NamedTuple):
    """Something that a pickle fetches from a module."""

    dotted: str


# None for what is only ever mentioned, like the type of a storage.
Names = Mapping[str, Callable[..., object] | None]


def dictionary(pairs=()) -> dict:
    """A plain dictionary in place of any other."""
    return {_key(key): value for key, value in pairs}


def _key(key):
    """A key that is quickly hashed: a tuple of tuples takes for ever, great numbers collide."""
    if not isinstance(key, (str, int, float, bytes, type(None))):
        raise Refused(f"a {type(key).__name__} names an entry")
    if isinstance(key, int) and abs(key) >= 2**60:
        raise Refused("a number of absurd size names an entry")
    return key


def _set(items=()) -> set:
    return set(map(_key, items))


_HARMLESS: Names = {
    "collections.OrderedDict": dictionary,
    "builtins.set": _set,
    "__builtin__.set": _set,
    "_codecs.encode": lambda text, _: text.encode("latin1"),
}

_MOST_INSTRUCTIONS = 2**20  # three networks of 1024 px have some 33,000

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = ("PROTO", "FRAME")
_LITERALS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING",
    "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
}  # fmt: skip


def read(
    source: bytes | BinaryIO, names: Names, persistent: Callable[[object], object] | None = None
) -> object:
    """What the next pickle of a file holds, up to and with its STOP.

    names: what may be fetched, as "module.name", beside plain containers, with the function of
    ours that is called instead.
    persistent: what to make of a persistent id, the reference to something outside the pickle.
    Raises Refused for anything else, and for a pickle that is cut short, makes no sense, or unfolds
    to far more than it holds.
    """
    machine = _Machine(names, persistent)
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        for count, (instruction, argument, place) in enumerate(pickletools.genops(stream)):
            if instruction.name == "STOP":
                return machine.stack.pop()
            if count == _MOST_INSTRUCTIONS:
                raise Refused("it has more instructions than any model needs")
            machine.place, machine.count = place, count
            machine.follow(instruction.name, argument)
    except Refused:
        raise
    except (
        ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error,
    ) as error:  # fmt: skip
        raise Refused(f"it is damaged or no pickle ({error})") from error
    raise Refused("it is cut short")


class _Machine:
    """Stack, marks and memo of one pickle."""

    def __init__(self, names: Names, persistent: Callable[[object], object] | None):
        self.names, self.persistent = {**_HARMLESS, **names}, persistent
        self.stack: list = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.place = self.count = 0  # in the file, and how many instructions were before
        self.letters = self.entries = 0  # copied so far

    def follow(self, name: str, argument) -> None:
        """One instruction, by its name in pickletools."""
        stack = self.stack
        if name in _IGNORED:
            return
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
        elif name in _LITERALS:
            stack.append(argument)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self.memo[_key(argument)] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self.memo[argument])
        elif handler := getattr(self, f"_{name.lower()}", None):
            handler(argument)
        else:
            raise Refused(f"it holds the instruction {name}, which no model needs")

    def _mark(self, _) -> None:
        self.marks.append(len(self.stack))

    def _since_mark(self) -> list:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _pop(self, _) -> None:
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.stack.pop()

    def _pop_mark(self, _) -> None:
        self._since_mark()

    def _dup(self, _) -> None:
        self.stack.append(self.stack[-1])

    def _memoize(self, _) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _tuple(self, _) -> None:
        self.stack.append(tuple(self._since_mark()))

    def _list(self, _) -> None:
        self.stack.append(self._since_mark())

    def _append(self, _) -> None:
        item = self.stack.pop()
        self.stack[-1].append(item)

    def _appends(self, _) -> None:
        items = self._since_mark()
        self.stack[-1].extend(items)

    def _dict(self, _) -> None:
        items = self._since_mark()
        self.stack.append({})
        self._set(items)

    def _setitem(self, _) -> None:
        items = self.stack[-2:]
        del self.stack[-2:]
        self._set(items)

    def _setitems(self, _) -> None:
        self._set(self._since_mark())

    def _set(self, items: list) -> None:
        """Keys and values in turn, into the dictionary on top."""
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.stack[-1][_key(key)] = value

    def _additems(self, _) -> None:
        items = self._since_mark()
        self.stack[-1].update(map(_key, items))

    def _frozenset(self, _) -> None:
        self.stack.append(frozenset(map(_key, self._since_mark())))

    def _global(self, argument: str) -> None:
        self._fetch(*argument.split(" ", 1))

    def _stack_global(self, _) -> None:
        module, name = self.stack[-2:]
        del self.stack[-2:]
        self._fetch(module, name)

    def _fetch(self, module, name) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Refused("what it asks for has no name")
        dotted = f"{module}.{name}"
        if dotted not in self.names:
            raise Refused(f"it asks for {dotted[:100]}, which no model needs; nothing was run")
        self.stack.append(Name(dotted))

    def _reduce(self, _) -> None:
        called, arguments = self.stack[-2:]
        del self.stack[-2:]
        ours = self.names[called.dotted] if isinstance(called, Name) else None
        if ours is None:
            raise Refused("it calls what is no function; nothing was run")
        for argument in arguments:
            self._copy(argument)
        self.stack.append(ours(*arguments))

    _newobj = _reduce

    def _build(self, _) -> None:
        """The state of an object: entries of a dictionary; what else there is has none for us."""
        state = self.stack.pop()
        if isinstance(self.stack[-1], dict) and isinstance(state, dict):
            self._copy(state)
            self.stack[-1].update(state)

    def _copy(self, what) -> None:
        """Before a copy: whatever was read may be copied, text twice (to bytes, to a storage)."""
        if isinstance(what, str | bytes | bytearray):
            self.letters += len(what)
        elif isinstance(what, Sized):
            self.entries += len(what)
        if self.letters > 2 * self.place or self.entries > self.count:
            raise Refused("it copies the same again and again, as no model does")

    def _persid(self, argument) -> None:
        self._refer(argument)

    def _binpersid(self, _) -> None:
        self._refer(self.stack.pop())

    def _refer(self, what) -> None:
        if self.persistent is None:
            raise Refused("it refers to something outside itself")
        self.stack.append(self.persistent(what))
