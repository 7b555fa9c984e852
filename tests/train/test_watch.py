"""Judging while training: when, what is kept, and that it changes nothing."""

import json

import torch

from gan.checkpoint import load_checkpoint
from tests.train.test_run import arguments
from train.__main__ import main
from train.log import Log
from train.watch import Watch


def test_a_run_is_judged_and_its_best_kept(slices_folder, tmp_path, capfd):
    judged, plain = tmp_path / "judged", tmp_path / "plain"
    assert main(arguments(slices_folder, judged, 0.12, "--evaluate-kimg", "0.05")) == 0
    lines = Log(judged / "quality.jsonl").lines()
    assert [line["kimg"] for line in lines] == [0.08, 0.12]  # at the first snapshot past 50, 100
    assert {"score", "swd", "kid", "coverage", "seconds"} <= set(lines[0])
    floors = json.loads((judged / "quality-floors.json").read_text())["floors"]
    assert floors["swd"] > 0
    best = load_checkpoint(judged / "best.safetensors").provenance
    assert best["score"] == min(line["score"] for line in lines)
    assert best["kimg"] == min(lines, key=lambda line: line["score"])["kimg"]
    assert "0.08 kimg: score" in capfd.readouterr().out

    main(arguments(slices_folder, plain, 0.12, "--evaluate-kimg", "0"))
    assert not (plain / "quality.jsonl").exists()
    with_it, without = (load_checkpoint(p / "resume.safetensors").tensors for p in (judged, plain))
    assert all(torch.equal(with_it[n], without[n]) for n in without if n != "state.seconds")


def test_when_a_judgement_is_due(tmp_path):
    class Config:
        evaluate_kimg = 40.0

    watch = Watch(tmp_path, None, None, Config)
    assert [watch.due(seen) for seen in (0, 39_999, 40_000, 90_000)] == [False, False, True, True]
    watch.log.append({"kimg": 41.0})
    assert [watch.due(seen) for seen in (41_000, 79_999, 80_000)] == [False, False, True]
    watch.log.forget_after(40_500)  # a crash undid it
    assert watch.due(41_000)
    Config.evaluate_kimg = 0.0
    assert not watch.due(1_000_000)
    assert watch.best_score() == float("inf")


def test_logs_forget_what_a_crash_undid(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    assert log.lines() == []
    for kimg in (1, 2, 3):
        log.append({"kimg": kimg})
    with open(log.path, "a") as file:
        file.write('["no line of ours"]\n{"kimg": 4')
    log.forget_after(2000)
    assert log.path.read_text() == '{"kimg": 1}\n{"kimg": 2}\n'
