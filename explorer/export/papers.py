"""What lies beside the pictures of a data set: manifest, table, description, README."""

import csv
import io
import json
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import gan
from explorer.export.plan import Group, Plan
from explorer.picture.model import Model
from gan.picture import SYNTHETIC

FORMAT_VERSION = 2
_ABOUT = ("file", "seed", "noise_seed", "class")  # of each picture, in this order


@dataclass(frozen=True)
class Outcome:
    """How a data set came out. found, tried: for each group; wanted: pictures asked for."""

    groups: tuple[Group, ...]
    found: tuple[int, ...]
    tried: tuple[int, ...]
    hopeless: tuple[int, ...]  # numbers of groups that were given up
    bytes: int

    @property
    def wanted(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def count(self) -> int:
        return sum(self.found)

    @property
    def complete(self) -> bool:
        return self.count == self.wanted

    def shortfall(self) -> str:
        """Which groups were given up, in words; empty if none was."""
        return "; ".join(
            f"{self.groups[g].name or 'wanted pictures'}: {self.found[g]} of "
            f"{self.groups[g].count} found among {self.tried[g]:,} tried"
            for g in self.hopeless
        )


def head_of(model: Model, plan: Plan, groups: Iterable[Group]) -> dict:
    """What tells one request from another: JSON."""
    return {
        "format_version": FORMAT_VERSION,
        "model": model.digest,
        **_measured_at(model),
        "plan": plan.to_dict(),
        "groups": [
            {
                "name": group.name, "class_index": group.class_index, "count": group.count,
                "ranges": [[r.column, repr(r.low), repr(r.high)] for r in group.ranges],
            }
            for group in groups
        ],
    }  # fmt: skip


def papers(
    model: Model, plan: Plan, head: dict, outcome: Outcome, notes: Callable[[], Iterator[dict]]
) -> dict[str, Iterable[str]]:
    """The texts of a data set by file name, piece by piece. notes: the pictures' own."""
    return {
        "manifest.jsonl": (json.dumps(note["row"]) + "\n" for note in notes()),
        "manifest.csv": _table(model, notes()),
        "dataset.json": [json.dumps(_description(model, head, outcome), indent=1) + "\n"],
        "README.txt": [_readme(model, plan, outcome)],
    }


def _table(model: Model, notes: Iterator[dict]) -> Iterator[str]:
    """One line for each picture; recipes are in the other manifest."""
    keys = model.library.ruler.keys
    given = [condition_column(model)] if model.scale else []
    yield _csv_line([*_ABOUT, *given, "group", *keys])
    for note in notes:
        row = note["row"]
        measured = [row["measurements"][key] for key in keys]
        start = [row[key] for key in (*_ABOUT, *given, "group")]
        yield _csv_line(["" if x is None else x for x in (*start, *measured)])


def condition_column(model: Model) -> str:
    """What a picture's place on the scale of classes in order is called.

    As the column of the table that the model learned it from, so that the manifest is one to train
    on; "condition_..." where the manifest has such a column already.
    """
    column = model.scale.column
    taken = (*_ABOUT, "group", "recipe", "measurements", *model.library.ruler.keys)
    return f"condition_{column}" if column in taken else column


def _csv_line(values: list) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()


def _description(model: Model, head: dict, outcome: Outcome) -> dict:
    facts, ruler = model.provenance, model.library.ruler
    return {
        "synthetic": True,
        "notice": SYNTHETIC,
        "program": f"StyleGAN2 Brain Explorer {gan.__version__}",
        "model_name": model.name,
        "data_license": facts.get("data_license"),
        "data_source": facts.get("data_source"),
        "resolution": model.config.resolution,
        "channels": model.config.img_channels,
        "pictures": outcome.count,
        "groups": [
            {"name": group.name, "asked": group.count, "found": found, "tried": tried}
            for group, found, tried in zip(
                outcome.groups, outcome.found, outcome.tried, strict=True
            )
        ],
        "measurements": {
            m.key: {"name": m.name, "unit": m.unit, "meaning": m.meaning}
            for m in ruler.measurements
        },
        **_measured_at(model),
        "request": head,
    }  # fmt: skip


def _measured_at(model: Model) -> dict:
    """The pixels of the pictures that are measured, where these are not the model's own."""
    return {"measured_at": model.library.side} if model.library.sketched else {}


def _readme(model: Model, plan: Plan, outcome: Outcome) -> str:
    facts = model.provenance
    license_ = facts.get("data_license") or "not recorded in the model; ask whoever trained it"
    lines = [
        "SYNTHETIC DATA SET",
        "",
        SYNTHETIC,
        "None of the pictures shows a person; all come from the model named below.",
        "",
        f"Pictures: {outcome.count}, {model.config.resolution} x {model.config.resolution}, "
        f"{'grey' if model.config.img_channels == 1 else 'colour'}, {plan.bits} bits, as PNG.",
        f"Model: {model.name}, SHA-256 {model.digest}",
        f"Trained on: {facts.get('data_source') or facts.get('data') or 'not recorded'}",
        f"Licence of the training data: {license_}",
        "",
        "A generative model can reproduce features of the data it was trained on, its faults and",
        "its one-sidedness included. Do not present these pictures as scans of people, and do not",
        "use them for diagnosis or for judging any method without real data beside them. Under the",
        "licence of the training data you may have to name its source when you pass them on.",
        "",
        "Files",
        "  pictures/         the pictures; each carries its recipe in a text field",
        "  manifest.jsonl    for each picture: file, seed, noise_seed, class, group, recipe,",
        "                    measurements; no seed where a place in w or on a journey is the brain",
        "  manifest.csv      the same as a table, without recipes",
        "  dataset.json      the request, the model, units and meanings of the measurements",
        "",
        "A recipe and the model make the same picture again: in Python explorer.render(model,",
        "Recipe.from_dict(recipe)), or drop the PNG on the explorer's page.",
        "Measurements are statistics of one picture, not volumetry; null: could not be measured.",
    ]
    if model.library.told:
        lines += textwrap.wrap(model.library.told, 90)
    if plan.where or plan.balance:
        lines += ["", "Chosen among the model's pictures by rejection, so the set is not a random",
                  "sample of them:"]  # fmt: skip
        lines += [f"  {condition}" for condition in plan.where]
        if plan.balance:
            lines.append(f"  equal numbers from {plan.balance.parts} ranges of {plan.balance.key}")
        lines += [
            f"  {group.name or 'all'}: {found} found among {tried} tried"
            for group, found, tried in zip(
                outcome.groups, outcome.found, outcome.tried, strict=True
            )
        ]
        here = model.scale and not plan.conditions
        lines.append("p80 is the 80th percentile of the model's own random pictures at psi 1"
                     + (f" near this {model.scale.name.lower()}." if here else "."))  # fmt: skip
    if not outcome.complete:
        lines += ["", f"INCOMPLETE: {outcome.shortfall()}. The rest was given up as too rare."]
    return "\n".join(lines) + "\n"
