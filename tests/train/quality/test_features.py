"""The feature network: what it is taught, kept once, the same every time, and worth having."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.train.quality.heads import heads
from train.quality.features import DIMENSIONS, FeatureNetwork, Targets, feature_network


@pytest.fixture(scope="module")
def slices():
    return heads(range(10))


def floats(images):
    return torch.from_numpy(images).float() / 127.5 - 1


def test_what_is_taught_depends_on_what_is_known(slices):
    assert Targets.of(slices).heads == ("person", "level")
    assert Targets.of(heads(range(4))).heads == ()  # too few people
    unknown = replace(slices, subjects=tuple(map(str, range(len(slices)))))
    assert str(Targets.of(unknown)) == "two crops of one slice"
    classes = replace(unknown, classes=("a", "b"), labels=np.arange(len(slices)) % 2)
    assert Targets.of(classes).heads == ("class",)


def test_network_is_small_and_takes_any_size():
    network = FeatureNetwork(3).eval()
    assert sum(p.numel() for p in network.parameters()) < 250_000
    for R in (16, 64, 256):
        assert network.features(torch.zeros(2, 3, R, R)).shape == (2, DIMENSIONS)
    x = torch.randn(2, 3, 128, 128)
    smaller = torch.nn.functional.avg_pool2d(x, 2)
    assert torch.equal(network.features(x), network.features(smaller))


def test_trained_once_and_always_the_same(slices, tmp_path):
    random = torch.get_rng_state()
    one, taught = feature_network(slices, tmp_path / "a")
    assert taught == "person, level"
    assert torch.equal(torch.get_rng_state(), random)  # a training beside it goes on as it would
    again, _ = feature_network(slices, tmp_path / "b")
    path = next((tmp_path / "a").iterdir())
    written = path.stat().st_mtime_ns
    stored, taught_before = feature_network(slices, tmp_path / "a")
    assert path.stat().st_mtime_ns == written
    assert taught_before == taught
    x = floats(slices.images)
    assert torch.equal(one.features(x), again.features(x))
    assert torch.equal(one.features(x), stored.features(x))
    features = one.features(x)
    assert features.mean(dim=0).abs().max() < 1e-3
    assert torch.allclose(features.std(dim=0, correction=0), torch.ones(DIMENSIONS), atol=1e-2)


@pytest.mark.usefixtures("hardly_taught")
@pytest.mark.parametrize("content", [b"", b"not a checkpoint at all"])
def test_a_broken_file_is_made_anew(slices, tmp_path, content, capsys):
    feature_network(slices, tmp_path)
    path = next(tmp_path.iterdir())
    good = path.read_bytes()
    path.write_bytes(content)
    feature_network(slices, tmp_path)
    assert path.read_bytes() == good
    assert str(path) in capsys.readouterr().out


@pytest.mark.usefixtures("hardly_taught")
def test_another_data_set_is_another_file(slices, tmp_path):
    feature_network(slices, tmp_path)
    feature_network(heads(range(3), name="other"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("known", [True, False])
def test_features_of_unseen_people_order_them_by_level(slices, tmp_path, known):
    """The nearest neighbour lies at nearly the same level, whether or not levels were taught."""
    if not known:
        slices = replace(slices, subjects=tuple(map(str, range(len(slices)))), digest="unknown")
    network, _ = feature_network(slices, tmp_path)
    features = network.features(floats(heads(range(50, 60)).images))
    neighbour = torch.cdist(features, features).fill_diagonal_(torch.inf).argmin(dim=1)
    level = torch.arange(12.0).repeat(10)
    by_chance = (level[:, None] - level).abs().mean()
    assert (level[neighbour] - level).abs().mean() < 0.5 * by_chance
