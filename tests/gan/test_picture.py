"""Pictures: grey levels, tiling, and the words inside a PNG."""

import io

import numpy as np
import torch
from PIL import Image

from gan.picture import contact_sheet, png_bytes, to_uint8, to_uint16


def test_grey_levels():
    img = torch.tensor([-2.0, -1.0, 0.0, 0.5, 127 / 127.5, 3.0]).view(1, 1, 1, 6)
    assert to_uint8(img)[0, 0].tolist() == [0, 0, 128, 191, 255, 255]


def test_sixteen_bits_are_the_same_scale_in_finer_steps():
    img = torch.linspace(-1.2, 1.2, 1000).view(1, 1, 10, 100)
    deep, plain = to_uint16(img)[0], to_uint8(img)[0]
    assert deep.dtype == np.uint16
    assert (deep.min(), deep.max()) == (0, 65535)
    assert (deep // 256 == plain).mean() > 0.99  # the rest by rounding, at the edge of a step
    assert np.abs(deep // 256 - plain.astype(int)).max() <= 1
    assert len(np.unique(deep)) > 3 * len(np.unique(plain))
    assert to_uint16(torch.zeros(1, 1, 1, 1)).item() == 32768


def test_every_training_grey_level_comes_back():
    grey = torch.arange(256.0).view(1, 1, 16, 16)
    assert np.abs(to_uint8(grey / 127.5 - 1)[0].astype(int).ravel() - np.arange(256)).max() <= 1


def test_colour_has_its_channels_last():
    assert to_uint8(torch.zeros(2, 3, 8, 8)).shape == (2, 8, 8, 3)


def test_contact_sheet_puts_pictures_row_by_row():
    tiles = np.arange(1, 4, dtype=np.uint8)[:, None, None] * np.ones((3, 2, 2), np.uint8)
    sheet = contact_sheet(tiles, columns=2)
    assert sheet[::2, ::2].tolist() == [[1, 2], [3, 0]]
    assert contact_sheet(np.zeros((5, 6, 4)), 2).shape == (18, 8)
    assert contact_sheet(np.zeros((5, 4, 4, 3), np.uint8), 3).shape == (8, 12, 3)


def test_png_is_lossless_and_says_what_it_is():
    picture = np.random.default_rng(0).integers(0, 256, (16, 16), np.uint8)
    image = Image.open(io.BytesIO(png_bytes(picture, recipe='{"psi":"ψ"}')))
    assert np.array_equal(np.asarray(image), picture)
    assert "Synthetic" in image.text["Description"]
    assert "Not for diagnosis" in image.text["Description"]
    assert image.text["recipe"] == '{"psi":"ψ"}'
    deep = picture.astype(np.uint16) * 257
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(deep)))), deep)
