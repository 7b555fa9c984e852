"""DICOM: the same brain as from NIfTI, nothing of the patient, and what is no series."""

import io
import json
import zipfile

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, generate_uid

from tests.train.data.test_volumes import head, nifti
from train.data import DataConfig, load_slices
from train.data.files import open_source
from train.data.plan import make_plan
from train.usage import UsageError

VOLUME = head((1, 1, 2))  # RAS, [96, 120, 45]
CUT = {"slice_from": -8, "slice_to": 8, "slice_step": 4, "field_mm": 128}
SECRETS = ("DOE^JANE", "P-4711", "19560229")


def dicom(index: int, series: str, **changes) -> bytes:
    """One axial slice of VOLUME as a scanner would write it: LPS, rescaled integers."""
    dataset = Dataset()
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = SECRETS
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    dataset.SOPInstanceUID = generate_uid()
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, "1.2.3"
    dataset.SeriesDescription = "t1_mprage_sag"
    dataset.InstanceNumber = 100 - index
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]  # rows to the left, columns to the back
    dataset.ImagePositionPatient = [-48, -60, 2.0 * index]
    dataset.PixelSpacing = [1, 1]
    dataset.Modality = "MR"
    pixels = np.rint(VOLUME[::-1, ::-1, index].T / 2 + 8).astype(np.uint16)
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, -16
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels.tobytes()
    syntax = changes.pop("syntax", ExplicitVRLittleEndian)
    for name, value in changes.items():
        setattr(dataset, name, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    if syntax.is_compressed:
        dataset.PixelData = pydicom.encaps.encapsulate([b"not really compressed"])
        dataset["PixelData"].VR = "OB"
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def write_series(folder, series="1.2.3.4", names="IM{:04d}", **changes):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(VOLUME.shape[2]):
        (folder / names.format(i)).write_bytes(dicom(i, series, **changes))
    return folder


@pytest.fixture
def expected(tmp_path):
    """The same head through NIfTI."""
    (tmp_path / "x.nii").write_bytes(nifti(VOLUME, (1, 1, 2)))
    return load_slices(tmp_path / "x.nii", 64, 1, DataConfig(**CUT)).images


def test_a_series_is_a_volume(tmp_path, expected):
    slices = load_slices(write_series(tmp_path / "d"), 64, 1, DataConfig(**CUT))
    assert np.array_equal(slices.images, expected)
    assert slices.subjects == ("patient-1",) * len(slices)


def test_a_zip_and_any_order_of_files(tmp_path, expected):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for i in range(VOLUME.shape[2]):
            archive.writestr(f"a/{i * 17 % 45:02d}.dcm", dicom(i, "1.2.3.4"))
    slices = load_slices(tmp_path / "d.zip", 64, 1, DataConfig(**CUT))
    assert np.array_equal(slices.images, expected)


def test_bright_is_more_even_in_monochrome1(tmp_path, expected):
    folder = tmp_path / "d"
    folder.mkdir()
    top = np.rint(VOLUME.max() / 2 + 8)
    for i in range(VOLUME.shape[2]):
        pixels = (top + 8 - np.rint(VOLUME[::-1, ::-1, i].T / 2 + 8)).astype(np.uint16)
        content = dicom(i, "1.2", PhotometricInterpretation="MONOCHROME1",
                        PixelData=pixels.tobytes())  # fmt: skip
        (folder / f"{i}.dcm").write_bytes(content)
    slices = load_slices(folder, 64, 1, DataConfig(**CUT))
    assert np.array_equal(slices.images, expected)


def test_nothing_of_the_patient_is_kept(tmp_path):
    cache = tmp_path / "cache"
    config = DataConfig(cache=str(cache), **CUT)
    slices = load_slices(write_series(tmp_path / "d"), 64, 1, config)
    kept = json.dumps([slices.name, slices.subjects, slices.notes, slices.options])
    kept += "".join(p.read_text("latin1") for p in cache.iterdir() if p.suffix == ".json")
    assert not any(secret in kept for secret in (*SECRETS, "1.2.3.4", "mprage"))


def test_series_of_one_patient_are_one_person(tmp_path):
    write_series(tmp_path / "d" / "a", "1.1")
    write_series(tmp_path / "d" / "b", "1.2")
    write_series(tmp_path / "d" / "c", "1.3", PatientID="other")
    slices = load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))
    n = len(slices) // 3
    assert slices.subjects == ("patient-1",) * 2 * n + ("patient-2",) * n


def test_an_id_in_the_path_tells_apart_whom_one_patient_id_hides(tmp_path):
    for i, name in enumerate(("sub-01", "sub-02", "other"), 1):
        write_series(tmp_path / "d" / name, f"1.{i}", PatientID="ANONYMOUS")
    slices = load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))
    assert set(slices.subjects) == {"sub-01", "sub-02", "patient-1"}


def test_a_patient_with_an_id_in_one_path_has_it_in_all(tmp_path):
    write_series(tmp_path / "d" / "a", "1.1")
    write_series(tmp_path / "d" / "sub-01", "1.2")
    slices = load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))
    assert set(slices.subjects) == {"sub-01"}


