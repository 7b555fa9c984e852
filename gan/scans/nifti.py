"""NIfTI-1 and -2, pairs of .hdr and .img, Analyze and FreeSurfer's .mgh and .mgz as volumes.

Here the affine is found; in volume.py the voxels are turned upright by it.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from gan.scans.kinds import GZIP, PAIR, VOLUME, kind_of, volume_format
from gan.scans.limits import BrokenFile
from gan.scans.volume import Volume, axes_of, tilt_note

_HEADER = 1024  # bytes that hold every header
_MM = {1: 1000.0, 3: 0.001}  # of xyzt_units: metres, microns (nifti1.h)
_PLAUSIBLE = 0.05, 50.0  # mm of a head's voxels
_SIDES = "its header tells no orientation (no qform, no sform): left and right are not known"


@dataclass(frozen=True)
class Header:
    """Of a volume: what is known of it before a voxel is unpacked.

    shape: [X, Y, Z] without axes of length 1 beyond; count: volumes; dtype, offset: of the voxels
    in the file; slope, inter: from stored values to grey levels; affine: [4, 4] in mm.
    """

    shape: tuple[int, int, int]
    count: int
    dtype: np.dtype
    offset: int
    slope: float
    inter: float
    affine: np.ndarray
    notes: tuple[str, ...]
    paired: bool

    @property
    def flat(self) -> bool:
        """Whether it is a single slice."""
        return 1 in self.shape


def read_header(start: bytes) -> Header:
    """start: the first kinds.START bytes of a file, packed or not. Raises BrokenFile."""
    head = _start(start, _HEADER, whole=False)
    form = volume_format(head)
    if form is None:
        raise BrokenFile("not a readable NIfTI file: no header of one inside; copy it again")
    try:
        header = _parsed(head, form)
        notes = _mended(header) if form.startswith("nifti") else ()
        shape = tuple(int(n) for n in header.get_data_shape())
        dtype, offset = header.get_data_dtype(), int(header.get_data_offset())
        if form in ("nifti1", "nifti2") and offset >= 0:  # nothing, or what lies inside the header
            offset = max(offset, header.single_vox_offset)
        slope, inter = header.get_slope_inter()
        slope, inter = float(slope or 1), float(inter or 0)
        affine = np.array(header.get_best_affine(), float)
        zooms = [float(zoom) for zoom in header.get_zooms()]
    except Exception as error:  # nibabel raises many kinds on damaged headers
        raise BrokenFile("a damaged NIfTI header; copy or convert it again") from error
    if not shape or min(shape) < 1:
        raise BrokenFile("a damaged NIfTI header: no voxels; copy or convert it again")
    if dtype.names:
        raise BrokenFile("colour voxels, not grey levels: keep the scan that it was made from")
    if dtype.kind not in "iuf" or not 0 <= offset < 1 << 24:
        raise BrokenFile(f"holds {dtype}, no grey levels; convert it again")
    kept, count, squeezed = _squeezed(shape)
    told, said = _told(header, form, head)
    notes += said
    if squeezed and not told:
        affine = _plain_affine([zooms[axis] for axis in kept], [shape[axis] for axis in kept])
    kept_shape = tuple(shape[axis] for axis in kept)
    kept_shape = (*kept_shape, *(1,) * (3 - len(kept_shape)))
    affine, said = _in_mm(_thickened(affine, kept_shape), header, form)
    return Header(kept_shape, count, dtype, offset, slope, inter, affine, (*notes, *said),
                  form.endswith("pair") or form == "analyze")  # fmt: skip


def open_volume(content: bytes, voxels: bytes | None, most: int) -> Volume:
    """The (first) volume of a file; its voxels are unpacked when the first slice is asked for.

    content: the file, or the .hdr of a pair, whose .img is `voxels`; each packed or not. most:
    voxels it may have. Raises BrokenFile.
    """
    header = read_header(content)
    if header.paired and voxels is None:
        raise BrokenFile("the header of a pair: its .img is missing; keep both together")
    size = int(np.prod(header.shape, dtype=object))
    words = "x".join(map(str, header.shape))
    if size > most:
        raise BrokenFile(f"{words} voxels are too many, or its header is damaged")
    needed = header.offset + size * header.dtype.itemsize

    @cache
    def raw() -> np.ndarray:
        data = _start(content if voxels is None else voxels, needed, whole=True)
        if len(data) < needed:
            raise BrokenFile("not a readable NIfTI file (cut short); copy it again")
        values = np.frombuffer(data, header.dtype, size, header.offset)
        return values.reshape(header.shape, order="F")

    slope, inter = np.float32(header.slope), np.float32(header.inter)

    def frames() -> Iterator[np.ndarray]:
        for k in range(header.shape[2]):
            with np.errstate(over="ignore", invalid="ignore"):
                yield raw()[:, :, k].astype(np.float32) * slope + inter

    note = tilt_note(header.affine)
    notes = (*header.notes, note) if note else header.notes
    return Volume(header.shape, header.affine, frames, notes, header.count)


def open_stack(content: bytes, voxels: bytes | None, most: int) -> np.ndarray:
    """A file whose third axis counts slices of many people: [X, Y, N], the first two upright (to
    the right, to the front) where they are those of an axial slice; uint8 as it is, else float32.
    Raises BrokenFile."""
    from nibabel.orientations import apply_orientation

    volume = open_volume(content, voxels, most)
    header = read_header(content)
    values = volume.values()
    if header.dtype == np.uint8 and (header.slope, header.inter) == (1, 0):
        values = values.astype(np.uint8)
    axes = axes_of(volume.affine)
    if set(axes[:2, 0]) != {0, 1}:
        return values
    axes[2] = (2, 1)  # counts slices and stays as it is
    return apply_orientation(values, axes)


def matched(files: list[bytes]) -> tuple[bytes, bytes] | None:
    """Of two files the header of a pair and its voxels; None where they are no pair."""
    if len(files) != 2:
        return None
    kinds = [kind_of(content) for content in files]
    if kinds.count(PAIR) != 1 or VOLUME in kinds:
        return None
    at = kinds.index(PAIR)
    return files[at], files[1 - at]


def volume_bytes(voxels: np.ndarray, affine: np.ndarray, most: int, words: bytes, note: dict):
    """A volume as .nii.gz, the same bytes at any hour.

    voxels: [X, Y, Z] of a NIfTI type; affine: to mm in RAS+; most: the grey level that programs
    show white, 0 for colour; words: at most 79 letters of description; note: a header extension.
    """
    import nibabel

    image = nibabel.Nifti1Image(voxels, affine, dtype=voxels.dtype)
    header = image.header
    header.set_xyzt_units("mm")
    header["descrip"] = words
    header["cal_max"] = most
    comment = 6  # code of an extension that holds text (nifti1.h)
    header.extensions.append(nibabel.nifti1.Nifti1Extension(comment, json.dumps(note).encode()))
    return gzip.compress(image.to_bytes(), mtime=0)


def _parsed(head: bytes, form: str):
    """nibabel's header, whatever its format."""
    import nibabel

    if form == "mgh":
        return nibabel.freesurfer.mghformat.MGHHeader(head[:284], check=False)
    kind = {
        "nifti1": nibabel.Nifti1Header, "nifti1-pair": nibabel.nifti1.Nifti1PairHeader,
        "nifti2": nibabel.Nifti2Header, "nifti2-pair": nibabel.nifti2.Nifti2PairHeader,
        "analyze": nibabel.Spm2AnalyzeImage.header_class,
    }[form]  # fmt: skip
    return kind.from_fileobj(io.BytesIO(head), check=False)


