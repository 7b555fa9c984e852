"""Facts of the desk and of the signal: the kept figures, and verdicts that come out three ways."""

import json
from dataclasses import replace

import pytest

from explorer.lab.analysis import of_the_network
from explorer.lessons import variant_facts
from explorer.lessons.fields import LessonError
from explorer.lessons.lab_facts import Lab
from explorer.lessons.reading import read_lessons
from explorer.lessons.teacher import Teacher
from explorer.lessons.variant_facts import Variant
from explorer.picture import variants
from explorer.picture.model import load
from explorer.work.assets import assets
from tests.explorer.lab.test_comparison import ONE, signal, smooth

STANDINGS = {
    "reference": ONE,
    "adain": replace(ONE, name="AdaIN", magnitudes=signal(0.05, 0.4), smoothness=smooth(-0.4)),
    "undemodulated": replace(ONE, name="No demodulation"),
}


@pytest.fixture
def _there(monkeypatch):
    monkeypatch.setattr(variant_facts, "_standing", lambda name, model: STANDINGS.get(name))


@pytest.mark.usefixtures("_there")
def test_figures_of_a_variant():
    assert Variant("adain", "share").find(None).number == pytest.approx(40)
    assert Variant("adain", "share", "low").find(None).number == pytest.approx(38)
    assert Variant("adain", "share").find(None).words == "40\u202f%"
    assert Variant("reference", "leak", "high").find(None).number == 0.5
    assert Variant("reference", "layer").find(None).words == "layer 2 (8 px)"
    assert Variant("nopath", "peak").find(None) is None


@pytest.mark.usefixtures("_there")
def test_variants_are_compared_with_each_other():
    for figure, expected in (("share", (1, "surely more")), ("path W full", (-1, "surely less")),
                             ("peak", (0, "not surely different"))):  # fmt: skip
        found = Variant("adain", figure, against="reference").find(None)
        assert (found.number, found.words) == expected
    assert Variant("adain", "peak", against="nopath").find(None) is None
    assert variant_facts.missing(None) is None


def test_without_variants_a_step_is_left_out(model, tmp_path, monkeypatch):
    monkeypatch.setattr(variants, "VARIANTS", tmp_path)
    assert Variant("adain", "peak").find(model) is None
    assert Variant("open", "peak").find(model) is None  # not measured
    step = {"title": "Why?", "text": ["{peak}"]}
    lesson = {
        "title": "Why demodulation?", "about": "A test.",
        "facts": [{"name": "peak", "measure": "variant", "variant": "adain", "figure": "peak"}],
        "steps": [{**step, "needs": ["variants"]}, {**step, "needs": ["signal"]}],
    }  # fmt: skip
    (tmp_path / "why.json").write_text(json.dumps(lesson))
    teacher = Teacher(model, read_lessons(tmp_path))
    assert "variant reference is not there" in teacher.lacks("why", 0)
    assert "not looked for this model’s signal" in teacher.lacks("why", 1)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (("nobody", "peak"), "variant"), (("adain", "height"), "figure"),
        (("adain", "peak", "middle"), "end"), (("adain", "peak", "", "nobody"), "against"),
        (("adain", "peak", "low", "reference"), "end"), (("adain", "layer", "low"), "end"),
        (("adain", "layer", "", "reference"), "against"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_lesson_is_said(values, why):
    with pytest.raises(LessonError, match=why):
        Variant(*values)


def test_the_signal_of_the_open_model():
    model = load(assets() / "models" / "brains64")
    top = of_the_network(model.library)[1].top
    assert Lab("peak").find(model).number == top.peak.mean
    assert Lab("peak share", end="high").find(model).number == 100 * top.share.interval[1]
    assert Lab("peak stays").find(model).number == 100 * top.stays.mean
    assert Lab("peak layer").find(model).words.startswith("layer ")
    open_ = Variant("open", "peak").find(model)
    assert open_.number == top.peak.mean
    with pytest.raises(LessonError, match="end"):
        Lab("peak layer", end="low")
