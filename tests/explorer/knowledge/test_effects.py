"""What moves what: small cases by hand, and a model whose effects are known."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from explorer.knowledge import effects
from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.effects import Line, alike, beside, correlation, line_of, lines, table_csv
from explorer.knowledge.library import StillComputing
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import Receipt
from explorer.page.panels.effects.answers import comparing
from explorer.recipe import Own, Recipe
from explorer.recipe.checks import RecipeError, pack_vector
from gan.measure import KEYS, MEASUREMENTS

K = len(KEYS)


def receipt(**effect) -> Receipt:
    values = tuple(effect.get(key, 0.0) for key in KEYS)
    lists = ((0.5,) * K, (1.0,) * K, (0.1,) * K, (16,) * K)
    return Receipt(values, *lists, 0.7, 0.1, 0, "larger brain", 16)


def line(vector, layers=None, found=None, key="pca1", name="PCA 1") -> Line:
    vector = torch.tensor(vector, dtype=torch.float32)
    return Line(Direction(key, name, "pca", vector, 0.1, layers), name, found)


@pytest.fixture
def population() -> Population:
    random = np.random.default_rng(0)
    table = random.standard_normal((2000, K))
    table[:, 1] = 0.8 * table[:, 0] + 0.6 * table[:, 1]
    table[:, 2] *= 5
    table[:500, 3] = np.nan
    return Population(table, np.zeros(K))


def test_correlation_counts_only_brains_that_have_both(population):
    r, brains = correlation(population, 0, 1)
    assert (r, brains) == (pytest.approx(0.8, abs=0.02), 2000)
    r, brains = correlation(population, 3, 0)
    assert (r, brains) == (pytest.approx(np.corrcoef(population.table[500:, [3, 0]].T)[0, 1]), 1500)
    flat = Population(np.ones((200, K)), np.zeros(K))
    assert np.isnan(correlation(flat, 0, 1)[0])


def test_on_a_scale_brains_of_one_place_are_compared(population):
    """What only rises with the place goes together over all, and not at one."""
    places = np.random.default_rng(1).uniform(0, 4, 2000)
    table = population.table.copy()
    table[:, 4] += 2 * places
    table[:, 5] += 2 * places
    assert correlation(replace(population, table=table), 4, 5)[0] > 0.8
    apart = replace(population, table=table, places=places)
    assert abs(correlation(apart, 4, 5)[0]) < 0.1
    assert correlation(apart, 0, 1)[0] == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(
    ("wanted", "moved", "verdict"),
    [
        (1.0, 0.8, "brains"),  # just what goes with it
        (1.0, 1.5, "brains"),  # 0.7 beyond: less than half
        (1.0, 1.7, "slider"),  # 0.9 beyond: more than half
        (1.0, -0.5, "slider"),  # against the brains
        (1.0, 0.05, "none"),
        (0.05, 0.9, "unknown"),
    ],
)
def test_entangled_by_the_slider_or_in_the_brains(population, wanted, moved, verdict):
    facts = beside(population, receipt(area=wanted, ratio=moved), 0, 1)
    assert facts.verdict == verdict
    assert facts.expected == pytest.approx(0.8 * wanted, abs=0.03)
    assert (facts.wanted, facts.moved, facts.brains) == (wanted, moved, 2000)


def test_an_effect_that_was_not_measured_gives_no_verdict(population):
    assert beside(population, receipt(area=1.0, ratio=np.nan), 0, 1).verdict == "unknown"


def test_likeness_counts_layers_and_signs():
    found = [
        line([1.0, 0.0], None, receipt(area=1.0)),
        line([-2.0, 0.0], None, receipt(area=-0.5)),  # the same backwards
        line([1.0, 1.0], None, receipt(ratio=1.0)),
        line([3.0, 0.0], (0, 1)),  # one layer of four; not measured
        line([3.0, 0.0], (1, 4)),
    ]
    pairs = {(p.first, p.second): (p.cosine, p.effects) for p in alike(found, 4, 0.4)}
    half, wide = 2**-0.5, 0.75**0.5
    expected = {
        (0, 1): (-1, -1), (0, 2): (half, 0), (1, 2): (-half, 0), (0, 3): (0.5, None),
        (1, 3): (-0.5, None), (0, 4): (wide, None), (1, 4): (-wide, None),
        (2, 4): (wide * half, None),
    }  # fmt: skip
    assert set(pairs) == set(expected)
    for pair, (cosine, effect) in expected.items():
        assert pairs[pair][0] == pytest.approx(cosine)
        assert np.isnan(pairs[pair][1]) if effect is None else pairs[pair][1] == effect
    cosines = [abs(p.cosine) for p in alike(found, 4, 0.4)]
    assert cosines == sorted(cosines, reverse=True)
    assert alike([], 4) == []


def test_the_csv_has_units_and_no_formulas(population):
    found = [
        line([1.0], (0, 4), receipt(area=0.5, rotation=0.2), "pca1", "PCA 1, coarse"),
        line([1.0], None, replace(receipt(), purity=np.nan), "own:x", "=HYPERLINK(1)"),
        line([1.0]),  # not measured
    ]
    rows = list(csv.DictReader(io.StringIO(table_csv(found, population, MEASUREMENTS))))
    assert [row["key"] for row in rows] == ["pca1", "own:x"]
    assert rows[0]["layers"] == "1-4"
    assert rows[1]["layers"] == "all"
    assert float(rows[0]["Rotation: effect [SD per SD]"]) == 0.2
    in_degrees = 0.2 * population.deviation[2]
    assert float(rows[0]["Rotation: effect [° per SD]"]) == pytest.approx(in_degrees, rel=1e-3)
    assert float(rows[0]["Brain area: agreement [% of brains]"]) == 50
    assert rows[1]["purity [0..1]"] == ""
    assert rows[1]["direction"].startswith("'=")


@pytest.fixture(scope="module")
def known(head_model):
    """The model with all its receipts."""
    head_model.library._population.get()
    head_model.library._receipts.get()
    return head_model


def test_listed_directions_come_with_their_kept_receipts(known):
    found = lines(known.library, Recipe(), "listed")
    assert [x.direction.key for x in found] == [d.key for d in known.library.listed()]
    by_key = {x.direction.key: x for x in found}
    top = by_key["pca1"].receipt  # w[0], the head's size
    area = known.library.ruler.keys.index("area")
    assert abs(top.effect[area]) == max(np.abs(top.effect))
    assert by_key["sefa1@0-4"].name == "SeFa 1, coarse"


def test_own_and_activation_axes_are_measured_when_asked(known, monkeypatch):
    vector = known.library.pca[0].vector
    recipe = Recipe(own=(Own("own:mine", "Mine", pack_vector(vector.numpy())),))
    (own,) = lines(known.library, recipe, "own")
    assert own.receipt is None
    whole = line_of(known.library, own.direction, measure=True)
    assert whole.receipt.effect == pytest.approx(
        known.library.receipts()["pca1"].effect,
        abs=0.06,
        nan_ok=True,  # half precision
    )
    for wrong in ("act@99", "act@x", None, ["own"], "mine"):
        with pytest.raises(RecipeError, match="no source"):
            lines(known.library, recipe, wrong)
    monkeypatch.setattr(known.library, "activations", lambda layer: known.library.pca[:layer])
    assert len(lines(known.library, recipe, "act@2")) == 2


def test_what_the_page_asks_is_checked(known, monkeypatch):
    matrix, measure, pair, twins, table = comparing(known)
    rows = matrix({"source": "listed"})["rows"]
    assert rows[0]["effect"]
    assert len(rows) == len(known.library.listed())
    assert measure({"direction": "pca1"})["row"]["effect"] == pytest.approx(
        next(row["effect"] for row in rows if row["key"] == "pca1")
    )
    facts = pair({"direction": "pca1", "wanted": "area", "other": "brightness"})
    assert facts["verdict"] in ("none", "brains", "slider")
    assert twins({"keys": ["pca1", "pca1"]})["pairs"][0]["cosine"] == pytest.approx(1)
    assert table({"keys": ["pca1"]})["csv"].count("\r\n") == 2
    for posted in (
        {"keys": "pca1"},
        {"keys": [["pca1"]]},
        {"keys": ["pca1"] * 201},
        {"keys": [""]},
    ):
        assert "error" in twins(posted)
        assert "error" in table(posted)
    assert "not measured" in pair({"direction": "pca1", "wanted": ["area"], "other": "x"})["error"]
    assert "no direction" in measure({"direction": "nothing"})["error"]
    assert "error" in measure(None)
    assert "error" in matrix({"source": {}, "recipe": []})
    many = [f"sefa{i}@0-{end}" for i in range(1, 9) for end in (1, 2, 3)]
    monkeypatch.setattr(effects, "line_of", None)  # refused before anything is measured
    assert "at most 20" in table({"keys": many})["error"]


def test_nothing_is_told_before_the_population_is_there(known, monkeypatch):
    def still():
        raise StillComputing(0.25)

    monkeypatch.setattr(known.library, "receipts", still)
    answer = comparing(known)[0]({"source": "listed"})
    assert answer["again"]
    assert "25%" in answer["error"]
