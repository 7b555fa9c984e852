"""Held-out people tell whether the discriminator knows the training slices by heart."""

import numpy as np
import pytest
import torch

from tests.train.test_loop import make_trainer
from train.data import Slices
from train.overfitting import overfitting


def slices(images) -> Slices:
    images = np.asarray(images, np.uint8)
    n = len(images)
    return Slices("x", images, np.zeros(n, np.int64), ("a",) * n, (), (), (), "")


@pytest.fixture
def parts(slices_folder):
    trainer = make_trainer(slices_folder)
    train = trainer.slices.images
    return trainer.state, slices(train), slices(np.roll(train, 5, axis=3))


def test_zero_where_unseen_people_look_as_real(parts):
    state, train, _ = parts
    found = overfitting(state, train, train)
    assert found["train_logit"] == found["held_out_logit"]
    assert found["r_v"] == 0


def test_one_where_unseen_people_look_generated(parts, monkeypatch):
    """A discriminator that knows every training slice, and holds all else for generated."""
    state, train, held_out = parts
    known = torch.from_numpy(train.images).float() / 127.5 - 1

    def by_heart(images, c=None, fade=1.0):
        near = torch.cdist(images.flatten(1), known.flatten(1)).min(dim=1).values
        return torch.where(near < 1e-3, 2.0, -1.0)

    monkeypatch.setattr(state.D, "forward", by_heart)
    found = overfitting(state, train, held_out)
    assert found == {"train_logit": 2.0, "held_out_logit": -1.0, "r_v": 1.0}


def test_the_random_state_is_left_alone(parts):
    state, train, held_out = parts
    before = torch.get_rng_state()
    overfitting(state, train, held_out)
    assert torch.equal(torch.get_rng_state(), before)


def test_generated_slices_are_judged_as_training_shows_them(parts, monkeypatch):
    """Cut at black and white, and not beside their neighbours in the file."""
    state, train, held_out = parts
    bias = state.G.synthesis.b16.torgb.bias
    with torch.no_grad():
        bias -= 3  # most of the picture far below black
    seen, plain = [], type(state.D).forward
    monkeypatch.setattr(
        state.D, "forward", lambda img, *a, **o: (seen.append(img), plain(state.D, img, *a, **o))[1]
    )
    overfitting(state, train, held_out)
    assert torch.cat(seen).abs().max() <= 1
    shown = ((seen[0] + 1) * 127.5).round().byte().numpy()
    order = [int((train.images == one).all(axis=(1, 2, 3)).argmax()) for one in shown]
    assert order != sorted(order)
