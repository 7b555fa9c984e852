"""Lesson files: a good one of every part, and a collection of broken ones with what is said."""

import copy
import json
import re

import pytest

from explorer.lessons.choices import CHOICES
from explorer.lessons.draft import Draft
from explorer.lessons.facts import MEASURES
from explorer.lessons.fields import LessonError
from explorer.lessons.lesson import Lesson, named
from explorer.lessons.reading import BUNDLED, bundled_lessons, read_lesson, read_lessons
from explorer.lessons.tasks import CHECKS

GOOD = {
    "title": "T", "about": "A.", "minutes": 5, "order": 3,
    "facts": [
        {"name": "a", "measure": "variety", "psi": 0.5},
        {"name": "b", "measure": "change", "before": {"seed": 1},
         "after": {"seed": 1, "mix": {"seed": 9, "layers": "coarse"}}},
    ],
    "steps": [{
        "title": "S",
        "text": ["Plain {a}.", {"text": "More.", "when": {"fact": "a", "above": "b"}}],
        "needs": ["measured", "reading area"], "recipe": {"seed": 2, "hold": ["measured#1"]},
        "place": "mix",
        "predict": {"ask": "?", "right": "largest",
                    "choices": [{"text": "x", "fact": "a"}, {"text": "y", "fact": "b"}]},
        "task": {"says": "Do.", "until": [{"check": "moved", "of": "area", "by": 0.5}]},
        "explain": ["{b}"],
        "question": {"ask": "How many?", "fact": "a", "amount": 1},
    }],
}  # fmt: skip


def broken(path: str, value=None) -> dict:
    """GOOD with another value at a path, "steps.0.task"; without the field if there is none."""
    lesson = copy.deepcopy(GOOD)
    at = lesson
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return lesson


def test_a_whole_lesson_is_read():
    lesson = Lesson.read(GOOD)
    step = lesson.steps[0]
    assert step.text[1].when[0].above.fact == "b"
    assert step.task.until[0].check.by == 0.5
    assert step.recipe.values.hold == ("measured#1",)
    assert lesson.by_name["b"].after.layers == "coarse"


def test_what_is_shown_says_only_what_differs():
    shown = Lesson.read(broken("steps.0.task.shown", [{"psi": 0}])).steps[0].task.shown[0].values
    assert (shown.psi, shown.seed, shown.hold) == (0, 2, ("measured#1",))


