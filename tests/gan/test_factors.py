"""Reading known factors back: learned from pictures that are known, kept in a small file."""

from functools import cache

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gan.factors import learn, load_reader, save_reader

NAMES = ("size", "tone")


def pictures_of(count: int, seed: int, R=64):
    """Discs of two known factors."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : R * 1j, -1 : 1 : R * 1j]
    factors = np.column_stack([random.uniform(0.3, 0.9, count), random.uniform(80, 220, count)])
    soft = np.clip((factors[:, 0, None, None] - np.hypot(x, y)) * 20 + 0.5, 0, 1)
    return np.rint(soft * factors[:, 1, None, None]).astype(np.uint8), factors


@cache
def learned():
    pictures, factors = pictures_of(400, 0)
    return learn(pictures, factors, NAMES, np.arange(400) % 5 == 0)


def test_factors_of_new_pictures_are_read():
    pictures, factors = pictures_of(100, 1)
    found = learned().read(pictures)
    error = ((found - factors) ** 2).mean(axis=0) / factors.var(axis=0)
    assert (error < 0.1).all()
    assert np.allclose(learned().r2, 1 - error, atol=0.05)  # it knows how well it reads
    bigger = pictures.repeat(2, axis=1).repeat(2, axis=2)
    assert np.allclose(learned().read(bigger), found)
    assert np.isnan(learned().read(pictures[:, ::2, ::2])).all()
    assert learned().read(pictures[:0]).shape == (0, 2)


def test_what_is_not_in_the_picture_is_said_not_to_be_read():
    pictures, factors = pictures_of(150, 2)
    factors[:, 1] = np.random.default_rng(3).standard_normal(150)
    assert learn(pictures, factors, NAMES, np.arange(150) % 4 == 0).r2[1] < 0.1


def test_learning_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    pictures, factors = pictures_of(60, 4)
    learn(pictures, factors, NAMES, np.arange(60) % 2 == 0)
    assert torch.rand(1) == expected


def test_kept_in_a_file(tmp_path):
    path = tmp_path / "factors.safetensors"
    save_reader(learned(), path)
    kept = load_reader(path)
    assert kept.names == NAMES
    assert np.allclose(kept.r2, learned().r2)
    pictures, factors = pictures_of(20, 6)
    off = (kept.read(pictures) - learned().read(pictures)) / factors.std(axis=0)
    assert np.abs(off).max() < 0.05
    assert path.stat().st_size < 500_000


@pytest.mark.parametrize("fault", ["missing", "short", "foreign", "not finite"])
def test_a_damaged_file_is_none(tmp_path, fault):
    path = tmp_path / "factors.safetensors"
    save_reader(learned(), path)
    if fault == "missing":
        path.unlink()
    elif fault == "short":
        path.write_bytes(path.read_bytes()[:-10])
    elif fault == "foreign":
        save_file({"x": torch.zeros(3)}, path)
    else:
        reader = learned()
        with torch.no_grad():
            reader.network.out.bias.fill_(float("nan"))
        save_reader(reader, path)
        learned.cache_clear()
    assert load_reader(path) is None
