"""A whole analysis: made part by part, kept, stopped, gone on with, read."""

import numpy as np
import pytest

from explorer.knowledge.library import Library
from explorer.lab import analysis, keeping
from explorer.lab.analysis import SPACES, analyse, found
from explorer.lab.factors import Factors, measured_factors
from explorer.lab.results import Settings
from explorer.work.jobs import Cancelled

SMALL = Settings(brains=600, mixed=300, pairs=16, racers=10, starts=60, draws=4)


@pytest.fixture(scope="module", autouse=True)
def _few(head_model):
    patch = pytest.MonkeyPatch()
    patch.setattr(analysis, "PICTURES", 600)
    patch.setattr(analysis, "_TRIED", 4)
    yield
    patch.undo()
    for file in head_model.path.parent.glob("*.lab-*"):
        file.unlink()


@pytest.fixture(scope="module")
def whole(head_model, _few):
    told = []
    result = analyse(head_model.library, lambda *now: told.append(now), target="area",
                     settings=SMALL)  # fmt: skip
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    return result


def test_all_parts_are_there(whole):
    assert "area" in whole.keys
    assert list(whole.spaces) == list(SPACES)
    assert [s.axes for s in whole.spaces["S"].scores] == ["pca", "own"]
    assert [s.axes for s in whole.spaces["W+"].scores] == ["pca"]
    assert whole.shares.shape == (len(whole.groups), len(whole.keys))
    assert set(whole.smoothness.lengths) == {"feature", "pixel"}
    assert list(whole.race.lanes) == ["Z", "W", "W+", "S"]
    assert whole.keys[whole.race.target] == "area"
    assert whole.race.lanes["W"].share > 0.5
    assert set(whole.races) <= set(whole.keys)
    assert "area" in whole.races
    assert whole.data is None  # no real slices lie beside it


def test_z_is_w_on_a_model_that_only_stretches(whole):
    """Its mapping scales the entries: what Z tells of the factors is what W tells."""
    z, w = (whole.spaces[name].scores[1].dci for name in ("Z", "W"))
    assert z.informativeness == pytest.approx(w.informativeness, abs=0.03)
    assert z.disentanglement == pytest.approx(w.disentanglement, abs=0.1)


def test_it_is_read_again_and_not_made(whole, head_model, monkeypatch):
    monkeypatch.setattr(analysis, "score", None)
    monkeypatch.setattr(analysis, "run", None)
    again = analyse(head_model.library, target="area", settings=SMALL)
    read = found(head_model.library, target="area", settings=SMALL)
    for other in (again, read):
        assert other.keys == whole.keys
        assert other.race.beside.keys() == whole.race.beside.keys()
        leak = other.race.lanes["Z"].leak.mean
        assert leak == pytest.approx(whole.race.lanes["Z"].leak.mean, nan_ok=True)
        importance = whole.spaces["W"].scores[0].dci.importance
        assert other.spaces["W"].scores[0].dci.importance == pytest.approx(importance, nan_ok=True)
    assert found(head_model.library, target="area", settings=Settings(pairs=3)).spaces == {}


def test_a_stopped_analysis_goes_on_where_it_was(head_model):
    other = Settings(brains=600, mixed=300, pairs=17, racers=10, starts=60, draws=4)
    made = []

    def stop():
        return bool(made) and made[-1] == "metrics of W"

    with pytest.raises(Cancelled):
        analyse(head_model.library, lambda _, what: made.append(what), stop, settings=other)
    kept = found(head_model.library, settings=other)
    assert list(kept.spaces) == ["Z"]
    assert kept.race is None


def test_factors_of_ones_own(head_model):
    """Known factors in the place of measurements: they have files of their own."""
    library = head_model.library
    measured = measured_factors(library)
    table = measured.table[:, :2]
    own = Factors("truth", ("first", "second"), ("First", "Second"), ("", ""), table,
                  lambda pictures: measured.read(pictures)[:, :2])  # fmt: skip
    told = analyse(library, factors=own, settings=SMALL, target="first")
    assert told.keys == ("first", "second")
    assert told.race.target == 0
    assert found(library, settings=SMALL, target="area").keys != told.keys
    with pytest.raises(ValueError, match="not measured here"):
        own.number("third")


def test_parts_rest_on_what_they_were_made_with(head_model, tmp_path):
    """A comparison with people on their reference, the course of a training on its moments."""
    path, keys = tmp_path / "m.safetensors", ("data", "height", "training", "w", "axes", "signal")

    def marks(library):
        return [keeping.shelf_of(library, key).rests_on for key in keys]

    def opened():
        return Library(head_model.generator, path, "d" * 64)

    first = opened()
    before = marks(first)
    assert before[:2] == before[1:2] * 2
    assert before[-1] == ""
    (tmp_path / "reference.safetensors").write_bytes(b"another")
    assert marks(first) == before  # what is open has the slices of before
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "kimg5.safetensors").write_bytes(b"a moment")
    changed = [a != b for a, b in zip(before, marks(opened()), strict=True)]
    assert changed == [True, True, True, False, False, False]


def test_what_is_kept_comes_back():
    value = {("Z", "W"): (1.5, float("nan")), "a": np.arange(3), "none": None}
    kept = keeping.pack(value, {"n": 1})
    back = keeping.unpack(kept, {"n": 1})
    assert back["Z", "W"][0] == 1.5
    assert np.isnan(back["Z", "W"][1])
    assert (back["a"] == [0, 1, 2]).all()
    assert back["none"] is None
    assert keeping.unpack(kept, {"n": 2}) is None
