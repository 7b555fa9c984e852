"""DICOM slices and series. Only pixels and geometry are read, and what a caller asks for by name.

A series in memory is a Volume whose slices are unpacked one after the other.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from gan.scans.limits import BrokenFile, check_size
from gan.scans.volume import Volume, sizes_of, tilt_note

CONVERT = "convert it to NIfTI, e.g. with dcm2niix"
_DEFLATED = b"1.2.840.10008.1.2.1.99"  # transfer syntax; see PS3.5, A.5
_GEOMETRY = (
    "SOPClassUID", "SeriesInstanceUID", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel",
    "PhotometricInterpretation", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
)  # fmt: skip
_GREY = ("MONOCHROME1", "MONOCHROME2", "")
_APART = 0.01  # mm between slices that are not at one place


class NoPicture(BrokenFile):
    """A DICOM file that holds something else: a directory, a report, settings of a viewer."""


class ColourPicture(BrokenFile):
    """A DICOM file with colours: a screenshot or a map, which lies beside many a series."""


def read_header(content: bytes, tags: tuple[str, ...] = ()):
    """Geometry of a slice, and the `tags` asked for, as a pydicom Dataset.

    Raises NoPicture for files without pixels, BrokenFile for what is no slice of grey levels.
    """
    import pydicom

    if _DEFLATED in content:  # pydicom would unpack it whatever its size
        raise BrokenFile(f"a DICOM file packed with deflate; {CONVERT}")
    try:
        header = pydicom.dcmread(
            io.BytesIO(content), force=True, stop_before_pixels=True,
            specific_tags=[*_GEOMETRY, *tags],
        )  # fmt: skip
        rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
        frames, samples = (int(header.get(k) or 1) for k in ("NumberOfFrames", "SamplesPerPixel"))
        shown = str(header.get("PhotometricInterpretation") or "").strip()
        meta = getattr(header, "file_meta", None) or {}
        holds = str(header.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "")
        for tag in (*_GEOMETRY, *tags):
            header.get(tag)  # what is damaged shows when it is asked for
    except Exception as error:  # pydicom raises many kinds on damaged files
        raise BrokenFile("not a readable DICOM file; copy it again") from error
    if not rows or not columns:
        if not holds or "Image" in pydicom.uid.UID(holds).name:
            raise BrokenFile("not a readable DICOM file (cut short); copy it again")
        raise NoPicture("a DICOM file without a picture; leave it out")
    if frames > 1:
        raise BrokenFile(f"many frames in one file; {CONVERT}")
    if samples > 1 or shown not in _GREY:
        raise ColourPicture("a colour picture in DICOM, not a scan; leave it out")
    check_size(columns, rows)
    return header


def spacing_of(header) -> tuple[float, float] | None:
    """Height and width of a pixel in mm; None where they are not known."""
    try:
        height, width = map(float, header.PixelSpacing)
    except (AttributeError, TypeError, ValueError):
        return None
    return (height, width) if all(0.01 < x < 100 for x in (height, width)) else None


def read_slice(content: bytes) -> np.ndarray:
    """float32 [rows, columns], rescaled, bright is more; NaN where the file says there is nothing.

    MONOCHROME1, where more is darker, comes out with the sign changed: the bits that a file keeps
    say nothing of where its black lies. Raises BrokenFile.
    """
    import pydicom

    try:
        data = pydicom.dcmread(io.BytesIO(content), force=True)
        _complete(data)
        syntax = data.file_meta.TransferSyntaxUID
        compressed = syntax.is_compressed
    except Exception as error:  # pydicom raises many kinds on damaged files
        raise BrokenFile("not a readable DICOM file; copy it again") from error
    try:
        pixels = data.pixel_array
        empty = _padding(data, pixels)
        values = pydicom.pixels.apply_rescale(pixels, data).astype(np.float32)
    except Exception as error:  # its decoders raise many kinds
        if compressed:
            raise BrokenFile(
                f"compressed as {syntax.name}, which cannot be unpacked here; "
                f"pip install pylibjpeg[all], or {CONVERT}"
            ) from error
        raise BrokenFile("damaged pixels; copy it again") from error
    if values.shape != (data.Rows, data.Columns):
        raise BrokenFile(f"many frames in one file; {CONVERT}")
    if str(data.PhotometricInterpretation).strip() == "MONOCHROME1":
        values = -values
    values[empty] = np.nan
    return values


def open_series(headers: Sequence, content_of: Callable[[int], bytes], most: int) -> Volume:
    """The slices of one series, in any order, as a volume.

    headers: of `read_header`; content_of: gives the file of one. most: pixels of all together.
    Copies of a slice count once. Raises BrokenFile where they are no regular stack.
    """
    first = headers[0]
    check_size(int(first.Columns), int(first.Rows), len(headers), most)
    spacing = spacing_of(first)
    if spacing is None:
        raise BrokenFile(
            "its files do not tell the size of a pixel (PixelSpacing); export the series again "
            "with it"
        )
    try:
        across, down = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
        positions = np.array([header.ImagePositionPatient for header in headers], float)
        directions = np.array([header.ImageOrientationPatient for header in headers], float)
    except (AttributeError, TypeError, ValueError) as error:
        raise BrokenFile(f"the series lacks positions in space; {CONVERT}") from error
    if not np.isfinite(positions).all() or positions.shape != (len(headers), 3):
        raise BrokenFile(f"the series lacks positions in space; {CONVERT}")
    if not np.allclose(directions, directions[0], atol=1e-3):
        raise BrokenFile("slices of several directions: a localizer; leave it out")
    for header in headers:
        if (header.Rows, header.Columns) != (first.Rows, first.Columns):
            raise BrokenFile(f"slices of several sizes; {CONVERT}")
        if not np.allclose(spacing_of(header) or (0, 0), spacing, rtol=1e-3):
            raise BrokenFile(f"slices with pixels of several sizes; {CONVERT}")
    if len({str(header.get("PhotometricInterpretation")).strip() for header in headers}) > 1:
        raise BrokenFile(f"some slices show more as dark and some as bright; {CONVERT}")
    normal = np.cross(across, down)
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    order, copies = _without_copies(order, heights, content_of)
    step = _regular_step(heights[order])
    height, width = spacing
    affine = np.eye(4)  # DICOM counts to the left, back and top: LPS
    affine[:3, :3] = np.column_stack([across * width, down * height, normal * step])
    affine[:3, 3] = positions[order[0]]
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    sizes_of(affine)

    def frames() -> Iterator[np.ndarray]:
        for i in order:
            yield read_slice(content_of(i)).T  # [columns, rows]

    notes = [tilt_note(affine)]
    if copies:
        notes.append("some slices are there twice, as exact copies: each counts once")
    shape = (int(first.Columns), int(first.Rows), len(order))
    return Volume(shape, affine, frames, tuple(note for note in notes if note), told=True)


def _without_copies(order: np.ndarray, heights: np.ndarray, content_of) -> tuple[list[int], int]:
    """One slice for each place, and how many copies there were."""
    kept, copies = [int(order[0])], 0
    for before, i in pairwise(map(int, order)):
        if heights[i] - heights[before] > _APART:
            kept.append(i)
            continue
        first, second = (content_of(j) for j in (kept[-1], i))
        if first != second and not np.array_equal(
            read_slice(first), read_slice(second), equal_nan=True
        ):
            raise BrokenFile(
                f"several slices at one place: times or echoes in one series; {CONVERT}"
            )
        copies += 1
    return kept, copies


def _regular_step(heights: np.ndarray) -> float:
    """The distance of slices in mm, from their sorted positions along the normal."""
    if len(heights) < 2:
        return 1.0
    steps = np.diff(heights)
    step = float(np.median(steps))
    if np.abs(steps - step).max() > 0.1 * step:
        raise BrokenFile(
            f"slices {steps.min():.2f} to {steps.max():.2f} mm apart: some are missing; give the "
            "whole series"
        )
    return step


def _complete(data) -> None:
    """What many files leave out or empty, as every viewer takes it."""
    import pydicom

    if getattr(data, "file_meta", None) is None:
        data.file_meta = pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in data.file_meta:
        implicit, little = data.original_encoding
        data.file_meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian if implicit
            else pydicom.uid.ExplicitVRLittleEndian if little
            else pydicom.uid.ExplicitVRBigEndian
        )  # fmt: skip
    defaults = {
        "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "PixelRepresentation": 0,
        "BitsStored": data.get("BitsAllocated"), "RescaleSlope": 1, "RescaleIntercept": 0,
    }  # fmt: skip
    for name, value in defaults.items():
        if data.get(name) in (None, "") and value is not None:
            setattr(data, name, value)
    if data.get("NumberOfFrames") in (None, ""):
        data.NumberOfFrames = 1


def _padding(data, pixels: np.ndarray) -> np.ndarray:
    """Where the file says that there is nothing (PS3.3, C.7.5.1.1.2): bool, as `pixels`."""
    value = data.get("PixelPaddingValue")
    if not isinstance(value, int):
        return np.zeros(pixels.shape, bool)
    limit = data.get("PixelPaddingRangeLimit")
    low, high = sorted((value, limit if isinstance(limit, int) else value))
    return (pixels >= low) & (pixels <= high)
