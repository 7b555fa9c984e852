"""A packed data set is the one that was packed, in fewer bytes."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from train.data import DataConfig, load_slices, packed
from train.data.squeeze import LANE, Broken, restore, squeeze
from train.usage import UsageError

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 16, 16), (2 * LANE + 50, 8, 8)])
def test_nothing_is_lost_even_of_noise(shape):
    pictures = RANDOM.integers(0, 256, shape).astype(np.uint8)
    content, weights = squeeze(pictures)
    assert np.array_equal(restore(content, weights, shape), pictures)


def test_nothing_is_lost_of_black_or_in_blocks(monkeypatch):
    monkeypatch.setattr("train.data.squeeze._BYTES", 1)  # a lane at a time
    pictures = RANDOM.integers(0, 256, (LANE + 9, 8, 8)).astype(np.uint8)
    pictures[:LANE] = 0
    content, weights = squeeze(pictures)
    assert len(weights) == 2
    assert np.array_equal(restore(content, weights, pictures.shape), pictures)


def test_like_pictures_take_few_bytes():
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    heads = [250 * np.clip(1 - (x / a) ** 2 - y**2, 0, 1) for a in np.linspace(0.5, 1, 100)]
    pictures = (np.stack(heads) + RANDOM.normal(0, 1, (100, 32, 32))).clip(0, 255).astype(np.uint8)
    alone = 10 * sum(len(squeeze(picture[None])[0]) for picture in pictures[::10])
    assert len(squeeze(pictures)[0]) < alone / 1.5


def test_what_was_not_squeezed_is_refused():
    noise = RANDOM.integers(0, 256, (3, 8, 8)).astype(np.uint8)
    content, weights = squeeze(noise)
    with pytest.raises(Broken):
        restore(content, weights, (4, 8, 8))
    with pytest.raises(Broken):
        restore(content[: len(content) // 2], weights, (3, 8, 8))
    for wrong in ([], [[1]], [["a"] * 13], [[2**20] * 13], [[2**40] * 13]):
        with pytest.raises(Broken, match="weights"):
            restore(content, wrong, (3, 8, 8))


@pytest.fixture
def people(tmp_path):
    """Three people for training, one held out, each with a height in a table."""
    rows = ["file,z"]
    for person in ("sub-a", "sub-b", "sub-c", "sub-d"):
        folder = tmp_path / "data" / ("val" if person == "sub-d" else "train") / person
        folder.mkdir(parents=True)
        for z in range(4):
            pixels = RANDOM.integers(0, 256, (16, 16), np.uint8)
            Image.fromarray(pixels).save(folder / f"{person}_{z}.png")
            rows.append(f"{folder.parent.name}/{person}/{person}_{z}.png,{z * 10}")
    (tmp_path / "z.csv").write_text("\n".join(rows))
    return tmp_path / "data", DataConfig(
        labels=str(tmp_path / "z.csv"), label_column="z", ordered=3, pixel_mm=1.5
    )


def packed_at(path, data, config):
    both = [load_slices(data, 16, 1, config, split) for split in ("train", "held_out")]
    packed.pack(path, *both)
    return both


def test_a_packed_data_set_is_read_as_what_it_was(tmp_path, people):
    path = tmp_path / "x.slices"
    both = packed_at(path, *people)
    assert b"sub-" not in path.read_bytes()  # nobody's name
    for cache in ("none", str(tmp_path / "cache"), str(tmp_path / "cache")):
        for was, split in zip(both, ("train", "held_out"), strict=True):
            now = load_slices(path, 16, 1, DataConfig(cache=cache), split)
            assert np.array_equal(now.images, was.images)
            assert np.array_equal(now.labels, was.labels)
            assert now.labels.dtype == was.labels.dtype
            assert now.people_digest == was.people_digest
            names = ("name", "digest", "classes", "scale", "pixel_mm", "options", "labels_digest")
            assert [getattr(now, n) for n in names] == [getattr(was, n) for n in names]
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 1


def test_a_name_that_is_no_utf8(tmp_path, people):
    data, config = people
    train, _ = packed_at(tmp_path / "x.slices", data, config)
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.slices"))
    (tmp_path / "x.slices").rename(place)
    for cache in ("none", str(tmp_path / "cache")):
        slices = load_slices(place, 16, 1, DataConfig(cache=cache))
        assert np.array_equal(slices.images, train.images)


def test_what_it_refuses(tmp_path, people):
    path = tmp_path / "x.slices"
    train, _ = packed_at(path, *people)
    none = {"cache": "none"}
    with pytest.raises(UsageError, match=r"--ordered 5: .*x.slices was packed with 3; leave it"):
        load_slices(path, 16, 1, DataConfig(labels="z.csv", ordered=5, **none))
    load_slices(path, 16, 1, DataConfig(labels="z.csv", ordered=3, **none))  # as it was
    with pytest.raises(UsageError, match="packed at 16 px in grey, not for this network; give"):
        load_slices(path, 32, 1, DataConfig(**none))
    content = path.read_bytes()
    told = content.index(b'"labels": [') + 11  # the first of the heights
    places = [20, told, content.index(b"weights") + 14]
    changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in places]
    for damaged in (content[:-5], content[:40], *changed):
        path.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"x.slices: damaged; copy or pack it again"):
            load_slices(path, 16, 1, DataConfig(**none))
    path.write_bytes(b"hello")
    with pytest.raises(UsageError, match="no packed data set"):
        load_slices(path, 16, 1, DataConfig(**none))
    packed.pack(path, train, None)
    with pytest.raises(UsageError, match="nobody is held out"):
        load_slices(path, 16, 1, DataConfig(**none), "held_out")
