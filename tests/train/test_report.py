"""The training report: one file, self-contained, and honest about what is missing."""

import json

import pytest
from PIL import Image

from train.__main__ import main
from train.config import UsageError
from train.report import FRAMES, read_stats, write_report


@pytest.fixture
def run_folder(tmp_path):
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    lines = [
        {"kimg": 10 * i, "seconds": 200 * i, "loss_D": 1.0, "loss_G": 2.0, "r1": 0.1}
        for i in range(1, 4)
    ]
    (run / "stats.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines) + '{"kim')
    for i in range(0, 100):
        Image.new("L", (64, 64), i).save(run / "samples" / f"kimg{10 * i:09.2f}.png")
    return run


def test_report_is_one_file_that_needs_nothing_else(run_folder, capsys):
    assert main(["report", str(run_folder)]) == 0
    text = (run_folder / "report.html").read_text()
    assert capsys.readouterr().out.strip() == str(run_folder / "report.html")
    page = text.replace(text[text.index("<script>") : text.index("</script>")], "")
    assert 'src="http' not in page
    assert "<link" not in page
    assert "synthetic" in page
    assert "Losses" in page
    assert "R1 penalty" in page
    assert "Path length" not in page  # there is nothing to draw


def test_filmstrip_is_bounded_and_ends_with_the_last_grid(run_folder):
    text = write_report(run_folder).read_text()
    frames = json.loads(text.split("const frames = ")[1].split(";\n")[0])
    assert len(frames) <= FRAMES + 1
    assert (frames[0]["kimg"], frames[-1]["kimg"]) == ("0", "990")


def test_speed_comes_from_the_clock(run_folder):
    assert [line["images_per_second"] for line in read_stats(run_folder / "stats.jsonl")] == [
        50
    ] * 3


def test_names_cannot_break_out_of_the_page(run_folder):
    evil = run_folder.with_name("<script>alert(1)")
    run_folder.rename(evil)
    assert "<script>alert(1)" not in write_report(evil).read_text()


def test_what_is_no_training_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no stats\.jsonl"):
        write_report(tmp_path)
