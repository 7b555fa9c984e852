"""Lessons given, every one on the bundled model and on a small one; verdicts; what is lacking."""

import pytest

from explorer import load
from explorer.lessons.draft import Draft
from explorer.lessons.fields import LessonError
from explorer.lessons.lesson import Lesson
from explorer.lessons.reading import bundled_lessons
from explorer.lessons.teacher import Teacher
from explorer.lessons.values import Value
from explorer.page.answers import start_values
from explorer.page.panels.lessons.answers import teaching
from explorer.recipe import Edit, Recipe
from tests.explorer.lessons.test_reading import GOOD


@pytest.fixture(scope="module")
def bundled():
    model = load()
    model.library._population.get()
    model.library._receipts.get()
    return Teacher(model, bundled_lessons())


@pytest.fixture(scope="module")
def small(head_model):
    head_model.library._population.get()
    head_model.library._receipts.get()
    # Its pictures are drawn, not synthesised: what looks at single layers' noise is left out.
    lessons = bundled_lessons()
    lessons.pop("chance-and-anatomy")
    return Teacher(head_model, lessons)


def steps_of(teacher: Teacher):
    return [(k, i, s) for k in teacher.drafts for i, s in enumerate(teacher.lesson(k).steps)]


def test_every_lesson_can_be_given_on_the_bundled_model(bundled):
    """All facts of all lessons, which takes ten seconds: texts without figures would be lies."""
    for key, number, step in steps_of(bundled):
        shown = bundled.show(key, number)
        if {"real slices", "real pictures"} & set(step.needs) and shown["lacks"]:
            assert "carries no real" in shown["lacks"]
            continue
        assert shown["lacks"] is None
        assert len(shown["paragraphs"]) == len(step.text)
        assert bundled.tell(key, step.explain) or not step.explain
        for name, question in (("predict", step.predict), ("question", step.question)):
            if question:
                assert shown[name]["ask"]
                assert bundled.right(key, question) is not None


def test_every_lesson_can_be_given_on_a_small_model_or_says_what_it_lacks(small):
    lacking = 0
    for key, number, step in steps_of(small):
        shown = small.show(key, number)
        lacking += shown["lacks"] is not None
        if shown["lacks"]:
            assert shown["lacks"].startswith("This step is left out: ")
        elif step.task:
            recipe = shown["recipe"] or Recipe()
            assert small.watch(key, number, [recipe.to_dict()])["checks"] is not None
    assert 0 < lacking < len(steps_of(small)) / 2


def test_answers_are_the_models_own(bundled, small):
    """The same lessons give other figures, and other right answers, on another model."""
    figures = [
        (bundled.value(key, name), small.value(key, name))
        for key in ("seed-is-a-brain", "variance-not-meaning", "straight-roads")
        for name in small.lesson(key).by_name
    ]
    differing = [a != b for a, b in figures]
    assert sum(differing) > 0.7 * len(figures)
    rights = [
        [t.right(k, q) for k, _, s in steps_of(small) for q in s.questions]
        for t in (bundled, small)
    ]
    assert rights[0] != rights[1]


SHOWN = {
    "title": "T", "about": "A.",
    "steps": [{
        "title": "S", "text": ["x"], "recipe": {"seed": 2},
        "task": {"says": "Three.", "until": [{"check": "visit", "field": "seed", "values": 3}],
                 "shown": [{"seed": 3}, {"seed": 4}]},
    }],
}  # fmt: skip


@pytest.fixture
def teacher(model):
    lesson = {
        "title": "T", "about": "A.",
        "facts": [
            {"name": "none", "measure": "variety", "psi": 0},
            {"name": "full", "measure": "variety", "psi": 1},
            {"name": "copied", "measure": "evaluation", "figure": "copies.value.memorised"},
        ],
        "steps": [
            {
                "title": "S",
                "text": ["From {none} to {full}.", "Lost {copied}.",
                         {"text": "Grows.", "when": {"fact": "full", "above": "none"}},
                         {"text": "Shrinks.", "when": {"fact": "full", "below": "none"}},
                         {"text": "Copied.", "when": {"fact": "copied"}}],
                "predict": {"ask": "Most?", "right": "largest", "choices": [
                    {"text": "zero", "fact": "none"}, {"text": "one", "fact": "full"}]},
                "task": {"says": "Three.", "until": [
                    {"check": "visit", "field": "seed", "values": 2},
                    {"check": "see", "place": "numbers"}]},
                "explain": ["So {full}."],
                "question": {"ask": "How much at 0?", "fact": "none", "amount": 0.5},
            },
            {"title": "L", "text": ["x"], "needs": ["layers fine"]},
            {"title": "E", "text": ["x"], "needs": ["evaluation"],
             "question": {"ask": "?", "fact": "copied"}},
            {"title": "R", "text": ["x"], "recipe": {"mix": {"seed": 1, "layers": "fine"}}},
            {"title": "N", "text": ["x"], "needs": ["real pictures"]},
            {"title": "Q", "text": ["x"], "question": {"ask": "?", "fact": "copied"}},
        ],
    }  # fmt: skip
    return Teacher(model, {"mine": Draft.read(lesson)})


