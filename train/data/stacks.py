""".npy and .npz files: many slices in one array, mapped and never loaded whole."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan.scans import BrokenFile
from gan.scans.limits import check_size
from train.data.files import Folder, Source, too_large

_IMAGES = ("images", "slices", "x", "data", "arr_0")
_SPLITS = ("train", "val", "test")
_PLAIN = "save plain numbers with numpy.save or numpy.savez"


@dataclass(frozen=True)
class Member:
    """One array of slices in a file.

    name: how it is called among the data; key: inside a .npz, "" in a .npy; subjects: whose each
    slice is, where the file says so.
    """

    name: str
    key: str
    subjects: np.ndarray | None


def members(source: Source, name: str) -> list[Member]:
    """The arrays of slices in a file; raises BrokenFile if none can be told.

    In a .npz: the array called images (slices, x, data, arr_0), or train_images, val_images and
    test_images, or else the only one with three or more axes; beside it `subjects`, one each.
    """
    if name.lower().endswith(".npy"):
        return [Member(name, "", None)]
    try:
        with source.open(name) as file, zipfile.ZipFile(file) as archive:
            shapes = {
                entry.filename[:-4]: _header(archive, entry)[0]
                for entry in archive.infolist()
                if entry.filename.endswith(".npy")
            }
            split = [s for s in _SPLITS if f"{s}_images" in shapes]
            if split:
                return [
                    Member(f"{name}/{s}/images", f"{s}_images",
                           _subjects(archive, f"{s}_subjects", shapes, f"{s}_images"))
                    for s in split
                ]  # fmt: skip
            key = _images_key(shapes)
            return [Member(name, key, _subjects(archive, "subjects", shapes, key))]
    except BrokenFile:
        raise
    except Exception as error:  # zipfile, zlib and numpy raise many kinds on damaged files
        raise BrokenFile("not a readable .npz file; copy or save it again") from error


def _images_key(shapes: dict[str, tuple[int, ...]]) -> str:
    known = [key for key in shapes if key.lower() in _IMAGES]
    deep = [key for key, shape in shapes.items() if len(shape) >= 3]
    for found in (known, deep):
        if len(found) == 1:
            return found[0]
    raise BrokenFile(
        f"holds {', '.join(sorted(shapes)) or 'nothing'}; call the array with the slices `images`"
    )


def _header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    if reason := too_large(entry):
        raise BrokenFile(reason)
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0}  # fmt: skip
        if version not in read:
            raise BrokenFile(f"an array of numpy's format {version}; {_PLAIN}")
        shape, _, kind = read[version](file)
        if kind.hasobject:
            raise BrokenFile(f"holds Python objects (pickle), which are never opened; {_PLAIN}")
        if np.prod(shape, dtype=float) * kind.itemsize > entry.file_size:
            raise BrokenFile(f"its header claims {shape}, more than the file holds")
        return shape, kind


def _subjects(archive, key: str, shapes: dict, images: str) -> np.ndarray | None:
    if key not in shapes:
        return None
    if shapes[key] != shapes[images][:1]:
        raise BrokenFile(f"{key} is {shapes[key]}, but there are {shapes[images][0]} slices")
    with archive.open(f"{key}.npy") as file:
        return np.lib.format.read_array(file, allow_pickle=False).astype(str)


class OpenStack:
    """An array of slices on disk: [N, H, W] or [N, H, W, 3] of uint8, uint16 or float.

    An array inside a zip is copied to a temporary file for as long as this lives.
    """

    def __init__(self, source: Source, name: str, key: str):
        self._temporary = None
        path = source.place(name) if isinstance(source, Folder) and not key else None
        if path is None:
            self._temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
            path = Path(self._temporary.name) / "stack.npy"
            self._extract(source, name, key, path)
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except Exception as error:  # numpy raises many kinds on damaged headers
            if "bject" in str(error):
                raise BrokenFile(
                    f"holds Python objects (pickle), which are never opened; {_PLAIN}"
                ) from error
            raise BrokenFile("not a whole .npy file; copy or save it again") from error
        self.array = _with_axes(array)

    @staticmethod
    def _extract(source: Source, name: str, key: str, path: Path) -> None:
        try:
            with source.open(name) as outer, open(path, "wb") as copy:
                if not key:
                    shutil.copyfileobj(outer, copy, 1 << 20)
                    return
                with zipfile.ZipFile(outer) as archive, archive.open(f"{key}.npy") as inner:
                    shutil.copyfileobj(inner, copy, 1 << 20)
        except BrokenFile:
            raise
        except Exception as error:  # zipfile and zlib raise many kinds on damaged files
            raise BrokenFile("cannot be unpacked; copy or save it again") from error

    def frames(self, rows: range | np.ndarray) -> Iterator[np.ndarray]:
        for row in rows:
            yield _plain(self.array[row])


def _with_axes(array: np.ndarray) -> np.ndarray:
    """[N, H, W] or [N, H, W, 3], whatever the order of the axes says."""
    kind = array.dtype
    if kind.kind not in "buif":
        raise BrokenFile(f"holds {kind}, not numbers; {_PLAIN}")
    shape = array.shape
    if array.ndim == 2:
        array = array[None]
    elif array.ndim == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        array = array.transpose(0, 2, 3, 1)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[3] != 3) or not array.size:
        raise BrokenFile(f"shape {'x'.join(map(str, shape))}; [N, H, W] or [N, H, W, 3] is needed")
    if array.ndim == 4 and kind != np.uint8:
        raise BrokenFile(f"colour slices of {kind}; save them as uint8")
    check_size(array.shape[2], array.shape[1])
    return array


def _plain(frame: np.ndarray) -> np.ndarray:
    """uint8 and uint16 as they are, everything else as float32."""
    if frame.dtype == bool:
        return frame.astype(np.uint8, order="C") * 255
    if frame.dtype in (np.uint8, np.uint16):
        return np.array(frame, order="C")
    frame = frame.astype(np.float32, order="C")
    if not np.isfinite(frame).all():
        raise BrokenFile("holds NaN or infinity")
    return frame
