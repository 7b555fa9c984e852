"""Damaged files at length: python -m tests.fuzz [--files N] [--seed N] [--only NUMBER ...]

Ends with 1 if a file ended in anything but a result or a sentence, took over 10 s or 2 GB, or ended
the process.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from tests.fuzz.chunks import begin, chunk
from tests.fuzz.kinds import kinds
from tests.fuzz.run import Fault, faults, file_of

_CHUNK = 100  # files


def main() -> int:
    parser = argparse.ArgumentParser(description="Damage files and see what the program does.")
    parser.add_argument("--files", type=int, default=10_000, help="how many (default 10,000)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default 0)")
    parser.add_argument("--only", type=int, nargs="+", default=[], metavar="NUMBER",
                        help="these files alone; each is kept in the folder fuzz")  # fmt: skip
    args = parser.parse_args()
    if args.only:
        return _again(args.only, args.seed)
    chunks = [range(i, min(i + _CHUNK, args.files)) for i in range(0, args.files, _CHUNK)]
    found: list[Fault] = []
    context = multiprocessing.get_context("spawn")
    try:
        with (
            tempfile.TemporaryDirectory() as cache,
            ProcessPoolExecutor(os.cpu_count(), context, begin, (cache,)) as pool,
        ):
            for some in tqdm(pool.map(chunk, chunks, [args.seed] * len(chunks)), total=len(chunks),
                             unit=f"{_CHUNK} files"):  # fmt: skip
                found += some
                for fault in some:
                    tqdm.write(f"{fault.number} {fault.kind}, {fault.name}: {fault.what}")
    except BrokenProcessPool:
        print("a file ended its process; what it was stands above", file=sys.stderr)
        return 1
    by_kind = Counter(fault.kind for fault in found)
    print(f"{args.files} files, {len(found)} faults", *(f"{k}: {n}" for k, n in by_kind.items()),
          sep="\n")  # fmt: skip
    return int(bool(found))


def _again(numbers: list[int], seed: int) -> int:
    """Look at single files, which stay."""
    folder = Path("fuzz")
    with tempfile.TemporaryDirectory() as made:
        all_kinds = kinds(Path(made))
        for number in numbers:
            kind, name, content = file_of(all_kinds, number, seed)
            place = folder / f"{number}" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            with tempfile.TemporaryDirectory() as work:
                (fault,) = faults(all_kinds, range(number, number + 1), seed, Path(work))
            print(f"{place} ({kind}): {fault.what if fault else 'taken well'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
