"""Whose slice is it? The names that real data sets use."""

import pytest

from train.subjects import subject_of


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("train/sub-02/sub-02_z10.png", "sub-02"),
        ("sub-01/anat/sub-01_T1w.nii.gz", "sub-01"),
        ("sub-01/anat/T1w.nii.gz", "sub-01"),
        ("keras_png_slices_train/case_001_slice_0.nii.png", "case_001"),
        ("AD_NC/train/AD/1003730_100.jpeg", "1003730"),
        ("train/AD/002_S_0413/002_S_0413_slice_000.png", "002_S_0413"),
        ("brain7.png", "brain7"),
    ],
)
def test_known_layouts(name, subject):
    assert subject_of(name) == subject
