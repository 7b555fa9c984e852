"""python -m train inspect DATA: what is in there, what is wrong with it, how to train on it."""

import argparse
import json
import shlex
import sys
from dataclasses import fields, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from gan.checkpoint import write_atomic
from gan.picture import png_bytes
from gan.scans.levels import PERCENTILES
from train.config import PRESETS, add_data_options, data_config
from train.data.decode import Decoder
from train.data.files import open_source
from train.data.items import View
from train.data.options import DataConfig
from train.data.plan import make_plan
from train.data.splits import SPLITS, told_drawn
from train.data.survey import FEW_PEOPLE, TILE, Survey
from train.usage import UsageError, check_outside, flag
from train.usage import people as counted

_TILE, _CAPTION, _COLUMNS = TILE + 2, 14, 8
_DEEP = (
    f"more than 8 bits: grey scale from the background to the {PERCENTILES[1]:g}th percentile of "
    "a person or volume, never of a slice"
)
_CUT_AT = 128  # pixels of a slice of a volume, for looking at
_GIVEN = {"skip_broken", "fit", "cache"}  # options that the suggestion decides or leaves out


def main(argv: list[str]) -> None:
    """Print what was found; write the contact sheet and the names of broken files."""
    parser = argparse.ArgumentParser(
        prog="python -m train inspect",
        description="Look at data before training on it: what is found, whose it is, what is "
        "suspicious. Reads every file, changes none.",
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="a folder, a zip or a file")
    parser.add_argument(
        "--out",
        type=Path,
        help="folder for the contact sheet, of real slices (default inspection/NAME)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    add_data_options(parser)
    arguments = vars(parser.parse_args(argv))
    config = data_config(arguments)
    data = arguments["data"]
    out = arguments["out"] or Path("inspection") / data.resolve().name.split(".")[0]
    check_outside("out", out, data)
    survey = look(data, config)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}; give another folder") from error
    sheet = out / "contact-sheet.png"
    write_atomic(sheet, png_bytes(contact_sheet(survey), "Real slices, as training sees them."))
    facts = {
        "data": str(data),
        **facts_of(survey),
        "warnings": survey.warnings(),
        "contact_sheet": str(sheet),
        "suggestion": suggestion(data, survey, config),
    }
    if survey.broken:
        names = "".join(f"{name}: {reason}\n" for name, reason in survey.broken)
        write_atomic(out / "broken.txt", names.encode("utf-8", "replace"))
        facts["broken_names"] = str(out / "broken.txt")
    print(json.dumps(facts, indent=1) if arguments["json"] else "\n".join(_lines(facts)))


def look(data: Path, config: DataConfig) -> Survey:
    """Read everything once. Raises UsageError where there is nothing to look at."""
    source = open_source(data)
    lenient = replace(config, skip_broken=True, allow_shared_subjects=True)
    plan = make_plan(source, lenient)
    survey = Survey(plan, Decoder(source, plan, View(_CUT_AT, 3, config.cut), lenient))
    survey.run()
    if not len(survey):
        name, reason = survey.broken[0]
        raise UsageError(f"--data {data}: every file is broken, e.g. {name}: {reason}")
    return survey


def facts_of(survey: Survey) -> dict:
    """Everything counted, as JSON would have it."""
    counts = sorted(survey.slices_of.values())
    people = sorted(survey.slices_of)
    return {
        "slices": len(survey),
        "files": dict(survey.kinds.most_common()),
        "sizes": {f"{w}x{h}": n for (w, h), n in survey.sizes.most_common()},
        "voxels": dict(survey.voxels.most_common()),
        "depth": _DEEP if survey.decoder.deep or survey.voxels else "8 bits",
        "colour": survey.colour.count,
        "people": len(people) if survey.plan.known else None,
        "people_by": survey.plan.rule,
        "people_examples": people[:3],
        "slices_per_person": [counts[0], median(counts), counts[-1]],
        "classes": {k: n for k, n in sorted(survey.classes.items()) if k is not None}
        if survey.plan.classes and not survey.plan.scale
        else {},
        "scale": survey.plan.scale.to_dict() if survey.plan.scale else None,
        "splits": {
            split: {"slices": survey.slices_in[split], "people": len(survey.people_in[split])}
            for split in SPLITS
            if survey.slices_in[split]
        },
        "notes": [
            *survey.plan.notes,
            *([told_drawn(survey.people_in)] if survey.plan.drawn else []),
            *survey.decoder.source.told(),
        ],
        "broken": [f"{name}: {reason}" for name, reason in survey.broken[:5]],
        "blockiness": None if np.isnan(survey.blockiness()) else round(survey.blockiness(), 3),
    }


