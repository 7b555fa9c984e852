"""Synthesis: the engine against the plain network and the textbook, by network and by layer."""

import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from explorer.picture.model import bundled
from gan import Generator, ModelConfig
from gan.checkpoint import load_generator, named_tensors, save_checkpoint
from gan.fast import FastSynthesis
from gan.incremental import IncrementalSynthesis
from tests.bench.networks import random_network
from tests.bench.timing import clock, interleaved
from tests.browser import ROOT, running_app
from tests.reference import textbook
from tests.reference.stylegan2 import sub

SECONDS = {"1024 px": 0, "256 px": 6}  # of timing; 0 for the fewest rounds
BFLOAT16 = torch.bfloat16


def network(name: str) -> Generator:
    """The bundled model, or random weights."""
    return load_generator(bundled()[0])[0] if name == "bundled" else random_network(name)


def operations(config: ModelConfig) -> dict[str, float]:
    """Multiplications and additions of one picture, counted from the equations.

    A transposed convolution meets each input once per tap; its zeros are not counted.
    """
    convolution = fir = rgb = 0
    for r in config.block_resolutions:
        C = config.channels(r)
        convolution += 18 * C * C * r * r
        rgb += 2 * C * config.img_channels * r * r
        if r > 4:
            convolution += 18 * config.channels(r // 2) * C * (r // 2) ** 2
            fir += 32 * C * r * r
    styles = 2 * config.w_dim * sum(2 * config.channels(r) for r in config.block_resolutions)
    return {"convolution": convolution, "fir": fir, "rgb": rgb, "styles": styles}


def bytes_moved(G: Generator) -> float:
    """Least traffic in float32: every weight read once, every feature map written and read once."""
    weights = sum(p.numel() for p in G.synthesis.parameters())
    maps = sum(layer.weight.shape[0] * layer.resolution**2 for layer in G.synthesis.layers)
    return 4.0 * (weights + 2 * maps)


def judge(result: dict, peaks: dict[str, float]) -> dict[str, dict[str, float]]:
    """A network's figures against the machine's best.

    floor_ms: below which direct convolutions cannot go, by operations and by bytes.
    """
    work = sum(result["operations"].values())

    def peak(call: str) -> float:
        return peaks["conv bfloat16" if "bfloat16" in call else "conv float32"]

    return {
        "share of convolution peak": {
            call: work / ms / peak(call) / 1e6 for call, ms in result["ms"].items()
        },
        "floor_ms": {
            "operations": work / peaks["conv float32"] / 1e6,
            "operations bfloat16": work / peaks["conv bfloat16"] / 1e6,
            "bytes": result["bytes"] / peaks["copy"] / 1e6,
        },
    }


@torch.inference_mode()
def speed(name: str) -> dict:
    """Batch 1, stored noise: median milliseconds, ratios, differences, edits, layers."""
    G = network(name)
    ws = G.broadcast(G.mapping(torch.randn(1, G.config.z_dim)))
    tensors = sub(G.state_dict(), "synthesis")
    start = time.perf_counter()
    fast = FastSynthesis(G.synthesis)
    prepared = time.perf_counter() - start
    half = FastSynthesis(G.synthesis, BFLOAT16)
    R = G.config.resolution
    calls = {
        "textbook": lambda: textbook.synthesis(tensors, ws, R),
        "plain": lambda: G.synthesis(ws, "const"),
        "fast": lambda: fast(ws),
        "plain bfloat16": lambda: G.synthesis(ws, "const", dtype=BFLOAT16),
        "fast bfloat16": lambda: half(ws),
    }
    exact = calls["textbook"]()
    span = (exact.max() - exact.min()).item()
    differences = {
        "float32, share of the range": (calls["fast"]() - exact).abs().max().item() / span,
        **grey_levels(fast, half, G),
    }
    ms = interleaved(calls, SECONDS.get(name, 4))
    result = {
        "config": G.config.to_dict(),
        "operations": operations(G.config),
        "bytes": bytes_moved(G),
        "prepare_seconds": prepared,
        "ms": ms,
        "times textbook": {call: ms["textbook"] / ms[call] for call in ms},
        "difference": differences,
    }
    if name in ("64 px", "128 px"):
        eight = G.broadcast(G.mapping(torch.randn(8, G.config.z_dim)))
        result["batch of 8, ms"] = interleaved(
            {
                "textbook": lambda: textbook.synthesis(tensors, eight, R),
                "plain": lambda: G.synthesis(eight, "const"),
                "fast": lambda: fast(eight),
            },
            3,
        )
    if name != "1024 px":
        result["edits"] = edits(fast, ws)
        result["layers_ms"] = profile(fast, ws[0])
    return result


def grey_levels(fast: FastSynthesis, half: FastSynthesis, G: Generator) -> dict[str, float]:
    """How far bfloat16 is off, in grey levels of 256, over some brains at psi 0.7."""
    pictures = 24 if G.config.resolution <= 64 else 1
    w = G.mapping(torch.randn(pictures, G.config.z_dim))
    ws = G.broadcast(G.mapping.w_avg + 0.7 * (w - G.mapping.w_avg))
    off = 127.5 * (fast(ws).clamp(-1, 1) - half(ws).clamp(-1, 1)).abs()
    return {"bfloat16 mean grey levels": off.mean().item(), "max": off.max().item()}


def edits(fast: FastSynthesis, ws: torch.Tensor) -> dict[str, float]:
    """Milliseconds of a new picture after an edit, everything below it being kept."""
    L = fast.config.num_ws
    first_rows = {
        "everything (row 0)": 0,
        "middle (rows 4-)": 4,
        "fine (rows 8-)": 8,
        "top block (last 3 rows)": L - 3,
        "last convolution (last 2 rows)": L - 2,
        "tones (last row)": L - 1,
    }

    def drag_row(row: int) -> Callable[[], torch.Tensor]:
        incremental, changed = IncrementalSynthesis(fast), ws.clone()

        def edit() -> torch.Tensor:
            changed[:, row:] += 1e-3
            return incremental(changed)

        return edit

    def draw_noise(k: int) -> Callable[[], torch.Tensor]:
        incremental, maps = IncrementalSynthesis(fast), [m[None, None] for m in fast.noise_const]

        def edit() -> torch.Tensor:
            maps[k] = torch.randn_like(maps[k])
            return incremental(ws, noise=maps)

        return edit

    still = IncrementalSynthesis(fast)
    calls = {"full synthesis": lambda: fast(ws)}
    calls |= {name: drag_row(row) for name, row in first_rows.items() if row < L}
    calls["noise of the last layer"] = draw_noise(L - 2)
    calls["noise of the top block"] = draw_noise(L - 3)
    calls["nothing"] = lambda: still(ws)
    return interleaved(calls, SECONDS.get(f"{fast.config.resolution} px", 2))


def profile(fast: FastSynthesis, ws: torch.Tensor, rounds: int = 15) -> dict[str, float]:
    """Median milliseconds of each step, in their places in a whole picture."""
    steps: dict[str, list[float]] = {}

    def timed(name: str, step):
        start = clock()
        result = step()
        steps.setdefault(name, []).append(1000 * (clock() - start))
        return result

    for _ in range(rounds):
        maps = img = None
        for k, noise in enumerate(fast.noise_const):
            size, kind = noise.shape[0], type(fast.layers[k].convolution).__name__
            maps = timed(f"{size} px {kind}", lambda: fast.layer(k, maps, ws[k], noise))  # noqa: B023
            if k % 2 == 0:
                block, w = k // 2, ws[k + 1]
                img = timed(f"{size} px toRGB", lambda: fast.to_rgb(block, maps, w, img))  # noqa: B023
    return {name: statistics.median(times) for name, times in steps.items()}


def start_up() -> dict[str, dict[str, float]]:
    """Importing, and from app.py to its address: seconds on the wall and of the processor."""

    def measure(start_and_end) -> dict[str, float]:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        seconds = start_and_end(start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {"wall": seconds, "processor": spent}

    def import_gan(start: float) -> float:
        subprocess.run([sys.executable, "-c", "import gan"], cwd=ROOT, check=True)
        return time.perf_counter() - start

    def open_app(start: float) -> float:
        with running_app():
            return time.perf_counter() - start

    calls = {"import gan": import_gan, "app.py ready": open_app}
    runs = {name: [measure(call) for _ in range(3)] for name, call in calls.items()}
    return {
        name: {kind: statistics.median(run[kind] for run in found) for kind in found[0]}
        for name, found in runs.items()
    }


def memory() -> dict[str, float]:
    """Peak megabytes of a process with the whole page that renders one picture after another."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        G = network("256 px")
        save_checkpoint(path, G.config, {}, named_tensors(G_ema=G))
        for name, checkpoint in (("bundled", str(bundled()[0])), ("256 px", path)):
            for page in (True, False):
                command = [sys.executable, "-m", "tests.bench.inference", str(checkpoint)]
                run = subprocess.run(
                    command + ["page"] * page, cwd=ROOT, check=True, capture_output=True, text=True
                )
                found[f"{name}, {'with' if page else 'without'} the page"] = float(run.stdout)
    return found


def _render_some(checkpoint: str, page: bool) -> None:
    """Print the peak resident megabytes of this process (Linux).

    Not by getrusage: its figure begins with the size of the process that started this one.
    """
    from explorer import Recipe, load
    from explorer.picture.render import export_png

    model = load(checkpoint)
    if page:
        from explorer.page import build

        build([model])
    for seed in range(4):
        export_png(model, Recipe(seed))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024)


if __name__ == "__main__":
    _render_some(sys.argv[1], "page" in sys.argv[2:])
