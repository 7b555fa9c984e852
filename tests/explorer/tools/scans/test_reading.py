"""Every kind of scan, and what is none: one sentence, and nothing unpacked before its size."""

import gzip

import nibabel
import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.reading import MOST_FILES, check_files, read_scan
from explorer.tools.scans.scan import MOST_BYTES
from gan.scans import pictures
from tests.explorer.tools.scans.files import dicom, head, image_bytes, nifti, png_header, volume
from tests.memory import peak_of


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_grey_pictures_of_8_bits_stay_as_they_are(kind):
    scan = read_scan([image_bytes(head(), kind, **({"quality": 100} if kind == "JPEG" else {}))])
    assert scan.slices.shape == (1, 64, 64)
    assert np.abs(scan.slices[0].astype(int) - head()).max() <= (3 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_deep_pictures_are_windowed(kind):
    deep = head().astype(kind) * 17
    scan = read_scan([image_bytes(deep, "TIFF" if kind == np.float32 else "PNG")])
    assert scan.slices.dtype == np.uint8
    assert scan.slices[0][head() == 200].min() >= 250
    assert scan.slices[0][0, 0] == 0


def test_colour():
    grey = np.repeat(head()[:, :, None], 3, axis=2)
    assert np.array_equal(read_scan([image_bytes(grey)]).slices[0], head())
    red = grey * np.array([1, 0, 0], np.uint8)
    assert np.array_equal(read_scan([image_bytes(red)], channels=3).slices[0], red)
    with pytest.raises(RecipeError, match="colour"):
        read_scan([image_bytes(red)])
    clear = np.dstack([grey, np.zeros((64, 64), np.uint8)])
    clear[32, 32, 3] = 255
    assert (read_scan([image_bytes(clear)]).slices[0] > 0).sum() == 1


def test_pages_of_a_tiff_and_large_pictures():
    pages = [Image.fromarray(head(level=level)) for level in (100, 150, 200)]
    content = image_bytes(head(level=50), "TIFF", save_all=True, append_images=pages)
    scan = read_scan([content])
    assert [s.max() for s in scan.slices] == [50, 100, 150, 200]
    assert scan.middle == 2
    large = read_scan([image_bytes(np.kron(head(), np.ones((32, 32), np.uint8)))])
    assert large.slices.shape == (1, 1024, 1024)


@pytest.mark.parametrize("axes", ["RAS", "LPS", "PIR"])
@pytest.mark.parametrize("packed", [False, True])
def test_nifti_is_shown_upright_however_it_is_stored(axes, packed):
    image = nibabel.Nifti1Image(volume(), np.diag([2.0, 2.0, 2.0, 1.0]))
    turn = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(axes)
    )
    content = image.as_reoriented(turn).to_bytes()
    scan = read_scan([gzip.compress(content) if packed else content])
    assert scan.slices.shape == (40, 40, 40)
    assert scan.pixel == (2, 2)
    assert abs(scan.middle - 20) <= 1
    z, y, x = (int(np.mean(i)) for i in np.where(scan.slices > 200))
    assert z > 20
    assert y < 18  # front is up
    assert x < 18  # the subject's right is on the left


def test_nifti_of_several_volumes_and_oblong_voxels():
    data = np.stack([volume(), 0 * volume()], axis=3)
    scan = read_scan([nifti(data, np.diag([1.0, 3.0, 2.0, 1.0]))])
    assert scan.pixel == (3, 1)
    assert "first" in scan.notes[0]


@pytest.mark.parametrize("axis", [0, 1])
def test_thick_slices_of_another_plane_are_as_wide_as_they_are_in_mm(axis):
    """24 sagittal or coronal ones show a head where they are 6 mm thick, and none where 1 mm."""
    sizes, shape = np.ones(3), [256, 256, 256]
    sizes[axis], shape[axis] = 6, 24
    x, y, z = (((np.arange(n) + 0.5) / n - 0.5).astype(np.float32) for n in shape)
    ball = x[:, None, None] ** 2 + y[:, None] ** 2 + z**2 < 0.16
    data = (ball * (200 + 100 * (z > 0))).astype(np.int16)
    scan = read_scan([nifti(data, np.diag([*sizes, 1]))])
    assert scan.slices.shape == ((256, 256, 24), (256, 24, 256))[axis]
    assert scan.pixel == ((1, 6), (6, 1))[axis]
    assert scan.notes == ("Thick slices across another plane: the axial ones are coarse.",)
    with pytest.raises(RecipeError, match="too narrow"):
        read_scan([nifti(data, np.eye(4))])
    with pytest.raises(RecipeError, match="too small"):
        read_scan([nifti(data.take(range(6), axis), np.diag([*sizes, 1]))])


