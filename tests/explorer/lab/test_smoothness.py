"""Path lengths: networks whose lengths are computed by hand, and any network in small steps."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.lab.codes import draw_brains
from explorer.lab.distance import DISTANCES, feature_distance, features, pixel_distance
from explorer.lab.smoothness import slerp, smoothness, trimmed

SIDE = 8


class Linear(torch.nn.Module):
    """w is z (of unit mean square), and every pixel a fixed sum of w's entries; noise adds."""

    def __init__(self, real, bent=False):
        super().__init__()
        self.config, self.bent = real.config, bent
        random = torch.Generator().manual_seed(5)
        self.matrix = torch.randn(SIDE * SIDE, real.config.w_dim, generator=random) / 50
        self.synthesis = _Synthesis(self.matrix)

    def mapping(self, z, c=None):
        return z * (1 + z.abs()) if self.bent else z

    def broadcast(self, w):
        return w[:, None].expand(-1, self.config.num_ws, -1)


class _Synthesis:
    def __init__(self, matrix):
        self.matrix, self.layers = matrix, [SimpleNamespace(resolution=SIDE)]

    def __call__(self, ws, noise=None, noise_mode="const"):
        pictures = (ws[:, 0] @ self.matrix.T).view(-1, 1, SIDE, SIDE)
        return pictures if noise is None else pictures + 0.5 * noise[0]


@pytest.fixture
def linear(tiny_generator):
    return Linear(tiny_generator)


def test_a_linear_network_is_as_long_as_its_matrix_says(linear):
    """In W d = |A (b - a)|^2 / 4P everywhere; around the sphere |A| turns with the angle."""
    pairs = 200
    found = smoothness(linear, pairs, 1e-2, {"pixel": pixel_distance})
    lengths = found.lengths["pixel"]
    brains = draw_brains(linear, 2 * pairs, 4000)
    a, b = brains.w[:pairs].double(), brains.w[pairs:].double()
    A = linear.matrix.double()
    apart = ((b - a) @ A.T).square().sum(dim=1).numpy() / (4 * SIDE**2)
    for variant in ("W full", "W end"):
        assert lengths[variant].lengths == pytest.approx(apart, rel=1e-3)
        assert lengths[variant].mean == pytest.approx(float(trimmed(apart)), rel=1e-3)
        assert lengths[variant].interval[0] < lengths[variant].mean < lengths[variant].interval[1]
        assert lengths[variant].pairs == pairs
    # At the start of the arc the way leads along the part of b that is square to a, by its angle.
    u, v = (torch.nn.functional.normalize(x, dim=1) for x in (a, b))
    cosine = (u * v).sum(dim=1, keepdim=True)
    tangent = torch.nn.functional.normalize(v - cosine * u, dim=1) * torch.acos(cosine)
    tangent = tangent * np.sqrt(a.shape[1])
    speed = (tangent @ A.T).square().sum(dim=1).numpy() / (4 * SIDE**2)
    assert lengths["Z end"].lengths == pytest.approx(speed, rel=0.05)


def test_the_step_does_not_matter(tiny_generator):
    for distance in DISTANCES:
        coarse, fine = (
            smoothness(tiny_generator, 100, eps, {distance: DISTANCES[distance]}).lengths[distance]
            for eps in (1e-2, 1e-3)
        )
        for variant, length in fine.items():
            assert length.mean == pytest.approx(coarse[variant].mean, rel=0.08), variant


def test_a_mapping_that_bends_is_told_from_one_that_does_not(tiny_generator):
    """w = z (1 + |z|): around the sphere the pictures run unevenly, straight in w they do not."""
    found = smoothness(Linear(tiny_generator, bent=True), 100, 1e-3, {"pixel": pixel_distance})
    full, low, high = found.ratios["pixel"]["full"]
    assert low < full < high
    assert full > 1.1
    straight, *_ = smoothness(Linear(tiny_generator), 100).ratios["pixel"]["full"]
    assert full > straight + 0.1


def test_both_ends_have_one_condition(class_model):
    """Only then can the condition leave no jump: straight in W all steps are between equals."""
    found = smoothness(class_model.generator, 16)
    assert found.lengths["feature"]["W full"].mean > 0
    brains = draw_brains(class_model.generator, 32, 4000)
    assert brains.c.shape == (32, 2)


def test_distances():
    random = torch.Generator().manual_seed(0)
    a = torch.rand(2, 1, 32, 32, generator=random) * 2 - 1
    for distance in DISTANCES.values():
        assert (distance(a, a) == 0).all()
        near = distance(a, a + 1e-3 * torch.randn(a.shape, generator=random))
        twice = distance(a, a + 2e-3 * torch.randn(a.shape, generator=random))
        assert (twice / near).numpy() == pytest.approx(4, rel=0.3)
    assert pixel_distance(a, a + 0.2)[0].item() == pytest.approx(0.01)  # a tenth of the grey range
    # The same change counts less where there is much structure already.
    flat, change = torch.zeros_like(a), 0.05 * torch.randn(a.shape, generator=random)
    assert feature_distance(flat, flat + change).mean() > feature_distance(a, a + change).mean()
    assert [x.shape[2] for x in features(a)] == [32, 16, 8]


def test_slerp_and_trimming_by_hand():
    a, b = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 5.0]])
    assert slerp(a, b, torch.tensor([0.5]))[0].numpy() == pytest.approx([0.7071, 0.7071], abs=1e-4)
    assert slerp(a, 3 * a, torch.tensor([0.5]))[0].numpy() == pytest.approx([1, 0])
    values = np.r_[np.ones(198), 1e9, -1e9]
    assert trimmed(values) == 1
