"""Pickles read as data: nothing is imported, nothing of theirs is called.

A pickle is a list of instructions for a small stack machine; among them are "fetch this name from
that module" and "call it". Here the machine is our own. It knows the names that it is given, with
what to do instead. For any other, and for what it is called with, stands a placeholder that holds
nothing but the name; a file that asks for what only an attack needs is refused.
"""

import io
import pickletools
import struct
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple


class Refused(ValueError):
    """A file that is damaged or asks for something it must not have; the message says what."""


class Damaged(Refused):
    """A file that makes no sense as what it was taken for."""


class Name(NamedTuple):
    """Something that a pickle fetches from a module."""

    dotted: str


@dataclass(frozen=True, eq=False)
class Inert:
    """Stands for an object of theirs of which no network is made: a name and nothing else."""

    dotted: str


class Built:
    """An object of ours that a pickle gives its state afterwards."""

    def build(self, state) -> None:
        raise NotImplementedError


@dataclass
class Budget:
    """What one file may take, all pickles in it together."""

    instructions: int = 2**18  # three networks of 1024 px have some 50,000

    def step(self) -> None:
        """Raises Refused where a file has more instructions than any model needs."""
        if not self.instructions:
            raise Refused("it has more instructions than any model needs")
        self.instructions -= 1


# None for what is only ever mentioned, like the type of a storage.
Names = Mapping[str, Callable[..., object] | None]


def dictionary(pairs=()) -> dict:
    """A plain dictionary in place of any other."""
    if not isinstance(pairs, dict | list | tuple):
        raise Refused("a dictionary is made of no pairs")
    items = pairs.items() if isinstance(pairs, dict) else pairs
    return {key: value for key, value in items if _names_entry(key)}


def _names_entry(key) -> bool:
    """Whether it names an entry; others are left out: a tuple of tuples is hashed for ever.

    Raises Refused for great numbers, which collide.
    """
    if isinstance(key, int) and abs(key) >= 2**60:
        raise Refused("a number of absurd size names an entry")
    return isinstance(key, (str, int, float, bytes, type(None)))


def _set(items=()) -> set:
    if not isinstance(items, list | tuple | set | frozenset):
        raise Refused("a set is made of no list")
    return set(filter(_names_entry, items))


def _encoded(text, encoding="") -> "bytes | Inert":
    """The oldest protocols write bytes as text in latin1."""
    if not isinstance(text, str) or encoding != "latin1":
        return Inert("_codecs.encode")
    return text.encode("latin1")


def _bytes(content=b"", *_) -> bytes:
    return bytes(content) if isinstance(content, bytes | bytearray) else b""


def _object(_, base=None, state=None) -> dict:
    """For `copyreg._reconstructor`, with which the oldest protocols make any object."""
    return dictionary(state) if isinstance(state, dict) else {}


_BUILTINS = {"set": _set, "frozenset": _set, "dict": dictionary, "bytes": _bytes,
             "bytearray": _bytes}  # fmt: skip
_HARMLESS: Names = {
    "collections.OrderedDict": dictionary,
    "collections.defaultdict": lambda _=None, pairs=(): dictionary(pairs),
    "argparse.Namespace": dictionary,
    "_codecs.encode": _encoded,
    "copyreg._reconstructor": _object,
    "copy_reg._reconstructor": _object,
    **{f"builtins.{name}": ours for name, ours in _BUILTINS.items()},
    **{f"__builtin__.{name}": ours for name, ours in _BUILTINS.items()},
}