def test_texts_have_their_figures_and_leave_out_what_is_not_known(teacher):
    full = teacher.value("mine", "full").words
    shown = teacher.show("mine", 0)
    assert shown["paragraphs"] == [f"From 0\u202fgrey levels to {full}.", "Grows."]
    assert shown["predict"] == {"ask": "Most?", "choices": ["zero", "one"], "unit": ""}
    assert shown["question"]["unit"] == "grey levels"
    assert shown["task"] == {
        "says": "Three.",
        "see": ["numbers"],
        "watch": True,
        "shown": [],
        "place": None,
    }
    assert teacher.show("mine", 5)["question"] is None


def test_what_a_model_lacks_is_said(teacher):
    lacks = [teacher.show("mine", i)["lacks"] for i in (1, 2, 3, 4)]
    assert lacks[3] == "This step is left out: this model carries no real pictures."
    assert lacks[0] == lacks[2] == "This step is left out: this model has no fine layers."
    assert "evaluation.json" in lacks[1]


def test_verdicts(teacher):
    step = teacher.lesson("mine").steps[0]
    right, wrong = (teacher.judge("mine", step.predict, i) for i in (1, 0))
    assert right["right"]
    assert not wrong["right"]
    assert wrong["answer"] == "one"
    assert wrong["measured"][0] == "zero: 0\u202fgrey levels"
    assert teacher.answer("mine", 0, 0.4)["right"]
    assert not teacher.answer("mine", 0, 0.6)["right"]
    assert teacher.explain("mine", 0, 1)["verdict"]["right"]
    without = teacher.explain("mine", 0, None)["verdict"]  # "Show me" tells the answer
    assert (without["right"], without["answer"]) == (None, "one")


def test_what_is_nearly_as_good_is_right_too(teacher, monkeypatch):
    numbers = {"none": 0.97, "full": 1.0}
    monkeypatch.setattr(teacher, "value", lambda key, name: Value(numbers[name], "x"))
    predict = teacher.lesson("mine").steps[0].predict
    assert teacher.right("mine", predict) == [0, 1]
    numbers["none"] = 0.9
    assert teacher.right("mine", predict) == [1]


@pytest.mark.parametrize(
    "posted",
    [
        None, [], {"lesson": "mine"}, {"lesson": 3, "step": 0}, {"lesson": "mine", "step": 99},
        {"lesson": "mine", "step": True}, {"lesson": "mine", "step": 0.5},
        {"lesson": {}, "step": 0},
        {"lesson": "mine", "step": 0, "trail": [], "given": "x", "guess": "x"},
        {"lesson": "mine", "step": 0, "trail": [{"psi": 1e300}], "given": 1e999, "guess": 9},
        {"lesson": "mine", "step": 0, "trail": [{}] * 41, "given": None, "guess": -1},
        {"lesson": "mine", "step": 1, "trail": [{}], "given": 0},
    ],
)  # fmt: skip
def test_strangers_get_a_sentence(teacher, posted):
    step, watch, explain, answer = teaching(teacher.model, teacher.drafts)
    for function in (watch, answer):
        assert isinstance(function(posted)["error"], str)
    for function in (step, explain):
        assert isinstance(function(posted), dict)


def test_a_task_is_watched_over_the_page(teacher):
    _, watch, _, _ = teaching(teacher.model, teacher.drafts)
    trail = [start_values(Recipe(1)), start_values(Recipe(2, edits=(Edit("pca1", 1),)))]
    found = watch({"lesson": "mine", "step": 0, "trail": trail})
    assert found == {"checks": [{"done": True, "says": "2 of 2"}]}


def test_what_show_me_shows_is_posted_back_as_it_came(teacher):
    """The page's recipes of a task are a trail that the server reads again."""
    step, watch, _, _ = teaching(teacher.model, {"mine": Draft.read(SHOWN)})
    posted = {"lesson": "mine", "step": 0}
    shown = step(posted)
    trail = [shown["recipe"], *shown["task"]["shown"]]
    assert watch(posted | {"trail": trail})["checks"][0]["done"]
    assert not watch(posted | {"trail": trail[:1]})["checks"][0]["done"]


def test_an_unknown_lesson_is_refused(teacher):
    with pytest.raises(LessonError, match="there is none called 'other'"):
        teacher.step("other", 0)
    assert Lesson.read(GOOD).title == "T"
