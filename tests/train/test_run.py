"""The command as users run it: the files it leaves, resuming, and surviving kill -9."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan.checkpoint import load_checkpoint, load_generator, save_checkpoint
from tests.conftest import TINY
from train.__main__ import main
from train.config import TrainConfig
from train.data.plan import make_plan
from train.keepsakes import Keepsakes
from train.run import pick_dtype, slow_precision

ROOT = Path(__file__).resolve().parent.parent.parent
SMALL = [
    word
    for name, value in (TINY | {"batch": 8, "snapshot_kimg": 0.04, "device": "cpu"}).items()
    for word in ("--" + name.replace("_", "-"), str(value))
]


def arguments(data, out, kimg=0.12, *more) -> list[str]:
    return ["--data", str(data), "--out", str(out), "--kimg", str(kimg), *SMALL, *more]


def start(*args) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "train", *arguments(*args)], cwd=ROOT, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_files_of_a_run(slices_folder, tmp_path, capfd):
    out = tmp_path / "run"
    assert main(arguments(slices_folder, out, 0.12, "--data-license", "CC0-1.0",
                          "--pixel-mm", "3")) == 0  # fmt: skip
    assert sorted(p.name for p in out.iterdir()) == [
        "model.safetensors", "reals.png", "resume.safetensors", "samples", "stats.jsonl",
    ]  # fmt: skip
    lines = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    assert [line["kimg"] for line in lines] == [0.04, 0.08, 0.12]
    assert {"loss_D", "loss_G", "r1", "path_length", "seconds"} <= set(lines[0])
    grids = sorted(p.name for p in (out / "samples").iterdir())
    assert grids == [f"kimg000000.{hundredths}.png" for hundredths in ("00", "04", "08", "12")]
    generator, checkpoint = load_generator(out / "model.safetensors")
    assert generator(torch.randn(1, 16)).shape == (1, 1, 16, 16)
    facts = checkpoint.provenance
    assert facts["kimg"] == 0.12
    assert facts["data_images"] == 24
    assert facts["data_license"] == "CC0-1.0"
    assert facts["pixel_mm"] == 3
    assert facts["train"]["batch"] == 8
    assert facts["code_version"].startswith("0.1.0")
    assert str(tmp_path) not in json.dumps(facts)  # no path of the user's machine
    captured = capfd.readouterr()
    assert "24 slices, 16 px, grey" in captured.out
    assert "finished at 0.12 kimg" in captured.out
    assert "img/s" in captured.err


def test_held_out_people_who_are_not_there_are_told(slices_folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(arguments(slices_folder, out, 0.04, "--held-out", "test")) == 2
    assert "nobody is held out: no pictures in a folder named test" in capsys.readouterr().err
    assert not (out / "model.safetensors").exists()


def test_without_a_cache_data_is_decoded_once(slices_folder, tmp_path, monkeypatch):
    plans = []
    plan = lambda *args: plans.append(args) or make_plan(*args)  # noqa: E731
    monkeypatch.setattr("train.data.load.make_plan", plan)
    assert main(arguments(slices_folder, tmp_path / "run", 0.04, "--cache", "none")) == 0
    assert len(plans) == 1


def test_names_that_are_no_utf8_end_no_training(slices_folder, tmp_path):
    os.rename(slices_folder / "slice00.png", os.fsencode(slices_folder) + b"/caf\xe9.png")
    with open(os.fsencode(slices_folder) + b"/br\xf6ken.png", "wb") as file:
        file.write(b"broken")
    strict = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8:strict"}
    words = arguments(slices_folder, tmp_path / "run", 0.008, "--skip-broken")
    for command in (words, ["inspect", str(slices_folder), "--out", str(tmp_path / "looked")]):
        done = subprocess.run(
            [sys.executable, "-m", "train", *command], cwd=ROOT, text=True, env=strict,
            capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "br\\udcf6ken.png" in done.stdout


def test_sample_grids_say_they_are_synthetic(slices_folder, tmp_path):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.04))
    grid = Image.open(max((out / "samples").iterdir()))
    assert grid.size == (128, 128)
    assert "Synthetic" in grid.text["Description"]
    assert "Real" in Image.open(out / "reals.png").text["Description"]


def test_same_command_again_resumes(slices_folder, tmp_path, capfd):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    main(arguments(slices_folder, whole, 0.12))
    main(arguments(slices_folder, parts, 0.08))
    main(arguments(slices_folder, parts, 0.12))
    assert "resumed at 0.08 kimg" in capfd.readouterr().out
    expected = load_checkpoint(whole / "resume.safetensors").tensors
    found = load_checkpoint(parts / "resume.safetensors").tensors
    del expected["state.seconds"], found["state.seconds"]
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    main(arguments(slices_folder, parts, 0.12))
    assert "give a larger --kimg" in capfd.readouterr().out


def kept(out) -> list[str]:
    return sorted(path.name[4:-12] for path in (out / "snapshots").iterdir())


def test_snapshots_are_kept_closer_together_at_the_start(slices_folder, tmp_path):
    out, more = tmp_path / "run", ("--keep-snapshots", "4", "--snapshot-kimg", "0.008")
    assert main(arguments(slices_folder, out, 0.16, *more)) == 0
    # Four: at (k / 3)^2 of 160 images, 0, 17.8, 71.1, 160; each at the first checkpoint after.
    assert kept(out) == ["000000.000", "000000.024", "000000.072", "000000.160"]
    last = load_checkpoint(out / "snapshots" / "kimg000000.160.safetensors")
    assert {t.dtype for t in last.tensors.values()} == {torch.float16}
    assert last.part("D")
    whole = load_checkpoint(out / "resume.safetensors").part("G_ema")
    for name, tensor in last.part("G_ema").items():
        assert torch.allclose(tensor.float(), whole[name], atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("count", [3, 16, 18, 48])
def test_moments_that_are_checkpoints_are_kept_themselves(tmp_path, count):
    """Not one checkpoint later, for want of a digit in a square root."""
    most = (count - 1) ** 2
    place = Keepsakes(tmp_path, count, most)._place
    assert [place(k**2) for k in range(count)] == list(range(count))
    assert [place(k**2 - 1) for k in range(1, count)] == list(range(count - 1))


def test_snapshots_that_a_crash_undid_are_dropped(slices_folder, tmp_path):
    out, more = tmp_path / "run", ("--keep-snapshots", "4", "--snapshot-kimg", "0.008")
    main(arguments(slices_folder, out, 0.048, *more))
    before = (out / "resume.safetensors").read_bytes()
    main(arguments(slices_folder, out, 0.16, *more))
    (out / "resume.safetensors").write_bytes(before)
    main(arguments(slices_folder, out, 0.056, *more))
    assert max(kept(out)) <= "000000.056"


def test_the_explorers_files_beside_a_snapshot_do_no_harm(slices_folder, tmp_path):
    out, more = tmp_path / "run", ("--keep-snapshots", "4", "--snapshot-kimg", "0.008")
    main(arguments(slices_folder, out, 0.048, *more))
    (out / "snapshots" / "kimg000000.024.9904371eefda.pca.safetensors").write_bytes(b"")
    assert main(arguments(slices_folder, out, 0.08, *more)) == 0
    assert main(arguments(slices_folder, out, 0.088)) == 0


def test_a_new_training_puts_aside_what_an_earlier_one_left(slices_folder, tmp_path, capfd):
    out, more = tmp_path / "run", ("--keep-snapshots", "2")
    main(arguments(slices_folder, out, 0.04, *more))
    files = ("model.safetensors", "stats.jsonl", "quality.jsonl", "samples/kimg000000.04.png",
             "snapshots/kimg000000.040.safetensors", "best.safetensors")  # fmt: skip
    for name in ("quality.jsonl", "best.safetensors"):
        (out / name).write_bytes(b"{}")
    before = {name: (out / name).read_bytes() for name in files}
    (out / "resume.safetensors").rename(out / "start.safetensors")
    more = (*more, "--start-from", str(out / "start.safetensors"))
    assert main(arguments(slices_folder, out, 0.016, *more)) == 0
    assert {name: (out / "before-1" / name).read_bytes() for name in files} == before
    assert f"lies in {out / 'before-1'} now" in capfd.readouterr().out
    assert max(kept(out)) == "000000.016"
    assert load_checkpoint(out / "model.safetensors").provenance["kimg"] == 0.016
    (out / "resume.safetensors").unlink()
    main(arguments(slices_folder, out, 0.016, "--start-from", str(out / "model.safetensors")))
    assert (out / "before-2" / "model.safetensors").exists()


def test_stopping_before_the_training_is_no_traceback(monkeypatch, capsys):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("train.__main__.train", stopped)
    assert main(["--data", "x", "--out", "y"]) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_other_data_is_refused(slices_folder, tmp_path, capsys):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.04))
    (slices_folder / "slice00.png").unlink()
    assert main(arguments(slices_folder, out, 0.08)) == 2
    assert "not the pictures this training started with" in capsys.readouterr().err


def test_other_classes_are_refused(slices_folder, tmp_path, capsys):
    out, table = tmp_path / "run", tmp_path / "labels.csv"
    names = sorted(path.name for path in slices_folder.iterdir())

    def label(*classes):
        rows = (f"{name},{classes[i % 2]}\n" for i, name in enumerate(names))
        table.write_text("file,label\n" + "".join(rows))

    label("AD", "NC")
    labels = ("--labels", str(table))
    assert main(arguments(slices_folder, out, 0.04, *labels)) == 0
    label("old", "young")
    assert main(arguments(slices_folder, out, 0.08, *labels)) == 2
    assert "this training has the classes AD, NC, not old, young; give" in capsys.readouterr().err
    label("AD", "NC")
    assert main(arguments(slices_folder, out, 0.08, *labels)) == 0
    assert main(arguments(slices_folder, out, 0.12)) == 2
    assert "this training has the classes AD, NC, not none" in capsys.readouterr().err


def forget(path, *names) -> None:
    """Make a training state one of an earlier version, which did not know these facts."""
    checkpoint = load_checkpoint(path)
    facts = {k: v for k, v in checkpoint.provenance.items() if k not in names}
    assert len(facts) == len(checkpoint.provenance) - len(names)
    save_checkpoint(path, checkpoint.config, facts, checkpoint.tensors)


def test_labels_that_moved_between_the_same_classes_are_refused(slices_folder, tmp_path, capsys):
    out, table = tmp_path / "run", tmp_path / "labels.csv"
    names = sorted(path.name for path in slices_folder.iterdir())
    labels = ("--labels", str(table))

    def label(old):
        rows = (f"{name},{'old' if i in old else 'young'}\n" for i, name in enumerate(names))
        table.write_text("file,label\n" + "".join(rows))

    label({0, 1, 2, 5})
    assert main(arguments(slices_folder, out, 0.04, *labels)) == 0
    label({0, 1, 2, 6})
    assert main(arguments(slices_folder, out, 0.08, *labels)) == 2
    error = capsys.readouterr().err
    assert "--labels: some slices are of another class than when this training started" in error
    assert f"give the same labels, or another --out than {out}" in error
    label({0, 1, 2, 5})
    assert main(arguments(slices_folder, out, 0.08, *labels)) == 0

    label({0, 1, 2, 6})
    forget(out / "resume.safetensors", "data_labels_digest")
    assert main(arguments(slices_folder, out, 0.12, *labels)) == 0
    label({0, 1, 2, 5})  # by now it is known
    assert main(arguments(slices_folder, out, 0.16, *labels)) == 2


def test_slices_of_other_people_are_refused(slices_folder, tmp_path, capsys):
    out = tmp_path / "run"
    for i, path in enumerate(sorted(slices_folder.iterdir())):
        path.rename(slices_folder / f"a{i // 4:02d}_b{i // 6:02d}_{i:02d}.png")

    def people(pattern, kimg, code):
        given = ("--subject-pattern", pattern)
        assert main(arguments(slices_folder, out, kimg, *given)) == code

    people(r"a(\d+)", 0.04, 0)
    people(r"b(\d+)", 0.08, 2)
    error = capsys.readouterr().err
    assert "--data slices: some slices are of another person than when this training" in error
    assert f"and --subject-pattern, or another --out than {out}" in error
    people(r"(a\d+)", 0.08, 0)  # the same people under other names
    forget(out / "resume.safetensors", "data_people_digest")
    people(r"b(\d+)", 0.12, 0)


@pytest.mark.parametrize("damage", [b"", b"hello"])
def test_a_damaged_state_is_named(slices_folder, tmp_path, damage, capsys):
    out = tmp_path / "run"
    out.mkdir()
    (out / "resume.safetensors").write_bytes(damage)
    assert main(arguments(slices_folder, out)) == 2
    assert "resume.safetensors" in capsys.readouterr().err


def test_out_that_is_a_file(slices_folder, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    assert main(arguments(slices_folder, tmp_path / "file")) == 2
    assert "--out" in capsys.readouterr().err


def test_a_device_that_is_not_there(slices_folder, tmp_path, capsys):
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    assert main(arguments(slices_folder, tmp_path / "run", 0.1, "--device", "cuda")) == 2
    assert "--device cuda: torch finds none" in capsys.readouterr().err


def test_interrupted_run_saves_where_it_is(slices_folder, tmp_path):
    out = tmp_path / "run"
    process = start(slices_folder, out, 100, "--snapshot-kimg", "50")
    for line in process.stderr:  # until some images have been seen
        if re.search(r" [1-9]\d*/100000 ", line):
            break
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "run the same command to resume" in output
    assert int(load_checkpoint(out / "resume.safetensors").tensors["state.seen"]) > 0


def test_a_training_stops_after_its_minutes_and_goes_on(slices_folder, tmp_path, capfd):
    out = tmp_path / "run"
    assert main(arguments(slices_folder, out, 0.12, "--minutes", "1e-9")) == 0
    assert "stopped at 0.008 kimg; run the same command to resume" in capfd.readouterr().out
    assert load_checkpoint(out / "resume.safetensors").tensors["state.seen"] == 8
    assert main(arguments(slices_folder, out, 0.016)) == 0
    assert "resumed at 0.008 kimg" in capfd.readouterr().out


def test_a_projected_training_goes_on_from_its_state(slices_folder, tmp_path, capfd):
    out, whole, more = tmp_path / "run", tmp_path / "whole", ("--d-architecture", "projected")
    for kimg in (0.04, 0.08):
        assert main(arguments(slices_folder, out, kimg, *more)) == 0
    assert "resumed at 0.04 kimg" in capfd.readouterr().out
    assert main(arguments(slices_folder, whole, 0.08, *more)) == 0
    resumed, straight = (load_checkpoint(p / "resume.safetensors").tensors for p in (out, whole))
    assert resumed.keys() == straight.keys()
    different = [k for k in straight if not torch.equal(resumed[k], straight[k])]
    assert different == ["state.seconds"]


def test_half_written_log_lines_are_dropped(slices_folder, tmp_path):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.04))
    with open(out / "stats.jsonl", "a") as file:
        file.write('{"kimg": 0.08, "loss_D": 1}\n{"kimg": 0.1')
    main(arguments(slices_folder, out, 0.08))
    lines = [json.loads(line) for line in (out / "stats.jsonl").read_text().splitlines()]
    assert [line["kimg"] for line in lines] == [0.04, 0.08]
    assert "loss_G" in lines[1]


def test_a_full_disk_is_told_and_harms_nothing(slices_folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    main(arguments(slices_folder, out, 0.04))
    before = (out / "resume.safetensors").read_bytes()

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gan.checkpoint.os.fsync", full)
    assert main(arguments(slices_folder, out, 0.08)) == 1
    error = capsys.readouterr().err
    assert "No space left on device; what was saved before is unharmed" in error
    assert "Traceback" not in error
    monkeypatch.undo()
    assert (out / "resume.safetensors").read_bytes() == before
    assert main(arguments(slices_folder, out, 0.08)) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's settings")
def test_freed_memory_is_kept_for_the_next_feature_maps():
    """Pages that the system hands out anew: a thousand for each such tensor, then none. Of three
    programs, for now and then one is laid out otherwise."""
    code = """if True:
        import resource, torch
        from train.run import tune_for
        tune_for("cpu")
        faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        def maps():
            return [torch.ones(16, 16, 64, 64) for _ in range(4)]
        maps(), maps()
        before = faults()
        for _ in range(10):
            maps()
        print(faults() - before)
    """
    for _ in range(3):
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
        if int(run.stdout) < 500:
            return
    raise AssertionError(run.stdout + run.stderr)


@pytest.mark.cpu
@pytest.mark.parametrize("fast", [True, False])
def test_bfloat16_is_chosen_where_the_processor_is_fast_in_it(monkeypatch, fast):
    monkeypatch.setattr("train.run.is_fast", lambda dtype: fast or dtype == torch.float32)
    auto = pick_dtype(TrainConfig(device="cpu"))
    assert auto == (torch.bfloat16 if fast else torch.float32)
    assert pick_dtype(TrainConfig(device="cpu", precision="float16")) == torch.float16
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    assert slow_precision(cpu, auto) == ""
    assert slow_precision(cuda, torch.float16) == ""  # not the processor's matter
    assert ("--precision float16 is slow" in slow_precision(cpu, torch.float16)) != fast


@pytest.mark.cpu
def test_a_slow_precision_is_told_and_works(slices_folder, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("train.run.is_fast", lambda dtype: dtype == torch.float32)
    out = tmp_path / "run"
    assert main(arguments(slices_folder, out, 0.016, "--precision", "bfloat16")) == 0
    told = "--precision bfloat16 is slow on this processor; without it float32 is used"
    captured = capfd.readouterr()
    assert told in captured.out + captured.err
    assert load_checkpoint(out / "model.safetensors").provenance["kimg"] == 0.016
