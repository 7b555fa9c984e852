"""Volumes as axial slices, and NIfTI files as volumes."""

import gzip
import io
import zlib
from collections.abc import Iterator

import nibabel
import numpy as np
from nibabel.affines import voxel_sizes
from nibabel.orientations import apply_orientation, io_orientation

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.scan import MOST_VALUES, Scan, check_size, eight_bits

_MOST_UNPACKED = 512 << 20  # bytes
_HEADER = 544  # bytes, of NIfTI-2 the longer one
_GZIP = b"\x1f\x8b"


def is_nifti(content: bytes) -> bool:
    """Whether it is packed, or has a NIfTI header; see nifti1.h, `magic`, and nifti2.h."""
    return content.startswith(_GZIP) or content[344:348] == b"n+1\0" or content[4:8] == b"n+2\0"


def read_nifti(content: bytes) -> Scan:
    """A NIfTI file, .gz or not; of several volumes the first. Raises RecipeError.

    Only the header is unpacked before it is known how large the volume is.
    """
    head = _start(content, _HEADER)
    kind = {b"n+1\0": nibabel.Nifti1Header, b"n+2\0": nibabel.Nifti2Header}.get(
        head[344:348] if head[344:348] == b"n+1\0" else head[4:8]
    )
    if kind is None:
        raise RecipeError("scan: packed, but no NIfTI file inside; unpack it first")
    try:
        header = kind.from_fileobj(io.BytesIO(head), check=False)
        shape = [int(n) for n in header.get_data_shape()]
        value, offset = header.get_data_dtype(), int(header.get_data_offset())
        slope, inter = header.get_slope_inter()
        slope, inter = float(slope or 1), float(inter or 0)
        affine = header.get_best_affine()
    except Exception as error:  # nibabel raises many kinds on damaged headers
        raise RecipeError("scan: a damaged NIfTI header") from error
    notes = ()
    if len(shape) > 3 and max(shape[3:]) > 1:
        notes = (f"{max(shape[3:])} volumes in one file: the first is taken.",)
    shape = [*shape, 1][:3]
    size = int(np.prod(shape, dtype=object)) if min(shape, default=0) > 0 else 0
    words = "×".join(map(str, shape))
    if not 0 < size <= MOST_VALUES or value.kind not in "iuf" or not 0 <= offset < 1 << 24:
        raise RecipeError(f"scan: {words} of {value} is no volume of grey values, or too large")
    needed = offset + size * value.itemsize
    if needed > _MOST_UNPACKED:
        raise RecipeError(
            f"scan: unpacked it has {needed >> 20} MB; at most {_MOST_UNPACKED >> 20}"
        )
    axes, _ = _axes(affine)
    check_size(*(shape[_axis(axes, i)] for i in range(3)))
    data = _start(content, needed)
    if len(data) < needed:
        raise RecipeError("scan: the NIfTI file is cut short; copy it again")
    raw = np.frombuffer(data, value, size, offset).reshape(shape, order="F")

    def frames() -> Iterator[np.ndarray]:
        for k in range(shape[2]):
            yield raw[:, :, k].astype(np.float32) * np.float32(slope) + np.float32(inter)

    return axial(frames, shape[2], affine, notes)


def axial(frames, count: int, affine: np.ndarray, notes: tuple[str, ...] = ()) -> Scan:
    """A volume as axial slices.

    frames: gives slices [X, Y] along the third axis of the file; affine: [4, 4], from voxels to mm
    in RAS+. Cut along the file's axis that is nearest to the body's: nothing is turned in between.
    """
    axes, sizes = _axes(affine)
    slices = eight_bits(frames, count)  # [N, X, Y]
    volume = apply_orientation(slices.transpose(1, 2, 0), axes)  # x to the right, y front, z up
    width, height = (sizes[_axis(axes, i)] for i in range(2))
    check_size(*volume.shape[:2])
    slices = np.ascontiguousarray(volume.transpose(2, 1, 0)[:, ::-1, ::-1])
    mass = (slices > 25).sum(axis=(1, 2), dtype=np.int64)
    middle = round(float((mass * np.arange(len(mass))).sum() / max(mass.sum(), 1)))
    return Scan(slices, (float(height), float(width)), middle, notes)


def _axes(affine: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orientation and voxel sizes [3] in mm; raises RecipeError where they make no sense."""
    sizes = voxel_sizes(affine) if np.isfinite(affine).all() else np.zeros(3)
    if not ((sizes > 0.01) & (sizes < 100)).all():
        raise RecipeError("scan: its header has no voxel sizes that make sense")
    axes = io_orientation(affine)
    if not np.isfinite(axes).all():
        raise RecipeError("scan: its header has no orientation that makes sense")
    return axes, sizes


def _axis(axes: np.ndarray, i: int) -> int:
    """The file's axis that lies along the body's: 0 to the right, 1 to the front, 2 up."""
    return list(axes[:, 0]).index(i)


def _start(content: bytes, size: int) -> bytes:
    """The first bytes, unpacked where need be, and never more of them."""
    if not content.startswith(_GZIP):
        return content[:size]
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise RecipeError("scan: not a whole .gz file; copy it again") from error