def _lines(facts: dict) -> list[str]:
    """The same for people, a line each."""
    low, middle, high = facts["slices_per_person"]
    known = facts["people"] is not None
    people = ", ".join(facts["people_examples"]) + (", ..." if facts["people"] != 3 else "")
    whose = f"{facts['people_by']}: {people}" if known else facts["people_by"]
    lines = [
        ("data", f"{facts['data']}: {facts['slices']} slices"),
        ("files", _joined(facts["files"])),
        ("sizes", _joined(facts["sizes"])),
        ("volumes", _joined(facts["voxels"])),
        ("depth", facts["depth"] + (f"; {facts['colour']} in colour" if facts["colour"] else "")),
        ("people", f"{facts['people'] if known else 'not known'}; {whose}"),
        ("", f"{_range(low, middle, high)} slices each" if known else ""),
        ("classes", _classes(facts)),
    ]
    for name, part in facts["splits"].items():
        whose = f" of {counted(part['people'])}" if known else ""
        lines.append(("split", f"{name}: {part['slices']} slices{whose}"))
    for name, key in (("note", "notes"), ("broken", "broken"), ("warning", "warnings")):
        lines += [(name, line) for line in facts[key]]
    lines += [("names", facts.get("broken_names")), ("sheet", facts["contact_sheet"])]
    lines += [("train", facts["suggestion"])]
    return [f"{name:8}  {text}" for name, text in lines if text]


def _classes(facts: dict) -> str:
    scale = facts["scale"]
    if scale:
        return "{count} in order, {column} {first:g} to {last:g}".format(**scale)
    return _joined(facts["classes"]) or "none asked for; see --labels"


def _range(low: int, middle: float, high: int) -> str:
    return str(low) if low == high else f"{low} to {high} (median {middle:g})"


def python_command() -> str:
    """The interpreter that runs this, as one would type it here."""
    python = Path(sys.executable)
    here = Path.cwd()
    return str(python.relative_to(here)) if python.is_relative_to(here) else python.name


def _joined(counts: dict) -> str:
    return ", ".join(
        [f"{n} {what}" for what, n in counts.items()][:5] + ["..."] * (len(counts) > 5)
    )


def suggestion(data: Path, survey: Survey, config: DataConfig) -> str:
    """The command that trains on this data, on this machine."""
    side = min((min(size) for size in survey.sizes), default=_CUT_AT)
    place = "gpu" if torch.cuda.is_available() else "cpu"
    fitting = [n for n in PRESETS if n.startswith(place) and int(n[3:]) <= max(side, 128)]
    preset = fitting[-1] if place == "gpu" else fitting[0]
    words = ["--data", str(data), "--out", f"runs/{data.resolve().name.split('.')[0]}"]
    words += ["--preset", preset]
    if survey.colour.count > len(survey) / 2:
        words += ["--img-channels", "3"]
    if config.fit != "refuse" or any(w != h for w, h in survey.sizes) or len(survey.sizes) > 1:
        words += ["--fit", config.fit if config.fit != "refuse" else "pad"]
    if survey.broken:
        words.append("--skip-broken")
    if survey.plan.known and len(survey.slices_of) < 5 * FEW_PEOPLE:
        words += ["--augment", "ada"]
    for option in fields(DataConfig):
        value = getattr(config, option.name)
        if option.name in _GIVEN or value == option.default:
            continue
        words += [flag(option.name)] if value is True else [flag(option.name), str(value)]
    return f"{python_command()} -m train " + shlex.join(words)


def contact_sheet(survey: Survey) -> np.ndarray:
    """Slices spread over people, each with its person and class: uint8 [H, W, 3]."""
    shown = survey.tiles()
    rows = -(-len(shown) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE, rows * (_TILE + _CAPTION)), "black")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    for i, (frame, entry) in enumerate(shown):
        x, y = i % _COLUMNS * _TILE, i // _COLUMNS * (_TILE + _CAPTION)
        sheet.paste(Image.fromarray(frame), (x, y))
        words = entry.subject if entry.label is None else f"{entry.label} {entry.subject}"
        draw.text((x + 2, y + _TILE), words[-20:], fill="white", font=font)
    return np.asarray(sheet)