def test_thick_slices_of_the_same_plane_are_nothing_to_tell():
    assert read_scan([nifti(volume()[:, :, ::4], np.diag([2.0, 2.0, 8.0, 1.0]))]).notes == ()


def test_one_dicom_slice():
    content = dicom(head().astype(np.uint16) * 10, RescaleSlope=2, RescaleIntercept=-5)
    scan = read_scan([content])
    assert scan.slices.shape == (1, 64, 64)
    assert scan.pixel == (2, 2)
    assert scan.slices[0][head() == 200].min() >= 250
    dark = dicom(65535 - head().astype(np.uint16) * 10, PhotometricInterpretation="MONOCHROME1")
    assert np.abs(read_scan([dark]).slices[0].astype(int) - scan.slices[0]).max() <= 2


def test_a_dicom_series_in_any_order_is_the_volume():
    data = volume().astype(np.uint16)
    slices = [  # DICOM: rows from the front, columns from the subject's right
        dicom(data[::-1, ::-1, k].T, position=(-40, -40, 2 * k)) for k in range(40)
    ]
    other = [dicom(head().astype(np.uint16), series="9.9")]
    scan = read_scan([*slices[::-1], *other])
    expected = read_scan([nifti(volume())])
    assert np.abs(scan.slices.astype(int) - expected.slices).max() <= 1
    assert "2 series" in scan.notes[0]
    with pytest.raises(RecipeError, match="missing"):
        read_scan(slices[:10] + slices[20:])
    with pytest.raises(RecipeError, match="one place"):
        read_scan([*slices[:24], dicom(data[::-1, ::-1, 22].T, position=(-40, -40, 40))])


def test_files_that_cannot_be_used_do_not_keep_a_series_from_being_shown():
    """They are counted; only where nothing else is there do they say why."""
    data = volume().astype(np.uint16)
    slices = [dicom(data[:, :, k].T, position=(-40, -40, 2 * k)) for k in range(40)]
    frames = dicom(data[:, :, 20], series="9.9", NumberOfFrames=7)
    cut = dicom(data[:, :, 20])[:400]
    colour = dicom(data[:, :, 20], series="9.8", PhotometricInterpretation="RGB")
    plain, scan = read_scan(slices), read_scan([frames, *slices, cut, colour])
    assert np.array_equal(scan.slices, plain.slices)
    assert scan.notes == (
        "Left alone: 1 file without grey slices.",
        "Left alone: 2 files that cannot be used (many frames in one file; convert it to NIfTI, "
        "e.g. with dcm2niix).",
    )
    for files, why in (
        ([colour, frames], "many frames"), ([cut, colour], "cut short"), ([colour] * 2, "colour"),
    ):  # fmt: skip
        with pytest.raises(RecipeError, match=why):
            read_scan(files)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("offset", [0, 1])
def test_voxels_stand_behind_the_header_whatever_it_says(kind, offset):
    """Some programs leave the place of the voxels at 0."""
    content = bytearray(kind(volume(), np.diag([2.0, 2.0, 2.0, 1.0])).to_bytes())
    plain = read_scan([bytes(content)])
    if kind is nibabel.Nifti1Image:
        content[108:112] = np.array([offset], "<f4").tobytes()  # vox_offset
    else:
        content[168:176] = np.array([offset], "<i8").tobytes()
    scan = read_scan([bytes(content)])
    assert np.array_equal(scan.slices, plain.slices)
    assert scan.notes == plain.notes


