"""DCI, MIG, SAP and separability: cases of known value, and their definitions written plainly."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from explorer.lab.dci import dci, entropies
from explorer.lab.intervals import around, draws, of_mean, usable
from explorer.lab.mig import mig
from explorer.lab.sap import sap
from explorer.lab.separability import separability
from tests.explorer.lab.toys import K, axis_aligned, independent, rotated

TIMES = 20


def inside(value, interval):
    return interval[0] <= value <= interval[1] and interval[1] > interval[0]


def test_one_code_for_each_factor_is_best():
    codes, factors = axis_aligned()
    told = dci(codes, factors, times=TIMES)
    assert told.disentanglement > 0.95
    assert told.completeness > 0.95
    assert told.informativeness > 0.98
    assert np.allclose(told.importance.argmax(axis=0), range(K))
    assert mig(codes, factors, times=TIMES).mig > 0.95
    assert sap(codes, factors, times=TIMES).sap > 0.98
    assert separability(codes, factors, times=TIMES).score < 1.25


def test_a_turn_of_45_degrees_undoes_it():
    """Two factors in each code: D = C = 1 - log 2 / log 4; no code is better than the other."""
    codes, factors = rotated()
    told = dci(codes, factors, times=TIMES)
    assert told.disentanglement == pytest.approx(0.5, abs=0.03)
    assert told.completeness == pytest.approx(0.5, abs=0.03)
    assert told.informativeness > 0.98
    assert mig(codes, factors, times=TIMES).mig < 0.03
    assert sap(codes, factors, times=TIMES).sap < 0.06
    # But one cut parts the pictures as well as ever: separability does not mind a turn.
    straight = separability(*axis_aligned(), times=TIMES).score
    assert separability(codes, factors, times=TIMES).score == pytest.approx(straight, abs=0.05)
    turned = dci(codes[:, :2], factors[:, :2], times=TIMES)
    assert turned.disentanglement < 0.02
    assert turned.completeness < 0.02


def test_codes_that_tell_nothing():
    codes, factors = independent(1), independent(2)
    told = dci(codes, factors, times=TIMES)
    assert abs(told.informativeness) < 0.02
    assert not told.tells
    assert mig(codes, factors, times=TIMES).mig < 0.01
    assert sap(codes, factors, times=TIMES).sap < 0.01
    assert separability(codes, factors, times=TIMES).score == pytest.approx(2, abs=0.01)


def test_a_factor_that_is_always_the_same_is_left_out():
    codes, factors = axis_aligned()
    factors[:, 2] = 7.3
    told = dci(codes, factors, times=TIMES)
    assert np.isnan(told.r2[2])
    assert np.isnan(told.factors[2])
    assert told.disentanglement > 0.95
    assert np.isnan(mig(codes, factors, times=TIMES).gaps[2])
    assert np.isnan(sap(codes, factors, times=TIMES).gaps[2])
    found = separability(codes, factors, times=TIMES)
    assert np.isnan(found.entropies[2])
    assert found.score < 1.25


def test_a_factor_that_is_there_twice():
    """Its code serves two of K: D_i = 1 - log 2 / log K, with two of K shares of the weight."""
    codes, factors = axis_aligned()
    factors[:, 4] = factors[:, 3]
    told = dci(codes[:, :4], factors, times=TIMES)
    expected = 0.6 + 0.4 * (1 - np.log(2) / np.log(K))
    assert told.disentanglement == pytest.approx(expected, abs=0.03)
    assert told.completeness > 0.95
    assert mig(codes[:, :4], factors, times=TIMES).mig > 0.95


def test_a_code_that_is_there_twice():
    """The second best is as good as the best for its factor: one of K gaps closes."""
    codes, factors = axis_aligned()
    codes = np.column_stack([codes, codes[:, 0]])
    gaps = mig(codes, factors, times=TIMES).gaps
    assert gaps[0] == pytest.approx(0)
    assert gaps[1:].min() > 0.95
    gaps = sap(codes, factors, times=TIMES).gaps
    assert gaps[0] == pytest.approx(0, abs=1e-9)
    assert gaps[1:].min() > 0.98
    told = dci(codes, factors, times=TIMES)
    assert told.disentanglement > 0.95  # each of the two still serves one factor


def test_what_was_not_measured_drops_out_for_its_factor_alone():
    codes, factors = axis_aligned()
    holes = factors.copy()
    holes[np.random.default_rng(3).random(len(holes)) < 0.5, 1] = np.nan
    holes[:, 3] = np.where(np.arange(len(holes)) < 150, holes[:, 3], np.nan)  # too few
    told = dci(codes, holes, times=TIMES)
    assert told.r2[1] > 0.97
    assert np.isnan(told.r2[3])
    for each in (mig, sap):
        gaps, whole = each(codes, holes, times=TIMES).gaps, each(codes, factors, times=TIMES).gaps
        assert gaps[0] == pytest.approx(whole[0])
        assert gaps[1] == pytest.approx(whole[1], abs=0.03)
        assert np.isnan(gaps[3])
    assert list(usable(holes)) == [True, True, True, False, True]


def test_nothing_to_tell_of():
    nothing = np.full((300, 2), np.nan)
    codes = independent(0, 3, 300)
    assert np.isnan(dci(codes, nothing, times=3).disentanglement)
    assert np.isnan(mig(codes, nothing, times=3).mig)
    assert np.isnan(sap(codes, nothing, times=3).sap)
    assert np.isnan(separability(codes, nothing, times=3).score)
    with pytest.raises(ValueError, match="predictor"):
        dci(codes, codes, "oracle")
    with pytest.raises(ValueError, match="binning"):
        mig(codes, codes, binning="any")


def test_trees_find_what_bends():
    """v = c^2: a straight line sees nothing, trees do."""
    codes = independent(5, 3, 400)
    factors = codes**2
    assert dci(codes, factors, times=2).informativeness < 0.2
    told = dci(codes, factors, "trees", times=2)
    assert told.informativeness > 0.8
    assert told.disentanglement > 0.8


# The definitions of disentanglement_lib, line by line.


def plain_dci(importance):
    """D weighted by code importance, C by the columns' share; entropies with 1e-11 added."""

    def entropy(p, base):
        p = (p + 1e-11) / (p + 1e-11).sum()
        return -sum(x * np.log(x) / np.log(base) for x in p)

    M, K = importance.shape
    D = sum(
        importance[i].sum() / importance.sum() * (1 - entropy(importance[i], K)) for i in range(M)
    )
    C = sum(
        importance[:, k].sum() / importance.sum() * (1 - entropy(importance[:, k], M))
        for k in range(K)
    )
    return D, C


