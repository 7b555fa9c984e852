"""Find the model's nearest brain to a scan, without the page.

    python -m explorer.project SCAN [SCAN ...] --out FILE.png|FILE.json [--checkpoint FILE]
        [--slice N] [--as-it-is] [--one-w] [--device NAME]

SCAN: a picture, NIfTI, .mgz or DICOM file, a .hdr with its .img beside it, or the files or the
folder of a DICOM series. What is written is the reconstruction with its recipe inside, or the
recipe alone; never the scan.
"""

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from explorer.picture.opening import add_device, opened
from explorer.picture.render import export_png, render
from explorer.recipe.checks import RecipeError
from explorer.tools.projection import Effort, Projector
from explorer.tools.scans.framing import Placing, place
from explorer.tools.scans.reading import check_files, paths_of, read_scan
from explorer.tools.verdict import judge
from explorer.work.machine import spare_cores
from gan.card import CardError
from gan.checkpoint import CheckpointError, write_atomic


def main() -> int:
    """0 when the recipe is written, 2 if a file cannot be used."""
    parser = argparse.ArgumentParser(description="Find the brain nearest to a scan.")
    parser.add_argument("scan", nargs="+", help="a file, or a DICOM series: its files or folder")
    parser.add_argument("--out", required=True, help="recipe to write: .png with picture, or .json")
    parser.add_argument("--checkpoint", help="a .safetensors file (default: the bundled model)")
    parser.add_argument("--slice", type=int, help="number of the slice, 1 the first (the middle)")
    parser.add_argument("--as-it-is", action="store_true", help="do not fit the head to the frame")
    parser.add_argument("--one-w", action="store_true", help="one w for all layers")
    add_device(parser)
    args = parser.parse_args()
    torch.set_num_threads(spare_cores())
    try:
        _project(args)
    except (CheckpointError, CardError, RecipeError, OSError) as error:
        print(f"project: {error}", file=sys.stderr)
        return 2
    return 0


def _project(args) -> None:
    out = Path(args.out)
    if out.suffix not in (".png", ".json"):
        raise RecipeError(f"{out}: --out must end in .png or .json")
    if not out.parent.is_dir():
        raise RecipeError(f"{out}: there is no such folder")
    paths = paths_of(args.scan)
    check_files([path.stat().st_size for path in paths])
    model = opened(args.checkpoint, args.device)
    config = model.config
    scan = read_scan([path.read_bytes() for path in paths], config.img_channels)
    for note in scan.notes:
        print(note)
    projector = Projector(model)
    count = len(scan.slices)
    if args.slice is not None and not 1 <= args.slice <= count:
        raise RecipeError(f"--slice {args.slice}: the scan has slices 1 to {count}")
    index = None if args.slice is None else args.slice - 1
    placing = Placing(index, fit=not args.as_it_is)
    frame = projector.album.get().frame
    target = place(scan, frame, placing, config.resolution, config.img_channels)
    projector.refuse_no_head(target)
    effort = Effort()
    if args.one_w:
        effort = Effort(effort.shared + effort.layered, 0)
    steps = projector.project(target, effort)
    total = effort.shared + effort.layered + 1
    *_, last = tqdm(steps, "projecting", total, unit="step", leave=False)
    recipe = last.recipe
    content = export_png(model, recipe) if out.suffix == ".png" else recipe.to_json().encode()
    write_atomic(out, content)
    verdict = judge(model.library, target, render(model, recipe))
    print(*verdict.words, f"Written: {out}", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