def _mended(header) -> tuple[str, ...]:
    """Passes over numbers that no program can mean; what should be known of it."""
    if not np.isfinite(header["scl_inter"]):
        header["scl_inter"] = 0  # as the reference implementation takes it (nifti1_io.c)
    if header["sform_code"] > 0 and header["qform_code"] > 0:
        matrix = header.get_sform()[:3, :3]
        if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
            header["sform_code"] = 0
            return ("its sform makes no sense: the qform is taken",)
    return ()


def _squeezed(shape: tuple[int, ...]) -> tuple[list[int], int, bool]:
    """The axes of space, the number of volumes, and whether another axis had to go before them.

    Axes of length 1 behind the third are no axes; those before (channel first) are none either
    where there are more than three.
    """
    axes = list(range(len(shape)))
    while len(axes) > 3 and shape[axes[-1]] == 1:
        axes.pop()
    squeezed = len(axes) > 3 and 1 in shape
    if squeezed:
        axes = [axis for axis in axes if shape[axis] > 1]
    count = int(np.prod([shape[axis] for axis in axes[3:]], dtype=object))
    return axes[:3], count, squeezed


def _told(header, form: str, head: bytes) -> tuple[bool, tuple[str, ...]]:
    """Whether the header tells an orientation, and what should be known of it."""
    if form == "analyze":
        return False, ("an Analyze file tells no orientation: left and right are not known",)
    if form == "mgh":
        told = head[28:30] != b"\0\0"  # goodRASFlag, which nibabel sets where it is not
        return told, () if told else (_SIDES,)
    sform, qform = (int(header[f"{name}_code"]) for name in ("sform", "qform"))
    if not (sform > 0 or qform > 0):
        return False, (_SIDES,)
    if sform > 0 and qform > 0:
        try:
            same = np.array_equal(axes_of(header.get_sform()), axes_of(header.get_qform()))
        except Exception:  # what is wrong with one of them is told where it is used
            same = True
        if not same:
            return True, ("its sform and qform disagree about the sides: the sform is taken",)
    return True, ()


