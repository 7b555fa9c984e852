"""Several processes: the same losses as one, files from one alone, and a lost one ends the run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
import torch

from gan.checkpoint import load_checkpoint
from tests.train.test_run import ROOT, arguments
from train.__main__ import main
from train.parallel import World, half_places, part_places, whole_group


def torchrun(processes: int, *args) -> subprocess.Popen:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", str(processes),
        "--master_addr", "127.0.0.1", "--master_port", str(port), "-m", "train", *args,
    ]  # fmt: skip
    return subprocess.Popen(
        launcher, cwd=ROOT, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def stats(out) -> list[dict]:
    return [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]


ADA = ("--augment", "ada", "--ada-target", "0.0", "--ada-kimg", "0.2", "--mirror", "--batch", "16",
       "--precision", "float32", "--loss", "logistic")  # fmt: skip


def test_two_processes_and_one_see_the_same_losses(slices_folder, tmp_path, capfd):
    runs = {processes: tmp_path / f"run{processes}" for processes in (1, 2)}
    assert main(arguments(slices_folder, runs[1], 0.16, *ADA)) == 0
    assert "2 processes" not in capfd.readouterr().out
    process = torchrun(2, *arguments(slices_folder, runs[2], 0.16, *ADA))
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert "2 processes" in output
    assert output.count("a new training") == 1  # one of them talks
    one, two = (stats(runs[n]) for n in (1, 2))
    assert len(one) == len(two) == 4
    # Adam divides by the gradient's size, so rounding grows from step to step.
    for expected, found, slack in zip(one, two, (1e-4, 5e-3, 1e-2, 2e-2), strict=True):
        for name in set(expected) - {"seconds"}:
            assert found[name] == pytest.approx(expected[name], rel=slack, abs=1e-3), name
    expected, found = (load_checkpoint(runs[n] / "resume.safetensors").tensors for n in (1, 2))
    assert torch.equal(found["state.rng"], expected["state.rng"])
    weights = [n for n in expected if n.startswith("G_ema.")]
    near = [(found[n] - expected[n]).abs() < 2e-3 for n in weights]
    assert torch.cat([values.flatten() for values in near]).float().mean() > 0.98

    # It goes on with another number of processes.
    assert main(arguments(slices_folder, runs[2], 0.2, *ADA)) == 0
    assert "resumed at 0.16 kimg" in capfd.readouterr().out


def test_a_killed_process_ends_the_run_and_it_resumes(slices_folder, tmp_path, monkeypatch, capfd):
    out = tmp_path / "run"
    process = torchrun(2, *arguments(slices_folder, out, 100.0, "--batch", "16"))
    resume = out / "resume.safetensors"
    deadline = time.monotonic() + 120
    while not resume.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = [p for p in psutil.Process(process.pid).children() if "train" in p.cmdline()]
    assert len(workers) == 2
    workers[-1].send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert not any(worker.is_running() for worker in workers)
    seen = int(load_checkpoint(resume).tensors["state.seen"])
    kimg = seen / 1000 + 0.032
    for name, value in {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}.items():
        monkeypatch.setenv(name, value)  # as torchrun tells a process that is alone
    assert main(arguments(slices_folder, out, kimg, "--batch", "16")) == 0
    assert f"resumed at {seen / 1000:g} kimg" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("batch", "parts", "wanted", "found"),
    [(16, 1, 4, 4), (5, 1, 4, 1), (12, 1, 4, 4), (16, 2, 4, 4), (24, 2, 4, None), (32, 2, 8, 8),
     (16, 2, 8, 4), (64, 4, 65536, 8), (16, 8, 1, 1), (16, 1, 65536, 16)],
)  # fmt: skip
def test_groups_are_as_large_as_the_parts_allow(batch, parts, wanted, found):
    assert whole_group(batch, wanted, parts) == found


@pytest.mark.parametrize(
    ("batch", "parts", "group"),
    [(16, 1, 4), (16, 2, 4), (32, 4, 4), (12, 1, 4), (5, 1, 1), (32, 2, 8), (32, 1, 32)],
)
def test_parts_hold_whole_groups_and_nothing_twice(batch, parts, group):
    places = [part_places(batch, part, parts, group=group) for part in range(parts)]
    assert sorted(torch.cat(places).tolist()) == list(range(batch))
    whole = {frozenset(range(i, batch, batch // group)) for i in range(batch // group)}
    found = set()
    for part in places:
        step = len(part) // group
        found |= {frozenset(part[i::step].tolist()) for i in range(step)}
    assert found == whole


@pytest.mark.parametrize(("batch", "parts", "group"), [(16, 2, 4), (32, 4, 4), (64, 2, 16)])
def test_halves_of_the_parts_are_the_half_of_the_whole(batch, parts, group):
    halves = [
        places[half_places(len(places), group=group)]
        for places in (part_places(batch, part, parts, group=group) for part in range(parts))
    ]
    whole = half_places(batch, group=group)
    assert sorted(torch.cat(halves).tolist()) == sorted(whole.tolist())
    assert len(whole) == batch // 2


def test_half_of_a_single_group_is_a_group():
    assert half_places(8, group=8).tolist() == [0, 2, 4, 6]


def test_places_first_asked_for_without_gradients_serve_training():
    with torch.inference_mode():
        places, half = part_places(48, 1, 2), half_places(20)
    x = torch.randn(48, requires_grad=True)
    x[places][half].sum().backward()
    assert x.grad.sum() == len(half)


def test_one_process_alone_waits_for_nobody():
    world = World()
    tensors = [torch.ones(3)]
    world.average_(tensors)
    world.wait()
    assert world.first
    assert world.any(True, torch.device("cpu"))
    assert not world.any(False, torch.device("cpu"))
    assert tensors[0].tolist() == [1, 1, 1]
