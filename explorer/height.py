"""Teach a model to tell at which height a slice was cut, or how old its person looks.

    python -m explorer.height DATA.zip height.safetensors
    python -m explorer.height DATA.zip age.safetensors --ages TABLE.csv

learns two readers (gan.height) from a zip of pictures named ..._z00.png to ..._zNN.png, --first-mm
and --step-mm apart. The second needs a table with the columns subject and age (in years), subjects
named as the pictures are.
"""

import argparse
import csv
import io
import math
import re
import sys
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image

from gan.height import learn, save_readers

_NAME = re.compile(r"(?:.*/)?(?P<person>[^/]+)_z(?P<slice>\d+)\.png")


def main() -> int:
    """Learn both readers, tell their error on people left out, write them."""
    parser = argparse.ArgumentParser(description="Learn to read a slice's height, or an age.")
    parser.add_argument("data", help="zip of pictures named PERSON_zNN.png")
    parser.add_argument("out", help="height.safetensors or age.safetensors beside the checkpoint")
    parser.add_argument("--first-mm", type=float, default=-20, help="height of slice 00")
    parser.add_argument("--step-mm", type=float, default=1, help="from one slice to the next")
    parser.add_argument(
        "--ages", type=Path, metavar="TABLE",
        help="learn ages instead: CSV with the columns subject and age",
    )  # fmt: skip
    args = parser.parse_args()
    try:
        ages = read_ages(args.ages) if args.ages else None
        pictures, people, heights = read_pictures(args.data, args.first_mm, args.step_mm, ages)
    except (OSError, ValueError) as error:
        print(f"height: {error}", file=sys.stderr)
        return 2
    if len(set(people)) < 4:
        known = "" if ages is None else f" whose age is in {args.ages}"
        print(f"height: {args.data}: no PERSON_zNN.png of four people or more{known}",
              file=sys.stderr)  # fmt: skip
        return 2
    numbers = heights if ages is None else [ages[person] for person in people]
    readers = learn(np.stack(pictures), np.array(numbers), np.array(people))
    trust, unit = readers.trust, "mm" if ages is None else "years"
    print(
        f"{len(set(people))} people; error on {trust.people:.0f} of them left out: "
        f"{trust.error:.1f} {unit} (mean), {trust.deviation:.1f} {unit} (deviation); of the reader "
        f"that directions are built with: {trust.first_error:.1f} {unit}"
    )
    print(
        f"not readable where the two differ by more than {trust.apart:.1f} {unit}, or the nearest "
        f"slices are farther than {trust.far:.2f}"
    )
    save_readers(readers, args.out)
    return 0


def read_pictures(
    path: str, first_mm: float, step_mm: float, wanted: Collection[str] | None
) -> tuple[list[np.ndarray], list[str], list[float]]:
    """Pictures of 64 px, whose they are, and their heights in mm; wanted: of these people only.

    Raises OSError, ValueError.
    """
    pictures, people, heights = [], [], []
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                match = _NAME.fullmatch(name)
                if match and (wanted is None or match["person"] in wanted):
                    image = Image.open(io.BytesIO(archive.read(name))).convert("L")
                    pictures.append(np.asarray(image.resize((64, 64), Image.Resampling.BOX)))
                    people.append(match["person"])
                    heights.append(first_mm + step_mm * int(match["slice"]))
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: {error}") from error
    return pictures, people, heights


def read_ages(path: Path) -> dict[str, float]:
    """Years by subject; subjects without an age are left out. Raises ValueError, OSError."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"subject", "age"} <= set(rows[0]):
        raise ValueError(f"{path}: expected a CSV table with the columns subject and age")
    found = {}
    for row in rows:
        try:
            age = float(row["age"])
        except (TypeError, ValueError):
            continue
        if math.isfinite(age):
            found[row["subject"]] = age
    return found


if __name__ == "__main__":
    sys.exit(main())
