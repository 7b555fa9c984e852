"""Where a model reads ages: one more measurement, made of the others."""

import shutil

import numpy as np
import pytest

from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.directions.measured import measured_directions
from explorer.knowledge.population import Population
from explorer.knowledge.ruler import AGE, AGELESS, HEIGHT, Ruler
from explorer.lab.factors import measured_factors
from explorer.picture.model import load
from explorer.tools.gallery import gallery
from explorer.tools.here import steepest
from gan.height import AGE_FILE, learn, save_readers
from gan.measure import KEYS


def heads(ages, heights):
    """Ellipses, smaller higher up, whose dark middle grows with age: uint8 [N, 64, 64]."""
    down, right = np.mgrid[:64, :64] - 31.5
    size = 28 - heights[:, None, None] / 8
    head = (right / (0.8 * size)) ** 2 + (down / size) ** 2 < 1
    middle = 3 + (ages[:, None, None] - 20) / 10
    hole = (right / middle) ** 2 + (down / (1.5 * middle)) ** 2 < 1
    grain = np.random.default_rng(0).normal(0, 12, head.shape)
    return np.uint8(np.where(head, np.where(hole, 60, 200) + grain, 0))


@pytest.fixture(scope="module")
def readers():
    """Of ages, and of heights: twelve people, ten slices each."""
    people = np.repeat(np.arange(12), 10)
    ages, heights = 20.0 + 5 * people, np.tile(np.arange(0.0, 60, 6), 12)
    pictures = heads(ages, heights)
    return learn(pictures, ages, people), learn(pictures, heights, people)


def test_the_age_is_a_column_beside_the_height(readers):
    age, height = readers
    ruler = Ruler(height, age=age)
    assert ruler.keys == ("height", "age", *KEYS)
    assert Ruler(age=age).keys == ("age", *KEYS)
    pictures = heads(np.array([22.0, 72.0]), np.array([12.0, 12.0]))
    table, built = ruler.measure(pictures), ruler.build(pictures)
    for found in (table[:, 1], built[:, 1]):
        assert found[1] - found[0] > 25
    assert np.abs(table[0, 0] - 12) < 8
    assert np.array_equal(
        ruler.measure(pictures)[:, 0], Ruler(height).measure(pictures)[:, 0], equal_nan=True
    )
    error = f"{age.trust.error:.1f} years on average for 3 people"
    assert error in ruler.meaning(AGE)
    assert ruler.why_none(AGE, 12.0) == AGELESS
    assert "mm on average" in ruler.meaning(HEIGHT)


def test_ventricles_and_age_move_together():
    """Neither holds the other: an age that leaves the ventricles alone is none."""
    random = np.random.default_rng(0)
    w = random.standard_normal((2000, 8)).astype(np.float32)
    keys = ("age", *KEYS)
    table = random.standard_normal((2000, len(keys)))
    v, area = keys.index("ventricles"), keys.index("area")
    table[:, v], table[:, area] = w[:, 0], w[:, 1]
    table[:, 0] = 0.7 * w[:, 0] + 0.6 * w[:, 2]  # ventricles, and what nothing measures
    ruler = Ruler(age=object(), ranges={})
    found = {
        d.key.removeprefix("measured:"): d.vector.numpy()
        for d in measured_directions(w, Population(table, np.zeros(len(keys)), table), ruler,
                                     spread_of(w))
    }  # fmt: skip
    assert set(found) == {"age", "ventricles", "area"}
    assert found["age"][0] > 0.5
    assert found["age"][2] > 0.4
    assert found["ventricles"][0] > 0.9
    assert abs(found["area"][0]) < 0.1


def test_a_slider_for_one_brain_does_not_mind_the_age():
    keys = ("age", "area", "ventricles")
    slopes = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    step = steepest(slopes, 2, keys)
    assert step[0] > 1.5 * step[1]  # along the axis that moves the age, not the area


def test_presets_are_young_and_old_and_the_lab_counts_nothing_twice(readers, model_path, tmp_path):
    shutil.copy(model_path, tmp_path / "model.safetensors")
    save_readers(readers[0], tmp_path / AGE_FILE)
    model = load(tmp_path)
    library, random = model.library, np.random.default_rng(1)
    assert library.ruler.keys == ("age", *KEYS)
    table = random.standard_normal((3000, len(KEYS) + 1)).astype(np.float32)
    people = Population(table, np.zeros(table.shape[1]), table)
    library._population.start = lambda: None
    library._population.ready = lambda: True
    library._population.get = lambda: people
    names = [name for name, _ in gallery(model)]
    assert names[:2] == ["younger", "older"]
    assert "age" not in measured_factors(library).keys
