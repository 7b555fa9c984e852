"""Timing that a busy machine disturbs least, and what the machine can do at best."""

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from explorer.work.machine import spare_cores
from gan.cpu import is_fast
from gan.kernels import Conv3x3

# A thread's processor time leaves out what other programs take; with several threads only the
# clock on the wall tells.
THREADS = spare_cores()
clock = time.process_time if THREADS == 1 else time.perf_counter


def use_spare_cores() -> None:
    """Compute on the cores that nothing else keeps busy."""
    torch.set_num_threads(THREADS)


def interleaved(
    calls: dict[str, Callable[[], object]], seconds: float, rounds: tuple[int, int] = (3, 60)
) -> dict[str, float]:
    """Median milliseconds of each call, taking turns so that a disturbance strikes all alike.

    seconds: about how long to go on, within `rounds` (least, most).
    """
    times = {name: [] for name in calls}
    for call in calls.values():
        call()  # the first is always slow
    end = clock() + seconds
    while len(next(iter(times.values()))) < rounds[0] or (
        clock() < end and len(next(iter(times.values()))) < rounds[1]
    ):
        for name, call in calls.items():
            start = clock()
            call()
            times[name].append(1000 * (clock() - start))
    return {name: statistics.median(values) for name, values in times.items()}


@torch.inference_mode()
def peaks(seconds: float = 4) -> dict[str, float]:
    """The machine's best: GF/s of matrix products and convolutions, GB/s of copying.

    The convolution peak is the best of several shapes, through the library's fastest entry.
    """
    a = torch.randn(1024, 1024)
    b = a.bfloat16()
    source = torch.randn(2**23)
    target = torch.empty_like(source)
    calls = {
        "matmul float32": (lambda: a @ a, 2 * 1024**3),
        "matmul bfloat16": (lambda: b @ b, 2 * 1024**3),
        "copy": (lambda: target.copy_(source), 2 * source.nbytes),
    }
    for C, r in [(512, 16), (256, 32), (128, 64), (64, 128)]:
        x, scale, bias = torch.randn(r, r, C), torch.ones(C), torch.zeros(C)
        for dtype in (torch.float32, torch.bfloat16):
            conv = Conv3x3(torch.randn(C, C, 3, 3), r, dtype)
            name = f"conv {str(dtype)[6:]} {C} channels {r} px"
            calls[name] = (lambda c=conv, x=x, s=scale, b=bias: c(x, s, b), 18 * C * C * r * r)
    times = interleaved({name: call for name, (call, _) in calls.items()}, seconds)
    rates = {name: work / times[name] / 1e6 for name, (_, work) in calls.items()}
    best = {name: rate for name, rate in rates.items() if not name.startswith("conv")}
    for kind in ("float32", "bfloat16"):
        best[f"conv {kind}"] = max(r for n, r in rates.items() if n.startswith(f"conv {kind}"))
    return {name: round(rate, 1) for name, rate in best.items()}


def machine() -> dict:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "threads": THREADS,
        "clock": "processor time" if THREADS == 1 else "wall time",
        "bfloat16": is_fast(torch.bfloat16),
        "torch": torch.__version__,
        "load_at_start": round(os.getloadavg()[0], 1),
    }
