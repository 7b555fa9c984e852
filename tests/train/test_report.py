"""The training report: one file, self-contained, several runs in it, honest about gaps."""

import json
import re

import pytest
from PIL import Image

from gan import Generator, ModelConfig
from gan.checkpoint import named_tensors, save_checkpoint
from tests.conftest import TINY
from train.__main__ import main
from train.config import UsageError
from train.report import FRAMES, read_run, read_stats, write_report

FLOORS = {"swd": 10.0, "fd": 4.0, "spectrum_db": 0.2, "coverage": 0.5, "memorised": 0.01}


def make_run(path, grids=4):
    (path / "samples").mkdir(parents=True)
    lines = [
        {"kimg": 10 * i, "seconds": 200 * i, "loss_D": 1.0, "loss_G": 2.0, "r1": 0.1,
         "augment_p": 0.1 * i, "r_t": 0.5}
        for i in range(1, 4)
    ]  # fmt: skip
    (path / "stats.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines) + '{"kim')
    for i in range(grids):
        Image.new("L", (64, 64), i).save(path / "samples" / f"kimg{10 * i:09.2f}.png")
    Image.new("L", (64, 64), 200).save(path / "reals.png")
    generator = Generator(ModelConfig(**TINY))
    options = {"augment": "ada", "ada_target": 0.6, "batch": 16}
    provenance = {"kimg": 30, "seconds": 600, "train": options}
    save_checkpoint(path / "model.safetensors", generator.config, provenance,
                    named_tensors(G_ema=generator))  # fmt: skip
    return path


def judge_run(path, factors=(3, 1, 2)):
    """Quality that is best in the second of three judgements."""
    lines = [
        {"kimg": 10 * (i + 1), "seconds": 200 * (i + 1), "swd": 10 * f, "fd": 4 * f,
         "spectrum_db": 0.2 * f, "coverage": 0.5 / f, "memorised": 0.01}
        for i, f in enumerate(factors)
    ]  # fmt: skip
    (path / "quality.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    floors = {"floors": FLOORS, "samples": 500, "people": {"train": 61, "held_out": 5}}
    (path / "quality-floors.json").write_text(json.dumps(floors))
    return path


@pytest.fixture
def run_folder(tmp_path):
    return make_run(tmp_path / "run")


def charts_of(path):
    text = path.read_text()
    data = re.search(r'id="charts">(.*?)</script>', text, re.DOTALL)[1]
    titles = re.findall(r"<section><h3>(.*?)</h3>", text)
    return dict(zip(titles, json.loads(data), strict=True))


def test_report_is_one_file_that_needs_nothing_else(run_folder, capsys):
    assert main(["report", str(run_folder)]) == 0
    path = run_folder / "report.html"
    text = path.read_text()
    assert capsys.readouterr().out.strip() == str(path)
    assert 'src="http' not in text
    assert "<link" not in text
    assert "synthetic" in text
    assert path.stat().st_size < 3e6
    charts = charts_of(path)
    assert "Losses" in charts
    assert "Path length" not in charts  # there is nothing to draw
    assert "Sliced Wasserstein distance" not in charts
    assert all(re.search(rf'<div class="chart" id="chart{i}" role="img" aria-label="[^"]+"', text)
               for i in range(len(charts)))  # fmt: skip


def test_p_r_t_and_its_target_share_a_chart_with_two_clocks(run_folder):
    traces = {t["name"]: t for t in charts_of(write_report([run_folder]))["Augmentation"]["data"]}
    assert set(traces) == {"augment_p", "r_t", "target of r_t"}
    assert traces["target of r_t"]["y"] == [0.6, 0.6]
    assert traces["r_t"]["meta"] == {"kimg": [10, 20, 30], "hours": [0.0556, 0.1111, 0.1667]}


def test_quality_has_its_floor_and_the_best_is_marked(run_folder):
    judge_run(run_folder)
    path = write_report([run_folder])
    chart = charts_of(path)["Frechet distance"]["data"]
    curve, star, floor = chart
    assert curve["y"] == [12, 4, 8]
    assert (star["x"], star["y"], star["marker"]["symbol"]) == ([20], [4], "star")
    assert (floor["y"], floor["line"]["dash"]) == ([4, 4], "dash")
    assert charts_of(path)["Score"]["data"][0]["y"][1] == pytest.approx(0)
    text = path.read_text()
    assert "20 kimg, score 0.000" in text
    assert "61 training people, 5 it never saw" in text


@pytest.mark.parametrize(
    ("told", "grow", "kept"),
    [
        ((None, 16, 16), "8:10,16", [20, 30]),  # the first is from before it grew
        ((8, 8, 16), "8:20,16", [30]),
        ((None, None, None), "8:40,16", []),  # grown, and not judged since
        ((None, None, None), "", [10, 20, 30]),
        ((16, 16, 16), "", [10, 20, 30]),
    ],
)
def test_quality_of_another_resolution_is_left_out(run_folder, told, grow, kept):
    judge_run(run_folder, factors=(1, 3, 2))
    path = run_folder / "quality.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line, resolution in zip(lines, told, strict=True):
        line |= {} if resolution is None else {"resolution": resolution}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    generator = Generator(ModelConfig(**TINY))
    save_checkpoint(run_folder / "model.safetensors", generator.config, {"train": {"grow": grow}},
                    named_tensors(G_ema=generator))  # fmt: skip
    run = read_run(run_folder, "run", "#000000")
    assert [line["kimg"] for line in run.quality] == kept
    best = {3: 10, 2: 30, 1: 30}.get(len(kept))
    assert (run.best and run.best["kimg"]) == best


def test_several_runs_share_charts_in_colours_of_their_own(run_folder, tmp_path):
    other = judge_run(make_run(tmp_path / "other"))
    out = tmp_path / "both.html"
    assert main(["report", str(judge_run(run_folder)), str(other), "--out", str(out)]) == 0
    curves = [t for t in charts_of(out)["Losses"]["data"] if "loss_D" in t["name"]]
    assert [t["name"] for t in curves] == ["run: loss_D", "other: loss_D"]
    assert len({t["line"]["color"] for t in curves}) == 2
    stars = [t for t in charts_of(out)["Score"]["data"] if t["mode"] == "markers"]
    assert len({t["marker"]["color"] for t in stars}) == 2
    text = out.read_text()
    assert text.count('class="film"') == 2
    assert "batch 16" not in text  # the same in both
    with pytest.raises(UsageError, match="at most 6"):
        write_report([run_folder] * 7)


def test_real_slices_can_be_left_out(run_folder):
    assert "Real training slices" in write_report([run_folder]).read_text()
    assert main(["report", str(run_folder), "--no-real"]) == 0
    assert "Real training slices" not in (run_folder / "report.html").read_text()


def test_filmstrip_is_bounded_and_ends_with_the_last_grid(tmp_path):
    text = write_report([make_run(tmp_path / "long", grids=100)]).read_text()
    film = re.search(r'<div class="film">.*?<script type="application/json">(.*?)</script>', text)
    frames = json.loads(film[1])
    assert len(frames) <= FRAMES + 1
    assert (frames[0]["kimg"], frames[-1]["kimg"]) == ("0", "990")


def test_speed_comes_from_the_clock(run_folder):
    stats = read_stats(run_folder / "stats.jsonl")
    assert [line["images_per_second"] for line in stats] == [50] * 3


def test_names_cannot_break_out_of_the_page(run_folder):
    evil = judge_run(run_folder).rename(run_folder.with_name("<script>alert(1)<!--"))
    text = write_report([evil]).read_text()
    assert "<script>alert(1)" not in text
    assert "<!--" not in text


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"floors": {}}'])
def test_broken_files_leave_gaps_not_tracebacks(run_folder, content):
    judge_run(run_folder)
    (run_folder / "quality-floors.json").write_text(content)
    (run_folder / "model.safetensors").write_text(content)
    with open(run_folder / "quality.jsonl", "a") as file:
        file.write('[]\n{"kimg": "x"}\n{"kimg": 40}\nnull\n')
    for name in ("kimgx.png", "kimg7.png"):
        (run_folder / "samples" / name).write_text("")
    run = read_run(run_folder, "run", "#000000")
    assert len(run.quality) == 4
    assert "Frechet distance" in charts_of(write_report([run_folder]))


def test_what_is_no_training_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no stats\.jsonl"):
        write_report([tmp_path])


def test_several_runs_need_a_file_to_write(run_folder, tmp_path, capsys):
    other = make_run(tmp_path / "other")
    assert main(["report", str(run_folder), str(other)]) == 2
    assert "say with --out which file to write" in capsys.readouterr().err
    assert not (run_folder / "report.html").exists()
