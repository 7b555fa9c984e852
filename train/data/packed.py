"""A data set as one `.slices` file: decoded at one size, to be sent elsewhere and trained on.

Files' and people's names stay behind; people are numbers, in the order of their names. The file is
a line that says what it is, one with the SHA-256 of the rest, a line of JSON, and the squeezed
pictures.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from gan.checkpoint import write_atomic
from gan.scale import Scale
from train.data import cache
from train.data.options import DataConfig
from train.data.slices import Slices
from train.data.splits import NobodyHeldOut
from train.data.squeeze import Broken, restore, squeeze
from train.usage import UsageError, flag

SUFFIX = ".slices"
_START = b"slices 2\n"


def pack(path: Path, train: Slices, held_out: Slices | None) -> None:
    """Write the training slices, and those of people held out, with all that is told of them."""
    both = [train, held_out] if held_out else [train]
    people = sorted({person for part in both for person in part.subjects})
    numbers = {person: f"{number:06d}" for number, person in enumerate(people)}
    images = np.concatenate([part.images for part in both])
    side = images.shape[-1]
    content, weights = squeeze(images.reshape(-1, side, side))
    head = {
        "shape": images.shape,
        "weights": weights,
        "parts": [_told(part, numbers) for part in both],
    }
    rest = json.dumps(head).encode() + b"\n" + content
    write_atomic(path, _START + _digest(rest) + rest)


def unpack(
    path: Path, resolution: int, channels: int, config: DataConfig
) -> Callable[[str | None], Slices]:
    """What gives the slices of a split as they were packed; restored once, then from the cache.

    Raises UsageError if the file is damaged or of another size, and if `config` says otherwise than
    when it was packed; what it gives raises NobodyHeldOut.
    """
    head, content, digest = _read(path)
    shape, parts = tuple(head["shape"]), head["parts"]
    _check_options(path, parts[0]["options"], config)
    if shape[1:] != (channels, resolution, resolution):
        kind = "grey" if shape[1] == 1 else "colour"
        raise UsageError(
            f"--data {path}: packed at {shape[2]} px in {kind}, not for this network; give "
            f"--resolution {shape[2]} --img-channels {shape[1]}, or pack it anew"
        )
    images = _images(path, head, content, digest, config)
    first = len(parts[0]["subjects"])

    def part(split: str | None) -> Slices:
        if split != "held_out":
            return _slices(parts[0], images[:first])
        if len(parts) == 1:
            raise NobodyHeldOut(
                f"--data {path}: nobody is held out; pack it anew from data that holds people out"
            )
        return _slices(parts[1], images[first:])

    return part


def _told(part: Slices, numbers: dict[str, str]) -> dict:
    return {
        "name": part.name,
        "labels": part.labels.tolist(),
        "subjects": [numbers[person] for person in part.subjects],
        "classes": part.classes,
        "notes": part.notes,
        "digest": part.digest,
        "options": part.options,
        "pixel_mm": part.pixel_mm,
        "scale": part.scale.to_dict() if part.scale else None,
    }


def _slices(told: dict, images: np.ndarray) -> Slices:
    scale = Scale(**told["scale"]) if told["scale"] else None
    return Slices(
        told["name"], images, np.array(told["labels"], np.float32 if scale else np.int64),
        tuple(told["subjects"]), tuple(told["classes"]), (), tuple(told["notes"]), told["digest"],
        told["options"], told["pixel_mm"], scale,
    )  # fmt: skip


def _digest(rest: bytes) -> bytes:
    return hashlib.sha256(rest).hexdigest().encode() + b"\n"


def _read(path: Path) -> tuple[dict, bytes, str]:
    """The line of JSON, the squeezed pictures, and the digest of both. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            start, digest, rest = file.readline(len(_START)), file.readline(100), file.read()
    except OSError as error:
        raise UsageError(f"--data {path}: cannot be read ({error.strerror})") from error
    if start != _START:
        raise UsageError(f"--data {path}: no packed data set; give the one that was packed")
    if digest != _digest(rest):
        raise UsageError(f"--data {path}: damaged; copy or pack it again")
    told, _, content = rest.partition(b"\n")
    return json.loads(told), content, digest.decode().strip()


def _check_options(path: Path, told: dict, config: DataConfig) -> None:
    """Raises UsageError if the data is to be read otherwise than it was."""
    given, default = config.to_dict(), DataConfig().to_dict()
    changed = [name for name in given if given[name] not in (default[name], told[name])]
    if changed:
        raise UsageError(
            f"{flag(changed[0])} {given[changed[0]]}: {path} was packed with {told[changed[0]]}; "
            "leave it out, or pack the data anew"
        )


def _images(path: Path, head: dict, content: bytes, digest: str, config: DataConfig) -> np.ndarray:
    """uint8 [N, C, R, R] of all parts, from the cache where there is one."""
    shape, folder = tuple(head["shape"]), config.cache_folder
    place = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    name = f"{place[:24]}-{digest[:24]}"
    if folder and (found := cache.read(folder, name)):
        return found[0]
    try:
        pictures = restore(content, head["weights"], (shape[0] * shape[1], *shape[2:]))
    except Broken as error:
        raise UsageError(f"--data {path}: damaged ({error}); copy or pack it again") from error
    images = pictures.reshape(shape)
    if folder:
        with suppress(OSError):  # then it is restored again the next time
            writer = cache.DiskWriter(folder, name, shape[1:])
            for picture in images:
                writer.append(picture)
            return writer.finish({})
    return images
