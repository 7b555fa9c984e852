"""Measure, print tables for the guide, write assets/bench: python -m tests.bench [--only ...]."""

import argparse
import json
import sys
import time

from tests.bench import inference, training
from tests.bench.chart import bars
from tests.bench.networks import NETWORKS
from tests.bench.timing import machine, peaks, use_spare_cores
from tests.browser import ROOT

FOLDER = ROOT / "assets" / "bench"
SHOWN = ("textbook", "plain", "fast", "plain bfloat16", "fast bfloat16")


def measure_inference() -> dict:
    """Everything about pictures: speed, edits, profile, start, memory."""
    result = {"machine": machine(), "peaks": peaks(), "networks": {}}
    print("  start and memory ...", file=sys.stderr, flush=True)
    result["start_seconds"] = inference.start_up()
    result["peak_megabytes"] = inference.memory()
    for name in ("bundled", *NETWORKS):
        print(f"  {name} ...", file=sys.stderr, flush=True)
        result["networks"][name] = inference.speed(name)
    again = peaks()  # the machine may have been busier at the start: the better one counts
    result["peaks"] = {name: max(rate, again[name]) for name, rate in result["peaks"].items()}
    for network in result["networks"].values():
        network |= inference.judge(network, result["peaks"])
    return result


def table(result: dict) -> str:
    """Markdown: one row for each network, then edits, then the rest."""
    lines = [
        "| network | GF | textbook | plain | fast | times textbook | of the peak "
        "| fast bfloat16 | times textbook | floor by operations, bytes |",
        "| --- " * 10 + "|",
    ]
    for name, r in result["networks"].items():
        ms, times, share = r["ms"], r["times textbook"], r["share of convolution peak"]
        work, least = sum(r["operations"].values()) / 1e9, r["floor_ms"]
        lines.append(
            f"| {name} | {work:.3g} | {ms['textbook']:.3g} ms | {ms['plain']:.3g} ms "
            f"| **{ms['fast']:.3g} ms** | **{times['fast']:.2f}** | {100 * share['fast']:.0f} % "
            f"| {ms['fast bfloat16']:.3g} ms | {times['fast bfloat16']:.2f} "
            f"| {least['operations']:.3g}, {least['bytes']:.2g} ms |"
        )
    for name, r in result["networks"].items():
        if eight := r.get("batch of 8, ms"):
            lines.append(
                f"| {name}, batch of 8 | | {eight['textbook']:.3g} ms | {eight['plain']:.3g} ms "
                f"| {eight['fast']:.3g} ms | {eight['textbook'] / eight['fast']:.2f} | | | | |"
            )
    edited = {name: r["edits"] for name, r in result["networks"].items() if "edits" in r}
    lines += ["", "| after an edit of | " + " | ".join(edited) + " |",
              "| --- " * (1 + len(edited)) + "|"]  # fmt: skip
    for what in next(iter(edited.values())):
        cells = [
            f"{e[what]:.3g} ms ({e['full synthesis'] / e[what]:.1f}x)" if what in e else ""
            for e in edited.values()
        ]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    lines += ["", "| | |", "| --- | --- |"]
    for name, rate in result["peaks"].items():
        lines.append(f"| {name} | {rate:.0f} {'GB/s' if name == 'copy' else 'GF/s'} |")
    for name, seconds in result["start_seconds"].items():
        lines.append(
            f"| {name} | {seconds['wall']:.2f} s, {seconds['processor']:.2f} s of the processor |"
        )
    for name, size in result["peak_megabytes"].items():
        lines.append(f"| peak memory, {name} | {size:.0f} MB |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["inference", "training"], help="measure one part")
    only = parser.parse_args().only
    FOLDER.mkdir(parents=True, exist_ok=True)
    use_spare_cores()
    start = time.perf_counter()
    if only != "training":
        result = measure_inference()
        _keep("inference", result)
        ratios = {
            name: {call: r["times textbook"][call] for call in SHOWN}
            for name, r in result["networks"].items()
        }
        about = result["machine"]
        note = (
            f"{about['processor']}, {about['threads']} thread(s), torch {about['torch']}, batch 1"
        )
        chart = bars("Synthesis: times as fast as the textbook", ratios, "x", note)
        (FOLDER / "inference.svg").write_text(chart, encoding="utf-8")
        print(table(result))
    if only != "inference":
        networks = {}
        for preset in training.PRESETS:
            print(f"  training {preset} ...", file=sys.stderr, flush=True)
            networks[preset] = training.speed(preset)
        _keep("training", {"machine": machine(), "networks": networks})
        print(training.table(networks))
    print(f"\nmeasured in {time.perf_counter() - start:.0f} s on {machine()}", file=sys.stderr)


def _keep(name: str, result: dict) -> None:
    text = json.dumps(result, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
