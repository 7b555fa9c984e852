"""Is it as good everywhere? Figures of each third of a condition, or of a column of a table."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gan.scale import Scale
from train.quality.judge import FEWEST, Group, Judge, compare
from train.quality.neighbours import neighbours
from train.quality.telltales import bright_background, measured_auc

PARTS = 3
_COMPARED = ("precision", "recall", "coverage", "swd", "auc")


def thirds_of_condition(judge: Judge, images: Tensor, places: np.ndarray) -> list[dict]:
    """The main figures in each third of the condition's range, low to high; JSON-able.

    judge: of slices with a scale. images: [N, C, R, R] in -1..1, drawn at these places between the
    classes [N]. In each third real slices and pictures of that third only: {"from", "to", and
    "unit" if there is one; "slices" on each side; "value" of the pictures beside training slices;
    "floor": halves of the training people; "held_out": the same three beside unseen people, None
    where there are too few}. With fewer than 4 slices on a side "value" and "floor" are empty.
    """
    scale = judge.train.scale
    edges = np.linspace(scale.first, scale.last, PARTS + 1)
    drawn, known = (_third_of(labels, scale) for labels in (places, judge.train.labels))
    unseen = _third_of(judge.held_out.labels, scale) if judge.held_out else np.empty(0, int)
    found = []
    for third in range(PARTS):
        halves = [half[known[half] == third] for half in judge.halves]
        fakes = np.flatnonzero(drawn == third)
        n = min(map(len, (*halves, fakes)))
        part = {"from": float(edges[third]), "to": float(edges[third + 1])}
        part |= {"unit": scale.unit} if scale.unit else {}
        part |= {"slices": n, "value": {}, "floor": {}, "held_out": None}
        if n >= FEWEST:
            one, other = (judge.group(judge.train, half[:n]) for half in halves)
            real = judge.group(judge.train, _some(judge, known == third, n))
            fake = judge.fakes(images[fakes[:n]])
            part["value"], part["floor"] = main_figures(real, fake), main_figures(one, other)
            m = min(n, int((unseen == third).sum()))
            if m >= FEWEST:
                people = judge.group(judge.held_out, _some(judge, unseen == third, m))
                part["held_out"] = {
                    "slices": m,
                    "value": main_figures(real.first(m), fake.first(m)),
                    "floor": main_figures(real.first(m), people),
                }
        found.append(part)
    return found


def main_figures(real: Group, other: Group) -> dict[str, float]:
    """The figures that tell most, of two equally large sets; those that cannot be had left out.

    measured_auc and background, of `other`, are for grey pictures only.
    """
    figures = compare(real, other)
    found = {name: figures[name] for name in _COMPARED if name in figures}
    if real.images.shape[1] == 1:
        found["measured_auc"] = measured_auc(real.images, other.images, real.people, other.people)
        found["background"] = bright_background(other.images)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def thirds_of_column(
    judge: Judge, images: Tensor, column: str, numbers: Sequence[np.ndarray]
) -> dict:
    """For which real slices is there a picture nearby? By third of a column, equal counts each.

    images: [N, C, R, R] in -1..1; numbers: float64 of every training slice and, if there are any,
    of every unseen one, NaN where not known; those of the training slices differ. {"column",
    "title", "missing": {"train": slices without a number, "held_out": ...}, "groups": [{"from",
    "to", "train", "held_out"}]}. The last two are {"slices", "value", "floor"}, with "recall" and
    "coverage" in the last two of these, or None where no slice of the group was compared. The
    floor of a training slice: slices of the other half of the people in the pictures' stead; of an
    unseen one: training slices.
    """
    known = numbers[0][np.isfinite(numbers[0])]
    edges = np.quantile(known, np.arange(1, PARTS) / PARTS)
    sides = {"train": _of_train(judge, images)}
    if judge.held_out:
        sides["held_out"] = _of_held_out(judge, images)
    groups = []
    for third in range(PARTS):
        inside = known[np.searchsorted(edges, known, side="right") == third]
        if len(inside):  # many equal numbers may leave one empty
            found = {"from": float(inside.min()), "to": float(inside.max()), "held_out": None}
            for (name, (places, hits)), of_side in zip(sides.items(), numbers, strict=True):
                here = of_side[places]
                member = np.searchsorted(edges, here, side="right") == third
                found[name] = _averaged(hits, member & np.isfinite(here))
            groups.append(found)
    names = ("train", "held_out")[: len(numbers)]
    missing = {k: int(np.isnan(v).sum()) for k, v in zip(names, numbers, strict=True)}
    title = Scale(column, float(known.min()), float(known.max()), 2).title
    return {"column": column, "title": title, "missing": missing, "groups": groups}


def _third_of(places: np.ndarray, scale: Scale) -> np.ndarray:
    """Of places between the classes 0 .. count - 1: int [N]."""
    return np.minimum(np.floor(places / (scale.count - 1) * PARTS), PARTS - 1).astype(int)


def _some(judge: Judge, wanted: np.ndarray, n: int) -> np.ndarray:
    """n of the places where `wanted`, at random and always the same."""
    return np.random.default_rng([judge.seed, 15]).permutation(np.flatnonzero(wanted))[:n]


def _of_train(judge: Judge, images: Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Places of the compared training slices and what was found of each; see `_hits`."""
    n = min(len(images), *map(len, judge.halves))
    halves = [half[:n] for half in judge.halves]
    one, other = (judge.group(judge.train, half) for half in halves)
    fake = judge.fakes(images[:n])
    found = [_hits(one, fake, other), _hits(other, fake, one)]
    return np.concatenate(halves), {k: np.concatenate([f[k] for f in found]) for k in found[0]}


def _of_held_out(judge: Judge, images: Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The same of unseen people's slices; nothing where there are too few."""
    n = min(len(images), len(judge.held_out), len(judge.train))
    if n < FEWEST:
        return np.empty(0, int), {}
    places = _some(judge, np.ones(len(judge.held_out), bool), n)
    others = _some(judge, np.ones(len(judge.train), bool), n)
    unseen, train = judge.group(judge.held_out, places), judge.group(judge.train, others)
    return places, _hits(unseen, judge.fakes(images[:n]), train)


def _hits(real: Group, fake: Group, other: Group) -> dict[str, np.ndarray]:
    """Float [N, 2] of 0 and 1: whether each real slice is recalled and covered.

    "value": by the pictures, "floor": by equally many slices of other people.
    """
    k = min(5, len(real.images) - 1)
    found = {}
    for name, side in (("value", fake), ("floor", other)):
        near = neighbours(real.features, side.features, k)
        found[name] = torch.stack([near.recalled, near.covered], dim=1).numpy().astype(float)
    return found


def _averaged(hits: dict[str, np.ndarray], member: np.ndarray) -> dict | None:
    if not member.any():
        return None
    means = {name: hit[member].mean(axis=0) for name, hit in hits.items()}
    return {"slices": int(member.sum())} | {
        name: {"recall": float(recall), "coverage": float(coverage)}
        for name, (recall, coverage) in means.items()
    }
