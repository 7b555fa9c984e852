"""kill -9 at 25 random moments: every file stays whole, and the training ends as if undisturbed."""

import json
import subprocess
import sys

import torch

from gan.checkpoint import load_checkpoint, load_generator
from tests.train.test_run import ROOT, arguments
from train.__main__ import main

KILLS = 25
# Imports once and forks: a training is then under way in milliseconds.
_KILLER = """
import os, random, signal, sys, time
from train.__main__ import main
from gan.checkpoint import load_checkpoint, load_generator
arguments, resume, model, kills = sys.argv[4:], sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(4)
stamp = lambda: os.stat(resume).st_mtime_ns if os.path.exists(resume) else 0
for number in range(kills):
    child = os.fork()
    if not child:
        os._exit(main(arguments))
    if number % 5:  # one in five may die before it has done anything
        before, patience = stamp(), time.monotonic() + 30
        while stamp() == before and time.monotonic() < patience:
            time.sleep(0.002)
    time.sleep(random.uniform(0, 0.4))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    seen = int(load_checkpoint(resume).tensors["state.seen"]) if os.path.exists(resume) else 0
    if os.path.exists(model):
        load_generator(model)
    print("killed" if os.WIFSIGNALED(status) else "ended", seen, flush=True)
"""


def test_25_kills(slices_folder, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    options = ("--snapshot-kimg", "0.016", "--augment", "ada", "--ada-kimg", "0.5", "--mirror")
    files = [str(killed / name) for name in ("resume.safetensors", "model.safetensors")]
    command = [*files, str(KILLS), *arguments(slices_folder, killed, 10.0, *options)]
    found = subprocess.run(
        [sys.executable, "-c", _KILLER, *command], cwd=ROOT, text=True, capture_output=True,
        timeout=240, check=True,
    ).stdout.splitlines()  # fmt: skip
    reports = [line.split() for line in found if line.split()[0] in ("killed", "ended")]
    assert [how for how, _ in reports] == ["killed"] * KILLS
    seen = [int(count) for _, count in reports]
    assert seen == sorted(seen)  # nothing saved was ever lost
    assert seen[-1] > 0

    total = (seen[-1] + 16) / 1000
    for out in (killed, whole):
        assert main(arguments(slices_folder, out, total, *options)) == 0
    expected, result = (load_checkpoint(p / "resume.safetensors").tensors for p in (whole, killed))
    assert all(torch.equal(result[n], expected[n]) for n in expected if n != "state.seconds")
    lines = [json.loads(line) for line in (killed / "stats.jsonl").read_text().splitlines()]
    assert [line["kimg"] for line in lines] == [
        json.loads(line)["kimg"] for line in (whole / "stats.jsonl").read_text().splitlines()
    ]
    assert not list(killed.rglob("*.tmp"))
    load_generator(killed / "model.safetensors")


def test_half_written_files_are_swept_on_resuming(slices_folder, tmp_path):
    out = tmp_path / "run"
    assert main(arguments(slices_folder, out, 0.016)) == 0
    leftovers = [out / ".model.safetensors.1.tmp", out / "samples" / ".kimg000000.06.png.1.tmp"]
    for path in leftovers:
        path.write_bytes(b"half")
    assert main(arguments(slices_folder, out, 0.032)) == 0
    assert not [path for path in leftovers if path.exists()]
