"""python -m train report RUN...: one HTML file that shows how trainings went, without a network."""

import argparse
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from gan.checkpoint import CheckpointError, load_checkpoint, write_atomic
from gan.shell import COLOURS, Page, escape, picture_uri, script_json
from train.config import UsageError
from train.log import Log
from train.progress import quality_charts, training_charts
from train.quality.score import score

FRAMES = 40  # of a filmstrip, at most
_GRID = re.compile(r"kimg(\d+(?:\.\d+)?)\.png")


@dataclass(frozen=True)
class Run:
    """What a training left behind: its lines of stats and quality, and what its floors are."""

    path: Path
    name: str
    colour: str
    stats: list[dict]
    quality: list[dict]
    floors: dict
    facts: dict
    ada_target: float | None

    @property
    def best(self) -> dict | None:
        """The line of quality.jsonl with the lowest score."""
        scored = [line for line in self.quality if math.isfinite(line["score"])]
        return min(scored, key=lambda line: line["score"], default=None)


def main(argv: list[str]) -> None:
    """Write RUN/report.html, or one file on several runs."""
    parser = argparse.ArgumentParser(
        prog="python -m train report",
        description="One HTML file on how a training went; several are drawn into the same charts.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a training")
    parser.add_argument(
        "--out", type=Path, metavar="FILE",
        help="the file to write (default: report.html in the run; needed for several)",
    )  # fmt: skip
    parser.add_argument("--no-real", action="store_true",
                        help="show no real slice, so that the file can be published")  # fmt: skip
    args = parser.parse_args(argv)
    print(write_report(args.runs, args.out, reals=not args.no_real))


def write_report(runs: list[Path], out: Path | None = None, reals: bool = True) -> Path:
    """Build the report from the files of the trainings; raises UsageError if one is none."""
    if len(runs) > len(COLOURS):
        raise UsageError(f"{len(runs)} runs: at most {len(COLOURS)} can be told apart")
    if len(runs) > 1 and out is None:
        raise UsageError("several runs: say with --out which file to write")
    names = [run.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run) for run in runs]
    found = [
        read_run(run, name, colour) for run, name, colour in zip(runs, names, COLOURS, strict=False)
    ]
    page = Page(f"Training report: {', '.join(names)}")
    page.add(_table_of_facts(found))
    page.add("<h2>The same random inputs over the training</h2>")
    for run in found:
        page.add(_film(run, reals))
    page.add(
        "<fieldset><legend>Along the charts</legend>"
        '<label><input type="radio" name="clock" value="kimg" checked> thousand images</label>'
        '<label><input type="radio" name="clock" value="hours"> hours</label></fieldset>'
    )
    if charts := quality_charts(found):
        page.add("<h2>Quality</h2>" + _about_quality(found))
        page.add_charts(charts)
    page.add("<h2>Training</h2>")
    page.add_charts(training_charts(found))
    path = out or runs[0] / "report.html"
    write_atomic(path, page.render().encode())
    return path


def read_run(path: Path, name: str, colour: str) -> Run:
    """The files of one training; raises UsageError if it is none."""
    if not (path / "stats.jsonl").is_file():
        raise UsageError(f"{path}: no stats.jsonl; give the --out folder of a training")
    floors = _read_json(path / "quality-floors.json")
    provenance, resolution = _model(path / "model.safetensors")
    options = provenance.get("train", {})
    # Lines of a network that grew tell their resolution, but for those from before. Of another
    # resolution than the model's they have other floors.
    before = None if options.get("grow") else resolution
    quality = [
        line | {"score": score(line, floors.get("floors", {}))}
        for line in Log(path / "quality.jsonl").lines()
        if resolution is None or line.get("resolution", before) == resolution
    ]
    target = options.get("ada_target") if options.get("augment") == "ada" else None
    stats = read_stats(path / "stats.jsonl")
    return Run(path, name, colour, stats, quality, floors, _facts(provenance), target)


def read_stats(path: Path) -> list[dict]:
    """The lines of stats.jsonl, each with its images per second."""
    lines = Log(path).lines()
    before = {"kimg": 0, "seconds": 0}
    for line in lines:
        seconds = line.get("seconds", 0) - before["seconds"]
        if seconds > 0:
            line["images_per_second"] = 1000 * (line["kimg"] - before["kimg"]) / seconds
        before = {"kimg": line["kimg"], "seconds": line.get("seconds", 0)}
    return lines


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _model(path: Path) -> tuple[dict, int | None]:
    """Where a model comes from and its resolution; nothing where it cannot be read."""
    try:
        checkpoint = load_checkpoint(path)
    except CheckpointError:
        return {}, None
    return checkpoint.provenance, checkpoint.config.resolution


