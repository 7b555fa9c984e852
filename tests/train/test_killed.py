"""Killed at random and at every moment: files stay whole, the training ends as if undisturbed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gan.checkpoint import load_checkpoint, load_generator
from tests.train.test_run import ROOT, arguments
from train.__main__ import main
from train.log import Log
from train.watch import Watch

KILLS = 15
# Imports once and forks: a training is then under way in a fifth of a second. torch._dynamo is
# what an optimiser imports, which would take each training a second.
_KILLER = """
import os, random, signal, sys, time
import torch._dynamo
from train.__main__ import main
from gan.checkpoint import load_checkpoint, load_generator
arguments, resume, model, kills = sys.argv[4:], sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(4)
stamp = lambda: os.stat(resume).st_mtime_ns if os.path.exists(resume) else 0
for number in range(kills):
    child = os.fork()
    if not child:
        # Or the parent's next report might stand behind half a line of a killed child.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(main(arguments))
    if number % 5:  # one in five may die before it has done anything
        before, patience = stamp(), time.monotonic() + 30
        while stamp() == before and time.monotonic() < patience:
            time.sleep(0.002)
    time.sleep(random.uniform(0, 0.3 if number % 5 else 0.4))  # past the next snapshot
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    seen = int(load_checkpoint(resume).tensors["state.seen"]) if os.path.exists(resume) else 0
    if os.path.exists(model):
        load_generator(model)
    print("killed" if os.WIFSIGNALED(status) else "ended", seen, flush=True)
"""


def kimgs(log: Path) -> list[float]:
    return [json.loads(line)["kimg"] for line in log.read_text().splitlines()]


def changed(found: Path, expected: Path) -> list[str]:
    """Tensors of two training states that differ in any bit."""
    found, expected = (load_checkpoint(p / "resume.safetensors").tensors for p in (found, expected))
    assert found.keys() == expected.keys()
    return [
        name
        for name in expected
        if name != "state.seconds" and not torch.equal(found[name], expected[name])
    ]


def test_many_kills(slices_folder, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    options = ("--snapshot-kimg", "0.016", "--augment", "ada", "--ada-kimg", "0.5", "--mirror")
    files = [str(killed / name) for name in ("resume.safetensors", "model.safetensors")]
    command = [*files, str(KILLS), *arguments(slices_folder, killed, 10.0, *options)]
    # Sums are rounded otherwise with another number of threads, and this process may have been
    # given another one than a fresh process takes (tests/bench chooses by the machine's load).
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    run = subprocess.run(
        [sys.executable, "-c", _KILLER, *command], cwd=ROOT, text=True, capture_output=True,
        timeout=240, env=os.environ | threads,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    reports = [line.split() for line in run.stdout.splitlines()]
    assert [how for how, _ in reports] == ["killed"] * KILLS, run.stderr
    seen = [int(count) for _, count in reports]
    assert seen == sorted(seen)  # nothing saved was ever lost
    assert seen[-1] > 0

    total = (seen[-1] + 16) / 1000
    for out in (killed, whole):
        assert main(arguments(slices_folder, out, total, *options)) == 0
    assert changed(killed, whole) == []
    assert kimgs(killed / "stats.jsonl") == kimgs(whole / "stats.jsonl")
    assert not list(killed.rglob("*.tmp"))
    load_generator(killed / "model.safetensors")


def left_by_kills(monkeypatch, out: Path, into: Path) -> list[Path]:
    """Copies of the folder as kills would leave it, from now on: one before each file becomes
    whole, half of it under another process's name, and one within each line logged."""
    moments = []
    replace, append = os.replace, Log.append

    def keep() -> Path:
        moments.append(into / f"moment{len(moments):02d}")
        shutil.copytree(out, moments[-1])
        return moments[-1]

    def replacing(source, target) -> None:
        whole = keep() / Path(source).relative_to(out)
        half = whole.with_name(whole.name.replace(f".{os.getpid()}.", ".1."))
        half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        whole.unlink()
        replace(source, target)

    def appending(log: Log, line: dict) -> None:
        with open(keep() / log.path.relative_to(out), "a") as file:
            file.write(json.dumps(line)[:20])
        append(log, line)

    monkeypatch.setattr(os, "replace", replacing)
    monkeypatch.setattr(Log, "append", appending)
    return moments