# None of it would be run, but an honest file has no use for it.
_HOSTILE_MODULES = {
    "os", "posix", "nt", "sys", "subprocess", "shutil", "socket", "runpy", "importlib", "pty",
    "ctypes", "pickle", "_pickle", "marshal", "webbrowser",
}  # fmt: skip
_HOSTILE = {
    f"{module}.{name}" for module in ("builtins", "__builtin__")
    for name in ("eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint")
}  # fmt: skip
_LONGEST_NAME, _MOST_ARGUMENTS = 300, 16

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
    source: bytes | BinaryIO, names: Names, persistent: Callable[[object], object] | None = None,
    budget: Budget | None = None,
) -> object:  # fmt: skip
    """What the next pickle of a file holds, up to and with its STOP.

    names: what may be fetched, as "module.name", beside plain containers, with the function of
    ours that is called instead; what else is fetched or made becomes Name or Inert.
    persistent: what to make of a persistent id, the reference to something outside the pickle.
    budget: what is left for this file, if it has several pickles.
    Raises Refused for a pickle that asks for what only an attack needs or unfolds to far more than
    it holds; Damaged for one that is cut short or makes no sense.
    """
    machine, budget = _Machine(names, persistent), budget or Budget()
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        for count, (instruction, argument, place) in enumerate(pickletools.genops(stream)):
            if instruction.name == "STOP":
                return machine.stack.pop()
            budget.step()
            machine.place, machine.count = place, count
            machine.follow(instruction.name, argument)
    except Refused:
        raise
    except (
        ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error,
    ) as error:  # fmt: skip
        raise Damaged("it is damaged or no pickle") from error
    raise Damaged("it is cut short")


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
            if _names_entry(argument):
                self.memo[argument] = stack[-1]
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
        self._extend([self.stack.pop()])

    def _appends(self, _) -> None:
        self._extend(self._since_mark())

    def _extend(self, items: list) -> None:
        if not isinstance(self.stack[-1], Inert):
            list.extend(self.stack[-1], items)

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
        if not isinstance(self.stack[-1], Inert):
            pairs = zip(items[::2], items[1::2], strict=True)
            dict.update(self.stack[-1], {k: v for k, v in pairs if _names_entry(k)})

    def _additems(self, _) -> None:
        items = self._since_mark()
        if not isinstance(self.stack[-1], Inert):
            set.update(self.stack[-1], _set(items))

    def _frozenset(self, _) -> None:
        self.stack.append(frozenset(_set(self._since_mark())))

    def _global(self, argument: str) -> None:
        self._fetch(*argument.split(" ", 1))

    def _stack_global(self, _) -> None:
        module, name = self.stack[-2:]
        del self.stack[-2:]
        self._fetch(module, name)

    def _fetch(self, module, name) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Refused("what it asks for has no name")
        if len(module) + len(name) > _LONGEST_NAME:
            raise Refused("what it asks for has a name of absurd length")
        dotted = f"{module}.{name}"
        if dotted in _HOSTILE or module.partition(".")[0] in _HOSTILE_MODULES:
            raise Refused(f"it asks for {dotted[:100]}, which no model needs; nothing was run")
        self.stack.append(Name(dotted))

    def _reduce(self, _) -> None:
        called, arguments = self.stack[-2:]
        del self.stack[-2:]
        if not isinstance(called, Name | Inert) or not isinstance(arguments, tuple):
            raise Refused("it calls what is no function; nothing was run")
        ours = self.names.get(called.dotted) if isinstance(called, Name) else None
        if ours is None:
            self.stack.append(Inert(called.dotted))
            return
        if len(arguments) > _MOST_ARGUMENTS:
            raise Refused("it makes something of more parts than any model needs")
        for argument in arguments:
            self._copy(argument)
        self.stack.append(ours(*arguments))

    _newobj = _reduce

    def _newobj_ex(self, _) -> None:
        self.stack.pop()  # arguments by name: what we make has none
        self._reduce(_)

    def _obj(self, _) -> None:
        called, *arguments = self._since_mark()
        self.stack += [called, tuple(arguments)]
        self._reduce(_)

    def _inst(self, argument: str) -> None:
        arguments = self._since_mark()
        self._global(argument)
        self.stack.append(tuple(arguments))
        self._reduce(argument)

    def _build(self, _) -> None:
        """The state of an object: entries of a dictionary; what else there is has none for us."""
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, Built):
            made.build(state)
        elif isinstance(made, dict) and isinstance(state, dict):
            self._copy(state)
            made.update(state)

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
