"""Where measurements mean something: no value elsewhere, and words that say why."""

import json
from pathlib import Path

import numpy as np
import pytest

from explorer.export.plan import Balance, Plan, groups_of, notes
from explorer.export.where import Condition, resolve
from explorer.knowledge.ranges import FILE, Range, ranges
from explorer.knowledge.ruler import UNREADABLE, Ruler
from explorer.picture.model import load
from explorer.ranges import BANDS, longest
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError
from explorer.tools.atlas import axes, sample
from explorer.tools.gallery import gallery
from explorer.tools.views import readings
from gan.height import HeightReader, Readers
from gan.measure import MEASUREMENTS

HIGH = 0  # columns of a ruler with heights
READERS = Readers(HeightReader(np.empty(0), np.empty(0), np.empty(0)), None, None)


@pytest.fixture(scope="module", params=["brains64", "brains128"])
def bundled(request):
    model = load(f"assets/models/{request.param}")
    model.library._population.get()
    return model


def test_ventricles_mean_something_where_they_follow_the_segmentation():
    told = json.loads(FILE.read_text())
    assert told["slices"] > 6000
    facts, span = told["measurements"]["ventricles"], ranges()["ventricles"]
    for (low, high), r in zip(told["bands"], facts["values"], strict=True):
        inside = span.low <= low and high <= span.high
        assert inside == (r >= told["rules"]["r"]), (low, r)
    assert span.low <= 10
    assert span.high <= 40


def test_the_range_is_the_longest_run_of_good_bands():
    good = [False] * len(BANDS)
    assert longest(good) is None
    good[3] = True
    assert longest(good) is None  # one alone is chance
    good[4], good[8], good[9], good[10] = True, True, True, True
    assert longest(good) == [20.0, 35.0]
    assert longest([True] * len(BANDS)) == []


def test_no_value_outside_and_words_why():
    ruler = Ruler(READERS, {"ventricles": Range(0, 35), "contrast": Range(0, 0)})
    v, c = (ruler.keys.index(key) for key in ("ventricles", "contrast"))
    table = np.ones((5, len(ruler.keys)))
    table[:, HIGH] = [-10, 0, 34.9, 48, np.nan]
    found = ruler.within(table)
    assert np.isnan(found[:, v]).tolist() == [True, False, False, True, True]
    assert np.isnan(found[:, c]).all()
    assert np.isfinite(np.delete(found, [HIGH, v, c], axis=1)).all()
    words = [ruler.why_none(ruler.measurements[v], height) for height in (48.0, np.nan)]
    assert words[0] == "Not at this height. Means something only from MNI z 0 to +35 mm."
    assert words[1].startswith(UNREADABLE)
    assert "no height" in ruler.why_none(ruler.measurements[c], 10.0)
    assert ruler.measurements[c] not in ruler.usable


def test_the_models_own_brains_have_no_ventricles_where_there_are_none(bundled):
    """Rankings, balances, presets, maps and filters of an export all come from this table."""
    library = bundled.library
    table, keys = library.population().table, library.ruler.keys
    heights, values = (table[:, keys.index(key)] for key in ("height", "ventricles"))
    span, told = ranges()["ventricles"], np.isfinite(values)
    assert told.sum() > 300
    assert ((heights[told] >= span.low) & (heights[told] < span.high)).all()
    large = resolve(bundled, Condition.parse("ventricles>p80"))
    high = table[np.isfinite(heights) & (heights >= span.high)]
    assert not any(large.holds(row) for row in high)
    real = library.reals
    outside = real.column("height") >= span.high
    assert outside.sum() > 300
    assert np.isnan(real.column("ventricles")[outside]).all()
    for name, recipe in gallery(bundled):
        if "ventricles" in name:
            rows = {row["key"]: row for row in readings(bundled, recipe)}
            assert span.low <= rows["height"]["value"] < span.high


def test_the_page_says_why_there_is_no_value(bundled):
    library = bundled.library
    heights = library.population().table[:, library.ruler.keys.index("height")]
    number = int(np.argmin(np.abs(np.nan_to_num(heights, nan=999) - 50)))
    rows = {row["key"]: row for row in readings(bundled, sample(bundled, number))}
    assert rows["height"]["value"] > 40
    ventricles = rows["ventricles"]
    assert ventricles["value"] is ventricles["below"] is ventricles["real"] is None
    assert "Not at this height" in ventricles["why"]
    assert rows["area"]["value"] is not None
    assert rows["area"]["why"] is None


def test_what_has_no_value_anywhere_cannot_be_chosen_by(bundled):
    assert "value:contrast" not in [axis.key for axis in axes(bundled.library)]
    with pytest.raises(RecipeError, match="is not measured"):
        groups_of(bundled, Plan(Recipe(), 3, balance=Balance("contrast")))
    plan = Plan(Recipe(), 3, where=(Condition.parse("ventricles>p80"),))
    (note,) = notes(bundled, plan)
    assert str(ranges()["ventricles"]) in note
    assert notes(bundled, Plan(Recipe(), 3)) == []


def test_the_guide_shows_the_table_as_it_was_measured():
    told = json.loads(FILE.read_text())["measurements"]
    guide = Path("assets/guide/directions-and-measurements.md").read_text(encoding="utf-8")
    for m in MEASUREMENTS:
        facts = told[m.key]
        row = next(line for line in guide.splitlines() if line.startswith(f"| {m.name} |"))
        assert f"| {min(facts['values']):.2f} to {max(facts['values']):.2f} |" in row
        span = facts["range"]
        where = "every" if span == [] else "no" if span is None else f"0 to {span[1]:+.0f} mm"
        assert f"| {where}" in row
    for r in told["ventricles"]["values"][:12]:
        assert f" {r:.2f} |" in guide
