"""Which slices stand on each side of a comparison: by person, never by slice."""

from collections.abc import Sequence

import numpy as np

_PAIRS = 500
_FEWEST = 5  # slices of a person that make an order


def numbered(subjects: Sequence[str]) -> np.ndarray:
    """People as numbers 0, 1, ...: int64 [N]."""
    return np.unique(np.asarray(subjects), return_inverse=True)[1].astype(np.int64)


def counted(people: np.ndarray) -> int | None:
    """How many people there are; None if every slice seems its own: then it is not known."""
    count = len(np.unique(people))
    return count if count <= len(people) / 2 else None


def known(people: np.ndarray) -> bool:
    """Whether the slices can be grouped by person."""
    return (counted(people) or 0) >= 2


def halves(people: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Places of the slices of two groups of different people, about equally many, shuffled.

    Where people are not known, random halves of the slices.
    """
    if not known(people):
        order = random.permutation(len(people))
        return order[: len(order) // 2], order[len(order) // 2 :]
    sizes = np.bincount(people)
    side = np.empty(len(sizes), np.int64)
    total = [0, 0]
    for person in random.permutation(len(sizes)):
        side[person] = int(total[1] < total[0])
        total[side[person]] += sizes[person]
    order = random.permutation(len(people))
    return tuple(order[side[people[order]] == s] for s in (0, 1))


def levels(
    people: np.ndarray, images: np.ndarray, random: np.random.Generator
) -> np.ndarray | None:
    """Where in its person's stack each slice lies, 0 to 1: [N]; None where the order says nothing.

    Slices come sorted by name, and names usually count the slices; but not always. So it is
    measured: slices at the same place of two people's stacks must be clearly more alike than
    slices at random places. images: uint8 [N, C, R, R].
    """
    sizes = np.bincount(people)
    large = np.flatnonzero(sizes >= _FEWEST)
    if len(large) < 2 or sizes[large].sum() < 0.9 * len(people):
        return None
    order = np.argsort(people, kind="stable")
    rank = np.empty(len(people))
    rank[order] = np.concatenate([np.arange(size) for size in sizes])
    level = rank / np.maximum(sizes[people] - 1, 1)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    same, other = [], []
    for _ in range(_PAIRS):
        one, two = random.choice(large, 2, replace=False)
        a = order[starts[one] + random.integers(sizes[one])]
        b = order[starts[two] + round(level[a] * (sizes[two] - 1))]
        c = order[starts[two] + random.integers(sizes[two])]
        same.append(_distance(images, a, b))
        other.append(_distance(images, a, c))
    return level if np.median(same) < 0.8 * np.median(other) else None


def _distance(images: np.ndarray, a: int, b: int) -> float:
    return float(np.linalg.norm(np.asarray(images[a], np.float64) - images[b]))


def pairs_within_level(
    level: np.ndarray | None, people: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Pairs of different people's slices at about the same level (any, if unknown): [P, 2]."""
    order = random.permutation(len(people))
    if level is not None:
        order = order[np.argsort(level[order], kind="stable")]
    pairs = np.stack([order[:-1], order[1:]], axis=1)
    return pairs[people[pairs[:, 0]] != people[pairs[:, 1]]]
