"""Judging while training: when, what is kept, and that it changes nothing."""

import json
import time
from dataclasses import replace

import pytest
import torch

from gan.checkpoint import load_checkpoint, save_checkpoint
from tests.train.test_run import arguments
from train.__main__ import main
from train.log import Log
from train.watch import Watch


@pytest.mark.usefixtures("hardly_taught")
def test_a_run_is_judged_and_its_best_kept(slices_folder, tmp_path, capfd):
    judged, plain = tmp_path / "judged", tmp_path / "plain"
    assert main(arguments(slices_folder, judged, 0.12, "--evaluate-kimg", "0.05")) == 0
    lines = Log(judged / "quality.jsonl").lines()
    assert [line["kimg"] for line in lines] == [0.08, 0.12]  # at the first snapshot past 50, 100
    assert {"score", "swd", "kid", "coverage", "seconds", "took"} <= set(lines[0])
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


def test_a_judgement_is_only_begun_where_it_ends_in_time(tmp_path):
    watch = Watch(tmp_path, None, None, None)
    in_time = lambda seconds: watch.in_time(time.monotonic() + seconds)  # noqa: E731
    assert (in_time(50), in_time(70), in_time(float("inf"))) == (False, True, True)  # not yet timed
    watch.log.append({"kimg": 40.0, "took": 300.0})
    watch.log.append({"kimg": 80.0, "took": 20.0})
    assert (in_time(-1), in_time(10), in_time(30)) == (False, False, True)


@pytest.mark.usefixtures("hardly_taught")
def test_what_the_minutes_cut_short_is_judged_first_the_next_time(slices_folder, tmp_path, capfd):
    out, options = tmp_path / "run", ("--evaluate-kimg", "0.008")
    assert main(arguments(slices_folder, out, 0.016, *options, "--minutes", "1e-9")) == 0
    assert "score" not in capfd.readouterr().out
    assert load_checkpoint(out / "resume.safetensors").provenance["kimg"] == 0.008
    assert main(arguments(slices_folder, out, 0.016, *options)) == 0
    lines = Log(out / "quality.jsonl").lines()
    assert [line["kimg"] for line in lines] == [0.008, 0.016]
    assert all(line["took"] > 0 for line in lines)


def test_a_best_of_another_network_or_other_data_does_not_count(tmp_path, tiny_config):
    watch = Watch(tmp_path, None, None, None)
    assert watch.best_score(tiny_config, "data") == float("inf")
    facts = {"score": -9.0, "data_digest": "data"}
    save_checkpoint(watch.best_path, tiny_config, facts, {"x": torch.zeros(1)})
    assert watch.best_score(tiny_config, "data") == -9
    assert watch.best_score(tiny_config, "other data") == float("inf")
    assert watch.best_score(replace(tiny_config, resolution=32), "data") == float("inf")


@pytest.mark.usefixtures("hardly_taught")
def test_a_new_training_and_growing_forget_the_best(slices_folder, tmp_path):
    out = tmp_path / "run"
    judged = ("--resolution", "16", "--evaluate-kimg", "0.04")
    assert main(arguments(slices_folder, out, 0.04, *judged)) == 0
    assert (out / "best.safetensors").exists()
    (out / "resume.safetensors").unlink()
    assert main(arguments(slices_folder, out, 0.04, "--evaluate-kimg", "0")) == 0
    assert not (out / "best.safetensors").exists()
    (out / "resume.safetensors").unlink()
    assert main(arguments(slices_folder, out, 0.04, *judged)) == 0
    grow = ("--grow", "16:0.04,32", "--resolution", "32", "--fade-kimg", "0.04")
    assert main(arguments(slices_folder, out, 0.08, *grow, "--evaluate-kimg", "0")) == 0
    assert not (out / "best.safetensors").exists()
    assert main(arguments(slices_folder, out, 0.12, *grow, "--evaluate-kimg", "0.04")) == 0
    assert load_checkpoint(out / "best.safetensors").config.resolution == 32


@pytest.mark.parametrize("people", [(7,), (20, 1)], ids=["few", "a tiny person"])
def test_too_few_slices_to_judge_are_told_once(slices_folder, tmp_path, people, capfd):
    names = [f"sub-{person}_z{i:02d}.png" for person, n in enumerate(people) for i in range(n)]
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        if i < len(names):
            path.rename(slices_folder / names[i])
        else:
            path.unlink()
    out = tmp_path / "run"
    for kimg in (0.08, 0.12):  # and again
        assert main(arguments(slices_folder, out, kimg, "--evaluate-kimg", "0.04")) == 0
        output = capfd.readouterr().out
        assert output.count("not judged, and no best model kept") == 1
        assert f"{len(names)} training slices" in output
    assert not (out / "quality.jsonl").exists()
    assert load_checkpoint(out / "resume.safetensors").provenance["kimg"] == 0.12


def test_a_judgement_that_fails_does_not_cost_the_state(slices_folder, tmp_path, monkeypatch):
    def failing(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(Watch, "evaluate", failing)
    with pytest.raises(RuntimeError, match="out of memory"):
        main(arguments(slices_folder, tmp_path, 0.08, "--evaluate-kimg", "0.04"))
    assert load_checkpoint(tmp_path / "resume.safetensors").provenance["kimg"] == 0.04


def test_logs_forget_what_a_crash_undid(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    assert log.lines() == []
    for kimg in (1, 2, 3):
        log.append({"kimg": kimg})
    with open(log.path, "a") as file:
        file.write('["no line of ours"]\n{"kimg": 4')
    log.forget_after(2000)
    assert log.path.read_text() == '{"kimg": 1}\n{"kimg": 2}\n'


def test_logs_keep_the_line_of_the_checkpoint_itself(tmp_path):
    """Thousandths are not exact: 32.112 * 1000 is above 32,112."""
    log = Log(tmp_path / "log.jsonl")
    counts = range(16, 100_000, 16)
    assert any(count / 1000 * 1000 > count for count in counts)
    for count in counts:
        if count / 1000 * 1000 > count:
            break
    log.append({"kimg": count / 1000})
    log.forget_after(count)
    assert log.lines() == [{"kimg": count / 1000}]
