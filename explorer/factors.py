"""Teach a model to read known factors back from its pictures.

    python -m explorer.factors DATA.zip OUT.safetensors

learns a reader (gan.factors) from a zip of pictures with a table factors.csv: a column `file`, and
a column of numbers for each factor, as `python -m train phantom` writes it. Pictures under val/ are
kept apart, to tell how well each factor is read.
"""

import argparse
import csv
import io
import sys
import zipfile

import numpy as np
from PIL import Image
from tqdm import tqdm

from gan.factors import SIDE, learn, save_reader

_TABLE, _NO_FACTORS = "factors.csv", {"file", "subject", "split"}


def main() -> int:
    """Learn the reader, tell how well it reads, write it."""
    parser = argparse.ArgumentParser(description="Learn to read factors that are known.")
    parser.add_argument("data", help=f"zip of pictures and their {_TABLE}")
    parser.add_argument("out", help="factors.safetensors beside the checkpoint")
    args = parser.parse_args()
    try:
        names, pictures, factors, apart = read(args.data)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        print(f"factors: {args.data}: {error}", file=sys.stderr)
        return 2
    with tqdm(total=100, desc="learning", unit="%") as bar:
        reader = learn(
            pictures, factors, names, apart, lambda done: bar.update(round(100 * done) - bar.n)
        )
    print(f"{(~apart).sum()} pictures; share of the variance read right in {apart.sum()} others:")
    for name, r2 in zip(names, reader.r2, strict=True):
        print(f"  {name:<16}{r2:.3f}")
    save_reader(reader, args.out)
    return 0


def read(data: str) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """Names, pictures uint8 [N, 64, 64], factors [N, K], and which are kept apart, bool [N].

    Raises OSError, BadZipFile, KeyError or ValueError where that is not in the file.
    """
    with zipfile.ZipFile(data) as archive:
        rows = list(csv.DictReader(io.TextIOWrapper(archive.open(_TABLE), "utf-8")))
        names = tuple(name for name in (rows[0] if rows else ()) if name not in _NO_FACTORS)
        apart = np.array([row["file"].startswith("val/") for row in rows])
        if len(rows) < 20 or not names or not 0 < apart.sum() < len(rows):
            raise ValueError(f"{_TABLE}: needs 20 pictures or more, some of them under val/")
        factors = np.array([[float(row[name]) for name in names] for row in rows])
        if not np.isfinite(factors).all():
            raise ValueError(f"{_TABLE}: every factor of every picture must be a number")
        pictures = np.stack([_picture(archive.read(row["file"])) for row in rows])
    return names, pictures, factors, apart


def _picture(content: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(content)).convert("L")
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))


if __name__ == "__main__":
    sys.exit(main())
