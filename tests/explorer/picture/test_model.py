"""A model is opened whole, whatever a training does to its file meanwhile."""

import shutil

import torch

from explorer.picture import model as module
from gan.checkpoint import file_digest, load_generator
from tests.explorer.conftest import write_model


def test_weights_and_digest_are_of_one_moment(model_path, tmp_path, monkeypatch):
    path = shutil.copy(model_path, tmp_path / "model.safetensors")
    newer = write_model(tmp_path / "newer.safetensors", {"kimg": 4.0})
    read = []

    def replaced_after(at):
        read.append(load_generator(at))
        if len(read) == 1:
            shutil.copy(newer, path)
        return read[-1]

    monkeypatch.setattr(module, "load_generator", replaced_after)
    opened = module.load(path)
    assert opened.digest == file_digest(newer)
    assert opened.provenance["kimg"] == 4.0
    assert len(read) == 2
    assert torch.equal(opened.generator.mapping.w_avg, read[1][0].mapping.w_avg)
