"""Inception figures: only with library and weights, never a download, never unpickled code."""

import os
import sys
import types

import pytest
import torch

from train.quality.inception import inception_figures

IMAGES = torch.rand(6, 1, 16, 16) * 2 - 1


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def library(monkeypatch):
    """A torch-fidelity that remembers what it was asked."""
    calls = []

    def calculate_metrics(**options):
        calls.append(options | {"weights_only": os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD")})
        return {
            "frechet_inception_distance": 12.5,
            "kernel_inception_distance_mean": 0.01,
            "kernel_inception_distance_std": 0.002,
        }

    module = types.SimpleNamespace(calculate_metrics=calculate_metrics)
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    return calls


def test_without_weights_the_library_is_not_even_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    found = inception_figures(IMAGES, IMAGES, None)
    assert list(found) == ["note"]
    assert "install torch-fidelity" in found["note"]
    assert "\n" not in found["note"]


def test_without_the_library_one_line_says_so(monkeypatch, weights):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    assert "install torch-fidelity" in inception_figures(IMAGES, IMAGES, weights)["note"]


def test_figures_come_from_the_library(library, weights, monkeypatch):
    monkeypatch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", raising=False)
    found = inception_figures(IMAGES, IMAGES[:5], weights)
    assert (found["fid"], found["kid"], found["kid_sd"]) == (12.5, 0.01, 0.002)
    asked = library[0]
    assert asked["feature_extractor_weights_path"] == str(weights)
    assert asked["datasets_download"] is asked["cache"] is False
    assert asked["kid_subset_size"] == len(asked["input1"]) == len(asked["input2"]) == 5
    assert asked["weights_only"] == "1"
    assert "TORCH_FORCE_WEIGHTS_ONLY_LOAD" not in os.environ
    picture = asked["input1"][0]
    assert picture.dtype == torch.uint8
    assert picture.shape == (3, 16, 16)
    assert torch.equal(picture[2], (IMAGES[0, 0] * 127.5 + 128).clamp(0, 255).to(torch.uint8))


def test_a_wrong_file_is_a_note(weights, monkeypatch):
    def calculate_metrics(**options):
        torch.load(options["feature_extractor_weights_path"], weights_only=False)

    module = types.SimpleNamespace(calculate_metrics=calculate_metrics)
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    note = inception_figures(IMAGES, IMAGES, weights)["note"]
    assert "no Inception figures" in note
    assert weights.name in note


def test_a_pickle_in_the_weights_runs_no_code(weights, tmp_path, monkeypatch):
    import pickle

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    weights.write_bytes(pickle.dumps(Evil(), protocol=2))
    test_a_wrong_file_is_a_note(weights, monkeypatch)
    assert not (tmp_path / "owned").exists()
