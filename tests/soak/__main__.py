"""Fifty users for ten minutes: python -m tests.soak; writes assets/bench/soak.json.

Ends with 1 if anything was wrong, mixed up or stuck, or if memory grew by more than 100 MB.
"""

import argparse
import json
import sys
from collections import Counter

import torch

from explorer import load
from tests.bench.timing import machine
from tests.browser import ROOT
from tests.soak.run import soak

FILE = ROOT / "assets" / "bench" / "soak.json"
_MOST_GROWTH = 100.0  # MB


def main() -> int:
    parser = argparse.ArgumentParser(description="Many users for a long time, on this machine.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = {"machine": machine()}
    found |= soak(load(), args.clients, 60 * args.minutes, kill=True)
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name in ("pictures", "pictures_per_second", "median_ms", "p95_ms", "p99_ms", "max_ms",
                 "done", "refused", "remade", "stuck", "down_s", "growth_mb"):  # fmt: skip
        print(f"{name}: {found[name]}")
    for name in ("wrong", "errors"):
        print(f"{name}: {len(found[name])}")
        for line, times in Counter(found[name]).most_common(10):
            print(f"  {times} times: {line}")
    bad = found["wrong"] or found["errors"] or found["stuck"]
    return int(bool(bad) or found["growth_mb"] > _MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
