"""python -m train report RUN: one HTML file that shows how a training went, without a network."""

import argparse
import base64
import html
import io
import json
from pathlib import Path
from string import Template

import plotly.graph_objects as go
from PIL import Image

from gan.checkpoint import load_checkpoint, write_atomic
from train.config import UsageError

# Title, what it says, and the statistics it draws.
CHARTS = (
    ("Losses", "Two players in balance: neither falls to zero.", ("loss_D", "loss_G")),
    ("Verdicts", "The discriminator's mean logit: real above, generated below. Apart for good "
     "means the discriminator has won.", ("real_logit", "fake_logit")),
    ("R1 penalty", "How steep the discriminator is around real slices.", ("r1",)),
    ("Path length", "How far a picture moves for a unit step in w; steady is good.",
     ("path_length",)),
    ("Augmentation", "p: how much is transformed. r_t: how well the training slices are known by "
     "heart.", ("augment_p", "r_t")),
    ("Speed", "Images per second.", ("images_per_second",)),
)  # fmt: skip
FRAMES = 40  # of the filmstrip, at most

_TEMPLATE = Path(__file__).parent / "report.html"


def main(argv: list[str]) -> None:
    """Write RUN/report.html."""
    parser = argparse.ArgumentParser(
        prog="python -m train report", description="One HTML file on how a training went."
    )
    parser.add_argument("run", type=Path, help="folder of a training")
    path = write_report(parser.parse_args(argv).run)
    print(path)


def write_report(run: Path) -> Path:
    """Build RUN/report.html from the files of a training; raises UsageError if it is none."""
    if not (run / "stats.jsonl").is_file():
        raise UsageError(f"{run}: no stats.jsonl; give the --out folder of a training")
    stats = read_stats(run / "stats.jsonl")
    frames = _frames(run / "samples")
    title = f"Training report: {run.resolve().name}"
    page = Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        plotly=_plotly_source(),
        facts=_facts(run),
        reals=_reals(run / "reals.png"),
        charts="".join(_charts(stats)),
        # "</" would end the script wherever it stands.
        frames=json.dumps(frames).replace("</", "<\\/"),
        last=max(len(frames) - 1, 0),
    )
    path = run / "report.html"
    write_atomic(path, page.encode())
    return path


def read_stats(path: Path) -> list[dict]:
    """The lines of stats.jsonl, each with its images per second; broken lines are left out."""
    lines = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    before = {"kimg": 0, "seconds": 0}
    for line in lines:
        seconds = line.get("seconds", 0) - before["seconds"]
        if seconds > 0:
            line["images_per_second"] = 1000 * (line["kimg"] - before["kimg"]) / seconds
        before = {"kimg": line["kimg"], "seconds": line.get("seconds", 0)}
    return lines


def _plotly_source() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def _charts(stats: list[dict]):
    for title, meaning, names in CHARTS:
        figure = go.Figure()
        for name in names:
            points = [(line["kimg"], line[name]) for line in stats if name in line]
            if points:
                x, y = zip(*points, strict=True)
                figure.add_scatter(x=x, y=y, name=name, mode="lines+markers")
        if not figure.data:
            continue
        figure.update_layout(
            height=260, margin={"l": 50, "r": 10, "t": 10, "b": 40}, template="plotly_white",
            xaxis_title="thousand images shown", legend={"orientation": "h", "y": 1.15},
            showlegend=len(names) > 1, yaxis_rangemode="tozero",
        )  # fmt: skip
        body = figure.to_html(full_html=False, include_plotlyjs=False, config={"responsive": True})
        yield f"<section><h2>{title}</h2><p>{meaning}</p>{body}</section>"


def _frames(folder: Path) -> list[dict]:
    """Evenly spaced sample grids, small: [{"kimg": ..., "src": data URI}]."""
    grids = sorted(folder.glob("kimg*.png"), key=_kimg)
    step = max(1, -(-len(grids) // FRAMES))
    chosen = [*grids[::step], *grids[-1:]] if (len(grids) - 1) % step else grids[::step]
    return [{"kimg": f"{_kimg(path):g}", "src": _small(path)} for path in chosen]


def _kimg(path: Path) -> float:
    return float(path.stem.removeprefix("kimg"))


def _small(path: Path) -> str:
    """The upper half of a grid as a compact data URI."""
    picture = Image.open(path)
    picture = picture.crop((0, 0, picture.width, picture.height // 2))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=85)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _reals(path: Path) -> str:
    if not path.is_file():
        return ""
    return f'<div><img src="{_small(path)}" alt="Real training slices">Real training slices</div>'


def _facts(run: Path) -> str:
    """Where the model comes from, from its checkpoint."""
    path = run / "model.safetensors"
    if not path.is_file():
        return ""
    facts = load_checkpoint(path).provenance
    hours = facts.get("seconds", 0) / 3600
    rows = {
        "data": f"{facts.get('data')}, {facts.get('data_images')} slices",
        "licence": facts.get("data_license"),
        "source": facts.get("data_source"),
        "shown": f"{facts.get('kimg', 0):g} thousand images in {hours:.2f} hours",
        "computed on": f"{facts.get('device')}, {facts.get('precision')}, "
        f"{facts.get('threads')} threads, torch {facts.get('torch_version')}",
        "options": ", ".join(f"{k} {v}" for k, v in facts.get("train", {}).items() if v != ""),
        "program": facts.get("code_version"),
    }
    return "".join(
        f"<tr><td>{name}</td><td>{html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
        if value
    )
