"""Measured directions: a generator with a known effect of w must be found out."""

import numpy as np
import pytest

from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.directions.measured import LEAST_SHARE, _regress, measured_directions
from explorer.knowledge.population import Population
from explorer.knowledge.ruler import Ruler
from gan.height import HeightReader, Readers
from gan.measure import KEYS


def invented(N=2000, D=12, seed=0):
    """w, and measurements that follow it: area = w0, ratio = w0 + w1, rotation = luck, ..."""
    random = np.random.default_rng(seed)
    w = random.standard_normal((N, D)) * np.linspace(2, 0.5, D)
    table = random.standard_normal((N, len(KEYS)))
    table[:, 0] = w[:, 0] + 0.1 * table[:, 0]
    table[:, 1] = w[:, 0] + w[:, 1] + 0.1 * table[:, 1]
    table[:, KEYS.index("ventricles")] = w[:, 3] + 0.5 * w[:, 2] + 0.1 * table[:, 4]
    table[:10, KEYS.index("ventricles")] = np.nan
    return w, Population(table, np.zeros(len(KEYS)), table), spread_of(w)


@pytest.fixture(scope="module")
def found():
    w, population, spread = invented()
    return {d.key: d for d in measured_directions(w, population, Ruler(), spread)}


def test_what_w_tells_is_offered_and_nothing_else(found):
    assert set(found) == {"measured:area", "measured:ratio", "measured:ventricles"}
    for direction in found.values():
        assert direction.share > 0.9
        assert direction.source == "measured"


def test_each_direction_moves_its_own_measurement_alone(found):
    """area = w0, ratio = w0 + w1: the step of area must take w1 along, that of ratio leaves w0."""
    area, ratio = (found[f"measured:{k}"].vector.numpy() for k in ("area", "ratio"))
    assert area[0] > 1
    assert abs(area[0] + area[1]) < 0.1 * area[0]
    assert abs(ratio[0]) < 0.05
    assert ratio[1] > 1


def test_the_height_stays():
    """Height is w2 + w4, ventricles follow w2 and w3: their step leaves w2 + w4 where it was."""
    w, population, spread = invented()
    height = w[:, 2] + w[:, 4] + 0.01 * np.random.default_rng(1).standard_normal(len(w))
    table = np.column_stack([height, population.table])
    with_height = Population(table, np.zeros(table.shape[1]), table)
    ruler = Ruler(Readers(HeightReader(np.empty(0), np.empty(0), np.empty(0)), None, None))
    found = {d.key: d.vector.numpy() for d in measured_directions(w, with_height, ruler, spread)}
    assert abs(found["measured:ventricles"][2] + found["measured:ventricles"][4]) < 0.05
    assert found["measured:ventricles"][3] > 0.5
    assert found["measured:height"][2] > 0.5
    assert found["measured:height"][4] > 0.5


def test_r2_is_that_of_unseen_pictures():
    random = np.random.default_rng(0)
    features = random.standard_normal((1000, 200))
    luck = random.standard_normal(1000)
    assert _regress(features, luck)[1] < 0.05 < LEAST_SHARE
    beta, share = _regress(features, features[:, 3] + luck)
    assert share == pytest.approx(0.4, abs=0.15)
    assert np.argmax(beta) == 3


def test_what_the_confound_explains_does_not_count():
    random = np.random.default_rng(0)
    features = random.standard_normal((2000, 5))
    target = features[:, 0] ** 2 + features[:, 0] + 0.1 * random.standard_normal(2000)
    assert _regress(features, target)[1] > 0.15
    assert _regress(features, target, features[:, 0])[1] < 0.05


def test_each_direction_raises_what_it_is_named_after(head_model):
    library = head_model.library
    library._population.get()
    found = library.measured()
    assert {d.key for d in found} >= {"measured:area", "measured:rotation"}
    for direction in found:
        key = direction.key.removeprefix("measured:")
        if key in ("area", "rotation"):
            assert library.receipt(direction).effect[KEYS.index(key)] > 0.1, key


def test_other_measurements_that_read_the_same_are_let_go():
    """Holding a copy of itself would leave a direction nothing but chance."""
    w, population, spread = invented()
    table = population.table.copy()
    table[:, KEYS.index("sharpness")] = table[:, 0] + 0.05 * table[:, 2]
    copied = Population(table, population.floor, table)
    found = {d.key: d.vector.numpy() for d in measured_directions(w, copied, Ruler(), spread)}
    for key in ("area", "sharpness"):
        assert found[f"measured:{key}"][0] > 1
