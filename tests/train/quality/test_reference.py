"""The reference command: what stands in its file, and what never does."""

import numpy as np
import pytest

from gan.checkpoint import file_digest, load_checkpoint
from gan.height import learn, save_readers
from gan.measure import KEYS, measure
from gan.reference import load_reference
from tests.train.quality.heads import heads
from tests.train.quality.test_evaluate import data, save, write  # noqa: F401
from train.__main__ import main
from train.quality import reference as module
from train.quality.copies import Search


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(module, "SAMPLES", 120)


def make(checkpoint, folder, *options):
    """Run the command; the reference it wrote and the file's bytes."""
    assert main(["reference", str(checkpoint), "--data", str(folder), *options]) == 0
    path = checkpoint.with_name("reference.safetensors")
    config = load_checkpoint(checkpoint).config
    return load_reference(path, file_digest(checkpoint), config), path.read_bytes()


def test_numbers_of_every_slice_and_no_names(data, tmp_path, capsys):  # noqa: F811
    checkpoint = save(tmp_path / "model.safetensors")
    found, content = make(checkpoint, data, "--data-license", "CC0-1.0")
    printed = capsys.readouterr().out
    assert "66 slices of 11 people, 18 of them unseen" in printed
    assert "no pictures" in printed
    train, held_out = heads(range(8), levels=6), heads(range(20, 23), levels=6)
    expected = measure(np.concatenate([train.images, held_out.images])[:, 0])
    assert np.allclose(found.table, expected, rtol=1e-5, equal_nan=True)
    assert found.about.keys == KEYS
    assert found.about.data_license == "CC0-1.0"
    assert not found.about.trained_on
    assert found.people.tolist() == np.repeat(np.arange(11), 6).tolist()
    assert found.held_out.tolist() == [False] * 48 + [True] * 18
    assert found.estimates.coordinates.shape == (66, 16)
    assert found.pictures is None
    for private in (b"sub-", b".png", str(tmp_path).encode(), b"val"):
        assert private not in content


def test_with_pictures_the_distances_of_the_search_for_copies(data, tmp_path):  # noqa: F811
    checkpoint = save(tmp_path / "model.safetensors", {"mirror": True})
    found, _ = make(checkpoint, data, "--pictures")
    train, held_out = heads(range(8), levels=6), heads(range(20, 23), levels=6)
    assert found.about.mirror
    assert np.array_equal(found.pictures.small[:48], train.images[:, 0])
    assert np.array_equal(found.pictures.small[48:], held_out.images[:, 0])
    expected = Search(train, held_out, True, None, 0).unseen
    assert np.allclose(found.pictures.unseen, expected, atol=1e-5)


def test_heights_where_the_model_reads_them(tmp_path):
    write(tmp_path / "data", range(8))
    large = heads(range(6), levels=20, R=32)
    heights = np.tile(np.arange(20.0), 6)
    readers = learn(large.images[:, 0], heights, np.repeat(np.arange(6), 20))
    checkpoint = save(tmp_path / "model.safetensors", resolution=32)
    save_readers(readers, tmp_path / "height.safetensors")
    found, _ = make(checkpoint, tmp_path / "data")
    assert found.about.keys == ("height", *KEYS)
    assert not found.held_out.any()
    read = np.isfinite(found.table[:, 0])
    assert read.sum() > 24
    levels = np.tile(np.arange(6), 8)[read]
    assert np.corrcoef(found.table[read, 0], levels)[0, 1] > 0.7


def test_colour_and_classes_and_a_random_part(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST", 30)
    write(tmp_path / "data", range(8), classes=2)
    options = {"labels": "folders"}
    checkpoint = save(tmp_path / "model.safetensors", options, c_dim=2, img_channels=3)
    found, _ = make(checkpoint, tmp_path / "data", "--pictures")
    assert len(found.table) == len(found.people) == len(found.pictures.small) == 30
    assert found.pictures.small.ndim == 3


def test_what_makes_no_sense_is_refused(data, tmp_path, capsys):  # noqa: F811
    checkpoint = save(tmp_path / "model.safetensors")
    command = ["reference", str(checkpoint), "--data"]
    assert main([*command, str(tmp_path / "none")]) == 2
    assert main([*command, str(data), "--out", str(tmp_path / "no" / "r")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["reference", str(tmp_path / "no.safetensors"), "--data", str(data)]) == 2
    assert not (tmp_path / "reference.safetensors").exists()