HUGE = bytearray(nifti(volume()))
HUGE[42:48] = np.array([30000] * 3, "<i2").tobytes()
LOST = bytearray(nifti(volume()))
LOST[254:256] = np.array([1], "<i2").tobytes()  # sform_code
LOST[280:328] = np.full(12, np.nan, "<f4").tobytes()  # srow
BAD = {
    "empty": b"",
    "text": b"not a picture" * 100,
    "zip": b"PK\3\4" + bytes(1000),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "1 pixel": image_bytes(np.zeros((1, 1), np.uint8)),
    "50,000 pixels a side": png_header(50_000, 50_000),
    "a long line": png_header(4000, 20),
    "cut png": image_bytes(head())[:200],
    "only a header": png_header(64, 64),
    "black": image_bytes(np.zeros((64, 64), np.uint8)),
    "nan tiff": image_bytes(np.full((64, 64), np.nan, np.float32), "TIFF"),
    "nan nifti": nifti(np.full((16, 16, 16), np.nan, np.float32)),
    "constant nifti": nifti(np.ones((16, 16, 16), np.float32)),
    "cut nifti": nifti(volume())[:5000],
    "huge nifti": bytes(HUGE),
    "cut gz": gzip.compress(nifti(volume()))[:300],
    "gz of text": gzip.compress(b"hello" * 500),
    "complex nifti": nifti(np.ones((16, 16, 16), np.complex64)),
    "nifti without orientation": bytes(LOST),
    "flat nifti": nifti(np.random.default_rng(0).random((3, 40, 40)).astype(np.float32)),
    "garbage dicom": bytes(128) + b"DICM" + bytes(range(256)) * 4,
    "cut dicom": dicom(head().astype(np.uint16))[:2000],
    "many frames": dicom(head().astype(np.uint16), NumberOfFrames=7),
    "dicom of 60,000": dicom(head().astype(np.uint16), Rows=60_000, Columns=60_000),
    "deflated dicom": dicom(head().astype(np.uint16), SeriesDescription="1.2.840.10008.1.2.1.99"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_scan_is_told_in_one_sentence(name):
    with pytest.raises(RecipeError, match=r"^scan: ") as caught:
        read_scan([BAD[name]])
    assert 15 < len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_too_many_and_too_large_files():
    with pytest.raises(RecipeError, match="at most 100"):
        check_files([500 << 20])
    with pytest.raises(RecipeError, match="files"):
        check_files([1] * (MOST_FILES + 1))
    with pytest.raises(RecipeError, match="several files"):
        read_scan([image_bytes(head())] * 2)
    assert MOST_BYTES == 100 << 20


def test_a_bomb_is_not_unpacked():
    header = bytearray(nifti(volume())[:352])
    header[42:48] = np.array([200, 200, 1], "<i2").tobytes()
    bombs = [gzip.compress(bytes(50 << 20)), gzip.compress(bytes(header) + bytes(50 << 20))]
    assert peak_of(refused, bombs) < 10 << 20


def refused(contents: list[bytes], why: str = "") -> None:
    for content in contents:
        with pytest.raises(RecipeError, match=why):
            read_scan([content])


def test_a_line_of_voxels_is_not_unpacked():
    header = nibabel.Nifti2Header()
    header.set_data_dtype(np.uint8)
    header["magic"] = b"n+2\0\r\n\x1a\n"
    header["vox_offset"] = 544
    affine = np.diag([1.0, 1, 1, 1])
    header.set_sform(affine, code=1)
    bombs = []
    for shape in ((1, 1, 50_000_000), (10, 10, 5000), (50_000_000, 1, 1)):
        header["dim"][:4] = 3, *shape
        bombs.append(gzip.compress(header.binaryblock + bytes(50 << 20), compresslevel=1))
    assert peak_of(refused, bombs, "too (small|large|many)") < 10 << 20


def test_a_large_single_slice_whatever_the_order_of_the_axes():
    thin = np.pad(head(), 600)[:, None].astype(np.float32)
    scan = read_scan(
        [nifti(thin, np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]))]
    )
    assert scan.slices.shape == (1, 1264, 1264)


def test_pages_are_counted_no_further_than_they_may_go(monkeypatch):
    monkeypatch.setattr(pictures, "_MOST_PAGES", 3)
    seek, seen = TiffImageFile._seek, []
    monkeypatch.setattr(TiffImageFile, "_seek", lambda self, n: seen.append(n) or seek(self, n))
    pages = [Image.fromarray(head()) for _ in range(9)]
    for more in (2, 3, 9):
        content = image_bytes(head(), "TIFF", save_all=True, append_images=pages[:more])
        if more == 2:
            assert len(read_scan([content]).slices) == 3
            continue
        with pytest.raises(RecipeError, match="pages are too many"):
            read_scan([content])
    assert max(seen) == 3


def test_endless_sizes_are_refused_in_words():
    with pytest.raises(RecipeError, match="too many"):
        check_files([10**400])


def test_colours_that_nobody_sees_are_grey():
    """As of screenshots and lossy copies; what one does see is refused."""
    grey = head()
    tinted = np.stack([grey, grey, grey], axis=2)
    tinted[grey > 0] += np.array([0, 3, 8], np.uint8)
    (found,) = read_scan([image_bytes(tinted)]).slices
    assert np.abs(found.astype(int) - grey).max() <= 3
    tinted[30:34, 30:34] = 200, 120, 120  # a mark that somebody drew
    with pytest.raises(RecipeError, match="a colour picture"):
        read_scan([image_bytes(tinted)])
