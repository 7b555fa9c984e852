"""Reading heights: learned from slices of known height, kept in a small file."""

from functools import cache

import numpy as np
import pytest
from safetensors.numpy import save

from gan import neighbours
from gan.height import fit, learn, load_readers, save_readers


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
    error = np.abs(reader.read(pictures[120:]) - heights[120:])
    assert error.mean() < 2.5
    bigger = pictures[120:].repeat(2, axis=1).repeat(2, axis=2)
    assert np.allclose(reader.read(bigger), reader.read(pictures[120:]), atol=1e-2)
    assert np.isnan(reader.read(pictures[:2, ::4, ::4])).all()


@cache
def learned():
    pictures, heights = slices()
    return learn(pictures, heights, np.repeat(np.arange(8), 20)), pictures, heights


def test_written_readers_read_the_same(tmp_path):
    readers, pictures, _ = learned()
    save_readers(readers, tmp_path / "height.safetensors")
    found = load_readers(tmp_path / "height.safetensors")
    for read in (lambda r: r.build.read(pictures), lambda r: r.judge.read(pictures)[0]):
        assert np.abs(read(found) - read(readers)).max() < 0.2
    assert found.trust.apart == pytest.approx(readers.trust.apart, rel=1e-6)


def test_the_second_reader_reads_new_people_and_tells_its_error():
    readers, pictures, heights = learned()
    assert readers.trust.people == 2
    out = np.isin(np.repeat(np.arange(8), 20), (0, 4))
    found, _ = neighbours.fit(pictures[~out], heights[~out]).read(pictures[out])
    error = np.abs(found - heights[out])
    assert error.mean() == pytest.approx(readers.trust.error)
    assert error.mean() < 4
    both = readers.judge.read(np.concatenate([pictures, pictures[:, :, ::-1]]))[0]
    assert np.allclose(both[:160], both[160:])  # no height has a side


def test_a_picture_that_fools_the_first_reader_has_no_height():
    """Changed as little as moves the first reader's height: what a direction solved against it
    may do. The second sees the slice that it was."""
    readers, pictures, heights = learned()
    high = pictures[heights == 24].astype(float)
    gradient = readers.build.weights[: len(readers.build.axes)] @ readers.build.axes
    pattern = gradient.reshape(32, 32).repeat(2, axis=0).repeat(2, axis=1) / np.abs(gradient).max()
    fooled = [np.clip(high - t * pattern, 0, 255).astype(np.uint8) for t in range(0, 120, 2)]
    moved = [np.abs(readers.build.read(p) - 24).min() for p in fooled]
    first = fooled[next(i for i, m in enumerate(moved) if m > 12)]
    assert np.isfinite(readers.read(high.astype(np.uint8))).mean() > 0.8
    assert np.isnan(readers.read(first)).mean() > 0.8


def test_a_picture_that_resembles_no_slice_has_no_height():
    readers, _, _ = learned()
    noise = np.random.default_rng(3).integers(0, 255, (4, 64, 64)).astype(np.uint8)
    assert np.isnan(readers.read(noise)).all()
    assert np.isnan(readers.read(noise[:, :16, :16])).all()


@pytest.mark.parametrize("content", [b"", b"nonsense", save({"centre": np.zeros(3)})])
def test_damaged_readers_are_none(tmp_path, content):
    (tmp_path / "h").write_bytes(content)
    assert load_readers(tmp_path / "h") is None
    assert load_readers(tmp_path / "missing") is None


def test_one_reader_alone_is_none(tmp_path):
    """As files had it before there was a judge."""
    readers, _, _ = learned()
    old = {name: getattr(readers.build, name) for name in ("centre", "axes", "weights")}
    (tmp_path / "h").write_bytes(save(old))
    assert load_readers(tmp_path / "h") is None
