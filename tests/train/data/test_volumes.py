"""Volumes: orientation, true size, one grey scale, and what is no volume."""

import gzip
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from gan.scans import BrokenFile
from gan.scans import nifti as reader
from tests.memory import peak_of
from train.__main__ import main
from train.config import UsageError
from train.data import DataConfig, load_slices
from train.data.volumes import Cut, Loaded, cut_volume, load_volume, prepared


def head(zooms=(1.0, 1.0, 1.0), size=(96, 120, 90)) -> np.ndarray:
    """A bright ellipsoid with semi-axes 30, 40, 28 mm, in RAS+: brighter dots mark the subject's
    right (x), front (y) and top (z)."""
    shape = tuple(round(s / z) for s, z in zip(size, zooms, strict=True))
    grid = np.meshgrid(*((np.arange(n) + 0.5) * z for n, z in zip(shape, zooms, strict=True)),
                       indexing="ij")  # fmt: skip
    x, y, z = (g - s / 2 for g, s in zip(grid, size, strict=True))
    volume = 500.0 * ((x / 30) ** 2 + (y / 40) ** 2 + (z / 28) ** 2 < 1)
    for centre in ((20, 0, 0), (0, 30, 0), (0, 0, 20)):
        near = sum((g - c) ** 2 for g, c in zip((x, y, z), centre, strict=True)) < 25
        volume[near] = 1000
    return volume.astype(np.float32)


def nifti(volume, zooms=(1.0, 1.0, 1.0), axes="RAS", scale=None) -> bytes:
    """The volume stored with its axes in another order and direction."""
    image = nibabel.Nifti1Image(volume, np.diag([*zooms, 1]))
    start = nibabel.orientations.axcodes2ornt("RAS")
    image = image.as_reoriented(
        nibabel.orientations.ornt_transform(start, nibabel.orientations.axcodes2ornt(axes))
    )
    if scale:
        image.header.set_slope_inter(*scale)
    return image.to_bytes()


def read(content: bytes) -> Loaded:
    return load_volume(reader.open_volume(content, None, 1 << 24))


def loaded(volume, zooms=(1.0, 1.0, 1.0)) -> Loaded:
    return prepared(volume, np.diag([*zooms, 1.0]))


@pytest.mark.parametrize("axes", ["RAS", "LPS", "PIR", "SAL"])
def test_every_orientation_gives_the_same_volume(axes):
    found = read(nifti(head((1, 1, 2)), (1, 1, 2), axes))
    assert np.array_equal(found.values, head((1, 1, 2)))
    assert found.zooms.tolist() == [1, 1, 2]


def test_compressed_and_scaled():
    integers = (head() / 10).astype(np.int16)
    image = nibabel.Nifti1Image(integers, np.eye(4))
    image.header.set_slope_inter(2.0, 5.0)
    plain = read(image.to_bytes()).values
    packed = read(gzip.compress(image.to_bytes())).values
    assert np.array_equal(plain, packed)
    assert np.array_equal(plain, 2.0 * integers + 5)


@pytest.mark.parametrize(
    ("plane", "row", "column"),
    [
        ("axial", -30 / 60, -20 / 60),  # front up, the subject's right on the left
        ("coronal", -20 / 60, -20 / 60),  # top up
        ("sagittal", -20 / 60, -30 / 60),  # top up, face to the left
    ],
)
def test_orientation_on_the_picture(plane, row, column):
    """The middle slice shows two of the three dots: one above, one to the left."""
    cut = Cut(plane, 0, 0, 1, field=120)
    picture = cut_volume(loaded(head()), cut, 60)[0]
    places = np.argwhere(picture > 230)
    above = places[places[:, 0] < 22]
    left = places[places[:, 1] < 22]
    assert above.mean(axis=0)[0] * 2 / 60 - 1 == pytest.approx(row, abs=0.06)
    assert abs(above.mean(axis=0)[1] - 30) < 2
    assert left.mean(axis=0)[1] * 2 / 60 - 1 == pytest.approx(column, abs=0.06)
    assert abs(left.mean(axis=0)[0] - 30) < 2


@pytest.mark.parametrize("zooms", [(1, 1, 1), (0.7, 1.4, 3), (2, 2, 2)])
def test_sizes_are_true_whatever_the_voxels(zooms):
    cut = Cut("axial", 0, 0, 1, field=128)
    picture = cut_volume(loaded(head(zooms), zooms), cut, 64)[0]
    mask = picture > 60
    assert 2 * mask.any(axis=0).sum() == pytest.approx(60, abs=5)  # mm across
    assert 2 * mask.any(axis=1).sum() == pytest.approx(80, abs=5)  # mm from front to back
    assert mask.sum() * 4 == pytest.approx(np.pi * 30 * 40, rel=0.06)


def test_slices_lie_at_their_millimetres_and_miss_nothing_else():
    cut = Cut("axial", -40, 40, 4, field=128)
    slices = cut_volume(loaded(head((1, 1, 2)), (1, 1, 2)), cut, 64)
    assert 12 <= len(slices) <= 14  # the head is 56 mm high
    widths = np.array([(s > 60).any(axis=0).sum() for s in slices])
    widest = np.flatnonzero(widths == widths.max()).mean()
    assert widest == pytest.approx((len(slices) - 1) / 2, abs=1)
    expected = 30 * np.sqrt(1 - (8 / 28) ** 2)  # half width 8 mm above the middle
    assert widths[round(widest) + 2] == pytest.approx(expected, abs=2)


