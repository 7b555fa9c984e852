"""python -m gan.convert FILE --out MODEL: a checkpoint of another program in our own form, or one
of ours in theirs."""

import argparse
import shlex
import sys
from pathlib import Path

from gan.checkpoint import CheckpointError, load_checkpoint
from gan.config import ModelConfig
from gan.convert.conversion import Foreign, printable, read_foreign, reason
from gan.convert.outward import PROGRAMS, write_out
from gan.convert.pickled import Refused

# With the same of these a training finds a place for every tensor, and goes on with the same
# network; the second row is told where it is not as usual.
_SHAPE = ("resolution", "z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max",
          "channel_min")  # fmt: skip
_KIND = ("conv_clamp", "mbstd_group", "mbstd_channels", "d_architecture")


def main(argv: list[str] | None = None) -> int:
    """0 when the file is written, 2 with one line of reason where it cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m gan.convert",
        description="Convert a StyleGAN2 of another program: a .pkl of NVIDIA's "
        "stylegan2-ada-pytorch or stylegan3, a .pt of rosinality's stylegan2-pytorch, pSp or e4e, "
        "a .pth of mmgeneration or mmagic, or their networks or state dicts saved by torch.save; "
        "packed with gzip or not. "
        "The file is read as data; no code in it is ever run. Seeds show the same pictures as in "
        "NVIDIA's programs. With --to, the other way round.",
    )
    parser.add_argument(
        "file", type=Path, help="the .pkl, .pt or .pth; with --to, a .safetensors of ours"
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--to", choices=PROGRAMS,
        help="write state dicts (a .pt file) that the classes of this program load",
    )  # fmt: skip
    parser.add_argument("--data", default="", help="what it was trained on, to be shown with it")
    parser.add_argument("--licence", default="", help="licence of the weights, to be shown with it")
    parser.add_argument(
        "--lr-mlp", type=float, metavar="X",
        help="learning-rate multiplier of its mapping network (lr_mlp, lr_multiplier), where a "
        "state dict does not say it and it was not 0.01",
    )  # fmt: skip
    args = parser.parse_args(argv)
    try:
        report = _outward(args) if args.to else _convert(args)
    except CheckpointError as error:
        print(printable(f"convert: {error}"), file=sys.stderr)
        return 2
    except (Refused, OSError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        print(printable(f"convert: {args.file}: {why[:300]}"), file=sys.stderr)
        return 2
    print(report)
    return 0


def _convert(args: argparse.Namespace) -> str:
    _check_out(args.out, ".safetensors")
    if args.lr_mlp is not None and not 0 < args.lr_mlp <= 100:
        raise Refused(f"--lr-mlp {args.lr_mlp:g}: must be above 0, such as 0.1")
    foreign = read_foreign(args.file, args.lr_mlp)
    foreign.write(args.out, args.data, args.licence)
    return _report(args, foreign)


def _outward(args: argparse.Namespace) -> str:
    _check_out(args.out, ".pt")
    making = write_out(load_checkpoint(args.file), args.to, args.out)
    size = args.out.stat().st_size / 2**20
    return "\n".join(map(printable, [f"written   {args.out} ({size:.0f} MB)",
                                     *(f"made by   {line}" for line in making)]))  # fmt: skip


def _check_out(out: Path, ending: str) -> None:
    if out.suffix != ending:
        raise Refused(f"--out {out}: its name must end in {ending}")
    if out.exists():
        raise Refused(f"--out {out}: already there; choose another name, or delete it")


def _report(args: argparse.Namespace, foreign: Foreign) -> str:
    kind, converted = foreign.kind, foreign.converted
    config = converted.config
    numbers = {n: sum(p.numel() for p in m.parameters()) for n, m in converted.networks.items()}
    colours = "grey" if config.img_channels == 1 else "colour"
    classes = f", {config.c_dim} classes" if config.c_dim else ""
    out = shlex.quote(str(args.out))
    lines = [
        f"{args.file.name}: {kind}; nothing in the file was run",
        f"network   {config.resolution} px, {colours}{classes}, w of {config.w_dim}, "
        f"{config.mapping_layers} mapping layers, up to {config.channel_max} channels",
        "holds     " + ", ".join(f"{n} ({size / 1e6:.1f} M)" for n, size in numbers.items()),
        *(f"note      {note[:300]}" for note in converted.notes),
        f"written   {args.out} ({args.out.stat().st_size / 2**20:.0f} MB)",
        f"explore   python -m explorer --checkpoint {out}",
    ]
    if "D" in numbers:
        usual = {n: getattr(ModelConfig(), n) for n in _KIND}
        told = [*_SHAPE, *(n for n in _KIND if getattr(config, n) != usual[n])]
        shape = " ".join(f"--{n.replace('_', '-')} {getattr(config, n)}" for n in told)
        lines.append(f"train on  python -m train --start-from {out} {shape} --data ...")
    else:
        lines.append("A training starts badly from it: it holds no discriminator.")
    return "\n".join(map(printable, lines))


if __name__ == "__main__":
    sys.exit(main())
