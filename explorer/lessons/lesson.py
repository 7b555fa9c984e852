"""What a lesson is: steps with text, something to do, and questions that the model answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

from explorer.lessons.facts import MEASURES, Fact
from explorer.lessons.fields import (
    LessonError,
    build,
    check_range,
    check_word,
    table_of,
    text_of,
    within,
)
from explorer.lessons.places import PLACES
from explorer.lessons.settings import GROUPS, Setting
from explorer.lessons.tasks import CHECKS, MEASURED, Check, See


@dataclass(frozen=True)
class Bound:
    """A number, or a fact (times a number)."""

    number: float | None = None
    fact: str | None = None
    times: float = 1.0

    @classmethod
    def read(cls, value: object, where: str) -> "Bound":
        if isinstance(value, str):
            return cls(fact=text_of(value, where))
        if isinstance(value, dict):
            bound = build(cls, value, where)
            if bound.fact is None or bound.number is not None:
                raise LessonError(f"{where}: expected a fact, and times")
            return bound
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise LessonError(f"{where}: expected a number or the name of a fact")
        return cls(float(value))


@dataclass(frozen=True)
class Condition:
    """A fact above or below a bound (or both); with neither, a fact that could be measured."""

    fact: str
    above: Bound | None = None
    below: Bound | None = None

    @classmethod
    def read(cls, values: object, where: str) -> "Condition":
        return build(cls, values, where)


@dataclass(frozen=True)
class Paragraph:
    """A text, with {names} of facts in it, which is left out unless all conditions hold."""

    text: str
    when: tuple[Condition, ...] = ()

    @classmethod
    def read(cls, value: object, where: str) -> "Paragraph":
        if isinstance(value, str):
            return cls(text_of(value, where))
        values = dict(table_of(value, where))
        if isinstance(values.get("when"), dict):
            values["when"] = [values["when"]]
        return build(cls, values, where)


@dataclass(frozen=True)
class Choice:
    """One answer. fact: its figure, where the largest or smallest is right; low, high: the range of
    the question's fact for which this answer is right."""

    text: str
    fact: str | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def read(cls, value: object, where: str) -> "Choice":
        return build(cls, value, where)


