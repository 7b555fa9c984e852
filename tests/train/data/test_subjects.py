"""Whose slice is it? The names that real data sets use."""

import pytest

from tests.train.data.conftest import put
from train.data import DataConfig, load_slices
from train.data.subjects import find_subjects, known_id
from train.quality.people import counted, numbered
from train.usage import UsageError


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("train/sub-02/sub-02_z10.png", "sub-02"),
        ("sub-01/anat/sub-01_T1w.nii.gz", "sub-01"),
        ("sub-01/anat/T1w.nii.gz", "sub-01"),
        ("keras_png_slices_train/case_001_slice_0.nii.png", "case_001"),
        ("train/AD/002_S_0413/002_S_0413_slice_000.png", "002_S_0413"),
        ("disc1/OAS1_0001_MR1/mpr-1.nii.gz", "OAS1_0001"),
        ("OAS30001_d0129/anat.nii.gz", "OAS30001"),
        ("IXI002-Guys-0828-T1.nii.gz", "IXI002"),
        ("BraTS20_Training_001_t1.nii.gz", "BraTS20_Training_001"),
        ("BraTS2021_00002/BraTS2021_00002_t1.nii.gz", "BraTS2021_00002"),
        ("brain7.png", None),
        ("AD_NC/train/AD/1003730_100.jpeg", None),
    ],
)
def test_known_ids(name, subject):
    assert known_id(name) == subject


@pytest.mark.parametrize(
    ("names", "subjects", "rule"),
    [
        (["AD/17_1.jpeg", "AD/17_2.jpeg", "NC/230_1.jpeg"], ["17", "17", "230"], "before the"),
        (["P01/001.png", "P01/002.png", "P02/001.png"], ["P01", "P01", "P02"], "the folder"),
        (["P01/001_T1.png", "P02/001_T1.png", "P02/002_T1.png"], ["P01", "P02", "P02"], "folder"),
        (["ann_1.png", "ann_2.png", "bob_1.png"], ["ann", "ann", "bob"], "before the first _"),
        (["sub-01_z1.png", "sub-01_z2.png"], ["sub-01", "sub-01"], "known kind"),
        (["c64/7_1.png", "c64/7_2.png", "c64/8_1.png"], ["7", "7", "8"], "before the first _"),
    ],
)
def test_rules_that_tell_people(names, subjects, rule):
    found = find_subjects(names)
    assert found.of == subjects
    assert found.known
    assert rule in found.rule


@pytest.mark.parametrize(
    "names", [["slice_001.png", "slice_002.png"], ["a.png", "b.png"], ["x/1.png", "x/2.png"]]
)
def test_names_that_tell_nothing(names):
    found = find_subjects(names)
    assert not found.known
    assert len(set(found.of)) == 2


@pytest.mark.parametrize(
    ("names", "subjects"),
    [
        (["a.nii.gz", "b.nii.gz"], ["a", "b"]),
        (["ann/T1.nii", "bob/T1.nii"], ["ann", "bob"]),
        (["P1/T1.nii", "P2/T1.nii"], ["P1", "P2"]),
        (["site1/ann.nii", "site2/bob.nii"], ["ann", "bob"]),
    ],
)
def test_a_volume_is_a_person(names, subjects):
    found = find_subjects(names, whole=True)
    assert found.of == subjects
    assert found.known


def test_a_pattern_overrules():
    names = ["scan12_a.png", "scan12_b.png", "scan9_a.png"]
    assert find_subjects(names, r"scan(\d+)").of == ["12", "12", "9"]
    with pytest.raises(UsageError, match=r"--subject-pattern x\(y\): not found in scan12_a"):
        find_subjects(names, "x(y)")


def _packed(count: int, each: int, folder="{:05d}", name="img{:08d}.png") -> list[str]:
    return [f"{folder.format(i // each)}/{name.format(i)}" for i in range(count)]


@pytest.mark.parametrize(
    "names",
    [
        _packed(24, 2),
        _packed(24, 10),
        _packed(24, 8, "part{}", "{}.png"),
        _packed(12, 6, "batch_{:03d}", "slice-{:04d}-t1.png"),
        [f"{split}/{name}" for split in ("train", "val") for name in _packed(12, 4)],
    ],
)
def test_packing_folders_are_nobody(names):
    found = find_subjects(names)
    assert not found.known
    assert len(set(found.of)) == len(names)
    assert "run on from folder to folder" in found.rule


@pytest.mark.parametrize(
    "names",
    [
        [f"P{i:02d}/{k:03d}.png" for i in range(3) for k in range(4)],
        [f"{i:05d}/img{k:08d}.png" for i in range(3) for k in range(40 - i)],
        [f"P{i}/img{i}.png" for i in range(5)],
    ],
)
def test_people_whose_slices_are_counted_anew_are_people(names):
    found = find_subjects(names)
    assert (found.known, found.rule) == (True, "the folder")


def test_volumes_in_numbered_folders_are_people():
    found = find_subjects([f"{i}/scan{i}.nii.gz" for i in range(4)], whole=True)
    assert (found.known, len(set(found.of))) == (True, 4)


def test_nobody_is_held_out_of_packed_slices(tmp_path):
    for i in range(24):
        place = tmp_path / f"{i // 2:05d}" / f"img{i:08d}.png"
        put(place, level=i)
    slices = load_slices(tmp_path, 16, 1, DataConfig(cache="none"), split=None)
    assert len(load_slices(tmp_path, 16, 1, DataConfig(cache="none"))) == len(slices) == 24
    assert any("nobody is held out" in note for note in slices.notes)
    assert counted(numbered(slices.subjects)) is None
