"""Principal axes: against the eigenvectors of the covariance, and their cache."""

import numpy as np
import pytest

from explorer import directions as module
from explorer.directions import cached_axes, principal_axes, sample_w
from gan.checkpoint import file_digest


def test_axes_agree_with_the_eigenvectors_of_the_covariance():
    random = np.random.default_rng(0)
    w = (random.standard_normal((5000, 6)) * [5, 3, 2, 1, 0.5, 0.1]) @ np.linalg.qr(
        random.standard_normal((6, 6))
    )[0]
    values, vectors = np.linalg.eigh(np.cov(w.T))
    for i, direction in enumerate(principal_axes(w, 4)):
        expected = vectors[:, -1 - i] * np.sqrt(values[-1 - i])
        found = direction.vector.numpy()
        assert np.allclose(found * np.sign(found @ expected), expected, atol=1e-4)
        assert direction.variance == pytest.approx(values[-1 - i] / values.sum(), rel=1e-5)
        assert direction.name == f"pca{i + 1}"


def test_one_unit_is_one_standard_deviation(model):
    w = sample_w(model.generator, 4000)
    for direction in model.directions.values():
        v = direction.vector.numpy()
        assert (w @ (v / np.linalg.norm(v))).std() == pytest.approx(np.linalg.norm(v), rel=0.05)


def test_signs_are_fixed():
    w = np.random.default_rng(0).standard_normal((1000, 5)) * [3, 2, 1, 1, 1]
    for one, two in zip(principal_axes(w), principal_axes(-w), strict=True):
        assert np.allclose(one.vector, two.vector, atol=1e-5)


def test_samples_are_many_and_always_the_same(model):
    assert module.SAMPLES >= 10_000
    w = sample_w(model.generator, 2500)
    assert w.shape == (2500, 16)
    assert np.array_equal(w, sample_w(model.generator, 2500))


def test_cache_lies_beside_the_checkpoint_under_its_hash(model, model_path, monkeypatch):
    digest = file_digest(model_path)
    assert model_path.with_name(f"tiny.{digest[:12]}.pca.safetensors").exists()
    monkeypatch.setattr(module, "principal_axes", lambda w: pytest.fail("computed again"))
    axes = cached_axes(model.generator, model_path, digest)
    assert [d.name for d in axes] == list(model.directions)
    assert all((d.vector == model.directions[d.name].vector).all() for d in axes)


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_a_damaged_cache_is_made_anew(model, tmp_path, content, monkeypatch):
    checkpoint = tmp_path / "m.safetensors"
    cached_axes(model.generator, checkpoint, "d" * 64)
    cache = tmp_path / "m.dddddddddddd.pca.safetensors"
    whole = cache.read_bytes()
    cache.write_bytes(whole[:-50] if content is None else content)
    axes = cached_axes(model.generator, checkpoint, "d" * 64)
    assert len(axes) == 10
    assert len(cache.read_bytes()) == len(whole)
    monkeypatch.setattr(module, "principal_axes", lambda w: pytest.fail("computed again"))
    assert len(cached_axes(model.generator, checkpoint, "d" * 64)) == 10


def test_a_folder_that_cannot_be_written(model, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    blocked = tmp_path / "file-not-folder"
    blocked.write_text("")
    axes = cached_axes(model.generator, blocked / "m.safetensors", "e" * 64)
    assert len(axes) == 10
    kept = list((tmp_path / "cache").rglob("*.pca.safetensors"))
    assert len(kept) == 1
