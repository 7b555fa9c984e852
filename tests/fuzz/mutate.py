"""Damage to files, as transfers, other programs and attackers do it."""

import random
import re

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NUMBERS = (b"-1", b"0", b"1e999", b"NaN", b"99999999999999999999", b"null", b'"x"', b"[]", b"{}")
_MOST = 8  # damages to one file
_LONGEST = 4096  # bytes taken out, doubled or moved at once


def damaged(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """A file with one to eight damages. other: another file of the kind, to mix with."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, _MOST))):
        if not found:
            break
        chance.choice(_WAYS)(found, other, chance)
    return bytes(found)


def _place(found: bytearray, chance: random.Random) -> int:
    """Anywhere, half the time near the beginning, where headers are."""
    return chance.randrange(len(found) if chance.random() < 0.5 else min(len(found), 512))


def _flip(found: bytearray, other: bytes, chance: random.Random) -> None:
    found[_place(found, chance)] ^= 1 << chance.randrange(8)


def _extreme(found: bytearray, other: bytes, chance: random.Random) -> None:
    """A number of 1 to 8 bytes becomes the least, the largest, or nearly."""
    size, at = chance.choice((1, 2, 4, 8)), _place(found, chance)
    number = chance.choice(_EXTREMES) & (256**size - 1)
    found[at : at + size] = number.to_bytes(size, chance.choice(("little", "big")))


def _written(found: bytearray, other: bytes, chance: random.Random) -> None:
    """A number that is written out becomes another, or no number at all."""
    places = list(re.finditer(rb"-?\d+(\.\d+)?", bytes(found[:65536])))
    if places:
        start, end = chance.choice(places).span()
        found[start:end] = chance.choice(_NUMBERS)


def _cut(found: bytearray, other: bytes, chance: random.Random) -> None:
    del found[_place(found, chance) :]


def _leave_out(found: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(found, chance)
    del found[at : at + chance.randrange(1, _LONGEST)]


def _double(found: bytearray, other: bytes, chance: random.Random) -> None:
    at = _place(found, chance)
    found[at:at] = found[at : at + chance.randrange(1, _LONGEST)]


def _rubbish(found: bytearray, other: bytes, chance: random.Random) -> None:
    at, size = _place(found, chance), chance.randrange(1, 64)
    found[at : at + size] = chance.randbytes(size)


def _mix(found: bytearray, other: bytes, chance: random.Random) -> None:
    """The beginning of one, the rest of another."""
    at = _place(found, chance)
    found[at:] = other[at:]


_WAYS = (_flip, _flip, _extreme, _extreme, _written, _cut, _leave_out, _double, _rubbish, _mix)
