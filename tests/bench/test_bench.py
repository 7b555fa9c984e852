"""The benchmark's counting and drawing; its timings are nobody's to assert."""

import time
from xml.etree import ElementTree

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gan import Generator, ModelConfig
from gan.fast import FastSynthesis
from tests.bench import gpu, training
from tests.bench.chart import bars
from tests.bench.inference import bytes_moved, edits, judge, operations, profile
from tests.bench.timing import interleaved
from tests.conftest import TINY
from train.config import configs_for


def test_operations_are_those_of_torchs_own_counter(tiny_generator):
    with FlopCounterMode(display=False) as counter:
        tiny_generator.synthesis(torch.randn(1, 6, 16), "const")
    counted = sum(
        value for name, value in counter.get_flop_counts()["Global"].items() if "conv" in str(name)
    )
    ours = operations(tiny_generator.config)
    # The plain network filters the 1 x 1 larger map it cut from, and torch counts it likewise.
    assert ours["convolution"] + ours["fir"] == pytest.approx(counted, rel=0.01)


def test_bytes_and_floor_by_hand():
    G = Generator(ModelConfig(**TINY | {"channel_base": 16, "channel_max": 4}))
    # 4, 2, 1 maps at 4, 8, 16 px.
    maps = 4 * 16 + 2 * 2 * 64 + 2 * 256
    weights = sum(p.numel() for p in G.synthesis.parameters())
    assert bytes_moved(G) == 4 * (weights + 2 * maps)


def test_shares_and_floors_by_hand():
    result = {"operations": {"a": 3e6, "b": 1e6}, "bytes": 8e6, "ms": {"x": 4, "x bfloat16": 4}}
    judged = judge(result, {"conv float32": 2.0, "conv bfloat16": 4.0, "copy": 8.0})
    assert judged["share of convolution peak"] == {"x": 0.5, "x bfloat16": 0.25}
    assert judged["floor_ms"] == {"operations": 2, "operations bfloat16": 1, "bytes": 1}


def test_every_call_is_timed_in_turn():
    order = []
    calls = {"a": lambda: order.append("a"), "b": lambda: time.sleep(0.001) or order.append("b")}
    ms = interleaved(calls, 0, (3, 9))
    assert order == ["a", "b"] * 4  # the first round is not counted
    assert ms.keys() == calls.keys()


def test_profile_and_edits_cover_the_network(tiny_generator):
    fast, ws = FastSynthesis(tiny_generator.synthesis), torch.randn(1, 6, 16)
    assert list(profile(fast, ws[0], rounds=1)) == [
        "4 px Conv3x3", "4 px toRGB", "8 px UpConv3x3", "8 px Conv3x3", "8 px toRGB",
        "16 px UpConv3x3", "16 px Conv3x3", "16 px toRGB",
    ]  # fmt: skip
    assert {"full synthesis", "tones (last row)", "noise of the last layer"} <= set(edits(fast, ws))


def test_bars_are_to_scale():
    svg = ElementTree.fromstring(bars("A < B", {"x": {"p": 1, "q": 4}, "y": {"p": 2}}, "x", "note"))
    widths = [float(r.get("width")) for r in svg.iter("{http://www.w3.org/2000/svg}rect")]
    assert [w for w in widths if w > 50][1:] == [130, 520, 260]


def test_the_textbooks_step_moves_both_networks(monkeypatch):
    monkeypatch.setattr(
        training, "configs_for", lambda preset: configs_for(preset, **TINY, batch=4)
    )
    theirs = training.Textbook("cpu64")
    before = [p.clone() for p in (*theirs.state.G.parameters(), *theirs.state.D.parameters())]
    theirs.plain_step()
    theirs.r1()
    theirs.path_length()
    after = [*theirs.state.G.parameters(), *theirs.state.D.parameters()]
    moved = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(moved) > 0.9 * len(moved)
    assert all(p.isfinite().all() for p in after)


