"""DICOM series as volumes. No name, number or date of a patient leaves this module."""

import hashlib
import io
import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from train.data.files import DAMAGE, BrokenFile, Source, may_be_dicom
from train.data.subjects import known_id
from train.data.volumes import oriented

_TAGS = (
    "SeriesInstanceUID", "StudyInstanceUID", "PatientID", "SeriesDescription", "NumberOfFrames",
    "ImagePositionPatient", "ImageOrientationPatient", "BurnedInAnnotation", "InstanceNumber",
)  # fmt: skip
_CONVERT = "convert it to NIfTI, e.g. with dcm2niix"
_FEWEST = 8  # slices; fewer are a localizer


@dataclass(frozen=True)
class Series:
    """The files of one series, in no order yet.

    person: the same for all series of a patient, and nothing of the patient's; description: the
    kind of scan, for choosing; never kept.
    """

    name: str
    files: tuple[str, ...]
    person: str
    description: str


def is_dicom(source: Source, name: str) -> bool:
    """Whether a file that may be DICOM by its name is."""
    if not may_be_dicom(name):
        return False
    try:
        with source.open(name) as file:
            return file.read(132)[128:] == b"DICM"
    except (BrokenFile, *DAMAGE):
        return name.lower().endswith((".dcm", ".ima"))


def find_series(source: Source, names: list[str]) -> tuple[list[Series], list[tuple[str, str]]]:
    """Files grouped by SeriesInstanceUID, and the broken ones with reasons.

    A person is known by an id of a known kind in the path, which also tells apart whom one
    PatientID (ANONYMOUS) hides. Else PatientID says who belongs together and goes no further: the
    one id that its other paths hold, or patient-1, patient-2, ... in the order of the file names.
    """
    groups, broken = defaultdict(list), []
    for name in tqdm(names, "headers", unit="file", delay=1, leave=False):
        try:
            header = _read(source, name, pixels=False)
            if header.get("BurnedInAnnotation", "NO") == "YES":
                raise BrokenFile("BurnedInAnnotation is YES: the pixels may show a name")
            if int(header.get("NumberOfFrames") or 1) > 1:
                raise BrokenFile(f"many frames in one file; {_CONVERT}")
            if "ImagePositionPatient" not in header or "SeriesInstanceUID" not in header:
                raise BrokenFile("no slice of a series: it has no position")
        except BrokenFile as error:
            broken.append((name, str(error)))
            continue
        patient = str(header.get("PatientID") or header.get("StudyInstanceUID") or "")
        groups[str(header.SeriesInstanceUID)].append(
            (name, patient, str(header.get("SeriesDescription") or ""))
        )
    ids = defaultdict(set)
    for (first, patient, _), *_ in groups.values():
        if found := known_id(first):
            ids[patient].add(found)
    people, series = {}, []
    for uid, members in sorted(groups.items(), key=lambda group: group[1][0][0]):
        first, patient, description = members[0]
        person = known_id(first)
        if person is None and len(ids[patient]) == 1:
            (person,) = ids[patient]
        if person is None:
            person = people.setdefault(patient, f"patient-{len(people) + 1}")
        folder = first.rpartition("/")[0]
        mark = hashlib.sha256(uid.encode()).hexdigest()[:8]
        name = f"{folder}/series-{mark}".lstrip("/")
        series.append(Series(name, tuple(m[0] for m in members), person, description))
    return series, broken


def of_modality(series: list[Series], modality: str) -> list[Series]:
    """Those whose description names the wanted kind (`T1w`: t1), if any does; else all."""
    wanted = modality.lower().removesuffix("w")
    kinds = {"t1": r"t1|mp-?rage|spgr|bravo|tfl"}
    matches = [s for s in series if re.search(kinds.get(wanted, re.escape(wanted)),
                                              s.description.lower())]  # fmt: skip
    return matches or series


def read_series(source: Source, series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Intensities, float32 [X, Y, Z] in RAS+ orientation, and voxel sizes in mm [3].

    Rescale slope and intercept are applied, MONOCHROME1 is turned to bright is more. Raises
    BrokenFile if the files are no regular stack of slices.
    """
    import nibabel

    slices = [_read(source, name, pixels=True) for name in series.files]
    if len(slices) < _FEWEST:
        raise BrokenFile(f"only {len(slices)} slices: a localizer or a part of a series")
    try:
        first = slices[0]
        across, down = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
        normal = np.cross(across, down)
        positions = np.array([s.ImagePositionPatient for s in slices], float)
        order = np.argsort(positions @ normal, kind="stable")
        step = _regular_step(positions[order] @ normal)
        for s in slices:
            if not np.allclose(s.ImageOrientationPatient, first.ImageOrientationPatient, atol=1e-3):
                raise BrokenFile("slices of several directions: a localizer")
            if (s.Rows, s.Columns) != (first.Rows, first.Columns):
                raise BrokenFile("slices of several sizes")
        volume = np.stack([_intensities(slices[i]).T for i in order], axis=2)  # [columns, rows, n]
        if first.get("PhotometricInterpretation") == "MONOCHROME1":
            volume = volume.max() + volume.min() - volume
        between_rows, between_columns = map(float, first.PixelSpacing)
    except BrokenFile:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BrokenFile(f"a DICOM series that lacks what a volume needs ({error})") from error
    affine = np.eye(4)  # DICOM counts to the left, back and top: LPS
    affine[:3, 0] = across * between_columns
    affine[:3, 1] = down * between_rows
    affine[:3, 2] = normal * step
    affine[:3, 3] = positions[order[0]]
    return oriented(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine))


def _regular_step(heights: np.ndarray) -> float:
    """The distance of slices in mm, from their sorted positions along the normal."""
    steps = np.diff(heights)
    step = float(np.median(steps))
    if steps.min() < 0.01:
        raise BrokenFile(f"several slices at one place: times or echoes in one series; {_CONVERT}")
    if np.abs(steps - step).max() > 0.1 * step:
        raise BrokenFile(
            f"slices {steps.min():.2f} to {steps.max():.2f} mm apart: some are missing"
        )
    return step


def _intensities(dataset) -> np.ndarray:
    """float32 [rows, columns], rescaled."""
    if int(dataset.get("SamplesPerPixel") or 1) != 1:
        raise BrokenFile("a colour picture, not a scan")
    try:
        pixels = dataset.pixel_array
    except Exception as error:  # pydicom's decoders raise many kinds
        syntax = dataset.file_meta.TransferSyntaxUID
        if syntax.is_compressed:
            raise BrokenFile(
                f"compressed as {syntax.name}, which cannot be unpacked here; "
                f"pip install pylibjpeg[all], or {_CONVERT}"
            ) from error
        raise BrokenFile(f"damaged pixels ({error})") from error
    slope, intercept = (float(dataset.get(f"Rescale{n}", d)) for n, d in
                        (("Slope", 1), ("Intercept", 0)))  # fmt: skip
    return pixels.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _read(source: Source, name: str, pixels: bool):
    import pydicom

    try:
        if pixels:
            return pydicom.dcmread(io.BytesIO(source.read(name)))
        with source.open(name) as file:
            return pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_TAGS))
    except BrokenFile:
        raise
    except Exception as error:  # pydicom raises many kinds on damaged files
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BrokenFile(f"not a readable DICOM file ({words})") from error