def _plain_affine(zooms: list[float], shape: list[int]) -> np.ndarray:
    """As nibabel has it where the header tells none: to the left, the middle at 0 mm."""
    zooms, shape = (*zooms, 1.0, 1.0)[:3], (*shape, 1, 1)[:3]
    affine = np.diag([-zooms[0], zooms[1], zooms[2], 1.0])
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    return affine


def _thickened(affine: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """A single slice without a thickness gets one, as it does not matter."""
    flat = [axis for axis in range(3) if shape[axis] == 1]
    if len(flat) == 1:
        column = affine[:3, flat[0]]
        if not np.isfinite(column).all() or np.linalg.norm(column) < 1e-9:
            first, second = (affine[:3, axis] for axis in range(3) if axis != flat[0])
            normal = np.cross(first, second)
            affine[:3, flat[0]] = normal / max(np.linalg.norm(normal), 1e-12)
    return affine


def _in_mm(affine: np.ndarray, header, form: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """The affine in mm, by the header's unit; a unit that cannot be meant is told and left out."""
    factor = _MM.get(int(header["xyzt_units"]) & 7) if form.startswith("nifti") else None
    if factor is None:
        return affine, ()
    low, high = _PLAUSIBLE
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    if ((sizes > low) & (sizes < high)).all() and not (
        (sizes * factor > low) & (sizes * factor < high)
    ).all():
        return affine, ("its header's unit of length cannot be meant: taken as mm",)
    return np.diag([factor, factor, factor, 1.0]) @ affine, ()


def _start(content: bytes, size: int, whole: bool) -> bytes:
    """The first bytes, unpacked where need be, and never more of them.

    whole: that many are needed; else what there is, of a file that may be cut.
    """
    if not content.startswith(GZIP):
        return content[:size]
    if not whole:
        try:
            return zlib.decompressobj(wbits=31).decompress(content, size)
        except zlib.error as error:
            raise BrokenFile("not a whole .gz file; copy it again") from error
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            data = file.read(size)
            file.read(1)  # at its end the checksum is compared
            return data
    except EOFError as error:
        raise BrokenFile("not a whole .gz file (cut short); copy it again") from error
    except (OSError, zlib.error) as error:
        raise BrokenFile("not a whole .gz file (damaged); copy it again") from error
