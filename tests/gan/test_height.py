"""Reading heights: learned from slices of known height, kept in a small file."""

import numpy as np
import pytest
from safetensors.numpy import save

from gan.height import fit, read_reader, write_reader


def slices(people=8, heights=20, R=64):
    """Heads that get smaller with height; each person has a size and a tone of their own."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : R * 1j, -1 : 1 : R * 1j]
    pictures, levels = [], []
    for _ in range(people):
        size, tone = 0.85 + 0.03 * random.standard_normal(), 150 + 20 * random.standard_normal()
        for h in range(heights):
            r = np.hypot(x, y * 0.8) / (size - 0.02 * h)
            picture = tone * (r < 1) - 90 * (r < 0.5 * (1 - h / heights))
            pictures.append(np.clip(picture + 2 * random.standard_normal((R, R)), 0, 255))
            levels.append(2.0 * h - 10)
    return np.array(pictures, np.uint8), np.array(levels)


def test_heights_of_new_people_are_read():
    pictures, heights = slices()
    reader = fit(pictures[:120], heights[:120])
    error = np.abs(reader.read_heights(pictures[120:]) - heights[120:])
    assert error.mean() < 2.5
    bigger = pictures[120:].repeat(2, axis=1).repeat(2, axis=2)
    assert np.allclose(reader.read_heights(bigger), reader.read_heights(pictures[120:]), atol=1e-2)
    assert np.isnan(reader.read_heights(pictures[:2, ::4, ::4])).all()


def test_a_written_reader_reads_the_same(tmp_path):
    pictures, heights = slices()
    reader = fit(pictures, heights)
    write_reader(reader, tmp_path / "height.safetensors")
    found = read_reader(tmp_path / "height.safetensors").read_heights(pictures)
    assert np.abs(found - reader.read_heights(pictures)).max() < 0.2


@pytest.mark.parametrize("content", [b"", b"nonsense", save({"centre": np.zeros(3)})])
def test_a_damaged_reader_is_none(tmp_path, content):
    (tmp_path / "h").write_bytes(content)
    assert read_reader(tmp_path / "h") is None
    assert read_reader(tmp_path / "missing") is None
