"""Teach a model to tell at which height a slice was cut.

    python -m explorer.height DATA.zip OUT.safetensors

learns two readers (gan.height) from a zip of pictures named ..._z00.png to ..._zNN.png, --first-mm
and --step-mm apart.
"""

import argparse
import io
import re
import sys
import zipfile

import numpy as np
from PIL import Image

from gan.height import learn, save_readers

_NAME = re.compile(r"(?:.*/)?(?P<person>[^/]+)_z(?P<slice>\d+)\.png")


def main() -> int:
    """Learn both readers, tell their error on people left out, write them."""
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
    readers = learn(np.stack(pictures), np.array(heights), np.array(people))
    trust = readers.trust
    print(
        f"{len(set(people))} people; error on {trust.people:.0f} of them left out: "
        f"{trust.error:.1f} mm (mean), {trust.deviation:.1f} mm (deviation); of the reader that "
        f"directions are built with: {trust.first_error:.1f} mm"
    )
    print(
        f"not readable where the two differ by more than {trust.apart:.1f} mm, or the nearest "
        f"slices are farther than {trust.far:.2f}"
    )
    save_readers(readers, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