def test_one_grey_scale_for_the_whole_volume():
    """A uniformly dimmer and shifted copy gives the same pictures; dim slices stay dim."""
    volume = head()
    volume[:, :, :45][volume[:, :, :45] > 0] *= 0.5
    cut = Cut("axial", -16, 16, 32, field=128)
    low, high = cut_volume(loaded(volume), cut, 64)
    assert low[32, 40] == pytest.approx(high[32, 40] / 2, abs=3)
    again = cut_volume(loaded(volume * 7), cut, 64)
    assert np.abs(again.astype(int) - [low, high]).max() <= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable NIfTI"),
        (b"hello", "not a readable NIfTI"),
        (b"\x1f\x8bhello", "not a whole .gz"),
        (gzip.compress(nifti(head()))[:-1000], "cut short"),
        (nifti(head())[:-1000], "not a readable NIfTI"),
        (nifti(np.zeros((9, 9, 9), np.float32)), "same value"),
        (nifti(np.full((9, 9, 9), np.nan, np.float32)), "NaN"),
        (nifti(np.stack([head()] * 2, axis=3)), "96x120x90x2, not one 3-D volume"),
        (nifti(head(), (1, 1, 900)), "make no sense"),
    ],
)  # fmt: skip
def test_what_is_no_volume(content, message):
    with pytest.raises(BrokenFile, match=message):
        read(content)


def test_a_header_that_lies_about_its_size():
    content = bytearray(nifti(head()))
    content[42:48] = (30000).to_bytes(2, "little") * 3  # dim[1..3]
    with pytest.raises(BrokenFile, match="30000x30000x30000 voxels are too many"):
        read(bytes(content))


def test_a_bomb_is_not_unpacked():
    """No more is unpacked than the header's volume needs."""
    bomb = gzip.compress(nifti(head()) + bytes(300 << 20), 1)
    assert read(bomb).values.shape == (96, 120, 90)
    assert peak_of(read, bomb) < 150 << 20


@pytest.fixture
def volumes_folder(tmp_path):
    folder = tmp_path / "volumes"
    folder.mkdir()
    for i in range(3):
        content = gzip.compress(nifti(head() * (1 + i), axes="LPS"))
        (folder / f"sub-{i}_T1w.nii.gz").write_bytes(content)
    return folder


def test_a_folder_of_volumes_is_data(volumes_folder):
    config = DataConfig(slice_from=-10, slice_to=10, slice_step=2, field_mm=128)
    slices = load_slices(volumes_folder, 32, 1, config)
    assert slices.images.shape == (33, 1, 32, 32)
    single = load_slices(volumes_folder / "sub-1_T1w.nii.gz", 32, 1, config)
    assert np.array_equal(single.images, slices.images[11:22])
    other = load_slices(volumes_folder, 32, 1, replace(config, plane="coronal"))
    assert other.digest != slices.digest


def test_broken_volumes_are_named_or_left_out(volumes_folder):
    (volumes_folder / "sub-9_T1w.nii.gz").write_bytes(b"hello")
    with pytest.raises(UsageError, match=r"sub-9_T1w\.nii\.gz: .*--skip-broken"):
        load_slices(volumes_folder, 32, 1)
    assert load_slices(volumes_folder, 32, 1, DataConfig(skip_broken=True)).skipped == (
        "sub-9_T1w.nii.gz",
    )
    with pytest.raises(UsageError, match="holds any head; see --slice-from"):
        load_slices(volumes_folder, 32, 1, DataConfig(slice_from=60, slice_to=70))


def test_training_starts_from_volumes_directly(volumes_folder, tmp_path):
    small = ["--resolution", "16", "--channel-base", "128", "--channel-max", "8", "--batch", "8",
             "--slice-from", "-10", "--slice-to", "10", "--kimg", "0.016"]  # fmt: skip
    out = tmp_path / "run"
    assert main(["--data", str(volumes_folder), "--out", str(out), "--device", "cpu", *small]) == 0
    assert (out / "model.safetensors").exists()


def test_volumes_tell_the_size_of_a_pixel_and_pictures_do_not(volumes_folder, slices_folder):
    few = {"slice_from": 0, "slice_to": 0, "field_mm": 128}
    for _ in range(2):  # decoded, then from the cache
        assert load_slices(volumes_folder, 32, 1, DataConfig(**few)).pixel_mm == 4
    assert load_slices(volumes_folder, 32, 1, DataConfig(**few, pixel_mm=4)).pixel_mm == 4
    with pytest.raises(UsageError, match="--pixel-mm 3: volumes are cut to 4 mm a pixel"):
        load_slices(volumes_folder, 32, 1, DataConfig(**few, pixel_mm=3))
    assert load_slices(slices_folder, 16, 1).pixel_mm is None
    assert load_slices(slices_folder, 16, 1, DataConfig(pixel_mm=2.5)).pixel_mm == 2.5
    mixed = volumes_folder / "slice.png"
    mixed.write_bytes(next(slices_folder.iterdir()).read_bytes())
    assert load_slices(volumes_folder, 16, 1, DataConfig(**few)).pixel_mm is None
