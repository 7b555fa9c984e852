"""The same on an NVIDIA card, timed by the card itself: python -m tests.bench.gpu

Prints tables and writes assets/bench/gpu.json, or another file that is named.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from gan.card import place
from tests.bench.networks import NETWORKS, random_network
from tests.bench.training import PHASES, fresh_trainer, trainer_of
from tests.reference import textbook
from tests.reference.stylegan2 import sub
from train.config import configs_for
from train.loop import Trainer
from train.run import tune_for

PRESETS = ("gpu128", "gpu256")
_PATH = Path(__file__).parents[2] / "assets" / "bench" / "gpu.json"
CYCLE = 16  # steps in which every regulariser has had its turn
BFLOAT16 = torch.bfloat16


def in_turns(
    calls: dict[str, Callable[[], object]], device: str, rounds: int = 20, warm: int = 3
) -> dict[str, float]:
    """Median milliseconds of each call on the device's own clock, taking turns.

    Between its events a card also waits for a slow program, so launch-bound calls show it.
    """
    for call in calls.values():
        for _ in range(warm):
            call()
    marks = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = _mark(device)
            call()
            marks[name].append((start, _mark(device)))
    if device == "cuda":
        torch.cuda.synchronize()
    return {name: statistics.median(_between(*pair) for pair in ms) for name, ms in marks.items()}


def _mark(device: str):
    if device != "cuda":
        return time.perf_counter()
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def _between(start, end) -> float:
    return 1000 * (end - start) if isinstance(start, float) else start.elapsed_time(end)


@torch.inference_mode()
def peaks(device: str, size: int = 8192) -> dict[str, float]:
    """The card's best: TF/s of matrix products and 3x3 convolutions, TB/s of copying."""
    a = torch.randn(size, size, device=device)
    b = a.to(BFLOAT16)
    source = torch.randn(4 * size * size, device=device)
    target = torch.empty_like(source)
    calls = {
        "matmul float32": (lambda: a @ a, 2 * size**3),
        "matmul bfloat16": (lambda: b @ b, 2 * size**3),
        "copy": (lambda: target.copy_(source), 2 * source.nbytes),
    }
    for C, r in ((64, 128), (256, 64), (512, 32)):
        C, r = min(C, size // 16), min(r, size // 64)
        x = torch.randn(32, C, r, r, device=device, dtype=BFLOAT16)
        weight = torch.randn(C, C, 3, 3, device=device, dtype=BFLOAT16)
        x, weight = (t.to(memory_format=torch.channels_last) for t in (x, weight))
        calls[f"conv bfloat16, {C} channels {r} px"] = (
            lambda x=x, w=weight: torch.conv2d(x, w, padding=1), 32 * 18 * C * C * r * r
        )  # fmt: skip
    ms = in_turns({name: call for name, (call, _) in calls.items()}, device, rounds=10)
    return {name: work / ms[name] / 1e9 for name, (_, work) in calls.items()}


@torch.inference_mode()
def synthesis(name: str, device: str, batches: tuple[int, ...] = (1, 16)) -> dict[str, dict]:
    """Milliseconds of a batch: the textbook, the plain network, in bfloat16, and compiled."""
    G = random_network(name).to(device)
    tensors, R = sub(G.state_dict(), "synthesis"), G.config.resolution
    torch.compiler.reset()  # dynamo counts the graphs of all networks together
    compiled = torch.compile(G.synthesis, dynamic=False)
    found = {}
    for N in batches:
        ws = G.broadcast(G.mapping(torch.randn(N, G.config.z_dim, device=device)))
        calls = {
            "textbook": lambda ws=ws: textbook.synthesis(tensors, ws, R),
            "plain": lambda ws=ws: G.synthesis(ws, "const"),
            "plain bfloat16": lambda ws=ws: G.synthesis(ws, "const", dtype=BFLOAT16),
            "compiled bfloat16": lambda ws=ws: compiled(ws, "const", dtype=BFLOAT16),
        }
        found[f"batch of {N}"] = in_turns(calls, device)
    return found


def explorer(name: str, device: str) -> dict[str, float]:
    """Milliseconds of one picture as the explorer makes it, from the processor and back to it; and
    for a small network without the recording."""
    G = random_network(name)
    card = place(G, torch.device(device))
    ws = G.broadcast(G.mapping(torch.randn(1, G.config.z_dim)))
    found = in_turns({"picture": lambda: card(ws)}, device)
    if card._recorded:
        card._recorded = None
        found |= in_turns({"launched one by one": lambda: card(ws)}, device)
    return found


def training(preset: str, device: str, rounds: int = 3) -> dict:
    """Images a second of the whole loop, eager and compiled, and where the time goes."""
    config = configs_for(preset)[1]
    torch.compiler.reset()
    eager, compiled = fresh_trainer(preset, device), fresh_trainer(preset, device, compile=True)
    phases = {phase: trainer_of(preset, phase, device) for phase in PHASES}
    for trainer in (eager, compiled, *phases.values()):
        trainer.state.ada.p = 0.2  # as it is in the middle of a training
    images = CYCLE * config.batch
    ms = in_turns(
        {"eager": lambda: _cycle(eager), "compiled": lambda: _cycle(compiled)}, device, rounds, 1
    )
    steps = in_turns({phase: trainer.step for phase, trainer in phases.items()}, device)
    return {
        "batch": config.batch,
        "images_per_second": {how: 1000 * images / spent for how, spent in ms.items()},
        "operations_per_image": operations(lambda: _cycle(eager)) / images,
        "step_ms": steps,
        "busiest": busiest(eager, device),
    }


def _cycle(trainer: Trainer) -> None:
    for _ in range(CYCLE):
        trainer.step()


def operations(work: Callable[[], object]) -> int:
    """Multiplications and additions, forwards and backwards, by torch's formulas."""
    with _Counter() as counter:
        work()
    return counter.total


class _Counter(TorchDispatchMode):
    """torch's own FlopCounterMode also keeps books of modules, and R1's gradient breaks those."""

    total = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if formula := flop_registry.get(function._overloadpacket):
            self.total += formula(*args, **(kwargs or {}), out_val=result)
        return result


def busiest(trainer: Trainer, device: str, most: int = 12) -> dict[str, float]:
    """The calls that take the device longest in a cycle: milliseconds a step, most first."""
    kinds = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * (device == "cuda")
    with profile(activities=kinds) as found:
        _cycle(trainer)
    spent = {
        call.key: (call.self_device_time_total if device == "cuda" else call.self_cpu_time_total)
        for call in found.key_averages()
        if device != "cuda" or _is_kernel(call)
    }
    order = sorted(spent, key=spent.get, reverse=True)[:most]
    return {key: spent[key] / 1000 / CYCLE for key in order}


def _is_kernel(call) -> bool:
    """Not the call that launched it, which is given the same time once more."""
    return call.device_type == DeviceType.CUDA and not call.is_user_annotation


def table(result: dict) -> str:
    """Markdown."""
    best = max(rate for name, rate in result["peaks"].items() if "bfloat16" in name)
    lines = ["| synthesis | textbook | plain | bfloat16 | compiled bfloat16 |", "| --- " * 5 + "|"]
    for name, batches in result["networks"].items():
        for batch, ms in batches.items():
            cells = " | ".join(f"{x:.3g} ms" for x in ms.values())
            lines.append(f"| {name}, {batch} | {cells} |")
    lines += ["", "| training | eager | compiled | times | GF an image | of the floor |",
              "| --- " * 6 + "|"]  # fmt: skip
    for name, r in result["training"].items():
        rate, work = r["images_per_second"], r["operations_per_image"] / 1e9
        floor = 1000 * best / work
        lines.append(
            f"| {name}, batch of {r['batch']} | {rate['eager']:.0f} images/s "
            f"| {rate['compiled']:.0f} images/s | {rate['compiled'] / rate['eager']:.2f} "
            f"| {work:.3g} | {100 * max(rate.values()) / floor:.1f} % |"
        )
    lines += ["", "| one picture in the explorer | recorded or large | launched one by one |",
              "| --- " * 3 + "|"]  # fmt: skip
    for name, ms in result["explorer"].items():
        plain = f"{ms['launched one by one']:.3g} ms" if "launched one by one" in ms else ""
        lines.append(f"| {name} | {ms['picture']:.3g} ms | {plain} |")
    lines += ["", "| the card's best | |", "| --- | --- |"]
    for name, rate in result["peaks"].items():
        lines.append(f"| {name} | {rate:.3g} {'TB/s' if name == 'copy' else 'TF/s'} |")
    return "\n".join(lines)


def measured(device: str) -> Iterator[dict]:
    """The result, again after each network and preset: a card may be lent for minutes only."""
    card = torch.cuda.get_device_properties(0)
    result = {
        "card": card.name, "memory_gib": round(card.total_memory / 2**30),
        "torch": torch.__version__, "cuda": torch.version.cuda, "peaks": peaks(device),
        "networks": {}, "explorer": {}, "training": {},
    }  # fmt: skip
    for preset in PRESETS:
        result["training"][preset] = training(preset, device)
        yield result
    for name in NETWORKS:
        result["networks"][name] = synthesis(name, device)
        result["explorer"][name] = explorer(name, device)
        yield result


def main() -> int:
    """python -m tests.bench.gpu [FILE.json]; 2 if there is no card."""
    if not torch.cuda.is_available():
        print("bench-gpu: torch finds no NVIDIA card here; `make bench` measures a CPU",
              file=sys.stderr)  # fmt: skip
        return 2
    tune_for("cuda")
    path = Path(sys.argv[1]) if sys.argv[1:] else _PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    for result in measured("cuda"):
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
