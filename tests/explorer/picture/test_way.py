"""The geometry of a walk."""

import math

import numpy as np
import pytest
import torch

from explorer.picture.way import around, catmull_rom, piece, slerp


def test_slerp_turns_at_even_speed_and_keeps_the_length():
    a, b = torch.randn(1, 64), 3 * torch.randn(1, 64)
    path = torch.cat([slerp(a, b, t) for t in np.linspace(0, 1, 9)])
    assert torch.allclose(path.norm(dim=1), torch.full([9], 8.0), atol=1e-4)
    assert torch.allclose(path[0], a[0] / a.norm() * 8, atol=1e-4)
    assert torch.allclose(path[-1], b[0] / b.norm() * 8, atol=1e-4)
    steps = torch.nn.functional.cosine_similarity(path[1:], path[:-1])
    assert steps.max() - steps.min() < 1e-4


@pytest.mark.parametrize("sign", [1, -1])
def test_slerp_between_parallel_or_opposite_vectors(sign):
    a = torch.randn(1, 16)
    for t in (0, 0.3, 1):
        assert slerp(a, sign * 2 * a, t).norm().item() == pytest.approx(math.sqrt(16), rel=1e-4)


@pytest.mark.parametrize(
    ("t", "keys", "loop", "expected"),
    [
        (0, 3, False, (0, 0)), (0.25, 3, False, (0, 0.5)), (0.5, 3, False, (1, 0)),
        (1, 3, False, (1, 1)), (1, 3, True, (2, 1)), (0.5, 3, True, (1, 0.5)),
        (0.7, 1, False, (0, 0)), (0.7, 1, True, (0, 0.7)),
    ],
)  # fmt: skip
def test_pieces_are_even(t, keys, loop, expected):
    before, beyond = piece(t, keys, loop)
    assert before == expected[0]
    assert beyond == pytest.approx(expected[1])


def test_neighbours_of_a_piece():
    assert around(0, 4, False) == (None, 0, 1, 2)
    assert around(1, 4, False) == (0, 1, 2, 3)
    assert around(2, 4, False) == (1, 2, 3, None)
    assert around(3, 4, True) == (2, 3, 0, 1)
    assert around(0, 2, True) == (1, 0, 1, 0)
    assert around(0, 1, False) == (None, 0, 0, None)


def test_a_spline_meets_its_points_with_its_tangents():
    p, a, b, q = torch.randn(4, 5, dtype=torch.float64)
    assert torch.allclose(catmull_rom(p, a, b, q, 0.0), a)
    assert torch.allclose(catmull_rom(p, a, b, q, 1.0), b)
    h = 1e-6
    start = (catmull_rom(p, a, b, q, h) - a) / h
    end = (b - catmull_rom(p, a, b, q, 1 - h)) / h
    assert torch.allclose(start, (b - p) / 2, atol=1e-4)
    assert torch.allclose(end, (q - a) / 2, atol=1e-4)


def test_a_spline_through_even_points_is_straight():
    a, step = torch.randn(5), torch.randn(5)
    at = catmull_rom(a - step, a, a + step, a + 2 * step, 0.3)
    assert torch.allclose(at, a + 0.3 * step, atol=1e-6)
