"""Whatever vouches for a direction did not help to build it."""

import numpy as np
import pytest

from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.directions.measured import measured_directions
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import EFFECT
from explorer.knowledge.ruler import HEIGHT, UNREADABLE, Ruler
from explorer.page.panels.effects.answers import comparing
from explorer.picture.model import load
from explorer.recipe import Edit, Recipe
from explorer.tools.views import readings, receipt_of
from gan.measure import KEYS


@pytest.fixture(scope="module", params=["brains64", "brains128"])
def bundled(request):
    model = load(f"assets/models/{request.param}")
    model.library._population.get()
    model.library._receipts.get()
    return model


def rows_of(model, recipe):
    return {row["key"]: row for row in readings(model, recipe)}


def test_brain_area_pulled_down_no_longer_claims_that_the_height_stays(bundled):
    """The direction is blind to the first reader; its pictures reach other levels of the brain."""
    moved = 0
    for seed in range(5):
        recipe = Recipe(seed, psi=0.7, edits=(Edit("measured:area", -3),))
        height = rows_of(bundled, recipe)["height"]
        if height["value"] is None:
            assert height["change"] is height["below"] is height["real"] is None
            assert height["why"] == UNREADABLE
            moved += 1
        else:
            moved += abs(height["change"]) >= 0.4
    assert moved >= 4


def test_where_the_height_is_not_readable_nothing_is_told_of_it(bundled):
    library = bundled.library
    heights = library.population().table[:, library.ruler.keys.index(HEIGHT.key)]
    assert 0.005 < np.isnan(heights).mean() < 0.06
    trust = library.ruler.height.trust
    assert trust.error < trust.first_error
    assert trust.people >= 10


def test_what_was_built_with_one_instrument_is_judged_by_the_other():
    """Where the builder's instrument sees what the judge's does not, there is no direction."""
    random = np.random.default_rng(0)
    w = random.standard_normal((2000, 8)).astype(np.float32)
    table = random.standard_normal((2000, len(KEYS)))
    built = table.copy()
    for key, seen in (("area", True), ("ratio", False)):
        k = KEYS.index(key)
        built[:, k] = w[:, k]
        if seen:
            table[:, k] = w[:, k] + 0.1 * random.standard_normal(2000)
    people = Population(table, np.zeros(len(KEYS)), built)
    (found,) = measured_directions(w, people, Ruler(), spread_of(w))
    assert found.key == "measured:area"
    assert found.share > 0.9


def test_directions_are_not_made_from_what_judges(bundled):
    population = bundled.library.population()
    for k, key in enumerate(bundled.library.ruler.keys):
        both = np.isfinite(population.table[:, k] + population.built[:, k])
        if key != "contrast":
            assert not np.allclose(population.table[both, k], population.built[both, k], rtol=1e-3)


def test_one_effect_wherever_it_is_told(bundled):
    """The receipt, the table, the pair and the CSV of a direction show the same number."""
    matrix, measure, pair, _, table = comparing(bundled)
    row = next(r for r in matrix({"source": "listed"})["rows"] if r["key"] == "pca1")
    receipt = receipt_of(bundled, Recipe(), Edit("pca1", 0.0))
    assert receipt["effect"] == EFFECT
    area = next(r for r in receipt["rows"] if r["name"] == "Brain area")
    k = bundled.library.ruler.keys.index("area")
    told = pair({"direction": "pca1", "wanted": "area", "other": "ratio"})["wanted"]
    assert area["effect"] == row["effect"][k] == told
    assert measure({"direction": "pca1"})["row"]["effect"][k] == told
    assert f"{told:.4g}" in table({"keys": ["pca1"]})["csv"]
    assert area["margin"] == row["margin"][k]
    assert 0 < area["margin"] < abs(told)
    assert 4 <= area["counted"] <= 16


def test_a_name_never_denies_what_stands_beside_it(bundled):
    for receipt in bundled.library.receipts().values():
        largest = np.nanmax(np.abs(receipt.effect))
        if "moves nothing" in receipt.name:
            assert largest < 0.3
        if "but measured on" in receipt.name:
            assert f" {receipt.counted[int(np.nanargmax(np.abs(receipt.effect)))]} " in receipt.name
        if "but only on" in receipt.name:
            k = int(np.nanargmax(np.abs(receipt.effect)))
            assert f"{100 * receipt.agreement[k]:.0f} %" in receipt.name
            assert receipt.agreement[k] < 0.9
