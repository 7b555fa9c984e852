"""The way through key frames: which piece a place lies on, and three ways to go along it."""

import math

import torch
from torch import Tensor


def piece(t: float, keys: int, loop: bool) -> tuple[int, float]:
    """The key frame before the place t (0..1 along the whole way) and how far beyond it, 0..1.

    Key frames are evenly spaced in t; a loop has one more piece, back to the first.
    """
    pieces = keys if loop else keys - 1
    if pieces < 1:
        return 0, 0.0
    before = min(int(t * pieces), pieces - 1)
    return before, t * pieces - before


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Turn from the direction of a to that of b at even speed; a, b: [1, D].

    The mapping network only sees the direction of z, so the result has the length sqrt(D) that z
    has on average. Parallel and opposite vectors leave no way to turn: the nearer end is taken.
    """
    a, b = a / a.norm(), b / b.norm()
    angle = torch.acos((a * b).sum().clamp(-1, 1))
    if torch.sin(angle) < 1e-4:
        mixed = a if t < 0.5 else b
    else:
        mixed = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    return mixed * math.sqrt(a.shape[1])


def catmull_rom(p: Tensor, a: Tensor, b: Tensor, q: Tensor, t: float) -> Tensor:
    """The cubic from a to b whose tangents are (b - p) / 2 and (q - a) / 2 (Catmull and Rom 1974).

    p, q: the points before a and after b; all of one shape. Pieces meet with equal tangents, and a
    point moves the curve on two pieces to each side only.
    """
    start, end = (b - p) / 2, (q - a) / 2
    rise = b - a
    return a + t * (start + t * ((3 * rise - 2 * start - end) + t * (start + end - 2 * rise)))


def around(before: int, keys: int, loop: bool) -> tuple[int | None, int, int, int | None]:
    """Numbers of the four key frames that a spline's piece needs; None beyond an open end."""
    if loop:
        return (before - 1) % keys, before, (before + 1) % keys, (before + 2) % keys
    after = min(before + 1, keys - 1)
    return before - 1 if before else None, before, after, after + 1 if after + 1 < keys else None