def _facts(facts: dict) -> dict[str, str]:
    """Where the model comes from, as its checkpoint tells; only what is known."""
    if not facts:
        return {}
    seconds, images = facts.get("seconds", 0), facts.get("data_images")
    rows = {
        "data": f"{facts.get('data')}, {images} slices" if images else facts.get("data"),
        "licence": facts.get("data_license"),
        "source": facts.get("data_source"),
        "shown": f"{facts.get('kimg', 0):g} thousand images in {seconds / 3600:.2f} hours",
        "computed on": f"{facts.get('device')}, {facts.get('precision')}, "
        f"{facts.get('threads')} threads, torch {facts.get('torch_version')}",
        "options": ", ".join(
            f"{k} {v}" for k, v in facts.get("train", {}).items() if v not in ("", None)
        ),
        "program": facts.get("code_version"),
    }
    return {name: str(value) for name, value in rows.items() if value}


def _table_of_facts(runs: list[Run]) -> str:
    """A column for each run; of several, only the options that differ."""
    same = _same_options(runs) if len(runs) > 1 else set()
    lines = []
    if len(runs) > 1:
        heads = "".join(
            f'<th><span class="swatch" style="background:{run.colour}"></span>'
            f"{escape(run.name)}</th>" for run in runs
        )  # fmt: skip
        lines.append(f"<tr><th></th>{heads}</tr>")
    for row in dict.fromkeys(name for run in runs for name in run.facts):
        cells = []
        for run in runs:
            value = run.facts.get(row, "")
            if row == "options":
                value = ", ".join(o for o in value.split(", ") if o not in same)
            cells.append(f"<td>{escape(value)}</td>")
        lines.append(f"<tr><td>{row}</td>{''.join(cells)}</tr>")
    if any(run.best for run in runs):
        best = "".join(f"<td>{_best(run)}</td>" for run in runs)
        lines.append(f"<tr><td>best so far</td>{best}</tr>")
    return f'<div class="wide"><table class="facts">{"".join(lines)}</table></div>'


def _best(run: Run) -> str:
    return f"{run.best['kimg']:g} kimg, score {run.best['score']:.3f}" if run.best else "–"


def _same_options(runs: list[Run]) -> set[str]:
    return set.intersection(*(set(run.facts.get("options", "").split(", ")) for run in runs))


def _about_quality(runs: list[Run]) -> str:
    lines = [
        "Dashed: the floor, the same figure between real slices of different people. "
        "Star: the best checkpoint by the score."
    ]
    for run in runs:
        if people := run.floors.get("people"):
            held_out = people.get("held_out")
            lines.append(
                f"{run.name}: {run.floors.get('samples')} pictures on each side; "
                f"{people.get('train') or 'unknown'} training people"
                + (f", {held_out} it never saw." if held_out else ".")
            )
    return "".join(f'<p class="soft">{escape(line)}</p>' for line in lines)


def _film(run: Run, reals: bool) -> str:
    """The sample grids of a run under a slider, the real slices beside them."""
    frames = _frames(run.path / "samples")
    if not frames:
        return ""
    last, number = len(frames) - 1, f"moment-{run.colour[1:]}"
    real = run.path / "reals.png"
    beside = ""
    if reals and (source := _upper_half(real)):
        beside = (
            f'<div><img src="{source}" alt="Real training slices">'
            "<strong>Real</strong> training slices</div>"
        )
    return (
        f'<div class="strip"><div class="film"><h3>{escape(run.name)}</h3>'
        f'<img src="{frames[-1]["src"]}" alt="Generated slices of {escape(run.name)} at the chosen '
        f'moment"><label for="{number}">Moment: <output>{frames[-1]["kimg"]}</output> thousand '
        f'images</label><br><input type="range" id="{number}" min="0" max="{last}" value="{last}">'
        f'<script type="application/json">{script_json(frames)}</script></div>{beside}</div>'
    )


def _frames(folder: Path) -> list[dict]:
    """Evenly spaced sample grids, small: [{"kimg": ..., "src": data URI}]."""
    grids = sorted((float(name[1]), path) for path in folder.glob("kimg*.png")
                   if (name := _GRID.fullmatch(path.name)))  # fmt: skip
    step = max(1, -(-len(grids) // FRAMES))
    chosen = [*grids[::step], *grids[-1:]] if (len(grids) - 1) % step else grids[::step]
    frames = [{"kimg": f"{kimg:g}", "src": _upper_half(path)} for kimg, path in chosen]
    return [frame for frame in frames if frame["src"]]


def _upper_half(path: Path) -> str:
    """The upper half of a grid as a compact data URI; empty if the file cannot be read."""
    try:
        picture = Image.open(path)
        return picture_uri(picture.crop((0, 0, picture.width, picture.height // 2)))
    except (OSError, ValueError, SyntaxError):
        return ""