@dataclass(frozen=True)
class Question:
    """With choices, one of which a measurement makes right, or with a number to be read or judged.

    right: "largest" or "smallest" of the choices' facts, or "range": the choice in whose range the
    question's own fact lies. Without choices the answer is `fact`, to be met within a share of it
    or an amount.
    """

    ask: str
    choices: tuple[Choice, ...] = ()
    right: str | None = None
    fact: str | None = None
    share: float = 0.1
    amount: float = 0.0

    def __post_init__(self):
        check_range("share", self.share, 0, 1)
        check_range("amount", self.amount, 0, 1e9)
        if not self.choices:
            if self.fact is None or self.right is not None:
                raise LessonError("fact: a question without choices needs a fact, and no right")
            return
        if len(self.choices) < 2:
            raise LessonError("choices: expected two or more")
        check_word("right", self.right or "nothing", ("largest", "smallest", "range"))
        if self.right == "range":
            if self.fact is None:
                raise LessonError("fact: is missing: which figure lies in the range?")
            for i, choice in enumerate(self.choices):
                if choice.low is None and choice.high is None:
                    raise LessonError(f"choices[{i}]: give low or high")
        elif any(choice.fact is None for choice in self.choices):
            raise LessonError("choices: each needs a fact")

    @classmethod
    def read(cls, value: object, where: str) -> "Question":
        return build(cls, value, where)

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of all facts that decide it."""
        named = (self.fact, *(choice.fact for choice in self.choices))
        return tuple(name for name in named if name)


@dataclass(frozen=True)
class Checked:
    """One thing that a task waits for."""

    check: Check

    @classmethod
    def read(cls, value: object, where: str) -> "Checked":
        values = dict(table_of(value, where))
        kind = kind_of(values, "check", CHECKS, where)
        return cls(build(kind, values, where))


@dataclass(frozen=True)
class Task:
    """What is to be done, and the checks that must all hold at once.

    shown: recipes that do it, one after the other, for "Show me"; in the file each says what
    differs from the step's own. Where they do not do it on a model, the step is left out there.
    place: pointed at while it is to be done, where the step's own is what is read afterwards.
    """

    says: str
    until: tuple[Checked, ...]
    shown: tuple[Setting, ...] = ()
    place: str | None = None

    def __post_init__(self):
        if not 1 <= len(self.until) <= 5:
            raise LessonError("until: expected 1 to 5 checks")
        if self.place is not None:
            check_word("place", self.place, PLACES)

    @classmethod
    def read(cls, value: object, where: str) -> "Task":
        return build(cls, value, where)

    @property
    def see(self) -> tuple[str, ...]:
        """Places that have to be in sight."""
        return tuple(c.check.place for c in self.until if isinstance(c.check, See))


@dataclass(frozen=True)
class Step:
    """title, text: always; the rest where it is wanted, in this order on the page.

    needs: what a model must have, or the step is left out: "measured" (directions), a direction,
    "evaluation", "analysis" (the lab's, kept), "signal" (where it sits, kept), "variants" (measured
    ones, to compare), "training" (moments of one, analysed), "real slices", "real pictures" (of
    them), "reading KEY" (a measurement) or "layers GROUP". recipe: set when the step begins;
    without it the picture stays as it is. place: opened and pointed at. predict: asked before the
    task and answered by explain; question: asked at the end.
    """

    title: str
    text: tuple[Paragraph, ...]
    needs: tuple[str, ...] = ()
    recipe: Setting | None = None
    place: str | None = None
    predict: Question | None = None
    task: Task | None = None
    explain: tuple[Paragraph, ...] = ()
    question: Question | None = None

    def __post_init__(self):
        if not self.text:
            raise LessonError("text: expected at least one paragraph")
        if self.place is not None:
            check_word("place", self.place, PLACES)
        for i, need in enumerate(self.needs):
            kind, _, what = need.partition(" ")
            if kind == "reading":
                check_word(f"needs[{i}]", what, MEASURED)
            elif kind == "layers":
                check_word(f"needs[{i}]", what, GROUPS)
            elif what and need not in ("real slices", "real pictures"):
                raise LessonError(f"needs[{i}]: unknown need {need!r}")

    @classmethod
    def read(cls, value: object, where: str) -> "Step":
        values = dict(table_of(value, where))
        task, begin = values.get("task"), values.get("recipe", {})
        shown = task.get("shown") if isinstance(task, dict) else None
        if isinstance(shown, list) and isinstance(begin, dict):
            whole = [begin | one if isinstance(one, dict) else one for one in shown]
            values["task"] = task | {"shown": whole}
        return build(cls, values, where)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(q for q in (self.predict, self.question) if q)


@dataclass(frozen=True)
class Measured:
    """One fact of a lesson, by the name that its texts use."""

    name: str
    fact: Fact

    @classmethod
    def read(cls, value: object, where: str) -> "Measured":
        values = dict(table_of(value, where))
        name = text_of(values.pop("name", None), within(where, "name"))
        if not name.isidentifier():
            raise LessonError(f"{where}.name: expected letters, digits and _, got {name!r}")
        kind = kind_of(values, "measure", MEASURES, where)
        return cls(name, build(kind, values, where))


@dataclass(frozen=True)
class Lesson:
    """title; about: one sentence; minutes: how long it takes."""

    title: str
    about: str
    steps: tuple[Step, ...]
    facts: tuple[Measured, ...] = ()
    minutes: int = 10
    order: int = 100

    def __post_init__(self):
        check_range("minutes", self.minutes, 1, 240)
        if not self.steps:
            raise LessonError("steps: expected at least one")
        names = [one.name for one in self.facts]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise LessonError(f"facts[{i}].name: {name!r} stands there twice")
        for number in range(len(self.steps)):
            for where, name in named(self, number):
                if name not in names:
                    raise LessonError(f"{where}: there is no fact {name!r}")

    @cached_property
    def by_name(self) -> dict[str, Fact]:
        return {one.name: one.fact for one in self.facts}

    @classmethod
    def read(cls, values: object) -> "Lesson":
        """From plain JSON; raises LessonError naming the field."""
        return build(cls, values, "")


def names_in(text: str) -> list[str]:
    """Names of the facts in a text; raises LessonError on braces that hold something else."""
    try:
        found = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise LessonError(f"text: {error}") from error
    if bad := [name for name in found if not name.isidentifier()]:
        raise LessonError(f"text: expected the name of a fact in braces, got {{{bad[0]}}}")
    return found


def named(lesson: Lesson, number: int) -> Iterator[tuple[str, str]]:
    """Where a step names a fact, and which."""
    step = lesson.steps[number]
    for part in ("text", "explain"):
        for j, paragraph in enumerate(getattr(step, part)):
            where = f"steps[{number}].{part}[{j}]"
            yield from ((where, name) for name in names_in(paragraph.text))
            for when in paragraph.when:
                bounds = [b.fact for b in (when.above, when.below) if b and b.fact]
                yield from ((f"{where}.when", name) for name in (when.fact, *bounds))
    for part in ("predict", "question"):
        if question := getattr(step, part):
            names = (*names_in(question.ask), *question.facts)
            yield from ((f"steps[{number}].{part}", name) for name in names)


def kind_of(values: dict, word: str, kinds: dict, where: str) -> type:
    """Takes out the word that says which of the kinds a table is."""
    name = values.pop(word, None)
    if not isinstance(name, str) or name not in kinds:
        raise LessonError(f"{within(where, word)}: expected one of {', '.join(kinds)}")
    return kinds[name]
