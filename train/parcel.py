"""python -m train parcel --out PARCEL.tar.gz ...: a training packed for a machine that is lent."""

import argparse
import io
import shlex
import tarfile
import tempfile
from pathlib import Path

from gan.checkpoint import write_atomic
from train.config import Command, parse, training_parser
from train.data import DataConfig, load_both, packed
from train.usage import UsageError, flag

MOST = 60_000_000  # bytes of a parcel
_ROOT = Path(__file__).resolve().parent.parent
_ROOMS = ("gan", "train")
_OWN = {"data", "out", "minutes", "start_from"}  # train.sh says them in its own way
_REMEDIES = {
    "data.slices": "give --data fewer slices, or a smaller --resolution",
    "start.safetensors": "give --start-from a file in half precision, or leave it out",
    "wheels": "give --wheels only what the other machine lacks",
}


def main(argv: list[str]) -> None:
    """Write the parcel and say what is in it. Raises UsageError, also if it gets too large."""
    parser = argparse.ArgumentParser(
        prog="python -m train parcel",
        description="Pack a training into one file, for a machine without a network: the program, "
        "the slices, the options and train.sh, which trains there for some minutes at a time. "
        "Takes all options of a training besides; see python -m train --help.",
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PARCEL.tar.gz",
                        help="the file to write")  # fmt: skip
    parser.add_argument("--wheels", type=Path, metavar="FOLDER",
                        help="wheels of packages that the other machine lacks")  # fmt: skip
    args, rest = parser.parse_known_args(argv)
    if not args.out.name.endswith((".tar.gz", ".tgz")):
        raise UsageError(f"--out {args.out}: its name must end in .tar.gz")
    rest += ["--out", "run"]
    command = parse(rest)
    if command.train.grow:
        raise UsageError("--grow: a parcel holds its slices at one size; leave it out")
    parts = _parts(command, rest, args.wheels)
    content = _packed(parts)
    if len(content) > MOST:
        raise _too_large(args.out, len(content), parts)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(args.out, content)
    sizes = ", ".join(f"{name} {size / 1e6:.1f}" for name, size in _sizes(parts).items())
    print(f"{args.out}: {len(content) / 1e6:.1f} MB ({sizes}); there: tar xzf, bash train.sh 8")


def _parts(command: Command, argv: list[str], wheels: Path | None) -> dict[str, bytes]:
    """The files of the parcel, by name."""
    parts = {
        path.relative_to(_ROOT).as_posix(): path.read_bytes()
        for room in _ROOMS
        for path in sorted((_ROOT / room).rglob("*.py"))
    }
    parts["train.sh"] = (_ROOT / "train" / "parcel.sh").read_bytes()
    options = _options(argv)
    if command.train.start_from:
        parts["start.safetensors"] = _read("start_from", Path(command.train.start_from))
        options += ["--start-from", "start.safetensors"]
    parts["options.sh"] = f"options=({shlex.join(options)})\n".encode()
    if wheels:
        found = sorted(wheels.glob("*.whl"))
        if not found:
            raise UsageError(f"--wheels {wheels}: holds no .whl files; see pip download")
        parts |= {f"wheels/{path.name}": _read("wheels", path) for path in found}
    return parts | {"data.slices": _slices(command)}


def _options(argv: list[str]) -> list[str]:
    """Those of networks and training as they were given; what is said of data is packed with it."""
    given = vars(training_parser().parse_args(argv))
    options = []
    for name, value in given.items():
        if value is None or name in _OWN or name in DataConfig.__dataclass_fields__:
            continue
        # In one word: a value that begins with - would be taken for an option.
        options += [flag(name) if value is True else f"{flag(name)}={value}"]
    return options


def _slices(command: Command) -> bytes:
    """The slices that would be read, packed."""
    print("packing the slices, which takes minutes where they are thousands", flush=True)
    model = command.model
    both = load_both(command.data, model.resolution, model.img_channels, command.source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.slices"
        packed.pack(path, *both)
        return path.read_bytes()


def _packed(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, part in parts.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(part), 0o644
            tar.addfile(member, io.BytesIO(part))
    return content.getvalue()


def _sizes(parts: dict[str, bytes]) -> dict[str, int]:
    """Bytes of what a user can make smaller, and of the rest."""
    sizes = dict.fromkeys((*_REMEDIES, "program"), 0)
    for name, part in parts.items():
        top = name.split("/")[0]
        sizes[top if top in sizes else "program"] += len(part)
    return {name: size for name, size in sizes.items() if size}


def _too_large(out: Path, size: int, parts: dict[str, bytes]) -> UsageError:
    sizes = _sizes(parts)
    largest = max(_REMEDIES, key=lambda name: sizes.get(name, 0))
    return UsageError(
        f"--out {out}: {size / 1e6:.1f} MB, but a parcel may have {MOST / 1e6:g}, and "
        f"{largest} takes {sizes[largest] / 1e6:.1f}; {_REMEDIES[largest]}"
    )


def _read(option: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{flag(option)} {path}: cannot be read ({error.strerror}); give another"
        ) from error
