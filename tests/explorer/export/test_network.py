"""The network as one ONNX file: its signature, what it says of itself, and its pictures."""

import builtins
import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import torch

from explorer import Recipe, load, render
from explorer.export.__main__ import main
from explorer.export.network import half_is_enough, halves, whole
from explorer.picture.latents import centre_of, place_of
from explorer.picture.layers import noise_maps
from explorer.recipe import Edit, Noise
from gan.generator import class_vectors
from gan.picture import SYNTHETIC, to_uint8
from tests.explorer.conftest import write_model


def session_of(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(content, options)


def z_of(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).randn(1, 16).astype(np.float32)


def levels(image: np.ndarray) -> np.ndarray:
    """Grey levels, as the file says they are made."""
    return to_uint8(torch.from_numpy(image))[0].astype(int)


def test_a_seed_is_the_explorers_brain(model):
    session = session_of(whole(model))
    assert [i.name for i in session.get_inputs()] == ["z"]  # nothing else has to be given
    image, ws = session.run(["image", "ws"], {"z": z_of(5)})
    assert image.shape == (1, 1, 16, 16)
    assert ws.shape == (1, 6, 16)
    assert np.abs(levels(image) - render(model, Recipe(5, psi=1)).astype(int)).max() <= 1


def test_psi_shift_and_noise_are_the_recipes(model):
    recipe = Recipe(7, psi=0.6, edits=(Edit("pca1", 2.0, (1, 4)),), noise=Noise("random", 9, 0.5))
    shift = np.zeros((1, 6, 16), np.float32)
    shift[:, 1:4] = 2.0 * model.library.find("pca1").vector.numpy()
    given = {
        f"noise_{k}": x.numpy() for k, x in enumerate(noise_maps(model.generator, recipe.noise))
    }
    given |= {"z": z_of(7), "psi": np.array([0.6], np.float32), "shift": shift}
    found = levels(session_of(whole(model)).run(["image"], given)[0])
    assert np.abs(found - render(model, recipe).astype(int)).max() <= 1
    assert np.abs(found - render(model, Recipe(7, psi=0.6)).astype(int)).max() > 5


def test_classes_and_classes_in_order(class_model, height_model):
    c = np.array([[0, 1]], np.float32)
    found = levels(session_of(whole(class_model)).run(["image"], {"z": z_of(3), "c": c})[0])
    expected = render(class_model, Recipe(3, psi=1, class_index=1)).astype(int)
    assert np.abs(found - expected).max() <= 1
    recipe = Recipe(3, psi=0.5, condition=27.0)
    place = torch.tensor([place_of(height_model, recipe)])
    given = {
        "z": z_of(3), "c": class_vectors(place, 5).numpy(), "psi": np.array([0.5], np.float32),
        "centre": centre_of(height_model, recipe)[None].numpy(),
    }  # fmt: skip
    found = levels(session_of(whole(height_model)).run(["image"], given)[0])
    assert np.abs(found - render(height_model, recipe).astype(int)).max() <= 1


def test_the_file_says_what_it_is(height_model):
    content = onnx.load_from_string(whole(height_model))
    told = {entry.key: entry.value for entry in content.metadata_props}
    assert told["synthetic"] == SYNTHETIC
    assert told["digest"] == height_model.digest
    assert told["data_license"] == "CC0-1.0"
    assert json.loads(told["configuration"]) == height_model.config.to_dict()
    assert json.loads(told["scale"])["column"] == "z_mni_mm"
    for entry in (*content.graph.input, *content.graph.output):
        assert entry.name.split("_")[0] in content.doc_string
    assert "not for diagnosis" in content.doc_string


def test_the_same_model_is_the_same_file(model):
    assert whole(model) == whole(model)
    assert halves(model, True) == halves(model, True)


def test_half_precision_is_taken_where_it_is_enough(model, monkeypatch):
    assert half_is_enough(model)
    small, large = (sum(map(len, halves(model, half))) for half in (True, False))
    assert small < 0.75 * large
    before = [p.clone() for p in model.generator.parameters()]
    monkeypatch.setattr("explorer.export.network._MOST_LEVELS", -1)
    assert not half_is_enough(model)
    assert all(map(torch.equal, before, model.generator.parameters()))


def test_half_precision_is_refused_to_a_network_that_needs_more(model):
    """Weights beyond what float16 can hold."""
    generator = load(model.path).generator
    with torch.no_grad():
        generator.synthesis.b16.torgb.weight *= 1e6
        generator.synthesis.b16.torgb.affine.weight *= 1e-6
        generator.synthesis.b16.torgb.affine.bias *= 1e-6
    assert not half_is_enough(replace(model, generator=generator))


def test_without_onnx_it_is_said_how_to_get_it(model_path, tmp_path, monkeypatch, capsys):
    real = builtins.__import__

    def missing(name, globals=None, locals=None, fromlist=(), level=0):
        if name == "onnx" or (name == "gan" and "graph" in (fromlist or ())):
            raise ImportError("No module named 'onnx'")
        return real(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", missing)
    out = tmp_path / "a.onnx"
    assert main(["--checkpoint", str(model_path), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert 'pip install "onnx' in error
    assert error.count("\n") == 1
    assert not out.exists()


def test_from_the_command_line(tmp_path, capsys):
    path = write_model(tmp_path / "colour.safetensors", img_channels=3, architecture="adain")
    out = tmp_path / "colour.onnx"
    assert main(["--checkpoint", str(path), "--out", str(out)]) == 0
    assert "colour.onnx" in capsys.readouterr().out
    found = levels(session_of(out.read_bytes()).run(["image"], {"z": z_of(2)})[0])
    assert found.shape == (16, 16, 3)
    assert np.abs(found - render(load(path), Recipe(2, psi=1)).astype(int)).max() <= 1
