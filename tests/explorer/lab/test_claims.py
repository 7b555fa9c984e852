"""What figures say in words, whichever way they come out."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.lab import claims, layer_claims
from explorer.lab.against_data import compare
from explorer.lab.claims import Reading, order
from explorer.lab.dci import dci
from explorer.lab.factors import Factors
from explorer.lab.mig import mig
from explorer.lab.race import Arrival, Race, lane
from explorer.lab.results import Analysis
from explorer.lab.sap import sap
from explorer.lab.separability import separability
from explorer.lab.smoothness import Smoothness, length
from explorer.lab.spaces import Score, Space
from explorer.lab.ways import Way


def reading(of: str, value: float, margin: float = 0.1) -> Reading:
    return Reading("D", of, value, value - margin, value + margin)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((0.1, 0.4, 0.7), "S is more disentangled than W; W is more disentangled than Z"),
        ((0.7, 0.4, 0.1), "Z is more disentangled than W; W is more disentangled than S"),
        ((0.4, 0.45, 0.8), "S is more disentangled than W; W and Z cannot be told apart"),
        ((0.4, 0.45, 0.5), "S and W cannot be told apart; W and Z cannot be told apart"),
        ((0.30, 0.45, 0.60), "S and W cannot be told apart; W and Z cannot be told apart; "
                             "S is more disentangled than Z"),
    ],
)  # fmt: skip
def test_spaces_are_put_in_order_only_where_intervals_are_apart(values, says):
    assert order([reading(of, v) for of, v in zip("ZWS", values, strict=True)]) == says


def test_numbers_are_written_with_their_interval():
    assert str(Reading("r", "", -0.123, -0.2, -0.001)) == "−0.12 (−0.20 to 0.00)"
    assert claims.listed(["Z"]) == "Z"
    assert claims.listed(["Z", "W", "S"]) == "Z, W and S"


def test_known_factors_say_how_well_they_are_read():
    table = np.zeros((3, 2))
    both = ("known", ("a", "b"), ("Level", "Turn"), ("", ""), table, lambda pictures: table)
    assert claims.trusted(Factors(*both)) == ""
    assert claims.trusted(Factors(*both, trust=(0.987, 0.5))).endswith("level 0.99, turn 0.50.")


def space(name: str, codes: np.ndarray, factors: np.ndarray) -> Space:
    """Along the same axes twice."""
    three = dci(codes, factors, times=5), mig(codes, factors, times=5), sap(codes, factors, times=5)
    scores = tuple(Score(name, axes, codes.shape[1], 1.0, *three) for axes in ("pca", "own"))
    return Space(("a", "b"), scores, separability(codes, factors, times=5))


@pytest.fixture(scope="module")
def spaces():
    """S holds the factors, W mixes them, Z knows nothing of them."""
    random = np.random.default_rng(0)
    factors = random.standard_normal((1000, 2))
    mixed = factors @ np.array([[1.0, 1.0], [-1.0, 1.0]])
    return {
        "Z": space("Z", random.standard_normal((1000, 2)), factors),
        "W": space("W", mixed, factors),
        "S": space("S", factors, factors),
    }


def test_what_is_chance_is_not_shown_but_said(spaces):
    claim = claims.disentangled(spaces)
    assert claim.title == "S is more disentangled than W."
    shown = {(r.name, r.of) for r in claim.readings}
    assert ("Disentanglement", "Z") not in shown
    assert {("Foretold (R²)", "Z"), ("Separability", "Z"), ("Disentanglement", "S")} <= shown
    assert any(note.startswith("Of Z too little is foretold") for note in claim.notes)
    assert "easier to separate than Z" in claim.says
    assert all(r.low <= r.value <= r.high for r in claim.readings)


def test_what_speaks_against_the_headline_is_told_with_it(spaces):
    assert "But" not in claims.disentangled(spaces).says
    own, pca = (spaces[name].scores for name in ("S", "W"))
    told = replace(spaces["S"], scores=(pca[0], own[1]))  # one thing by DCI, the other by MIG
    other = replace(spaces["W"], scores=(own[0], pca[1]))
    claim = claims.disentangled({"W": other, "S": told})
    assert claim.title == "S is more disentangled than W."
    assert claim.says.endswith("But by MIG W is ahead of S, and by SAP W is ahead of S.")
    assert any("an axis of Z by itself" in note for note in claim.notes)


def test_where_all_is_chance_separability_is_told(spaces):
    blind = {name: spaces["Z"] for name in ("Z", "W")}
    assert claims.disentangled(blind).title == "Z and W cannot be told apart."
    assert claims.disentangled({"Z": spaces["Z"]}) is None


@pytest.mark.parametrize(
    ("ratio", "says"),
    [
        ((1.5, 1.2, 1.9), "The way through W is smoother than the way through Z."),
        ((0.5, 0.3, 0.9), "The way through Z is smoother than the way through W."),
        ((1.1, 0.9, 1.3), "The ways through Z and W cannot be told apart."),
    ],
)
def test_the_way_is_as_smooth_as_its_ratio_says(ratio, says):
    one = length(np.linspace(1, 2, 50))
    lengths = {"feature": dict.fromkeys(("Z full", "W full", "Z end", "W end"), one)}
    found = Smoothness(1e-3, lengths, {"feature": {"full": ratio, "end": ratio}})
    claim = claims.smooth(found)
    assert claim.title == says
    assert "perceptual" not in claim.says.lower()
    assert len(claim.readings) == 4
    assert [r.value for r in claims.ratios(found)] == [ratio[0]] * 2


def a_race(beside: dict, came: int = 30) -> Race:
    changes = np.column_stack([np.ones(30), np.linspace(0.1, 0.3, 30)])
    reached = np.arange(30) < came
    lanes = {
        name: lane(Way(name, name, np.zeros(2)), Arrival(np.ones(30), changes, reached), 0)
        for name in ("Z", "W", "S")
    }
    return Race(0, 30, lanes, beside)


def test_the_race_is_judged_on_the_same_brains():
    unsure = (0.01, -0.1, 0.1, 29)
    beside = {("Z", "W"): unsure, ("Z", "S"): (0.2, 0.1, 0.3, 29), ("W", "S"): (0.3, 0.2, 0.4, 28)}
    claim = claims.race(a_race(beside), "Ventricles", 0.1)
    assert claim.title == "Ventricles: the way through S leaks less than that through Z and W."
    assert "S against W −0.30 (−0.40 to −0.20) on 28" in claim.says
    even = claims.race(a_race(dict.fromkeys(beside, unsure)), "Ventricles", 0.1)
    assert even.title == "Ventricles: no way surely leaks less than another."
    few = {pair: (*values[:3], 19) for pair, values in beside.items()}  # a matter of chance
    assert claims.race(a_race(few), "Ventricles", 0.1).title == even.title
    none = claims.race(a_race(beside, came=0), "Ventricles", 0.1)
    assert none.title == "Ventricles: too few brains arrived to compare."
    assert none.readings == ()
    assert "Through Z, W and S too few brains arrived to tell." in none.notes


def test_layers_that_carry_and_what_none_does():
    shares = np.array([[0.8, 0.5, 0.0, np.nan], [0.1, 0.0, 0.3, np.nan]])
    spans = np.stack([shares - 0.1, shares + 0.1], axis=-1)
    analysis = Analysis(("a", "b", "c", "d"), ("Area", "Turn", "Noise", "Sides"),
                        groups=("coarse", "fine"), shares=shares, spans=spans)  # fmt: skip
    claim = layer_claims.layers(analysis)
    assert claim.title == "The coarse layers carry 2 of 4 measurements."
    assert claim.says == ("Carried best by coarse: 2; fine: 1. By none, as far as w tells: sides.")
    wide = np.stack([shares - 0.4, shares + 0.4], axis=-1)
    doubtful = layer_claims.layers(replace(analysis, spans=wide))
    assert doubtful.title == "No group of layers surely foretells a measurement best."
    assert "By groups that cannot be told apart: area, turn, noise." in doubtful.says
    assert layer_claims.carried(analysis)[0] == ("Area", [(0.8, *spans[0, 0]), (0.1, *spans[1, 0])])


def test_links_that_the_model_made():
    random = np.random.default_rng(1)
    real = random.standard_normal((600, 3))
    model = random.standard_normal((600, 3))
    model[:, 1] = model[:, 0] + 0.3 * random.standard_normal(600)
    found = compare(("a", "b", "c"), real, np.repeat(np.arange(100), 6), model, times=30)
    names = ("Area", "Turn", "Noise")
    first = claims.pairs(found, names)[0]
    assert (first.first, first.second, first.mark) == ("Area", "Turn", "exaggerated")
    assert first.difference.low > 0.5
    claim = claims.against(found, names)
    assert claim.title == "The model exaggerates 1 of 3 links."
    assert "100 people" in claim.notes[0]
    alike = compare(("a", "b", "c"), real, np.repeat(np.arange(100), 6), real, times=30)
    assert claims.against(alike, names).title == "No pair surely differs between model and people."