def test_each_phases_trainer_runs_that_phase_only(monkeypatch):
    monkeypatch.setattr(
        training, "configs_for", lambda preset: configs_for(preset, **TINY, batch=8)
    )
    ran = {phase: set(training.trainer_of("cpu64", phase).step()) for phase in training.PHASES}
    assert ran["R1"] - ran["plain step"] == {"r1"}
    assert ran["path length"] - ran["plain step"] == {"path_length", "path_penalty"}


def test_the_cards_figures_are_counted_on_any_device(monkeypatch):
    """Two steps a cycle on the processor; compiling is left out, for its minutes."""
    monkeypatch.setattr(gpu, "CYCLE", 2)
    monkeypatch.setattr(torch, "compile", lambda module, **how: module)
    for module in (gpu, training):
        monkeypatch.setattr(module, "configs_for", lambda name: configs_for(name, **TINY, batch=8))
    found = gpu.training("gpu128", "cpu", rounds=1)
    assert found["images_per_second"].keys() == {"eager", "compiled"}
    assert set(found["step_ms"]) == set(training.PHASES)
    assert any("convolution" in call for call in found["busiest"])
    spent = list(found["busiest"].values())
    assert spent == sorted(spent, reverse=True)

    # Forwards alone: the fakes once, and D on real and fake twice over; backwards is twice that.
    with FlopCounterMode(display=False) as counter:
        trainer = training.fresh_trainer("gpu128")
        trainer.D(torch.randn(8, 1, 16, 16), torch.zeros(8, 0))
    least = 3 * counter.get_total_flops() / 8
    assert 2 * least < found["operations_per_image"] < 10 * least


def test_the_cards_peaks_and_networks_are_measured_on_any_device(monkeypatch, tiny_generator):
    best = gpu.peaks("cpu", size=256)
    assert {"matmul bfloat16", "copy"} < set(best)
    assert all(rate > 0 for rate in best.values())
    monkeypatch.setattr(torch, "compile", lambda module, **how: module)
    monkeypatch.setattr(gpu, "random_network", lambda name: tiny_generator)
    found = gpu.synthesis("brains64", "cpu", batches=(2,))
    assert list(found["batch of 2"]) == ["textbook", "plain", "plain bfloat16", "compiled bfloat16"]
    assert gpu.explorer("brains64", "cpu")["picture"] > 0


def test_a_cycle_with_every_regulariser_is_counted(monkeypatch):
    """R1's double backward too, on which torch's own counter fails."""
    monkeypatch.setattr(training, "configs_for", lambda name: configs_for(name, **TINY, batch=8))
    plain, r1, path = (
        gpu.operations(training.trainer_of("gpu128", phase).step)
        for phase in ("plain step", "R1", "path length")
    )
    trainer = training.trainer_of("gpu128", "plain step")
    with FlopCounterMode(display=False) as counter:
        trainer.step()
    assert plain == counter.get_total_flops()
    with FlopCounterMode(display=False) as counter:
        trainer.D(torch.randn(4, 1, 16, 16), torch.zeros(4, 0))
    once = counter.get_total_flops()  # D, forwards, on the half batch that R1 takes
    assert 3 * once < r1 - plain < 8 * once
    assert path > plain


def test_the_cards_table_by_hand():
    result = {
        "peaks": {"matmul bfloat16": 500.0, "copy": 3.0},
        "networks": {"128 px": {"batch of 1": {"textbook": 4, "plain": 2, "c": 1, "d": 0.5}}},
        "explorer": {
            "128 px": {"picture": 0.5, "launched one by one": 4.0}, "256 px": {"picture": 1.5},
        },
        "training": {"gpu128": {
            "batch": 32, "images_per_second": {"eager": 500, "compiled": 1000},
            "operations_per_image": 100e9,
        }},
    }  # fmt: skip
    table = gpu.table(result)
    assert "| gpu128, batch of 32 | 500 images/s | 1000 images/s | 2.00 | 100 | 20.0 % |" in table
    assert "| 128 px | 0.5 ms | 4 ms |" in table
    assert "| 256 px | 1.5 ms |  |" in table


@pytest.mark.skipif(torch.cuda.is_available(), reason="a card is there")
def test_without_a_card_it_says_so(capsys):
    assert gpu.main() == 2
    assert "no NVIDIA card" in capsys.readouterr().err
