"""Synthetic data sets: many pictures in one zip, each with its recipe and measurements."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from explorer.export.archive import Archive, read_entry
from explorer.export.papers import Outcome, condition_column, head_of, papers
from explorer.export.plan import Group, Plan, groups_of
from explorer.export.sampler import Sampler
from explorer.picture.latents import condition_of
from explorer.picture.model import Model
from explorer.picture.render import quantise, synthesise_now
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from gan.incremental import Choice, remembering
from gan.picture import png_bytes


@dataclass(frozen=True)
class Progress:
    """found, count: pictures there and wanted; tried: candidates; bytes: of the file so far."""

    found: int
    count: int
    tried: int
    bytes: int


@dataclass(frozen=True)
class Shot:
    """A candidate with all that is known of it. picture: uint8 or uint16; row: measurements [K]."""

    number: int
    recipe: Recipe
    picture: np.ndarray
    row: np.ndarray


def write_dataset(
    model: Model,
    plan: Plan,
    path: str | Path,
    report: Callable[[Progress], None] | None = None,
    overwrite: bool = False,
) -> Outcome:
    """Write a data set, or go on with one that was interrupted, until it is whole.

    Pictures are those of `explorer.render` for the recipes of the manifest, bit for bit (at 8
    bits). The same plan and model give the same file. It grows as PATH.part and appears under its
    name when it is done; a plan that turns out hopeless ends with the pictures found, and says so.
    report: told after every few pictures; what it raises ends the work, which the same call takes
    up again. Memory does not grow with the pictures, but for a line of the directory for each.

    Raises RecipeError if the plan does not suit the model, nothing is found at all, or the path is
    taken by anything but this very data set; StillComputing if the population is needed and not
    yet measured; OSError if the disk refuses.
    """
    path = Path(path)
    groups = groups_of(model, plan)
    plan = replace(plan, base=replace(plan.base, model=model.digest[:12]))
    head = head_of(model, plan, groups)
    sampler = Sampler(plan, groups, chunk_size(model))
    if path.exists() and not overwrite:
        return _already_there(path, head, groups)
    with Archive(path, head, overwrite) as archive:
        _fill(model, plan, sampler, archive, report)
        outcome = _outcome(sampler, archive.size)
        if not outcome.count:
            archive.discard()
            raise RecipeError(f"where: {outcome.shortfall()}; ask for less, or raise psi")
        archive.finish(papers(model, plan, head, outcome, archive.notes))
    return replace(outcome, bytes=path.stat().st_size)


def _fill(
    model: Model,
    plan: Plan,
    sampler: Sampler,
    archive: Archive,
    report: Callable[[Progress], None] | None,
) -> None:
    """Draw candidates until the groups are full or given up."""
    before = {note["number"]: note["group"] for note in archive.notes()}  # of an earlier run
    last = max(before, default=-1)
    while numbers := sampler.chunk():
        if numbers[-1] <= last:
            for number in numbers:
                sampler.keep(number, _same(sampler, before.get(number)))
            continue
        for shot in shoot(model, plan, numbers):
            taker = sampler.keep(shot.number, lambda group, row=shot.row: group.fits(row))
            if taker is not None and shot.number > last:
                group = sampler.groups[taker]
                name = f"pictures/{_folder(model, group)}{archive.count + 1:06d}.png"
                row = _manifest_row(model, name, shot, group)
                archive.add(name, shot_png(model, shot), {"number": shot.number, "group": taker,
                                                      "row": row})  # fmt: skip
        if report:
            report(Progress(sum(sampler.found), plan.count, sampler.drawn, archive.size))


def _same(sampler: Sampler, taker: int | None) -> Callable[[Group], bool]:
    """As an earlier run has judged."""
    return lambda group: taker is not None and sampler.groups[taker] is group


def shoot(model: Model, plan: Plan, numbers: list[int]) -> list[Shot]:
    """Make and measure candidates, in turns that nobody else needs."""
    # The users' feature maps stay where they are: nothing here is asked for twice, but for the
    # smaller picture on which a large network is measured.
    small, synthesis = model.small, model.synthesis.fast
    alone = replace(model, synthesis=remembering(synthesis) if small else synthesis)
    recipes = [plan.candidate(number) for number in numbers]

    def made(choose: Choice | None = None) -> list[Tensor]:
        return [
            model.turns.take_idle(lambda recipe=recipe: synthesise_now(alone, recipe, choose))
            for recipe in recipes
        ]

    images = made()
    eight = np.stack([quantise(image, 8) for image in images])
    measured = np.stack([quantise(image, 8) for image in made(small)]) if small else eight
    table = model.turns.take_idle(lambda: model.library.ruler.measure(measured))
    pictures = eight if plan.bits == 8 else [quantise(image, 16) for image in images]
    return [Shot(*each) for each in zip(numbers, recipes, pictures, table, strict=True)]


def chunk_size(model: Model) -> int:
    """Pictures measured together: a turn stays short at every size."""
    return max(1, min(8, 2**16 // model.config.resolution**2))


def shot_png(model: Model, shot: Shot) -> bytes:
    """A candidate's picture as the data set holds it."""
    text = json.dumps(shot.recipe.compact(), separators=(",", ":"))
    return png_bytes(shot.picture, recipe=text, model=model.digest)


def _manifest_row(model: Model, name: str, shot: Shot, group: Group) -> dict:
    index = shot.recipe.class_index
    noisy = shot.recipe.noise.seed
    return {
        "file": name,
        "seed": shot.recipe.seed if shot.recipe.shows_seed() else None,
        "noise_seed": noisy if shot.recipe.noise.mode == "random" else None,
        "class": model.classes[index or 0] if model.classes else None,
        **({condition_column(model): condition_of(model, shot.recipe)} if model.scale else {}),
        "group": group.name,
        "recipe": shot.recipe.compact(),
        "measurements": {
            key: float(f"{x:.6g}") if np.isfinite(x) else None
            for key, x in zip(model.library.ruler.keys, shot.row, strict=True)
        },
    }


def _folder(model: Model, group: Group) -> str:
    """Classes have folders, so that the set can be trained on with --labels folders."""
    if group.class_index is None:
        return ""
    name = model.classes[group.class_index]
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return f"{plain}/" if plain == name else f"{plain}_{group.class_index}/"


def _outcome(sampler: Sampler, size: int) -> Outcome:
    return Outcome(
        tuple(sampler.groups), tuple(sampler.found), tuple(sampler.tried),
        tuple(sampler.hopeless), size,
    )  # fmt: skip


def _already_there(path: Path, head: dict, groups: list[Group]) -> Outcome:
    """The outcome of this very data set, finished earlier; else RecipeError."""
    content = read_entry(path, "dataset.json")
    try:
        values = json.loads(content or b"null")
        same = values["request"] == json.loads(json.dumps(head))
        found, tried = ([g[k] for g in values["groups"]] for k in ("found", "tried"))
    except (ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise RecipeError(
            f"{path}: already there, and not this data set; choose another name, or give "
            "--overwrite"
        )
    path.with_name(path.name + ".journal").unlink(missing_ok=True)
    short = tuple(g for g, group in enumerate(groups) if found[g] < group.count)
    return Outcome(tuple(groups), tuple(found), tuple(tried), short, path.stat().st_size)