def test_a_condition_may_be_several_and_a_bound_a_multiple():
    both = [{"fact": "a", "above": {"fact": "b", "times": 0.5}}, {"fact": "b", "below": 3}]
    first, second = Lesson.read(broken("steps.0.text.1.when", both)).steps[0].text[1].when
    assert (first.above.fact, first.above.times, second.below.number) == ("b", 0.5, 3)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("title", None, "title: is missing"),
        ("title", 7, "title: expected a text"),
        ("title", "x" * 3000, "title: expected a text of 1 to 2000"),
        ("titel", "x", "titel: unknown field"),
        ("minutes", 0, "minutes: expected 1 to 240"),
        ("minutes", True, "minutes: expected a whole number"),
        ("steps", [], "steps: expected at least one"),
        ("steps", "x", "steps: expected a list"),
        ("steps.0", 3, r"steps\[0\]: expected a table"),
        ("steps.0.text", [], r"steps\[0\].text: expected at least one"),
        ("steps.0.text.0", "{nothing}", r"steps\[0\].text\[0\]: there is no fact 'nothing'"),
        ("steps.0.text.0", "{a", "text: expected '}'"),
        ("steps.0.text.0", "{a.b}", "expected the name of a fact"),
        ("steps.0.text.0", "{}", "expected the name of a fact"),
        ("steps.0.text.1.when.fact", "c", r"text\[1\].when: there is no fact 'c'"),
        ("steps.0.text.1.when.above", [], r"when\[0\].above: expected a number or the name"),
        ("steps.0.text.1.when.above", {"fact": "b", "times": "x"}, "times: expected a number"),
        ("steps.0.text.1.when.above", {"times": 2}, "above: expected a fact, and times"),
        ("steps.0.text.1.when.above", {"fact": "c", "times": 2}, "there is no fact 'c'"),
        ("steps.0.task.shown", 3, "task.shown: expected a list"),
        ("steps.0.task.shown", [{"seed": -1}], r"task.shown\[0\]: seed: expected a whole"),
        ("steps.0.needs.0", "reading lengths", r"steps\[0\].needs\[0\]: expected one"),
        ("steps.0.needs.0", "magic wand", r"needs\[0\]: unknown need"),
        ("steps.0.recipe.seed", -1, r"steps\[0\].recipe: seed: expected a whole number"),
        ("steps.0.recipe.seed", 1e300, r"steps\[0\].recipe: seed"),
        ("steps.0.recipe.hold", ["measured#0"], r"steps\[0\].recipe.direction: expected measu"),
        ("steps.0.place", "moon", r"steps\[0\].place: expected one of"),
        ("steps.0.predict.right", "best", r"steps\[0\].predict.right: expected one of largest"),
        ("steps.0.predict.choices", [{"text": "x", "fact": "a"}], "choices: expected two or more"),
        ("steps.0.predict.choices.0.fact", None, "choices: each needs a fact"),
        ("steps.0.predict.choices.1.fact", "q", "predict: there is no fact 'q'"),
        ("steps.0.predict.right", "range", "predict.fact: is missing"),
        ("steps.0.question.fact", None, "question.fact: a question without choices"),
        ("steps.0.question.share", 2, "question.share: expected 0 to 1"),
        ("steps.0.task.until", [], "until: expected 1 to 5"),
        ("steps.0.task.until.0.check", "fly", r"task.until\[0\].check: expected one of visit"),
        ("steps.0.task.until.0.by", float("nan"), r"until\[0\].by: expected a number"),
        ("steps.0.task.until.0.by", 1e300, r"until\[0\].by: expected -5 to 5"),
        ("steps.0.task.until.0.by", 0, r"until\[0\].by: 0 would hold at once"),
        ("steps.0.task.until.0.of", "iq", r"until\[0\].of: expected one of height, area"),
        ("facts.0.measure", "guess", r"facts\[0\].measure: expected one of variety"),
        ("facts.0.name", "two words", r"facts\[0\].name: expected letters"),
        ("facts.0.name", "b", r"facts\[1\].name: 'b' stands there twice"),
        ("facts.0.psi", 9, r"facts\[0\].psi: expected -2 to 2"),
        ("facts.1.after.mix.layers", "all of them", r"facts\[1\].after.mix.layers: expected one"),
        ("facts.1.before", 3, r"facts\[1\].before: expected a table"),
        ("facts.1.brains", 1000, r"facts\[1\].brains: expected 1 to 32"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(path, value, message):
    with pytest.raises(LessonError, match=message):
        Lesson.read(broken(path, value))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"), (b"\xff\xfe", "not JSON"), (b"[1]", "expected a table"),
        (b"[" * 100_000, "not JSON"), (b" " * 300_000, "at most 200,000 bytes"),
        (b'{"title": "x"}', "about: is missing"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named(tmp_path, content, message):
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    with pytest.raises(LessonError, match=f"mine.json: .*{message}"):
        read_lesson(file)


def test_a_folder_is_read_in_its_order_and_an_empty_one_refused(tmp_path):
    with pytest.raises(LessonError, match="no lessons"):
        read_lessons(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(GOOD), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(GOOD | {"order": 1}), encoding="utf-8")
    assert list(read_lessons(tmp_path)) == ["b", "a"]


def test_thirteen_lessons_come_with_the_program():
    lessons = bundled_lessons()
    assert len(lessons) == 13
    for draft in lessons.values():
        lesson = draft.lesson
        assert 3 <= len(lesson.steps) <= 7
        assert lesson.minutes == 10
        assert any(step.question for step in lesson.steps)
        assert any(step.predict for step in lesson.steps)
        used = {name for i in range(len(lesson.steps)) for _, name in named(lesson, i)}
        assert used == set(lesson.by_name)  # none is measured for nothing
        for step in lesson.steps:
            if step.task and len(step.task.see) < len(step.task.until):
                assert step.task.shown  # for "Show me"


def test_the_example_of_the_readme_is_a_lesson():
    text = (BUNDLED / "README.md").read_text(encoding="utf-8")
    lesson = Draft.read(json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1]))
    assert lesson.lesson.title == "Larger ventricles"
    for word in (*CHECKS, *MEASURES, *CHOICES):
        assert f"`{word}`" in text
