"""Directions that users make: from two groups of pictures, or from one w to another."""

import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from explorer.knowledge.directions.direction import Direction, Spread
from explorer.recipe import MOST, Own
from explorer.recipe.checks import RecipeError, pack_vector

MOST_FILE_BYTES = 4_000_000
_AXES = 20  # of w that a few examples can tell anything about
_STRENGTH = 1.0  # of the penalty, in units of one example


@dataclass(frozen=True)
class Grouping:
    """A direction from examples. right: share of them that leave-one-out tells correctly."""

    own: Own
    right: float
    examples: int


def between_groups(
    name: str, more: np.ndarray, less: np.ndarray, spread: Spread, taken: set[str] = frozenset()
) -> Grouping:
    """The direction from the pictures in `less` to those in `more`.

    Regularised least squares on the classes (Fisher's discriminant), in the 20 principal
    coordinates of w in which the examples differ most. more, less: [n, w_dim], at least one each.
    """
    if not len(more) or not len(less):
        raise RecipeError("Two groups with at least one brain each are needed.")
    w = np.concatenate([more, less]).astype(np.float64)
    sign = np.repeat([1.0, -1.0], [len(more), len(less)])
    values, vectors = np.linalg.eigh(spread.covariance)
    scale = np.sqrt(np.maximum(values, 1e-12))
    white = (w - spread.mean) @ vectors / scale  # coordinates of deviation 1
    kept, beta, _ = _discriminant(white, sign)
    step = vectors[:, kept] @ (beta * scale[kept])
    if not np.linalg.norm(step) > 0:
        raise RecipeError(
            "Choose other brains: the two groups have the same mean, and no direction leads from "
            "one to the other."
        )
    right = np.nan
    if min(len(more), len(less)) >= 2:
        hits = 0
        for i in range(len(w)):
            rest = np.arange(len(w)) != i
            kept, beta, middle = _discriminant(white[rest], sign[rest])
            # Along the step in w, whose coordinates are scale times as long.
            reading = (white[i, kept] - middle) @ (beta * scale[kept] ** 2)
            hits += np.sign(reading) == sign[i]
        right = hits / len(w)
    return Grouping(named(name, spread.scaled(step), taken), float(right), len(w))


def _discriminant(white: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, ...]:
    """What tells the classes apart best: coordinates that count, weights [20], middle [20]."""
    more, less = white[sign > 0].mean(axis=0), white[sign < 0].mean(axis=0)
    kept = np.argsort(-np.abs(more - less))[:_AXES]
    middle = (more[kept] + less[kept]) / 2
    x = white[:, kept] - middle
    beta = np.linalg.solve(x.T @ x + _STRENGTH * len(x) * np.eye(len(kept)), x.T @ sign)
    return kept, beta, middle


def from_difference(
    name: str, start: np.ndarray, end: np.ndarray, spread: Spread, taken: set[str] = frozenset()
) -> Own:
    """The direction from one w to another, [w_dim] each; raises RecipeError where they agree."""
    step = end.astype(np.float64) - start.astype(np.float64)
    if np.linalg.norm(step) < 1e-6:
        raise RecipeError(
            "Enter seeds, or change the brain first: it is still the untouched one, and no "
            "direction leads from a brain to itself."
        )
    return named(name, spread.scaled(step), taken)


def named(name: str, vector: torch.Tensor, taken: AbstractSet[str]) -> Own:
    """A direction under a key of its own. taken: keys that others have."""
    stem = "own:" + (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "direction")
    key = next(k for i in range(1, 10**6) if (k := stem if i == 1 else f"{stem}-{i}") not in taken)
    return Own(key, name, pack_vector(vector.numpy()))


def to_file(owns: tuple[Own, ...], digest: str, receipts: dict[str, dict] | None = None) -> bytes:
    """One safetensors file: vectors by key, names and the model's digest as JSON in its head."""
    vectors = {own.key: torch.from_numpy(own.values()) for own in owns}
    table = {own.key: {"name": own.name, **(receipts or {}).get(own.key, {})} for own in owns}
    return save(vectors, {"model": digest, "directions": json.dumps(table)})


def from_file(content: bytes, digest: str, w_dim: int) -> tuple[Own, ...]:
    """What `to_file` wrote; raises RecipeError on anything else, or on another model's."""
    if len(content) > MOST_FILE_BYTES:
        raise RecipeError(f"directions: the file is larger than {MOST_FILE_BYTES // 10**6} MB")
    try:
        head = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        names = json.loads(head["directions"])
        vectors = load(content)
        owns = [(key, str(names[key]["name"]), vector) for key, vector in vectors.items()]
    except (
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        AttributeError,
    ) as error:
        raise RecipeError(
            "directions: not a file of directions (a .safetensors written by this program)"
        ) from error
    if head.get("model") != digest:
        raise RecipeError(
            f"directions: made with another model ({str(head.get('model'))[:12]}); open that one"
        )
    if len(owns) > MOST["own"]:
        raise RecipeError(f"directions: {len(owns)} are too many; a recipe carries {MOST['own']}")
    if any(tuple(vector.shape) != (w_dim,) for _, _, vector in owns):
        raise RecipeError(f"directions: every vector must have {w_dim} entries")
    return tuple(Own(key, name, pack_vector(v.float().numpy())) for key, name, v in owns)


def as_direction(own: Own) -> Direction:
    """An own direction of a recipe, ready to move along."""
    return Direction(own.key, own.name, "own", torch.from_numpy(own.values()), float("nan"))
