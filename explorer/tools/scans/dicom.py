"""DICOM files as scans: one slice, or a series. Only pixels and geometry are read."""

import io
from collections.abc import Iterator

import numpy as np
import pydicom

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.scan import MOST_VALUES, Scan, check_size, eight_bits
from explorer.tools.scans.volumes import axial

_DEFLATED = b"1.2.840.10008.1.2.1.99"  # transfer syntax; see PS3.5, A.5
_CONVERT = "convert it to NIfTI, e.g. with dcm2niix"
_TAGS = (
    "SeriesInstanceUID", "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "BitsAllocated",
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
)  # fmt: skip


def is_dicom(content: bytes) -> bool:
    return content[128:132] == b"DICM"


def read_dicom(files: list[bytes]) -> Scan:
    """One slice as it is stored, or the longest series of several as a volume.

    Rescaling is applied, and MONOCHROME1 turned to bright is more. Raises RecipeError.
    """
    series: dict[str, list[tuple[pydicom.Dataset, bytes]]] = {}
    for content in files:
        header = _header(content)
        series.setdefault(str(header.get("SeriesInstanceUID")), []).append((header, content))
    longest = max(series.values(), key=len)
    notes = ()
    if len(series) > 1:
        notes = (f"{len(series)} series: the longest, with {len(longest)} slices, is taken.",)
    if sum(int(h.Rows) * int(h.Columns) for h, _ in longest) > MOST_VALUES:
        raise RecipeError(f"scan: more than {MOST_VALUES // 10**6} million pixels")
    if len(longest) == 1:
        header, content = longest[0]
        slices = eight_bits(lambda: iter([_intensities(content)]), 1)
        notes = (*notes, "One slice, shown as it is stored: turn it if it does not stand upright.")
        return Scan(slices, _spacing(header), notes=notes)
    try:
        affine, order = _geometry([header for header, _ in longest])
    except RecipeError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"scan: the series lacks positions in space; {_CONVERT}") from error

    def frames() -> Iterator[np.ndarray]:
        for i in order:
            yield _intensities(longest[i][1]).T  # [columns, rows]

    return axial(frames, len(order), affine, notes)


def _header(content: bytes) -> pydicom.Dataset:
    if _DEFLATED in content:  # pydicom would unpack it whatever its size
        raise RecipeError(f"scan: a DICOM file packed with deflate; {_CONVERT}")
    try:
        header = pydicom.dcmread(
            io.BytesIO(content), stop_before_pixels=True, specific_tags=list(_TAGS)
        )
        rows, columns = int(header.get("Rows") or 0), int(header.get("Columns") or 0)
        frames, samples = (int(header.get(k) or 1) for k in ("NumberOfFrames", "SamplesPerPixel"))
    except Exception as error:  # pydicom raises many kinds on damaged files
        raise RecipeError("scan: not a readable DICOM file") from error
    if not rows or not columns:
        raise RecipeError("scan: a DICOM file without a picture")
    if frames > 1:
        raise RecipeError(f"scan: many slices in one DICOM file; {_CONVERT}")
    if samples > 1:
        raise RecipeError("scan: a colour picture in DICOM, not a scan")
    check_size(columns, rows)
    return header


def _spacing(header: pydicom.Dataset) -> tuple[float, float]:
    """Height and width of a pixel in mm; 1 and 1 where they are not known."""
    try:
        height, width = map(float, header.PixelSpacing)
    except (AttributeError, TypeError, ValueError):
        return 1.0, 1.0
    good = all(0.01 < x < 100 for x in (height, width))
    return (height, width) if good else (1.0, 1.0)


def _geometry(headers: list[pydicom.Dataset]) -> tuple[np.ndarray, np.ndarray]:
    """From (column, row, slice) to mm in RAS+, [4, 4], and the order of slices along the third."""
    across, down = np.array(headers[0].ImageOrientationPatient, float).reshape(2, 3)
    normal = np.cross(across, down)
    for header in headers:
        if not np.allclose(
            header.ImageOrientationPatient, headers[0].ImageOrientationPatient, atol=1e-3
        ):
            raise RecipeError("scan: slices of several directions, a localizer; choose a series")
    positions = np.array([h.ImagePositionPatient for h in headers], float)
    order = np.argsort(positions @ normal, kind="stable")
    steps = np.diff((positions @ normal)[order])
    step = float(np.median(steps))
    if not steps.min() > 0.01:
        raise RecipeError(f"scan: several slices at one place, times or echoes; {_CONVERT}")
    if np.abs(steps - step).max() > 0.1 * step:
        raise RecipeError("scan: the slices are not evenly spaced, some are missing; open them all")
    height, width = _spacing(headers[0])
    affine = np.eye(4)  # DICOM counts to the left, back and top: LPS
    affine[:3, :3] = np.column_stack([across * width, down * height, normal * step])
    affine[:3, 3] = positions[order[0]]
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, order


def _intensities(content: bytes) -> np.ndarray:
    """float32 [rows, columns], rescaled."""
    try:
        data = pydicom.dcmread(io.BytesIO(content))
        pixels = data.pixel_array.astype(np.float32)
        if data.get("PhotometricInterpretation") == "MONOCHROME1":
            pixels = (2 ** int(data.BitsStored) - 1) - pixels
        slope, intercept = (float(data.get(f"Rescale{n}", d)) for n, d in
                            (("Slope", 1), ("Intercept", 0)))  # fmt: skip
    except Exception as error:  # pydicom's decoders raise many kinds
        raise RecipeError(f"scan: its DICOM pixels cannot be unpacked here; {_CONVERT}") from error
    return pixels * np.float32(slope) + np.float32(intercept)