def plain_mig(codes, factors, bins, by_width):
    def binned(values):
        if by_width:
            edges = np.histogram(values, bins)[1]
            return np.digitize(values, edges[1:-1])
        place = np.argsort(np.argsort(values))
        return place * bins // len(values)

    gaps = []
    for v in factors.T:
        v = binned(v)
        told = sorted(mutual_info_score(binned(c), v) for c in codes.T)
        gaps.append((told[-1] - told[-2]) / mutual_info_score(v, v))
    return np.mean(gaps)


def plain_sap(codes, factors):
    gaps = []
    for v in factors.T:
        scores = []
        for c in codes.T:
            covariance = np.cov(c, v, ddof=1)
            scores.append(covariance[0, 1] ** 2 / (covariance[0, 0] * covariance[1, 1]))
        scores.sort()
        gaps.append(scores[-1] - scores[-2])
    return np.mean(gaps)


@pytest.fixture(scope="module")
def muddled():
    random = np.random.default_rng(7)
    codes = random.standard_normal((1500, 6))
    factors = codes @ random.standard_normal((6, 4)) * np.array([1, 2, 0.3, 5])
    return codes, factors + 0.3 * random.standard_normal(factors.shape)


def test_dci_is_that_of_disentanglement_lib(muddled):
    told = dci(*muddled, times=2)
    D, C = plain_dci(told.importance)
    assert told.disentanglement == pytest.approx(D, abs=1e-6)
    assert told.completeness == pytest.approx(C, abs=1e-6)
    importance = np.random.default_rng(0).random((5, 3))
    importance[2] = 0  # a code that serves nothing
    assert entropies(importance)[:2] == pytest.approx(plain_dci(importance), abs=1e-6)


@pytest.mark.parametrize("binning", ["width", "count"])
def test_mig_is_that_of_disentanglement_lib(muddled, binning):
    found = mig(*muddled, binning=binning, corrected=False, times=2)
    assert found.mig == pytest.approx(plain_mig(*muddled, 20, binning == "width"), abs=1e-9)


def test_sap_is_that_of_disentanglement_lib(muddled):
    assert sap(*muddled, times=2).sap == pytest.approx(plain_sap(*muddled), abs=1e-9)


def test_chance_is_taken_off():
    codes, factors = independent(1, 3), independent(2, 3)
    raw = mig(codes, factors, corrected=False, times=2).information
    expected = 19**2 / (2 * len(codes)) / np.log(20)
    assert raw.mean() == pytest.approx(expected, rel=0.1)
    assert mig(codes, factors, times=2).information.mean() < 0.2 * expected


def test_intervals_tell_how_far_another_draw_of_brains_lies(muddled):
    """Against 60 draws of new brains from the same world."""
    random = np.random.default_rng(7)
    random.standard_normal((1500, 6))
    mixing = random.standard_normal((6, 4)) * np.array([1, 2, 0.3, 5])

    def world(seed):
        codes = np.random.default_rng(seed).standard_normal((1500, 6))
        luck = np.random.default_rng(seed + 999).standard_normal((1500, 4))
        return codes, codes @ mixing + 0.3 * luck

    for metric, value in ((sap, "sap"), (mig, "mig")):
        many = [getattr(metric(*world(seed), times=0), value) for seed in range(60)]
        found = metric(*world(100), times=60)
        width = found.interval[1] - found.interval[0]
        assert width == pytest.approx(2 * 1.96 * np.std(many), rel=0.5)
        assert inside(getattr(found, value), found.interval)
    told = dci(*world(100), times=40)
    assert inside(told.disentanglement, told.disentanglement_interval)
    assert inside(told.informativeness, told.informativeness_interval)


def test_draws_and_intervals_by_hand():
    counts = list(draws(50, 3))
    assert [c.sum() for c in counts] == [50] * 3
    assert not (counts[0] == counts[1]).all()
    low, high = around(0.5, np.array([0.4, 0.6]))
    assert (low, high) == (
        pytest.approx(0.5 - 1.96 * np.sqrt(0.02)),
        pytest.approx(0.777, abs=1e-3),
    )
    assert list(around(0.99, np.array([0.5, 1.0]))) == [pytest.approx(0.297, abs=1e-3), 1]
    values = np.random.default_rng(0).standard_normal(400)
    low, high = of_mean(np.append(values, np.nan))
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)
    assert np.isnan(of_mean([1.0])[0])