JUDGED = ("--snapshot-kimg", "0.016", "--evaluate-kimg", "0.016", "--augment", "ada")
GROWN = ("--snapshot-kimg", "0.016", "--evaluate-kimg", "0", "--grow", "16:0.016,32",
         "--resolution", "32", "--fade-kimg", "0.008")  # fmt: skip


@pytest.mark.usefixtures("hardly_taught")
@pytest.mark.parametrize(
    ("options", "sessions"),
    [(JUDGED, (0.016, 0.032)), (GROWN, (0.032, 0.048))],
    ids=["judged", "grown"],
)
def test_a_kill_at_any_moment(slices_folder, tmp_path, monkeypatch, options, sessions):
    """Of two sessions, so that what resuming writes is interrupted too."""
    whole = tmp_path / "whole"
    whole.mkdir()

    def train(out: Path, kimg: float) -> None:
        cache = ("--cache", str(out / "cache"))
        assert main(arguments(slices_folder, out, kimg, *options, *cache)) == 0

    def files(out: Path) -> list[str]:
        return sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())

    monkeypatch.setattr("train.quality.judge.SPLITS", 1)
    with monkeypatch.context() as watched:
        moments = left_by_kills(watched, whole, tmp_path)
        for kimg in sessions:
            train(whole, kimg)
    assert len(moments) > 15
    for moment in moments:
        train(moment, sessions[-1])
        assert changed(moment, whole) == [], moment
        for log in whole.glob("*.jsonl"):
            assert kimgs(moment / log.name) == kimgs(log), (moment, log)
        kept = [name for name in files(moment) if not name.startswith("cache/.")]  # young ones stay
        assert kept == files(whole), moment
        load_generator(moment / "model.safetensors")
        if options is JUDGED:
            lines = [json.loads(text) for text in (moment / "quality.jsonl").open()]
            best = load_checkpoint(moment / "best.safetensors").provenance
            assert best["score"] == min(line["score"] for line in lines), moment


@pytest.mark.usefixtures("hardly_taught")
def test_a_kill_while_judging_costs_no_training(slices_folder, tmp_path, monkeypatch, capfd):
    out, options = tmp_path / "run", ("--evaluate-kimg", "0.04")

    class Killed(BaseException):
        """Nothing that the training could catch."""

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "evaluate", killed)
        with pytest.raises(Killed):
            main(arguments(slices_folder, out, 0.04, *options))
    assert load_checkpoint(out / "resume.safetensors").provenance["kimg"] == 0.04
    assert not (out / "quality.jsonl").exists()
    assert main(arguments(slices_folder, out, 0.04, *options)) == 0  # finished, but not judged
    assert "0.04 kimg: score" in capfd.readouterr().out
    assert kimgs(out / "quality.jsonl") == [0.04]
    assert main(arguments(slices_folder, out, 0.04, *options)) == 0
    assert kimgs(out / "quality.jsonl") == [0.04]


@pytest.mark.parametrize("resumed", [False, True])
def test_half_written_files_are_swept(slices_folder, tmp_path, resumed):
    out = tmp_path / "run"
    (out / "samples").mkdir(parents=True)
    if resumed:
        assert main(arguments(slices_folder, out, 0.016)) == 0
    leftovers = [out / ".model.safetensors.1.tmp", out / "samples" / ".kimg000000.06.png.1.tmp"]
    foreign = out / ".notes.tmp"
    for path in (*leftovers, foreign):
        path.write_bytes(b"half")
    assert main(arguments(slices_folder, out, 0.032)) == 0
    assert not [path for path in leftovers if path.exists()]
    assert foreign.exists()
