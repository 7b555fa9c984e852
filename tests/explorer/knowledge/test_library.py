"""What is known of a model: made once, kept beside it, made anew if damaged, never in the way."""

import threading
import time

import numpy as np
import pytest
import torch

from explorer.knowledge import library as module
from explorer.knowledge.cache import Kept, Shelf
from explorer.knowledge.library import Library, StillComputing
from explorer.knowledge.samples import sample_w
from gan.checkpoint import file_digest
from gan.picture import grey


def test_samples_are_many_and_always_the_same(model):
    from explorer.knowledge import samples

    assert samples.SAMPLES >= 10_000
    w = sample_w(model.generator, 2500)
    assert w.shape == (2500, 16)
    assert np.array_equal(w, sample_w(model.generator, 2500))
    assert np.array_equal(w[:1000], sample_w(model.generator, 1000))


def test_grey_of_colour_is_its_luma():
    colour = np.zeros((2, 4, 4, 3), np.uint8)
    colour[..., 1] = 100
    assert (grey(colour) == 59).all()
    assert grey(colour[..., 0]) is not None
    assert grey(colour[..., 0]).shape == (2, 4, 4)


def test_axes_lie_beside_the_checkpoint_under_its_hash(model, model_path, monkeypatch):
    digest = file_digest(model_path)
    assert model_path.with_name(f"tiny.{digest[:12]}.pca.safetensors").exists()
    monkeypatch.setattr(module, "principal_axes", lambda w: pytest.fail("computed again"))
    axes = Library(model.generator, model_path, digest).pca
    assert [d.key for d in axes] == [f"pca{i}" for i in range(1, 11)]
    for one, two in zip(axes, model.library.pca, strict=True):
        assert torch.equal(one.vector, two.vector)
        assert (one.share, one.name, one.source) == (two.share, two.name, two.source)


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_cache_is_made_anew(model, tmp_path, content, monkeypatch):
    checkpoint = tmp_path / "m.safetensors"
    assert len(Library(model.generator, checkpoint, "d" * 64).pca) == 10
    cache = tmp_path / "m.dddddddddddd.pca.safetensors"
    whole = cache.read_bytes()
    cache.write_bytes(whole[:-50] if content is None else content)
    assert len(Library(model.generator, checkpoint, "d" * 64).pca) == 10
    assert len(cache.read_bytes()) == len(whole)
    monkeypatch.setattr(module, "principal_axes", lambda w: pytest.fail("computed again"))
    assert len(Library(model.generator, checkpoint, "d" * 64).pca) == 10


@pytest.mark.parametrize("name", ["height", "age", "factors"])
def test_measurements_of_other_readers_are_made_anew(model, tmp_path, name):
    known = [tmp_path / f"{other}.safetensors" for other in ("height", "reference")]
    for file in known:
        file.write_bytes(b"one")

    def kept():
        library = Library(model.generator, tmp_path / "m.safetensors", "d" * 64)
        return [library.measures, library.shelf_resting_on("x"), library.shelf]

    for number, shelf in enumerate(kept()):
        shelf.write(f"kind{number}", 1, Kept({"x": np.arange(3.0)}, []))
    found = lambda: [shelf.read(f"kind{n}", 1) is not None for n, shelf in enumerate(kept())]  # noqa: E731
    known[1].write_bytes(b"two")
    assert found() == [True, True, True]
    (tmp_path / f"{name}.safetensors").write_bytes(b"two")
    assert found() == [False, False, True]


def test_measurements_of_another_version_are_made_anew(model, tmp_path, monkeypatch):
    checkpoint = tmp_path / "m.safetensors"
    before = Library(model.generator, checkpoint, "d" * 64).measures
    monkeypatch.setattr(module.measure, "VERSION", module.measure.VERSION + 1)
    assert Library(model.generator, checkpoint, "d" * 64).measures.rests_on != before.rests_on


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    blocked = tmp_path / "file-not-folder"
    blocked.write_text("")
    shelf = Shelf(blocked / "m.safetensors", "e" * 64)
    kept = Kept({"x": np.arange(3.0)}, [1, "two"])
    shelf.write("things", 1, kept)
    assert shelf.read("things", 1).table == [1, "two"]
    assert np.array_equal(shelf.read("things", 1).arrays["x"], np.arange(3.0))
    assert shelf.read("things", 2) is None
    assert len(list((tmp_path / "cache").rglob("m.eeeeeeeeeeee.things.safetensors"))) == 1


def test_a_file_that_does_not_fit_is_made_anew(tmp_path):
    shelf = Shelf(tmp_path / "m.safetensors", "f" * 64)
    shelf.write("things", 1, Kept({}, {"unexpected": None}))

    def get(made):
        return shelf.get(
            "things", 1, lambda: made, lambda x: Kept({}, [x]), lambda kept: kept.table[0]
        )

    assert get(5) == 5
    assert get(6) == 5


def test_feature_maps_of_one_layer_at_a_time(model, tmp_path, monkeypatch):
    busy, most, done, asked = [], [], [], threading.Event()

    def axes(generator, w, spread, layer, report):
        busy.append(layer)
        most.append(len(busy))
        assert asked.wait(60)
        time.sleep(0.02)
        busy.remove(layer)
        done.append(layer)
        return []

    monkeypatch.setattr(module.activations, "activation_axes", axes)
    library = Library(model.generator, tmp_path / "tiny.safetensors", "0" * 64)
    for layer in range(4):
        with pytest.raises(StillComputing):
            library.activations(layer)
    asked.set()
    end = time.monotonic() + 60
    while len(done) < 4:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert max(most) == 1


def test_every_key_finds_its_direction(model):
    library = model.library
    assert library.find("pca3").key == "pca3"
    assert library.find("sefa2").layers is None
    assert library.find("sefa2@0-4").layers == (0, 4)
    for wrong in ("pca99", "sefa0", "sefa1@4-2", "sefa1@0-99", "sefa99", "own:x", "", "pca"):
        assert library.find(wrong) is None


def test_what_takes_long_says_how_far_it_is_and_comes(head_model, monkeypatch):
    monkeypatch.setattr(Library, "listed", lambda self: [*self.measured()[:1], *self.pca[:2]])
    library = Library(head_model.generator, head_model.path, "0" * 64)
    with pytest.raises(StillComputing, match="% done") as told:
        library.measured()
    assert 0 <= told.value.progress <= 1
    found = library._population.get()
    assert library.population() is found
    assert library.measured()
    with pytest.raises(StillComputing):
        library.receipts()
    receipts = library._receipts.get()
    assert list(receipts) == [d.key for d in library.listed()]
    # A second library of the same file finds everything.
    again = Library(head_model.generator, head_model.path, "0" * 64)
    again._make_population(pytest.fail)
    monkeypatch.setattr(module, "measured_directions", lambda *a: pytest.fail("computed again"))
    again._population.get()
    for one, two in zip(again.measured(), library.measured(), strict=True):
        assert torch.equal(one.vector, two.vector)
        assert (one.key, one.name, one.share) == (two.key, two.name, two.share)
    assert again._receipts.get().keys() == receipts.keys()
    assert again.receipts()["pca1"].effect == pytest.approx(receipts["pca1"].effect, nan_ok=True)
