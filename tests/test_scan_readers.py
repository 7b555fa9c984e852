"""Both users of the reader, training and the page, see one picture whatever the file is like.

A table of files that this test makes, each of the same head; what comes out is compared with the
plainest file of it.
"""

from functools import cache, partial
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from explorer.recipe.checks import RecipeError
from explorer.tools.scans.reading import paths_of, read_scan
from tests import scan_files as make
from tests.scan_files import (
    analyze,
    bare,
    dicom_slices,
    head,
    image,
    mgh,
    oriented,
    packed,
    pair,
    picture,
    rotated,
    saved,
    tiff,
    turned,
)
from train.data import DataConfig, load_slices
from train.usage import UsageError

FIELDS = DataConfig(slice_from=0, slice_to=0, val_fraction=0, cache="none", fit="pad")
CORTEX = 127.5  # 500 of 1000, of 255


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def trained(folder: Path) -> tuple[np.ndarray, list[str]]:
    """The one slice that training sees, uint8 [64, 64], and its notes."""
    slices = load_slices(folder, 64, 1, FIELDS)
    assert len(slices) == 1
    return slices.images[0, 0], [n for n in slices.notes if "nobody is held out" not in n]


def on_the_page(folder: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """The middle slice, scaled as training's are: 64 pixels over 192 mm."""
    scan = read_scan([path.read_bytes() for path in paths_of([str(folder)])])
    return scan, scan.notes


@cache
def expected(kind: str) -> np.ndarray:
    """What training makes of the plainest file, which is looked at closely below."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        files = {"sub-1.nii": image().to_bytes()} if kind == "volume" else {}
        files = files or {"a.png": saved(picture(), "PNG")}
        return trained(written(Path(folder), files))[0].astype(int)


def is_the_head(shown: np.ndarray, wanted: np.ndarray, tolerance: float, grey=6) -> None:
    """The same picture, and what cannot be right by chance: black around, cortex grey, the bright
    spot top left."""
    shown = shown.astype(int)
    assert shown.shape == wanted.shape
    assert np.abs(shown - wanted).mean() < tolerance
    edges = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    assert edges.max() <= 8
    assert shown[abs(wanted - CORTEX) < 4].mean() == pytest.approx(CORTEX, abs=grey)
    y, x = np.argwhere(shown > 245).mean(axis=0) / shown.shape
    assert y < 0.4
    assert x < 0.4


def check(folder: Path, kind: str, tolerance: float = 3.0, grey=6) -> tuple[str, ...]:
    """Both readers show the head; returns their notes, which are the same."""
    shown, said = trained(folder)
    is_the_head(shown, expected(kind), tolerance, grey)
    scan, notes = on_the_page(folder)
    if kind == "picture":
        is_the_head(scan.slices[scan.middle], picture().astype(int) * 255 // 250, tolerance + 3)
    else:
        plain = read_scan([image().to_bytes()])
        middle = scan.slices[scan.middle]
        if scan.slices.shape == plain.slices.shape:
            assert abs(scan.middle - plain.middle) <= 1
            wanted = plain.slices[plain.middle].astype(int)
            is_the_head(scan.slices[plain.middle], wanted, tolerance, grey)
            assert np.abs(scan.slices.astype(int) - plain.slices).mean() < tolerance
        assert scan.pixel == pytest.approx((make.MM, make.MM), rel=0.02)
        assert (middle > 240).any()
    # The page has them as sentences, training with the names of the files.
    for note in notes:
        words = note.rstrip(".").lower()
        assert "series" in words or "left alone" in words or any(words in s.lower() for s in said)
    return (*notes, *said)


def only(content: bytes, name: str = "sub-1.nii") -> dict[str, bytes]:
    return {name: content}


def as_series(slices: list[bytes], name: str = "IM{:03d}.dcm") -> dict[str, bytes]:
    return {name.format(k): content for k, content in enumerate(slices)}


def units(code: int, factor: float) -> bytes:
    volume = image(matrix=np.diag([factor, factor, factor, 1]) @ make.affine())
    volume.header["xyzt_units"] = code
    return volume.to_bytes()


def scaled(slope: float, inter: float) -> bytes:
    """Other numbers in the file, the same grey levels by its header."""
    stored = np.rint((head().astype(float) - inter) / slope).astype(np.int16)
    volume = image(stored)
    volume.header.set_slope_inter(slope, inter)
    return volume.to_bytes()


def only_qform() -> bytes:
    volume = image()
    volume.set_sform(None, code=0)
    volume.set_qform(make.affine(), code=1)
    return volume.to_bytes()


def pixdim(mm: float) -> bytes:
    return make.edited(image().to_bytes(), pixdim=[1, mm, mm, mm, 0, 0, 0, 0])


def around(value: float) -> bytes:
    values = head().astype(np.float32)
    values[values == 0] = value
    return image(values).to_bytes()


def shifted(gain: float, offset: float, kind=np.float32) -> bytes:
    return image((head() * gain + offset).astype(kind)).to_bytes()


INSIDE = head()[head() > 0].astype(float)
VOLUMES = {
    "nii": lambda: only(image().to_bytes()),
    "nii.gz": lambda: only(packed(image().to_bytes()), "sub-1.nii.gz"),
    "gz that is not packed": lambda: only(image().to_bytes(), "sub-1.nii.gz"),
    "packed without gz": lambda: only(packed(image().to_bytes()), "sub-1.nii"),
    "capitals": lambda: only(packed(image().to_bytes()), "SUB-1.NII.GZ"),
    "no suffix": lambda: only(packed(image().to_bytes()), "volume"),
    "suffix of a picture": lambda: only(image().to_bytes(), "sub-1.png"),
    "suffix of DICOM": lambda: only(packed(image().to_bytes()), "sub-1.dcm"),
    "single file called img": lambda: only(image().to_bytes(), "sub-1.img"),
    "nifti-2": lambda: only(image(kind=nibabel.Nifti2Image).to_bytes()),
    "nifti-2 packed": lambda: only(packed(image(kind=nibabel.Nifti2Image).to_bytes()), "a.nii.gz"),
    "pair": lambda: dict(zip(("a.hdr", "a.img"), pair(), strict=True)),
    "pair in capitals": lambda: dict(zip(("A.HDR", "A.IMG"), pair(), strict=True)),
    "pair packed": lambda: dict(zip(("a.hdr.gz", "a.img.gz"), map(packed, pair()), strict=True)),
    "pair of nifti-2": lambda: dict(zip(("a.hdr", "a.img"), pair(nibabel.Nifti2Pair), strict=True)),
    "analyze": lambda: dict(zip(("a.hdr", "a.img"), analyze(), strict=True)),
    "analyze big-endian": lambda: dict(zip(("a.hdr", "a.img"), analyze(">"), strict=True)),
    "mgh": lambda: only(mgh(), "a.mgh"),
    "mgz": lambda: only(packed(mgh()), "a.mgz"),
    "mgz that is not packed": lambda: only(mgh(np.float32), "a.mgz"),
    "mgh of int16": lambda: only(mgh(np.int16), "a.mgh"),
    "mgh of int32": lambda: only(packed(mgh(np.int32)), "a.mgh.gz"),
    "qform only": lambda: only(only_qform()),
    "pixdim half": lambda: only(pixdim(2.0)),
    "pixdim negative": lambda: only(pixdim(-2.0)),
    "metres": lambda: only(units(1, 0.001)),
    "metres and seconds": lambda: only(units(9, 0.001)),
    "microns": lambda: only(units(3, 1000)),
    "microns and seconds": lambda: only(units(11, 1000)),
    "millimetres": lambda: only(units(2, 1)),
    "unknown unit": lambda: only(units(0, 1)),
    "metres that are millimetres": lambda: only(units(1, 1)),
    "slope": lambda: only(scaled(0.5, -20)),
    "negative slope": lambda: only(scaled(-1, 1000)),
    "intercept that is NaN": lambda: only(make.edited(image().to_bytes(), scl_slope=1,
                                                      scl_inter=np.nan)),
    "sform of zeros": lambda: only(make.edited(
        only_qform(), sform_code=1, srow_x=[0] * 4, srow_y=[0] * 4, srow_z=[0] * 4)),
    "NaN around": lambda: only(around(np.nan)),
    "infinity around": lambda: only(around(np.inf)),
    "minus infinity around": lambda: only(around(-np.inf)),
    "z-scored": lambda: only(shifted(1 / head().std(), -head().mean() / head().std())),
    "z-scored inside the head": lambda: only(
        image(np.where(head() > 0, (head() - INSIDE.mean()) / INSIDE.std(), 0).astype(np.float32))
        .to_bytes()
    ),
    "-1 to 1": lambda: only(shifted(0.002, -1)),
    "all below 0": lambda: only(shifted(1, -2000, np.int16)),
    "Hounsfield": lambda: only(shifted(1, -1024, np.int16)),
    "tiny": lambda: only(shifted(1e-6, 0)),
    "huge": lambda: only(shifted(1e6, -1e9, np.float64)),
}  # fmt: skip
VOLUMES |= {f"axes {axes}": lambda axes=axes: only(turned(axes).to_bytes())
            for axes in ("LPS", "LAS", "PIR", "ASL", "SRA", "IPL")}  # fmt: skip
VOLUMES |= {
    f"{kind} {order}": lambda kind=kind, order=order: only(
        nibabel.Nifti1Image(
            (head() / 4).astype(kind) if kind.endswith("1") else head().astype(kind),
            make.affine(), nibabel.Nifti1Header(endianness=order), dtype=kind,
        ).to_bytes()
    )
    for order in "<>" for kind in ("u1", "i2", "u2", "i4", "u4", "i8", "f4", "f8")
}  # fmt: skip
VOLUMES |= {
    f"shape {' '.join(map(str, where))}": lambda where=where: only(
        image(head().reshape([make.SHAPE["xyz".index(c)] if c in "xyz" else 1 for c in where]))
        .to_bytes()
    )
    for where in ("xyz1", "xyz11", "1xyz", "11xyz", "x1yz", "xy1z", "1xyz1", "xyz1111")
}  # fmt: skip


def monochrome1(**options) -> dict[str, bytes]:
    most = options.pop("most")
    return as_series(
        dicom_slices(most - head().astype(int), PhotometricInterpretation="MONOCHROME1", **options)
    )


def rescaled(slope, intercept, monochrome1=False, **options) -> dict[str, bytes]:
    stored = np.rint((head().astype(float) - intercept) / slope)
    if monochrome1:
        options["PhotometricInterpretation"] = "MONOCHROME1"
        stored = stored.max() - stored
    return as_series(
        dicom_slices(stored, RescaleSlope=slope, RescaleIntercept=intercept, **options)
    )


def padded() -> dict[str, bytes]:
    """As CT has it: a ring of what was never measured, far below air."""
    values = head().astype(int) - 1000
    values[:3], values[-3:], values[:, :3], values[:, -3:] = -2000, -2000, -2000, -2000
    return as_series(
        dicom_slices(values, signed=True, bits=(16, 16), PixelPaddingValue=-2000,
                     RescaleSlope=1, RescaleIntercept=0)
    )  # fmt: skip


def with_junk() -> dict[str, bytes]:
    files = as_series(dicom_slices(), "Müller Übung/S 1/I{:04d}")
    return files | {"DICOMDIR": make.directory(), "LOCKFILE": b"", "Thumbs.db": b"\0", "VERSION":
                    b"1", "autorun.inf": b"[a]", "index/DIR.1": make.directory()}  # fmt: skip


SERIES = {
    "explicit": lambda: as_series(dicom_slices()),
    "implicit": lambda: as_series(dicom_slices(syntax=ImplicitVRLittleEndian)),
    "big-endian": lambda: as_series(dicom_slices(syntax=ExplicitVRBigEndian)),
    "RLE": lambda: as_series(dicom_slices(syntax=RLELossless)),
    "no preamble": lambda: as_series(list(map(bare, dicom_slices()))),
    "no preamble, implicit": lambda: as_series(
        list(map(bare, dicom_slices(syntax=ImplicitVRLittleEndian)))
    ),
    "no preamble, big-endian": lambda: as_series(
        list(map(bare, dicom_slices(syntax=ExplicitVRBigEndian))), "I{:03d}"
    ),
    "meta without preamble": lambda: as_series([c[132:] for c in dicom_slices()], "I{:03d}"),
    "capitals": lambda: as_series(dicom_slices(), "IM{:03d}.DCM"),
    "dicom": lambda: as_series(dicom_slices(), "MR.1.2.{}.dicom"),
    "ima": lambda: as_series(dicom_slices(), "A.MR.{:04d}.IMA"),
    "no suffix": lambda: as_series(dicom_slices(), "I{:04d}"),
    "numbers": lambda: as_series(dicom_slices(), "1.2.840.{}"),
    "called jpg": lambda: as_series(dicom_slices(), "{}.jpg"),
    "any order": lambda: as_series(dicom_slices()[::-1], "{}.dcm"),
    "junk and umlauts": with_junk,
    "copies": lambda: as_series(dicom_slices()) | as_series(dicom_slices()[5:9], "IM{} (1).dcm"),
    "all twice": lambda: as_series(dicom_slices()) | as_series(dicom_slices(), "IM{} (1).dcm"),
    "copies with other headers": lambda: (
        as_series(dicom_slices())
        | as_series(
            dicom_slices(SOPInstanceUID="9.9", syntax=ImplicitVRLittleEndian)[5:9], "c{}.dcm"
        )
    ),
    "empty rescale": lambda: as_series(dicom_slices(RescaleSlope=None, RescaleIntercept=None)),
    "slope without intercept": lambda: as_series(dicom_slices(RescaleSlope=1)),
    "empty intercept": lambda: as_series(dicom_slices(RescaleSlope=1, RescaleIntercept=None)),
    "nothing optional": lambda: as_series(
        dicom_slices(PhotometricInterpretation=..., SamplesPerPixel=..., PixelRepresentation=...)
    ),
    "8 bits": lambda: as_series(dicom_slices(head() // 4, bits=(8, 8))),
    "12 bits": lambda: as_series(dicom_slices(bits=(16, 12))),
    "16 bits": lambda: as_series(dicom_slices(head() * 60.0, bits=(16, 16))),
    "32 bits": lambda: as_series(dicom_slices(head() * 1000.0, bits=(32, 32))),
    "signed": lambda: as_series(dicom_slices(signed=True)),
    "signed below 0": lambda: as_series(
        dicom_slices(head().astype(int) - 1024, signed=True, bits=(16, 16))
    ),
    "rescaled": lambda: rescaled(2, -100),
    "Hounsfield": lambda: as_series(dicom_slices(RescaleSlope=1, RescaleIntercept=-1024)),
    "negative slope": lambda: rescaled(-1, 1000),
    "padding": padded,
    "padding where the background is": lambda: as_series(dicom_slices(PixelPaddingValue=0)),
    "monochrome1": lambda: monochrome1(most=4095),
    "monochrome1 of fewer bits": lambda: monochrome1(most=1000),
    "monochrome1, 8 bits": lambda: as_series(
        dicom_slices(255 - head() // 4, bits=(8, 8), PhotometricInterpretation="MONOCHROME1")
    ),
    "monochrome1, 16 bits": lambda: monochrome1(most=65535, bits=(16, 16)),
    "monochrome1, signed": lambda: monochrome1(most=2047, signed=True),
    "monochrome1, signed below 0": lambda: monochrome1(most=-1, signed=True, bits=(16, 16)),
    "monochrome1, rescaled": lambda: rescaled(2, -100, monochrome1=True),
    "monochrome1, RLE": lambda: monochrome1(most=4095, syntax=RLELossless),
    "coronal": lambda: as_series(dicom_slices(plane=(0, 2, 1), flip=(True, True, False))),
    "sagittal": lambda: as_series(dicom_slices(plane=(1, 2, 0), flip=(True, True, False))),
    "from the feet": lambda: as_series(dicom_slices(flip=(False, True, True))),
    "mirrored rows": lambda: as_series(dicom_slices(flip=(True, False, False))),
}


def small() -> np.ndarray:
    return picture().astype(np.uint16) * 240


def negative() -> np.ndarray:
    return 65535 - small()


PICTURES = {
    "png": lambda: saved(picture(), "PNG"),
    "png of 16 bits": lambda: saved(small(), "PNG"),
    "png in colour": lambda: saved(picture(), "PNG", "RGB"),
    "png with palette": lambda: saved(picture(), "PNG", "P"),
    "png with alpha": lambda: saved(picture(), "PNG", "LA"),
    "png in colour with alpha": lambda: saved(picture(), "PNG", "RGBA"),
    "jpeg": lambda: saved(picture(), "JPEG", quality=95),
    "jpeg in colour": lambda: saved(picture(), "JPEG", "RGB", quality=95),
    "bmp": lambda: saved(picture(), "BMP"),
    "bmp in colour": lambda: saved(picture(), "BMP", "RGB"),
    "bmp with palette": lambda: saved(picture(), "BMP", "P"),
    "gif": lambda: saved(picture(), "GIF"),
    "webp": lambda: saved(picture(), "WEBP", quality=90),
    "webp without loss": lambda: saved(picture(), "WEBP", lossless=True),
    "pgm": lambda: saved(picture(), "PPM"),
    "pgm of 16 bits": lambda: b"P5\n# made\n32 40\n65535\n" + small().astype(">u2").tobytes(),
    "pgm in letters": lambda: b"P2\n32 40\n255\n" + " ".join(map(str, picture().flat)).encode(),
    "jpeg 2000": lambda: saved(picture(), "JPEG2000"),
    "tiff": lambda: saved(picture(), "TIFF"),
    "tiff packed": lambda: saved(picture(), "TIFF", compression="tiff_lzw"),
    "tiff of 16 bits packed": lambda: saved(small(), "TIFF", compression="tiff_deflate"),
}
NUMBERS = {
    "8": (picture(), 255 - picture()),
    "16": (small(), negative()),
    "float": (picture() / np.float32(250), 1 - picture() / np.float32(250)),
    "float below 0": (picture() / np.float32(250) - 1, picture() / np.float32(-250)),
}
PICTURES |= {
    f"tiff of {name}, {('white', 'black')[shown]} is zero{order}": partial(
        tiff, [(values[1 - shown], shown)], order
    )
    for name, values in NUMBERS.items() for shown in (0, 1) for order in "<>"
}  # fmt: skip
PICTURES |= {
    f"tiff of {kind}": partial(tiff, [(picture().astype(kind) * 100 - low, 1)])
    for kind, low in (("i2", 9000), ("i4", 9000), ("u4", 0), ("i4", 0))
}
PICTURES |= {
    f"tiff of {kind}, white is zero{order}": partial(
        tiff, [(most - picture().astype(kind) * 100, 0)], order
    )
    for kind, most in (("i2", 25000), ("i4", 30000), ("u4", 2**32 - 1), ("u4", 30000))
    for order in "<>"
}  # fmt: skip
PICTURES["tiff of large u4"] = lambda: tiff([(picture().astype(np.uint32) * 17_000_000, 1)])
PICTURES["tiff of i1"] = lambda: tiff([((picture().astype(int) - 125).astype(np.int8), 1)])
PICTURES |= {
    f"{kind} lying as {orientation}": partial(oriented, orientation, kind, **options)
    for orientation in range(1, 9)
    for kind, options in (("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True}))
}
PICTURES |= {
    f"tiff {values.dtype} lying as {orientation}": partial(oriented, orientation, "TIFF", values)
    for orientation in range(1, 9) for values in (picture(), small(), NUMBERS["float"][0])
}  # fmt: skip


@pytest.mark.parametrize("name", VOLUMES)
def test_a_volume(name, tmp_path):
    loose = name == "z-scored inside the head"
    notes = check(written(tmp_path, VOLUMES[name]()), "volume", *((6, 9) if loose else ()))
    words = " ".join(notes).lower()
    assert ("left and right are not known" in words) == name.startswith("analyze")
    assert ("nan or infinity" in words) == name.endswith(" around")
    assert ("unit of length" in words) == (name == "metres that are millimetres")
    assert ("background lies amid" in words) == loose


@pytest.mark.parametrize("name", SERIES)
def test_a_series(name, tmp_path):
    notes = check(written(tmp_path, SERIES[name]()), "volume", 4 if name == "padding" else 3)
    words = " ".join(notes).lower()
    assert ("exact copies" in words) == (name.startswith("copies") or "twice" in name)
    assert ("left alone" in words) == (name == "junk and umlauts")
    assert "nan" not in words


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture(name, tmp_path):
    check(written(tmp_path, {"a": PICTURES[name]()}), "picture", 4)


@pytest.mark.parametrize("suffix", ["png", "PNG", "jpg", "tif", "dcm", "nii", "gif", "bmp", "1"])
def test_a_picture_of_any_name(suffix, tmp_path):
    check(written(tmp_path, {f"a.{suffix}": PICTURES["bmp"]()}), "picture", 4)


def test_bits_are_black_and_white(tmp_path):
    bits = picture() > 100
    for name, content in (
        ("png", saved(bits, "PNG")), ("tif", saved(bits, "TIFF")), ("bmp", saved(bits, "BMP")),
        ("gif", saved((255 * bits).astype(np.uint8), "GIF")),
        ("pbm", saved(bits, "PPM")),
    ):  # fmt: skip
        scan = read_scan([content])
        assert np.array_equal(scan.slices[0], 255 * bits), name


@pytest.mark.parametrize("kind", ["tiff", "gif", "webp", "png"])
def test_pages_are_slices(kind, tmp_path):
    """White is zero on one page and black on the next; frames of moving pictures are slices."""
    from PIL import Image

    pages = [np.roll(picture(), 2 * i, axis=0) for i in range(3)]
    if kind == "tiff":
        content = tiff([(pages[0], 1), (255 - pages[1], 0), (pages[2], 1)])
    else:
        more = {"webp": {"lossless": True}}.get(kind, {})
        content = saved(
            pages[0], kind, save_all=True, append_images=list(map(Image.fromarray, pages[1:])),
            duration=100, **more,
        )  # fmt: skip
    scan = read_scan([content])
    assert np.abs(scan.slices.astype(int) - np.stack(pages)).max() <= 3
    assert "3 pages" in scan.notes[0]
    written(tmp_path, {f"sub-1.{kind}": content})
    assert len(load_slices(tmp_path, 64, 1, FIELDS)) == 3


@pytest.mark.parametrize("degrees", [4, 25, -25])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_oblique(degrees, axis, tmp_path):
    """Askew by more than 10 degrees it is put straight; by less it is shown as it lies. Told."""
    folder = written(tmp_path, only(rotated(degrees, axis)))
    shown, said = trained(folder)
    scan, notes = on_the_page(folder)
    word = "resampled to the axes" if abs(degrees) > 10 else "shown along its own axes"
    assert any(word in note for note in said)
    assert any(word in note for note in notes)
    if abs(degrees) > 10:
        is_the_head(shown, expected("volume"), 5)
    else:
        assert np.abs(shown.astype(int) - expected("volume")).mean() < 12
    assert scan.pixel == pytest.approx((make.MM, make.MM))
    bright = np.argwhere(scan.slices > 235).mean(axis=0) / scan.slices.shape
    assert bright[1] < 0.45
    assert bright[2] < 0.45


def test_unknown_sides_are_told(tmp_path):
    """As nibabel and FSL take it: the first axis runs to the left."""

    content = make.edited(image(head()[::-1]).to_bytes(), sform_code=0, qform_code=0)
    notes = check(written(tmp_path, only(content)), "volume")
    assert sum("left and right are not known" in note.lower() for note in notes) == 2
    content = packed(mgh(told=False))
    scan = read_scan([content])
    assert any("left and right are not known" in note for note in scan.notes)


def test_two_orientations_that_disagree_are_told(tmp_path):
    volume = image()
    volume.set_qform(np.diag([-1, 1, 1, 1]) @ make.affine(), code=1)
    notes = check(written(tmp_path, only(volume.to_bytes())), "volume")
    assert any("disagree" in note for note in notes)


@pytest.mark.parametrize("shape", ["xy", "xy1"])
def test_slices_of_nifti_get_one_scale_a_person(shape, tmp_path):
    """A dim slice of a bright head stays dim."""
    values = head()[:, :, make.SHAPE[2] // 2]
    for person, gain in (("sub-1", 1), ("sub-2", 30)):
        for i, level in enumerate((1.0, 0.5)):
            frame = (values * gain * level).astype(np.float32)
            frame = frame if shape == "xy" else frame[:, :, None]
            written(tmp_path, {f"{person}_slice{i:03d}.nii.gz": packed(image(frame).to_bytes())})
    slices = load_slices(tmp_path, 64, 1, FIELDS)
    assert slices.subjects == ("sub-1", "sub-1", "sub-2", "sub-2")
    bright, dim, *others = slices.images[:, 0].astype(int)
    is_the_head(bright, expected("picture"), 4)
    assert np.abs(dim - bright / 2).mean() < 2
    assert np.abs(others - np.stack([bright, dim])).max() <= 1
    scan = read_scan([(tmp_path / "sub-1_slice000.nii.gz").read_bytes()])
    is_the_head(scan.slices[0], picture().astype(int) * 255 // 250, 4)


def test_slices_with_oblong_pixels_keep_their_proportions(tmp_path):
    values = head(mm=(2.5, 5.0, 5.0), shape=(64, 40, 24))[:, :, 12:13]
    matrix = np.diag([2.5, 5.0, 5.0, 1.0])
    folder = written(tmp_path, only(image(values, matrix).to_bytes()))
    shown, _ = trained(folder)
    is_the_head(shown, expected("picture"), 8)
    assert read_scan([image(values, matrix).to_bytes()]).pixel == (5, 2.5)


REFUSED = {
    "colour voxels": (
        only(image(np.zeros(make.SHAPE, [("R", "u1"), ("G", "u1"), ("B", "u1")])).to_bytes()),
        "colour voxels",
    ),
    "complex": (only(image(head().astype(np.complex64)).to_bytes()), "no grey levels"),
    "header without voxels": (only(pair()[0], "a.hdr"), "its .img is missing"),
    "cut pair": ({"a.hdr": pair()[0], "a.img": pair()[1][:-100]}, "cut short"),
    "cut mgz": (only(packed(mgh()[:-30000]), "a.mgz"), "cut short"),
    "no sizes": (
        only(make.edited(image().to_bytes(), srow_x=0)), "voxel sizes of .* make no",
    ),
    "echoes": (
        as_series(dicom_slices()) | as_series(dicom_slices(head() // 2), "e{}.dcm"),
        "several slices at one place",
    ),
    "missing slices": (as_series(dicom_slices()[:9] + dicom_slices()[14:]), "some are missing"),
    "no pixel size": (as_series(dicom_slices(PixelSpacing=...)), "size of a pixel"),
    "empty pixel size": (as_series(dicom_slices(PixelSpacing=None)), "size of a pixel"),
    "colour in DICOM": (
        as_series(dicom_slices(PhotometricInterpretation="PALETTE COLOR")), "a colour picture",
    ),
    "frames": (as_series(dicom_slices(NumberOfFrames=3)), "many frames in one file"),
    "short pixels": (as_series(dicom_slices(PixelData=bytes(100))), "damaged pixels"),
    "16-bit colour": (
        only(b"P6 32 40 65535 " + bytes(32 * 40 * 6), "a.ppm"), "16 bits with colour",
    ),
    "float of 64 bits": (only(tiff([(picture() / 250.0, 1)]), "a.tif"), "save it again as PNG"),
    "cut png": (only(saved(picture(), "PNG")[:-60], "a.png"), "cut short|damaged"),
    "cut gif": (only(saved(picture(), "GIF")[:200], "a.gif"), "cut short|damaged"),
    "cut webp": (only(saved(picture(), "WEBP")[:150], "a.webp"), "cut short|damaged|neither"),
}  # fmt: skip
INTERNALS = ("Error", "Exception", "Traceback", "nibabel", "pydicom", "numpy", "dtype(",
             "object at", "NoneType", "<", "PIL", "unsupported", "invalid literal")  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_both_in_the_same_words(name, tmp_path):
    files, words = REFUSED[name]
    folder = written(tmp_path, files)
    with pytest.raises(UsageError, match=words) as training:
        load_slices(folder, 64, 1, FIELDS)
    with pytest.raises(RecipeError, match=words) as page:
        on_the_page(folder)
    assert str(page.value).startswith("scan: ")
    assert str(page.value).removeprefix("scan: ") in str(training.value)
    for said in (str(training.value).replace(str(tmp_path), ""), str(page.value)):
        assert "\n" not in said
        assert not [word for word in INTERNALS if word in said]


def test_a_screenshot_beside_a_series_does_not_keep_it_from_the_page():
    colour = dicom_slices(PhotometricInterpretation="RGB", SeriesInstanceUID="9")[:1]
    scan, plain = read_scan(colour + dicom_slices()), read_scan(dicom_slices())
    assert np.array_equal(scan.slices, plain.slices)
    assert scan.notes == ("Left alone: 1 file without grey slices.",)


def test_what_is_left_alone_is_counted_and_named(tmp_path):
    """By kind, the most frequent first, in the notes of a training too."""
    extra = {f"{i}.txt": b"notes" for i in range(4)} | {f"{i}.avi": b"RIFF" for i in range(2)}
    extra |= {"a.pdf": b"%PDF", "README": b"hello", "x.mat": b"MATLAB", "y.h5": b"\x89HDF",
              "z.img": b"raw"}  # fmt: skip
    folder = written(tmp_path, {"a.png": saved(picture(), "PNG"), **extra})
    note = next(note for note in trained(folder)[1] if note.startswith("left alone"))
    assert note.startswith("left alone: 11 files (.txt 4, .avi 2, ")
    assert note.endswith(", ...)")


SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(not SHARED.is_dir(), reason="no folder of shared cases here")


def as_it_should(shown: np.ndarray, where: str) -> None:
    """Black around, grey cortex, the bright spot in front and (but in 08) at the left."""
    edges = np.concatenate([shown[0], shown[-1], shown[:, 0], shown[:, -1]])
    assert np.percentile(edges, 90) <= 6, where
    assert np.median(shown[(shown > 100) & (shown < 160)]) == pytest.approx(127, abs=5), where
    y, x = np.argwhere(shown > 240).mean(axis=0) / shown.shape
    assert y < 0.45, where
    assert x > 0.55 if "/08" in where else x < 0.45, where


@needs_cases
def test_the_shared_cases_in_training():
    """Every one as its README says what is right."""
    wide = DataConfig(val_fraction=0, cache="none", fit="pad", slice_from=0, slice_to=0)
    right = {
        name[0]: load_slices(SHARED / name, 64, 1, wide).images[:, 0].astype(int)
        for name in ("00-control", "20-dicom-control")
    }
    for folder in sorted(SHARED.iterdir()):
        if folder.name[:2] in ("35", "36", "09") or not folder.is_dir():
            continue
        slices = load_slices(folder, 64, 1, wide)
        controls = right["2" if folder.name[0] == "2" else "0"]
        for shown, whose in zip(slices.images[:, 0].astype(int), slices.subjects, strict=True):
            where = f"/{folder.name} {whose}"
            as_it_should(shown, where)
            if folder.name[0] in "0125" and not folder.name.startswith(("08", "51")):
                wanted = min(controls, key=lambda control: np.abs(shown - control).mean())
                assert np.abs(shown - wanted).mean() < 12, where
                assert shown[abs(wanted - 127) < 4].mean() == pytest.approx(127, abs=8), where
        notes = " ".join(slices.notes)
        if folder.name.startswith("08"):
            assert "left and right are not known" in notes
        if folder.name.startswith("56"):
            assert "oblique" in notes
    with pytest.raises(UsageError, match="colour voxels"):
        load_slices(SHARED / "09-rgb24", 64, 1, wide)
    assert len(load_slices(SHARED / "32-bmp-webp-gif-beside-png", 48, 1, wide)) == 28
    assert len(set(load_slices(SHARED / "26-dicom-names-and-junk", 64, 1, wide).subjects)) == 2


def scans_of(folder: Path) -> list[Path]:
    """What one opens on the page: a series, or a file, of a pair its header."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [folder] if folder.name[0] == "2" else [p for p in files if p.suffix != ".img"]


@needs_cases
def test_the_shared_cases_on_the_page():
    """The same, slice for slice, where the voxels are those of a control."""
    controls = {s.slices.shape: s for name in ("00-control", "01-nii-gz-not-gzipped",
                                               "20-dicom-control")
                for s, _ in [on_the_page(scans_of(SHARED / name)[0])]}  # fmt: skip
    told = {"04": "NaN", "08": "left and right are not known", "23": "exact copies",
            "26": "Left alone: 4 files"}  # fmt: skip
    compared = set()
    for folder in sorted(SHARED.iterdir()):
        if folder.name[:2] in ("35", "36", "09") or not folder.is_dir():
            continue
        for path in scans_of(folder):
            scan, notes = on_the_page(path)
            where = f"/{folder.name} {path.name}"
            as_it_should(scan.slices[scan.middle].astype(int), where)
            if words := told.get(folder.name[:2]):
                assert words in " ".join(notes), where
            if control := controls.get(scan.slices.shape):
                compared.add(folder.name[:2])
                assert scan.pixel == pytest.approx(control.pixel, rel=1e-3), where
                assert scan.middle == control.middle, where
                slices = scan.slices[:, :, ::-1] if folder.name[:2] == "08" else scan.slices
                difference = slices.astype(int) - control.slices
                assert np.abs(difference).mean() < 6, where
                cortex = abs(control.slices.astype(int) - 127) < 4
                assert slices[cortex].mean() == pytest.approx(127, abs=5), where
    volumes = ("00", "01", "02", "03", "04", "05", "07", "08", "10", "50", "57")
    series = ("20", "21", "23", "24", "26", "29")
    assert compared == {*volumes, *series}
    with pytest.raises(RecipeError, match="colour voxels"):
        on_the_page(SHARED / "09-rgb24")


@needs_cases
@pytest.mark.parametrize("table", ["bom", "latin1", "number", "sep", "utf16", "zeros"])
def test_the_shared_tables(table):
    config = DataConfig(labels=f"{table}.csv", cache="none")
    slices = load_slices(SHARED / "36-table-from-excel", 48, 1, config)
    told = dict(zip(slices.subjects, slices.labels.tolist(), strict=True))
    ill, well = ("1", "0") if table == "number" else ("AD", "NC")
    assert [slices.classes[told[f"sub-00{i}"]] for i in range(1, 5)] == [ill, well, ill, well]


@needs_cases
@pytest.mark.parametrize("case", ["35-dataset-json", "35b-dataset-tool-zip-12-folders"])
def test_the_shared_zips_of_the_data_set_tool(case):
    """Labels are read, and packing folders are nobody."""
    (path,) = (SHARED / case).glob("*.zip")
    labelled = case == "35-dataset-json"
    config = DataConfig(labels="dataset.json" if labelled else "none", cache="none")
    slices = load_slices(path, 48, 1, config)
    assert len(slices) == 24
    assert "nobody is held out: the names do not tell" in " ".join(slices.notes)
    assert slices.classes == (("0", "1") if labelled else ())
    assert np.bincount(slices.labels).tolist() == ([12, 12] if labelled else [24])
