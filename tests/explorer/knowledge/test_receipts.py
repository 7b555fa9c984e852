"""Receipts: known effects are found and named, doubtful ones are not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import (
    BRAINS,
    STEPS,
    UNNAMED,
    Receipt,
    _linearity,
    honest_name,
    in_words,
    judge,
    write_receipt,
)
from gan.measure import KEYS, MEASUREMENTS

K = len(KEYS)


def population(correlated=0.0, floor=0.0) -> Population:
    random = np.random.default_rng(0)
    table = random.standard_normal((4000, K))
    table[:, 1] = correlated * table[:, 0] + np.sqrt(1 - correlated**2) * table[:, 1]
    return Population(table, np.full(K, floor))


def curves(**slopes) -> np.ndarray:
    """[brains, steps, K]: each measurement rises by its slope per step."""
    brains = np.random.default_rng(1).standard_normal((BRAINS, 1, K))
    slope = np.array([slopes.get(key, 0.0) for key in KEYS])
    return brains + np.array(STEPS)[None, :, None] * slope


def judged(table, people=None) -> Receipt:
    return judge(table, people or population(), MEASUREMENTS)


def test_a_pure_effect():
    receipt = judged(curves(ventricles=0.5))
    assert receipt.effect[KEYS.index("ventricles")] == pytest.approx(0.5, rel=0.05)
    assert receipt.agreement[KEYS.index("ventricles")] == 1
    assert receipt.linearity[KEYS.index("ventricles")] == pytest.approx(1)
    assert receipt.purity > 0.95
    assert receipt.leakage == pytest.approx(0, abs=1e-6)
    assert receipt.name == "mostly larger ventricles"
    assert judged(curves(ventricles=-0.5)).name == "mostly smaller ventricles"


def test_a_mixed_effect_names_the_two_largest():
    receipt = judged(curves(brightness=0.5, area=-0.45, noise=0.4))
    assert receipt.purity < 0.6
    assert receipt.name == "brighter, smaller brain"
    assert receipt.leakage == pytest.approx((0.45 + 0.4) / 0.5 / (K - 1), rel=0.1)


def test_small_doubtful_and_noisy_effects_have_no_name():
    assert judged(curves(area=0.2)).name == UNNAMED
    table = curves(area=0.5)
    table[:3, :, 0] = table[:3, ::-1, 0]  # three of sixteen go the other way
    assert judged(table).agreement[0] == pytest.approx(13 / 16)
    assert judged(table).name == "larger brain, but only on 81 % of the brains"
    noisy = judged(curves(area=0.5), population(floor=0.3))
    assert noisy.name == "larger brain, but by less than twice what noise alone does"
    assert noisy.agreement[0] == 1
    table = curves(area=0.05)
    table[0] *= 160  # one brain moves as much as all the others together never would
    assert judged(table).name == "larger brain, but not surely: brains differ too much in it"
    assert judged(curves(area=0.5), population(floor=0.1)).name == "mostly larger brain"


def test_what_goes_together_anyway_does_not_share_the_credit():
    """Area and ratio go together in the population; a direction along them is one effect."""
    together = curves(area=0.5, ratio=0.4)
    loose, tied = judged(together), judged(together, population(correlated=0.8))
    assert tied.purity > loose.purity + 0.1


def test_a_bent_response_is_told():
    steps = np.array(STEPS, float)
    straight = np.tile(2 * steps, (BRAINS, 1))
    bent = np.tile(steps**2 + steps, (BRAINS, 1))
    assert _linearity(straight) == pytest.approx(1)
    total = ((bent[0] - bent[0].mean()) ** 2).sum()
    expected = (steps**2).sum() / total  # the share of the straight part
    assert _linearity(bent) == pytest.approx(expected)
    assert np.isnan(_linearity(np.full((BRAINS, 7), np.nan)))
    assert np.isnan(_linearity(np.zeros((BRAINS, 7))))


def test_failed_measurements_are_left_out():
    table = curves(area=0.5, ventricles=2.0)
    table[: BRAINS - 3, :, KEYS.index("ventricles")] = np.nan
    receipt = judged(table)
    assert np.isnan(receipt.effect[KEYS.index("ventricles")])
    assert receipt.name == "mostly larger brain"
    nothing = judged(np.full_like(table, np.nan))
    assert nothing.name == UNNAMED
    assert nothing.top is None


def test_an_effect_on_few_brains_is_told_but_gives_no_name():
    table = curves(area=0.4, ventricles=2.0)
    table[: BRAINS - 6, :, KEYS.index("ventricles")] = np.nan
    receipt = judged(table)
    assert receipt.counted[KEYS.index("ventricles")] == 6
    assert receipt.effect[KEYS.index("ventricles")] == pytest.approx(2, rel=0.05)
    assert receipt.name == "mostly larger brain"
    table[:, :, KEYS.index("area")] = 0
    assert judged(table).name == "larger ventricles, but measured on 6 brains only"


def test_the_margin_is_the_interval_of_the_mean():
    random = np.random.default_rng(5)
    table = curves(area=0.5)
    slopes = 0.5 + 0.2 * random.standard_normal(BRAINS)
    table[:, :, 0] = slopes[:, None] * np.array(STEPS)
    people = population()
    told = stats.ttest_1samp(slopes / people.deviation[0], 0).confidence_interval(0.95)
    receipt = judged(table, people)
    assert receipt.effect[0] - receipt.margin[0] == pytest.approx(told.low)
    assert receipt.effect[0] + receipt.margin[0] == pytest.approx(told.high)


def test_names_have_no_top_without_effects():
    assert honest_name(np.zeros(K), [], float("nan"), MEASUREMENTS) == UNNAMED


def test_of_a_generator_whose_w_is_known(head_model):
    library = head_model.library
    people = library._population.get()

    def receipt(entry, size=1.0, layers=None):
        step = torch.zeros(16)
        step[entry] = size
        direction = Direction("x", "x", "own", step, 0, layers)
        return write_receipt(head_model.generator, direction, people, library.ruler)

    assert "larger brain" in receipt(0, 1.5).name
    assert "turned clockwise" in receipt(2, 1.5).name
    assert "turned anticlockwise" in receipt(2, -1.5).name
    assert receipt(15).name == UNNAMED  # this entry does nothing
    assert receipt(0, 1.5, (0, 1)).effect[0] < 0.4 * receipt(0, 1.5).effect[0]  # one layer of six


def test_receipts_survive_json():
    receipt = judged(curves(area=0.5))
    again = Receipt.from_dict(json.loads(json.dumps(receipt.to_dict())))
    assert str(again) == str(receipt)  # NaN is not equal to itself


def test_a_direction_that_its_receipt_gives_no_name_says_how_far_it_moves_its_own():
    keys = ("area", "ventricles")
    faint = Receipt(
        (0.1, -0.151), (1, 1), (1, 1), (0, 0), (16, 16), np.nan, np.nan, None, UNNAMED, 16
    )
    aimed = Direction("measured:ventricles", "Ventricles", "measured", torch.ones(4), 0.5)
    assert in_words(aimed, faint, keys) == "changes it only a little: \N{MINUS SIGN}0.15 SD a step"
    named = replace(faint, name="mostly larger ventricles")
    assert in_words(aimed, named, keys) == "mostly larger ventricles"
    other = replace(aimed, key="pca1", source="pca")
    assert in_words(other, faint, keys) == UNNAMED
    assert in_words(aimed, replace(faint, effect=(0.1, np.nan)), keys) == UNNAMED
