"""The population: places in it, and what is not measured."""

import numpy as np
import pytest
import torch

from explorer.knowledge.cache import Kept
from explorer.knowledge.population import Population, _noise_floor, measure_population, unpack
from explorer.knowledge.ruler import Ruler
from explorer.knowledge.samples import sample_classes
from explorer.work import background
from gan.measure import KEYS


def test_percentiles():
    table = np.column_stack([np.arange(100.0), np.full(100, np.nan), np.ones(100)])
    people = Population(table, np.zeros(3))
    assert people.percentile(np.array([50.0, 1.0, 1.0])) == pytest.approx([50.5, np.nan, 50],
                                                                         nan_ok=True)  # fmt: skip
    assert people.percentile(np.array([-5.0, 0, 0]))[0] == 0
    assert people.percentile(np.array([np.nan, 0, 9]))[[0, 2]] == pytest.approx(
        [np.nan, 100], nan_ok=True
    )
    assert people.deviation[0] == pytest.approx(table[:, 0].std())
    assert (people.deviation > 0).all()


def test_on_a_scale_a_place_is_among_brains_near_it():
    random = np.random.default_rng(0)
    places = random.uniform(0, 15, 3000)
    area = 50 - 2 * places + 4 * random.standard_normal(3000)
    people = Population(np.column_stack([area, places]), np.zeros(2), places=places)
    low = np.array([50.0 - 2 * 14, 14.0])  # the middle of what there is at place 14
    assert people.percentile(low)[0] < 15
    there = people.percentile(low, 14.0)
    assert there[0] == pytest.approx(50, abs=5)
    assert there[1] == people.percentile(low)[1]  # what the scale is of: among all
    assert [len(column) for column in people.near(None)] == [3000, 3000]


def test_of_a_generator_whose_w_is_known(head_model):
    told = []
    people = measure_population(head_model.generator, Ruler(), told.append, 200)
    assert people.table.shape == (200, len(KEYS))
    assert told[-1] == 1
    assert told == sorted(told)
    w = head_model.library.w[:200]
    area = people.table[:, KEYS.index("area")]
    seen = np.isfinite(area)  # the largest reach the border
    assert seen.sum() > 150
    assert np.corrcoef(w[seen, 0], area[seen])[0, 1] > 0.9
    assert (people.floor[[0, 1]] < 0.3 * people.deviation[[0, 1]]).all()
    assert people.floor[KEYS.index("noise")] > 0


@pytest.mark.parametrize(
    ("shape", "keys"), [((200, 3), KEYS), ((200, 10), KEYS[::-1]), ((20, 10), KEYS)]
)
def test_what_was_measured_otherwise_is_measured_anew(shape, keys, model, height_model):
    kept = Kept(
        {"table": np.zeros(shape), "floor": np.zeros(shape[1]), "built": np.zeros(shape)},
        list(keys),
    )
    assert unpack(kept, Ruler(), model.generator) is None
    right = Kept(
        {name: np.zeros((200, 10)[-n:]) for name, n in (("table", 2), ("floor", 1), ("built", 2))},
        list(KEYS),
    )
    assert unpack(right, Ruler(), model.generator).places is None
    places = unpack(right, Ruler(), height_model.generator).places
    assert np.array_equal(places, sample_classes(height_model.generator, 200))


def test_on_a_scale_brains_are_compared_with_those_at_their_place():
    """Areas that shrink with height; the height itself; one that knows no height, with gaps."""
    random = np.random.default_rng(0)
    places = random.uniform(0, 15, 2000)
    unlike = random.standard_normal((2000, 3))
    area = 60 - 0.2 * (places - 4) ** 2 + 2 * unlike[:, 0]
    table = np.column_stack([5 * places + 0.5 * unlike[:, 1], area, 3 * unlike[:, 2]])
    table[::7, 2] = np.nan
    people = Population(table, np.zeros(3), places=places)
    assert people.deviation == pytest.approx([table[:, 0].std(), 2, 3], rel=0.05)
    assert np.corrcoef(people.apart[:, 1], unlike[:, 0])[0, 1] > 0.99
    assert np.array_equal(np.isnan(people.apart), np.isnan(table))
    assert Population(table, np.zeros(3)).deviation[1] > 3 * people.deviation[1]
    assert abs(people.correlation[0, 1]) < 0.1
    assert abs(Population(table, np.zeros(3)).correlation[0, 1]) > 0.6


def test_the_noise_floor_is_not_begun_once_the_program_ends(head_model, monkeypatch):
    monkeypatch.setattr(background._work, "ending", True)
    w = torch.zeros(1, head_model.config.w_dim)
    with pytest.raises(background.Ending):
        _noise_floor(head_model.generator, Ruler(), w)


def test_correlation_is_over_the_brains_that_have_all():
    random = np.random.default_rng(0)
    table = random.standard_normal((4000, 4))
    table[:, 1] = 0.8 * table[:, 0] + 0.6 * table[:, 1]
    table[:, 2] = np.nan  # no brain has it
    table[500:, 3] = np.nan  # as ventricles, that have a value at some heights only
    table[:500, 3] = 0.6 * table[:500, 0] + 0.8 * table[:500, 3]
    found = Population(table, np.zeros(4)).correlation
    expected = np.corrcoef(table[:500][:, [0, 1, 3]].T)
    assert found[np.ix_([0, 1, 3], [0, 1, 3])] == pytest.approx(expected)
    assert found[2].tolist() == [0, 0, 1, 0]
    assert np.linalg.eigvalsh(found).min() >= 0
    few = np.where(np.eye(4, dtype=bool), table[:4], np.nan)  # nobody has two
    assert np.array_equal(Population(few, np.zeros(4)).correlation, np.eye(4))
