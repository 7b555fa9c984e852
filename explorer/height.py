"""Teach a model to tell at which height a slice was cut.

    python -m explorer.height DATA.zip OUT.safetensors

learns a reader (gan.height) from a zip of pictures named ..._z00.png to ..._zNN.png, --first-mm and
--step-mm apart.
"""

import argparse
import io
import re
import sys
import zipfile

import numpy as np
from PIL import Image

from gan.height import fit, write_reader

_NAME = re.compile(r"(?:.*/)?(?P<person>[^/]+)_z(?P<slice>\d+)\.png")


def main() -> int:
    """Learn a reader from every second person, tell its error on the others, write it."""
    parser = argparse.ArgumentParser(description="Learn to read a slice's height.")
    parser.add_argument("data", help="zip of pictures named PERSON_zNN.png")
    parser.add_argument("out", help="height.safetensors beside the checkpoint")
    parser.add_argument("--first-mm", type=float, default=-20, help="height of slice 00")
    parser.add_argument("--step-mm", type=float, default=1, help="from one slice to the next")
    args = parser.parse_args()
    pictures, people, heights = [], [], []
    try:
        with zipfile.ZipFile(args.data) as archive:
            for name in archive.namelist():
                if match := _NAME.fullmatch(name):
                    image = Image.open(io.BytesIO(archive.read(name))).convert("L")
                    pictures.append(np.asarray(image.resize((64, 64), Image.Resampling.BOX)))
                    people.append(match["person"])
                    heights.append(args.first_mm + args.step_mm * int(match["slice"]))
    except (OSError, zipfile.BadZipFile) as error:
        print(f"height: {args.data}: {error}", file=sys.stderr)
        return 2
    if len(set(people)) < 4:
        print(f"height: {args.data}: no PERSON_zNN.png of four people or more", file=sys.stderr)
        return 2
    pictures, heights = np.stack(pictures), np.array(heights)
    kept_out = np.isin(people, sorted(set(people))[::4])
    error = fit(pictures[~kept_out], heights[~kept_out]).read_heights(pictures[kept_out])
    error = error - heights[kept_out]
    print(f"{len(set(people))} people; error on a quarter of them left out: "
          f"{np.abs(error).mean():.1f} mm (mean), {error.std():.1f} mm (deviation)")  # fmt: skip
    write_reader(fit(pictures, heights), args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
