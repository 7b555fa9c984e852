"""What lessons choose, on made-up models of which the right choice is known."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from explorer.knowledge.directions.direction import Direction
from explorer.knowledge.population import Population
from explorer.knowledge.receipts import Receipt
from explorer.knowledge.ruler import Ruler
from explorer.lessons import choices
from explorer.lessons.draft import Draft
from explorer.lessons.fields import LessonError
from explorer.lessons.teacher import Teacher
from tests.explorer.lessons.test_reading import GOOD

KEYS = ("area", "sharpness", "rotation")


def receipt(*effect: float, agreement: float = 1.0) -> Receipt:
    n = len(effect)
    return Receipt(effect, (agreement,) * n, (1.0,) * n, (0.05,) * n, (16,) * n, 1, 1, 0, "", 16)


@dataclass(frozen=True)
class Library:
    """What choices ask of a library, as the test says."""

    known: dict[str, Receipt]
    correlation: np.ndarray
    floor: tuple[float, ...] = (0.01, 0.02, 0.1)

    ruler = SimpleNamespace(keys=KEYS)

    def receipts(self):
        return self.known

    def population(self):
        drawn = np.random.default_rng(0).standard_normal((50, 3))
        plain, _ = np.linalg.qr(drawn - drawn.mean(axis=0))  # correlated in nothing
        table = plain @ np.linalg.cholesky(self.correlation).T
        return SimpleNamespace(deviation=np.ones(3), floor=np.array(self.floor), table=table)

    @property
    def pca(self):
        return [Direction(k, k.upper(), "pca", None, 0.1) for k in self.known if k[:3] == "pca"]

    def measured(self):
        named = [k for k in self.known if k.startswith("measured:")]
        return [Direction(k, k[9:].title(), "measured", None, 0.5) for k in named]


def made_up(correlation=0.8, **known) -> SimpleNamespace:
    matrix = np.eye(3)
    matrix[0, 1] = matrix[1, 0] = correlation
    library = Library({k.replace("_", ":"): r for k, r in known.items()}, matrix)
    return SimpleNamespace(library=library, config=SimpleNamespace(num_ws=7))


AXES = {"pca1": receipt(0.4, -0.4, 0), "pca2": receipt(-0.9, 0.8, 0), "pca3": receipt(0, 0, 2)}


@pytest.fixture(autouse=True)
def _moved(monkeypatch):
    """Only seed 33 of the made-up model does as it is told."""
    monkeypatch.setattr(
        choices, "moved",
        lambda model, before, after: dict.fromkeys(KEYS, float(before.seed == 33)),
    )  # fmt: skip


def test_the_pair_is_that_which_a_slider_separates_best():
    sliders = {"measured_area": receipt(0.5, 0.4, 0), "measured_sharpness": receipt(0.1, -1, 0)}
    found = choices.Pair().find(made_up(**AXES, **sliders))
    assert (found["a"], found["b"], found["aim"]) == ("sharpness", "area", "measured:sharpness")
    assert (found["free"], found["free_end"], found["free_says"]) == ("pca2", 2, "+2")
    assert found["aim_end"] == -1  # this slider raises it towards the left
    assert found["seed"] == 33
    both = choices.Pair(back=True).find(made_up(**AXES, **sliders))
    assert (both["back"], both["back_end"]) == ("measured:area", 2)


@pytest.mark.parametrize(
    ("correlation", "slider"),
    [
        (0.4, receipt(0.5, 0, 0)),  # they do not go together
        (0.8, receipt(0.2, 0, 0)),  # too small an effect
        (0.8, receipt(0.5, 0, 0, agreement=0.7)),  # not on all brains alike
        (0.8, replace(receipt(0.5, 0, 0), counted=(16, 3, 16))),  # the other is rarely measured
    ],
)
def test_no_pair_is_better_than_an_untrue_one(correlation, slider):
    assert choices.Pair().find(made_up(correlation, **AXES, measured_area=slider)) is None
    assert choices.Pair().find(made_up(0.8, **AXES, measured_area=receipt(0.5, 0, 0)))
    assert choices.Pair(back=True).find(made_up(0.8, **AXES, measured_area=slider)) is None


def test_the_most_focused_slider_counts_only_what_most_brains_tell():
    wide = replace(receipt(0.5, 0.1, 3.0), counted=(16, 16, 3))
    sliders = {"measured_area": wide, "measured_sharpness": receipt(0.9, 1.0, 0)}
    found = choices.Focused().find(made_up(**sliders))
    assert (found["key"], found["aim_word"]) == ("measured:area", "brain area")
    assert choices.Focused().find(made_up(measured_area=receipt(0.1, 2.0, 0))) is None


@pytest.mark.parametrize(("scale", "heard"), [(1, 2), (0.01, 0)])
def test_layers_are_ranked_by_what_their_noise_does(monkeypatch, scale, heard):
    acts = scale * np.array([0.1, 3.0, 0.2, 0.0, 7.0, 0.4])
    monkeypatch.setattr(
        choices, "NoiseMaps",
        lambda model: SimpleNamespace(
            get=lambda recipe, draws, i: SimpleNamespace(deviation=np.full((2, 2), acts[i]))
        ),
    )  # fmt: skip
    found = choices.Layers().find(made_up())
    if not heard:
        assert found is None
        return
    assert [found[k] for k in ("loud", "second", "quiet", "low", "mid", "high")] == [
        4,
        1,
        3,
        1,
        3,
        4,
    ]
    assert found["loud_name"] == found["high_name"] == "layer 5 (16 px)"
    assert (found["heard"], found["all"]) == (2, 6)


def test_measurements_are_ranked_by_noise():
    found = choices.Floors().find(made_up())
    assert (found["most"], found["least"]) == ("rotation", "area")
    assert [found[k] for k in "xyz"] == list(KEYS)
    silent = made_up()
    silent.library = replace(silent.library, floor=(0.0, 0.0, 0.1))
    assert choices.Floors().find(silent) is None


@pytest.mark.parametrize("kind", choices.CHOICES.values())
def test_stand_ins_have_every_part(kind, monkeypatch):
    monkeypatch.setattr(
        choices, "NoiseMaps",
        lambda model: SimpleNamespace(
            get=lambda recipe, draws, i: SimpleNamespace(deviation=np.full((2, 2), i))
        ),
    )  # fmt: skip
    sliders = {"measured_area": receipt(0.5, 0.4, 0), "measured_sharpness": receipt(0.1, 1, 0)}
    found = kind().find(made_up(**AXES, **sliders))
    assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in kind.stand_in.items()}


CHOOSING = GOOD | {
    "choices": [{"name": "pair", "choose": "pair"}],
    "facts": [*GOOD["facts"],
              {"name": "c", "measure": "together", "of": "$pair.a", "to": "$pair.b"}],
    "steps": [
        {"title": "$pair.a_name", "text": ["Plain."]},
        {"title": "Fact", "text": ["It is {c}."]},
        {"title": "Free", "text": ["Plain {a}."]},
    ],
}  # fmt: skip


def test_a_step_is_left_out_where_its_choice_found_nothing(model, monkeypatch):
    monkeypatch.setattr(choices.Pair, "find", lambda self, model: None)
    teacher = Teacher(model, {"mine": Draft.read(CHOOSING)})
    lacks = [teacher.show("mine", i)["lacks"] for i in range(3)]
    assert lacks[0] == lacks[1] == f"This step is left out: {choices.Pair.lacking}."
    assert lacks[2] is None


def test_what_was_chosen_stands_in_texts_and_facts(model, monkeypatch):
    chosen = choices.Pair.stand_in | {"a": "ratio", "a_name": "Length to width"}
    monkeypatch.setattr(choices.Pair, "find", lambda self, model: chosen)
    lesson, left_out = Draft.read(CHOOSING).on(model)
    assert lesson.steps[0].title == "Length to width"
    assert lesson.by_name["c"].of == "ratio"
    assert left_out == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "$pair.c"}, r"title: there is no choice \$pair.c"),
        ({"title": "$other.a"}, r"there is no choice \$other.a"),
        ({"choices": [{"name": "pair", "choose": "best"}]}, r"choices\[0\].choose: expected one"),
        ({"choices": [{"choose": "pair"}]}, r"choices\[0\].name: expected a text"),
        ({"choices": 3}, "choices: expected a list"),
    ],
)
def test_broken_choices_are_named(change, message):
    with pytest.raises(LessonError, match=message):
        Draft.read(CHOOSING | change)


def test_made_up_models_look_like_real_ones():
    """What the stubs above have, the real classes have too."""
    assert set(KEYS) < set(Ruler().keys)
    fields = Population.__dataclass_fields__
    assert {"floor", "table"} <= set(fields)
    assert {"deviation", "correlation"} <= set(dir(Population))
