"""Picture files of every kind: depth, colour, transparency, pages, and what is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from gan.scans import BrokenFile
from gan.scans.pictures import Pictures
from tests.train.data.test_load import GREY, png
from train.data import load_slices
from train.data.pictures import fit_picture, grey_of

COLOUR = np.stack([GREY, GREY.T, 255 - GREY], axis=2)


def decode(content: bytes, channels: int) -> list[np.ndarray]:
    return [page if channels == 3 else grey_of(page) for page in Pictures(content)]


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_the_content_counts_not_the_name(tmp_path):
    (tmp_path / "really.jpg").write_bytes(png(GREY))
    assert np.array_equal(load_slices(tmp_path, 16, 1).images[0, 0], GREY)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (saved(Image.fromarray(GREY), "TIFF"), GREY),
        (saved(Image.fromarray(GREY), "TIFF", compression="tiff_lzw"), GREY),
        (saved(Image.fromarray(GREY).convert("RGB"), "PNG"), GREY),
        (saved(Image.fromarray(GREY).convert("P"), "PNG"), GREY),
        (saved(Image.fromarray(GREY).convert("RGB").convert("CMYK"), "TIFF"), GREY),
        (saved(Image.fromarray(GREY > 100), "PNG"), 255 * (GREY > 100)),
        (saved(Image.fromarray(GREY.astype(np.uint16) * 100), "TIFF"), GREY * 100.0),
        (png(GREY.astype(np.uint16) * 257), GREY * 257.0),
        (saved(Image.fromarray(GREY.astype(np.float32) / 3 - 5), "TIFF"), GREY / np.float32(3) - 5),
    ],
    ids=["tiff", "lzw", "rgb", "palette", "cmyk", "bits", "tiff16", "png16", "float"],
)
def test_grey_of_every_kind(content, expected):
    (frame,) = decode(content, 1)
    assert np.abs(frame.astype(np.float32) - expected).max() < 0.01


def test_what_is_transparent_is_black():
    alpha = np.full((16, 16), 255, np.uint8)
    alpha[:, :8] = 0
    rgba = Image.fromarray(np.dstack([GREY, GREY, GREY, alpha]))
    (frame,) = decode(saved(rgba, "PNG"), 1)
    assert (frame[:, :8] == 0).all()
    assert np.array_equal(frame[:, 8:], GREY[:, 8:])
    (frame,) = decode(saved(Image.fromarray(np.dstack([GREY, alpha]), "LA"), "PNG"), 1)
    assert (frame[:, :8] == 0).all()


def test_colour_is_refused_among_grey_and_kept_in_colour():
    for mode, kind in (("RGB", "PNG"), ("P", "PNG"), ("CMYK", "TIFF")):
        content = saved(Image.fromarray(COLOUR).convert(mode), kind)
        with pytest.raises(BrokenFile, match="a colour picture; train with --img-channels 3"):
            decode(content, 1)
        assert decode(content, 3)[0].shape == (16, 16, 3)


def test_pages_of_a_tiff_are_slices(tmp_path):
    pages = [Image.fromarray(np.roll(GREY, i, axis=1)) for i in range(5)]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    (tmp_path / "sub-1.tif").write_bytes(content)
    slices = load_slices(tmp_path, 16, 1)
    assert np.array_equal(slices.images[:, 0], np.stack(pages))
    assert slices.subjects == ("sub-1",) * 5


def test_deep_colour_is_not_cut_to_eight_bits_silently():
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))  # fmt: skip

    rows = b"".join(b"\0" + bytes(16 * 6) for _ in range(16))
    content = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip
    with pytest.raises(BrokenFile, match="16 bits with colour"):
        decode(content, 3)


def tiff_colour(bits: int) -> bytes:
    """A TIFF of one page, 16 x 16, three colours of so many bits, by hand."""
    import struct

    size = 16 * 16 * 3 * bits // 8
    tags = {256: 16, 257: 16, 258: (bits,) * 3, 259: 1, 262: 2, 273: 8, 277: 3, 278: 16, 279: size}
    end = 8 + size + 6
    entries = b"".join(
        struct.pack("<HHII", tag, 3, 3, 8 + size) if isinstance(value, tuple)
        else struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()
    )  # fmt: skip
    head = b"II*\0" + struct.pack("<I", end) + bytes(size) + struct.pack("<3H", *tags[258])
    return head + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)


def test_deep_colour_in_a_tiff_is_refused_too():
    assert decode(tiff_colour(8), 3)[0].shape == (16, 16)  # black, so grey
    with pytest.raises(BrokenFile, match="16 bits with colour"):
        decode(tiff_colour(16), 3)


def test_deep_colour_on_a_later_page(tmp_path):
    grey, colour = saved(Image.fromarray(GREY), "TIFF"), tiff_colour(16)
    first = int.from_bytes(grey[4:8], "little")  # its directory, whose last word leads to the next
    last = first + 2 + 12 * int.from_bytes(grey[first : first + 2], "little")
    moved = bytearray(colour)
    directory, shift = int.from_bytes(colour[4:8], "little"), len(grey)
    for i in range(9):
        place = directory + 2 + 12 * i
        if int.from_bytes(colour[place : place + 2], "little") in (258, 273):
            value = int.from_bytes(colour[place + 8 : place + 12], "little") + shift
            moved[place + 8 : place + 12] = value.to_bytes(4, "little")
    pages = grey[:last] + (directory + shift).to_bytes(4, "little") + grey[last + 4 :] + moved
    with pytest.raises(BrokenFile, match="16 bits with colour"):
        decode(pages, 3)


def brain(scale: float) -> np.ndarray:
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    return (scale * np.clip(1 - x**2 - y**2, 0, 1)).astype(np.uint16)


def test_sixteen_bits_are_scaled_once_a_person(tmp_path):
    """A dim slice of a bright brain stays dim; another person's scanner does not matter."""
    for person, gain in (("sub-1", 1000), ("sub-2", 30000)):
        for i, level in enumerate((1.0, 0.5)):
            content = png(brain(gain * level))
            (tmp_path / f"{person}_z{i}.png").write_bytes(content)
    slices = load_slices(tmp_path, 32, 1)
    bright, dim, bright2, dim2 = slices.images[:, 0].astype(int)
    assert bright.max() == 255
    assert dim.max() == pytest.approx(127, abs=4)
    assert np.abs(bright - bright2).max() <= 1
    assert np.abs(dim - dim2).max() <= 1
    assert (bright[0, 0], dim2[0, 0]) == (0, 0)
    assert any("16-bit" in note and "once for each person" in note for note in slices.notes)


def test_of_unknown_people_all_share_one_scale(tmp_path):
    for i, level in enumerate((1000, 500)):
        (tmp_path / f"{'ab'[i]}.png").write_bytes(png(brain(level)))
    slices = load_slices(tmp_path, 32, 1)
    assert slices.images[1].max() == pytest.approx(slices.images[0].max() / 2, abs=3)
    assert any("once for all" in note for note in slices.notes)


def test_the_course_pictures_that_are_wider_than_high():
    wide = np.zeros((240, 256), np.uint8)
    wide[:, 4:252] = 200
    padded, cropped = (fit_picture(wide, 256, fit) for fit in ("pad", "crop"))
    assert (padded[:7] == 0).all()
    assert (padded[8:248, 5:251] == 200).all()
    assert (cropped[:, :128] == 200).all()