def test_only_the_wanted_kind_of_series(tmp_path):
    write_series(tmp_path / "d" / "a", "1.1")
    write_series(tmp_path / "d" / "b", "1.2", SeriesDescription="t2_tse")
    one = load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))
    assert "left 1 DICOM series other than T1w alone; see --modality" in one.notes
    flair = load_slices(tmp_path / "d", 64, 1, DataConfig(modality="FLAIR", **CUT))
    assert len(flair) == 2 * len(one)  # none is told to be one, so nothing is left out


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BurnedInAnnotation": "YES"}, "BurnedInAnnotation is YES"),
        ({"NumberOfFrames": 3}, "many frames in one file; convert it to NIfTI"),
        ({"syntax": JPEGLSLossless}, "compressed as JPEG-LS Lossless.*pip install pylibjpeg"),
        ({"ImagePositionPatient": [0, 0, 0]}, "several slices at one place"),
        ({"PixelData": b"short"}, "damaged pixels"),
    ],
)
def test_series_that_cannot_be_used(tmp_path, changes, message):
    write_series(tmp_path / "d" / "bad", "1.9", "b{:03d}.dcm", **changes)
    with pytest.raises(UsageError, match=rf"bad/.*: {message}.*--skip-broken"):
        load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))


def test_missing_slices_localizers_and_damaged_files(tmp_path):
    folder = write_series(tmp_path / "d")
    (folder / "IM0007").unlink()
    with pytest.raises(UsageError, match=r"2\.00 to 4\.00 mm apart: some are missing"):
        load_slices(folder, 64, 1, DataConfig(**CUT))
    for i in range(5, 45):
        (folder / f"IM{i:04d}").unlink(missing_ok=True)
    with pytest.raises(UsageError, match="only 5 slices: a localizer"):
        load_slices(folder, 64, 1, DataConfig(**CUT))
    write_series(tmp_path / "d" / "good", "1.7")
    (folder / "cut.dcm").write_bytes(dicom(0, "1.2")[:300])
    slices = load_slices(folder, 64, 1, DataConfig(skip_broken=True, **CUT))
    assert len(slices.skipped) == 2
    assert set(slices.subjects) == {"patient-1"}


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_entry_of_a_zip(tmp_path, how):
    path = tmp_path / "d.zip"
    with zipfile.ZipFile(path, "w", how) as archive:
        for i in range(VOLUME.shape[2]):
            archive.writestr(f"a/{i:02d}.dcm", dicom(i, "1.2.3.4"))
        archive.writestr("a/bad.dcm", b"short" * 20)
        start = archive.getinfo("a/bad.dcm").header_offset + 30 + len("a/bad.dcm")
    content = bytearray(path.read_bytes())
    content[start : start + 4] = b"\xff" * 4
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"bad\.dcm: .*--skip-broken"):
        load_slices(path, 64, 1, DataConfig(**CUT))
    slices = load_slices(path, 64, 1, DataConfig(skip_broken=True, **CUT))
    assert slices.skipped == ("a/bad.dcm",)


def test_files_without_a_suffix_are_only_dicom_if_they_are(tmp_path):
    folder = write_series(tmp_path / "d", names="1.2.840.{}")
    (folder / "README").write_text("hello")
    (folder / "DICOMDIR").write_bytes(dicom(0, "1.2"))
    assert len(load_slices(folder, 64, 1, DataConfig(**CUT))) > 0


def plan_of(folder, **options):
    return make_plan(open_source(folder), DataConfig(**options))


def test_one_id_of_nobody_in_several_studies_tells_nobody(tmp_path):
    """Else twelve people would be one, and nobody would notice."""
    for i in range(12):
        write_series(
            tmp_path / f"study{i}", f"1.{i}", PatientID="ANONYMOUS", StudyInstanceUID=f"2.{i}"
        )
    plan = plan_of(tmp_path)
    assert not plan.known
    assert "one id, which is nobody's" in plan.rule
    assert {entry.split for entry in plan.entries} == {"train"}
    assert any(note.startswith("nobody is held out") for note in plan.notes)
    assert len({entry.subject for entry in plan.entries}) == 12
    given = plan_of(tmp_path, subject_pattern=r"(study\d+)")
    assert given.known
    assert {entry.split for entry in given.entries} == {"train", "val"}


@pytest.mark.parametrize("patient", ["anonymized", "", "0000", "Unknown", "XXXX", "n/a"])
def test_ids_of_nobody(tmp_path, patient):
    for i in range(2):
        write_series(tmp_path / str(i), f"1.{i}", PatientID=patient, StudyInstanceUID=f"2.{i}")
    assert not plan_of(tmp_path).known


def test_one_id_of_nobody_in_one_study_is_a_person(tmp_path):
    for i in range(2):
        write_series(tmp_path / "d" / f"s{i}", f"1.{i}", PatientID="ANON", StudyInstanceUID="2.1")
    plan = plan_of(tmp_path / "d")
    assert plan.known
    assert len({entry.subject for entry in plan.entries}) == 1


def test_a_real_id_in_several_studies_is_one_person(tmp_path):
    for i in range(3):
        write_series(tmp_path / "d" / f"s{i}", f"1.{i}", PatientID="7Q", StudyInstanceUID=f"2.{i}")
    plan = plan_of(tmp_path / "d")
    assert (plan.known, {entry.subject for entry in plan.entries}) == (True, {"patient-1"})


def test_a_screenshot_beside_a_series_is_left_alone(tmp_path):
    shot = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    write_series(tmp_path / "d")
    (tmp_path / "d" / "shot.dcm").write_bytes(dicom(0, "1.9", **shot))
    slices = load_slices(tmp_path / "d", 64, 1, DataConfig(**CUT))
    assert len(slices) == len(load_slices(write_series(tmp_path / "e"), 64, 1, DataConfig(**CUT)))
    assert any("left alone: 1 file (.dcm 1)" in note for note in slices.notes)


def test_a_screenshot_alone_is_refused(tmp_path):
    shot = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    (tmp_path / "shot.dcm").write_bytes(dicom(0, "1.9", **shot))
    with pytest.raises(UsageError, match=r"shot\.dcm: a colour picture in DICOM, not a scan"):
        load_slices(tmp_path, 64, 1, DataConfig(**CUT))
