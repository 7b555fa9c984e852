"""The race: a world where W is one axis for each factor and Z is W bent."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explorer.knowledge.samples import pictures_of
from explorer.lab.codes import Brains, Codes, draw_brains
from explorer.lab.dependency import dependency, leaks
from explorer.lab.factors import Factors, measured_factors
from explorer.lab.race import best_channels, lane, reach, run
from explorer.lab.regression import direction, rest
from explorer.lab.ways import Way, channel_ways, line_way, moved
from gan.generator import class_vectors

K = 4


def bend(z):
    """w of z: each pair turns by an angle that grows with its radius, as a whirl."""
    w = z.copy()
    for i in (0, 2):
        x, y = z[:, i], z[:, i + 1]
        angle = 1.5 * np.hypot(x, y)
        w[:, i], w[:, i + 1] = (
            x * np.cos(angle) - y * np.sin(angle),
            x * np.sin(angle) + y * np.cos(angle),
        )
    return w


@pytest.fixture(scope="module")
def world():
    """z, w = bend(z), factors = w: z [N, K], w [N, K]."""
    z = np.random.default_rng(0).standard_normal((3000, K))
    return z, bend(z)


def factors_of(table, **options):
    keys = tuple(f"f{i}" for i in range(table.shape[1]))
    return Factors("toy", keys, keys, ("",) * len(keys), table, lambda p: p, **options)


def test_w_leaks_nothing_and_z_does(world):
    z, w = world
    factors = factors_of(w)
    lanes = {}
    for space, codes, shown in (("Z", z, bend), ("W", w, lambda x: x)):
        way = line_way(space, Codes(space, "own", codes, ()), factors, 0)
        start = codes[:300]

        def measure(rows, steps, start=start, way=way, shown=shown):
            return shown(start[rows] + steps[:, None] * way.step)

        arrival = reach(measure, shown(start), 0, way.most, 0.5)
        lanes[space] = lane(way, arrival, 0)
    assert lanes["W"].share == 1
    assert lanes["W"].leak.mean < 0.05
    assert lanes["W"].way.r2 > 0.99
    assert lanes["W"].size == pytest.approx(1, abs=0.15)
    assert lanes["Z"].way.r2 < 0.5
    assert lanes["Z"].leak.mean > 3 * lanes["W"].leak.mean
    assert lanes["Z"].leak.interval[0] > lanes["W"].leak.interval[1]
    changes = lanes["Z"].arrival.changes[lanes["Z"].arrival.reached]
    assert np.abs(changes[:, 0] - 1).max() <= 0.1


def test_steps_are_sought_until_the_picture_measures_it():
    """m = s^3 / 8: +1 at s = 2, whatever the first step was."""
    start = np.zeros((3, 2))

    def cubic(rows, steps):
        return np.stack([steps**3 / 8, 0.3 * steps], axis=1)

    for first in (0.01, 1.0, 5.0):
        found = reach(cubic, start, 0, 5.0, first, tries=16)
        assert found.reached.all()
        assert found.step == pytest.approx(2, abs=0.08)
        assert found.changes[:, 1] == pytest.approx(0.6, abs=0.03)


def test_what_cannot_be_reached_is_said_to_be_so():
    start = np.array([[0.0, 0], [0, 0], [np.nan, 0]])

    def stuck(rows, steps):  # ends at 0.6
        return np.stack([np.minimum(steps, 0.6), steps], axis=1)

    found = reach(stuck, start, 0, 5.0, 1.0)
    assert not found.reached.any()
    assert found.changes[0, 0] == pytest.approx(0.6)
    assert np.isnan(found.changes[2, 0])
    backwards = reach(lambda rows, steps: np.stack([-steps, steps], 1), start[:2], 0, 5.0, 1.0)
    assert not backwards.reached.any()
    assert (backwards.changes == 0).all()  # nothing came nearer than not moving

    def broken(rows, steps):  # not measurable beyond 1.5
        return np.stack([np.where(steps > 1.5, np.nan, steps), steps], axis=1)

    assert reach(broken, start[:2], 0, 5.0, 4.0).reached.all()


def test_dependency_by_hand():
    changes = np.array([[1.0, 0.5, 0.1], [-2.0, 1.0, np.nan], [0.1, 9, 9], [np.nan, 1, 1]])
    found = dependency(changes, 0)
    assert found.brains == 2
    assert found.mean == pytest.approx((0.3 + 0.5) / 2)
    assert found.factors[1:] == pytest.approx([0.5, 0.1])
    assert np.isnan(found.factors[0])
    assert leaks(changes, 0)[:2] == pytest.approx([0.3, 0.5])
    assert np.isnan(leaks(changes, 0)[2:]).all()


def test_what_is_held_stays(world):
    """f0 + f1 with f1 held: the way of f0 alone; without it leads along both."""
    _, w = world
    target = w[:, 0] + w[:, 1]
    free, held = direction(w, target), direction(w, target, w[:, [1]])
    assert abs(free.step[1]) == pytest.approx(abs(free.step[0]), rel=0.1)
    assert abs(held.step[1]) < 0.05 * abs(held.step[0])
    left = rest(np.column_stack([target]), w[:, [1]])[:, 0]
    assert np.corrcoef(left, w[:, 1])[0, 1] == pytest.approx(0, abs=0.01)
    assert direction(w, np.random.default_rng(1).standard_normal(len(w))).r2 < 0.02


def test_channels_are_ranked_by_what_is_special():
    """Only channel 5 follows the factor; with few channels it comes first and moves most."""
    random = np.random.default_rng(0)
    styles = random.standard_normal((2000, 12)) * np.geomspace(0.1, 10, 12)
    table = random.standard_normal((2000, 2))
    table[:, 0] = styles[:, 5] / styles[:, 5].std() + 0.3 * table[:, 0]
    codes = Codes("S", "own", styles, ())
    ways = channel_ways(codes, factors_of(table), 0, [4, 8])
    assert [len(way.channels) for way in ways] == [1, 1, 1, 3, 10, 12]
    assert ways[0].channels == ((1, 1),)
    assert ways[0].step[0] == pytest.approx(styles[:, 5].std(), rel=1e-4)
    others = [styles[:, 4 * layer + u].std() for layer, u in ways[3].channels[1:]]
    assert np.abs(ways[3].step[1:] / others).max() < 0.3


def test_brains_move_where_the_way_says(model):
    generator = model.generator
    config, layers = generator.config, len(generator.synthesis.layers)
    z = torch.randn(3, config.z_dim)
    z = z / z.square().mean(dim=1, keepdim=True).sqrt()
    brains = Brains(z, None, generator.mapping(z))
    step, t = np.ones(config.w_dim, np.float32), np.array([0.0, 1.0, 2.0])
    for space in ("Z", "W"):
        ws, shifts = moved(generator, brains, Way(space, space, step), t)
        assert shifts is None
        assert torch.allclose(ws[0], brains.w[0].expand(config.num_ws, -1), atol=1e-5)
        assert not torch.allclose(ws[1], brains.w[1].expand(config.num_ws, -1), atol=1e-2)
    ws, _ = moved(generator, brains, Way("W+", "W+", step, layers=(2, 4)), t)
    assert torch.equal(ws[:, :2], generator.broadcast(brains.w)[:, :2])
    assert torch.allclose(ws[2, 3] - brains.w[2], torch.full((config.w_dim,), 2.0), atol=1e-5)
    way = Way("S", "S", np.array([0.5, -1], np.float32), channels=((1, 3), (2, 0)))
    ws, shifts = moved(generator, brains, way, t)
    assert torch.equal(ws, generator.broadcast(brains.w))
    assert [shift is not None for shift in shifts] == [k in (1, 2) for k in range(layers)]
    assert shifts[1][:, 3].tolist() == [0, 0.5, 1]
    assert shifts[2][:, 0].tolist() == [0, -1, -2]


def test_through_z_the_place_on_a_scale_moves_along_up_to_its_ends(height_model):
    generator = height_model.generator
    count = generator.config.c_dim
    places = torch.tensor([1.0, 1.0, 3.5])
    z = torch.randn(3, generator.config.z_dim)
    z = z / z.square().mean(dim=1, keepdim=True).sqrt()
    c = class_vectors(places, count)
    brains = Brains(z, c, generator.mapping(z, c))
    step = np.zeros(generator.config.z_dim + 1, np.float32)
    step[-1] = 0.5
    ws, _ = moved(generator, brains, Way("Z", "Z", step), np.array([0.0, 2.0, 9.0]))
    there = class_vectors(torch.tensor([1.0, 2.0, count - 1.0]), count)
    assert torch.allclose(ws[:, 0], generator.mapping(z, there), atol=1e-5)


def test_a_race_of_pictures(head_model):
    """Size is an entry of w: the way through W reaches it and the report ends at 1."""
    library, shares = head_model.library, []
    factors = measured_factors(library)
    brains = draw_brains(head_model.generator, 24, 600)
    start = factors.scaled(factors.read(_pictures(head_model, brains)))
    codes = Codes("W", "own", library.w[:600], ())
    target = factors.number("area")
    way = line_way("W", codes, factors, target)
    found = run(head_model.generator, brains, start, [way], factors, target, shares.append)
    assert way.r2 > 0.8
    assert found.lanes["W"].share > 0.7
    assert found.brains == np.isfinite(start[:, target]).sum()
    assert shares == sorted(shares)
    assert 0 < shares[-1] <= 1


def _pictures(model, brains):
    return np.concatenate(list(pictures_of(model.generator, model.generator.broadcast(brains.w))))


@pytest.mark.parametrize(
    ("trials", "best"),
    [
        ([(0.2, 0.1), (0.6, 0.9), (1.0, 0.4)], 2),  # of those that serve half the least leak
        ([(0.5, 0.3), (0.6, 0.9), (1.0, 0.4)], 0),
        ([(0.2, 0.1), (0.4, 0.9), (0.0, np.nan)], 1),  # none does: the one that serves most
    ],
)
def test_the_channels_that_leak_least(trials, best, monkeypatch):
    lanes = iter(trials)

    def fake(generator, brains, start, ways, *_):
        share, leak = next(lanes)
        found = SimpleNamespace(share=share, leak=SimpleNamespace(mean=leak))
        return SimpleNamespace(lanes={"S": found})

    monkeypatch.setattr("explorer.lab.race.run", fake)
    ways = [Way("S", "S", np.zeros(n), channels=((0, 0),) * n) for n in (1, 3, 10)]
    assert best_channels(None, None, None, ways, None, 0) is ways[best]
