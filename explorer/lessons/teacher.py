"""Giving a lesson on a model: texts with its figures, tasks watched, answers judged."""

import threading

from explorer.lab.analysis import of_the_network
from explorer.lessons import variant_facts
from explorer.lessons.draft import Draft
from explorer.lessons.facts import evaluation
from explorer.lessons.fields import LessonError
from explorer.lessons.lab_facts import kept
from explorer.lessons.lesson import Bound, Condition, Lesson, Paragraph, Question, Step, names_in
from explorer.lessons.phantom_facts import phantom
from explorer.lessons.settings import group, key_of
from explorer.lessons.tasks import See
from explorer.lessons.training_facts import Training
from explorer.lessons.values import Value
from explorer.picture.model import Model
from explorer.recipe import Recipe
from explorer.recipe.checks import RecipeError, as_tuple, is_number, is_whole, short

MOST_TRAIL = 40  # recipes of a trail
_CLOSE = 0.05  # of the best: choices as good as that are right too


class Teacher:
    """The lessons of one model. Nothing is kept of those who learn; facts are kept once found."""

    def __init__(self, model: Model, lessons: dict[str, Draft]):
        self.model, self.drafts = model, lessons
        self._given: dict[str, tuple[Lesson, dict[int, str]]] = {}
        self._found: dict[tuple[str, str], Value | None] = {}
        self._lacks: dict[tuple[str, int], str | None] = {}
        self._lock = threading.RLock()

    def lesson(self, key: str) -> Lesson:
        """A lesson with what it chose for this model. Raises StillComputing."""
        return self._chosen(key)[0]

    def _chosen(self, key: str) -> tuple[Lesson, dict[int, str]]:
        with self._lock:
            if key not in self._given:
                self._given[key] = self.drafts[key].on(self.model)
            return self._given[key]

    def step(self, key: object, number: object) -> Step:
        """Raises LessonError where there is no such lesson or step, or StillComputing."""
        if not isinstance(key, str) or key not in self.drafts:
            raise LessonError(f"lesson: there is none called {short(key)}")
        steps = self.drafts[key].steps
        if not is_whole(number) or not 0 <= number < steps:
            raise LessonError(f"step: expected 0 to {steps - 1}, got {short(number)}")
        return self.lesson(key).steps[number]

    def value(self, key: str, name: str) -> Value | None:
        """A fact of a lesson; None where this model does not have it.

        Raises StillComputing while the population is measured.
        """
        if (key, name) not in self._found:
            with self._lock:  # one at a time: each fills the processor
                if (key, name) not in self._found:
                    try:
                        value = self.lesson(key).by_name[name].find(self.model)
                    except RecipeError:
                        value = None
                    self._found[key, name] = value
        return self._found[key, name]

    def show(self, key: str, number: int) -> dict:
        """A step for the page.

        {"title", "lacks": why it is left out, or None, "paragraphs", "recipe": of the start or
        None, "place", "predict", "task", "question": each None or {...}}. A task has "says", "see"
        (places), "place" (pointed at meanwhile) or None, "watch": whether recipes count, and
        "shown": recipes that do it. The answers are not among it. Raises StillComputing.
        """
        step = self.step(key, number)
        lacks = self.lacks(key, number)
        empty = {"recipe": None, "place": None, "predict": None, "task": None, "question": None}
        if lacks:
            return {"title": step.title, "lacks": lacks, "paragraphs": [], **empty}
        recipe = step.recipe.on(self.model) if step.recipe else None
        task = step.task and {
            "says": step.task.says,
            "see": list(step.task.see),
            "place": step.task.place,
            "watch": len(step.task.see) < len(step.task.until),
            "shown": [setting.on(self.model) for setting in step.task.shown],
        }
        return {
            "title": step.title, "lacks": None, "paragraphs": self.tell(key, step.text),
            "recipe": recipe, "place": step.place, "task": task or None,
            "explains": bool(step.explain),
            **{
                name: question and self.ask(key, question)
                for name, question in (("predict", step.predict), ("question", step.question))
            },
        }  # fmt: skip

    def lacks(self, key: str, number: int) -> str | None:
        """Why a step is nothing for this model, as a sentence; None if it is."""
        with self._lock:
            if (key, number) in self._lacks:
                return self._lacks[key, number]
            lesson, left_out = self._chosen(key)
            step = lesson.steps[number]
            why = left_out.get(number) or self._missing(step)
            lacks = f"This step is left out: {why}." if why else None
            changing = {"analysis", "signal", "training"}  # may be made meanwhile
            if not (why and changing & set(step.needs)):
                self._lacks[key, number] = lacks
            return lacks

    def _missing(self, step: Step) -> str | None:
        library = self.model.library
        try:
            for need in step.needs:
                kind, _, what = need.partition(" ")
                if kind == "layers":
                    group(self.model, what)
                elif kind == "reading":
                    if what not in library.ruler.keys or not _counted(self.model, what):
                        raise RecipeError(f"this model’s pictures have no {what} to measure")
                elif kind == "evaluation":
                    if evaluation(self.model) is None:
                        raise RecipeError("there is no evaluation.json beside this model")
                elif kind == "analysis":
                    if library.factor_reader is not None:
                        raise RecipeError("the lab judges this model by its known factors")
                    if kept(self.model) is None:
                        raise RecipeError("the lab has not analysed this model yet")
                elif kind == "signal":
                    if of_the_network(self.model.lab)[1] is None:
                        raise RecipeError("the lab has not looked for this model’s signal yet")
                elif kind == "variants":
                    if why := variant_facts.missing(self.model):
                        raise RecipeError(why)
                elif kind == "training":
                    if Training("moments").find(self.model) is None:
                        raise RecipeError("no moments of a training have been kept and analysed")
                elif kind == "phantom":
                    if phantom() is None:
                        raise RecipeError("the bundled model of phantoms is not there")
                elif kind == "real":
                    reals = library.reals
                    if reals is None or (what == "pictures" and not reals.has_pictures):
                        raise RecipeError(f"this model carries no {need}")
                elif kind == "measured":
                    key_of(self.model, "measured#1")
                elif library.find(key_of(self.model, kind)) is None:
                    raise RecipeError(f"this model has no direction {kind}")
            begin = step.recipe.on(self.model) if step.recipe else None
            if step.task and step.task.shown and begin:
                trail = begin, *(setting.on(self.model) for setting in step.task.shown)
                if not all(c.check.look(self.model, trail).done for c in step.task.until):
                    return "what it asks for does not come about on this model"
        except RecipeError as error:
            return str(error)
        return None

    def tell(self, key: str, paragraphs: tuple[Paragraph, ...]) -> list[str]:
        """Texts with their figures; those are left out whose condition or figure does not hold."""
        told = []
        for paragraph in paragraphs:
            if not all(self._holds(key, when) for when in paragraph.when):
                continue
            values = {name: self.value(key, name) for name in names_in(paragraph.text)}
            if all(value is not None for value in values.values()):
                words = {name: value.words for name, value in values.items()}
                told.append(paragraph.text.format(**words))
        return told

    def _holds(self, key: str, when: Condition) -> bool:
        value = self.value(key, when.fact)
        if value is None:
            return False
        bounds = [self._bound(key, bound) for bound in (when.above, when.below)]
        if any(b is None for b, asked in zip(bounds, (when.above, when.below), strict=True)
               if asked):  # fmt: skip
            return False
        above, below = bounds
        if value.number is None:
            return above is below is None
        return (above is None or value.number > above) and (below is None or value.number < below)

    def _bound(self, key: str, bound: Bound | None) -> float | None:
        if bound is None or bound.fact is None:
            return bound and bound.number
        value = self.value(key, bound.fact)
        known = value is not None and value.number is not None
        return bound.times * value.number if known else None

    def ask(self, key: str, question: Question) -> dict | None:
        """A question without its answer; None where this model cannot answer it."""
        told = self.tell(key, (Paragraph(question.ask),))
        if not told or self.right(key, question) is None:
            return None
        unit = "" if question.choices else self._unit(key, question)
        return {"ask": told[0], "choices": [c.text for c in question.choices], "unit": unit}

    def _unit(self, key: str, question: Question) -> str:
        return self.value(key, question.fact).words.lstrip("−0123456789.,").strip()

    def right(self, key: str, question: Question) -> list[int] | float | None:
        """Numbers of the right choices, or the right number; None where it cannot be measured."""
        values = [self.value(key, name) for name in question.facts]
        if any(value is None or value.number is None for value in values):
            return None
        if not question.choices:
            return values[0].number
        if question.right == "range":
            return [
                i for i, c in enumerate(question.choices)
                if (c.low is None or values[0].number >= c.low)
                and (c.high is None or values[0].number < c.high)
            ] or None  # fmt: skip
        numbers = [value.number for value in values]
        best = max(numbers) if question.right == "largest" else min(numbers)
        close = _CLOSE * max(abs(x) for x in numbers)
        return [i for i, x in enumerate(numbers) if abs(x - best) <= close]

    def judge(self, key: str, question: Question, given: object) -> dict:
        """{"right": bool, "answer": the right one in words, "measured": figures, one a line}.

        given: the number of a choice, or a number; None: nothing was guessed, and right is None.
        Raises LessonError on anything else.
        """
        right = self.right(key, question)
        if right is None:
            raise LessonError("question: this model cannot answer it")
        if not question.choices:
            if given is not None and not is_number(given):
                raise LessonError(f"answer: expected a number, got {short(given)}")
            allowed = max(question.share * abs(right), question.amount)
            words = self.value(key, question.fact).words
            close = None if given is None else abs(given - right) <= allowed
            return {"right": close, "answer": words, "measured": []}
        if given is not None and not (is_whole(given) and 0 <= given < len(question.choices)):
            raise LessonError(f"answer: expected 0 to {len(question.choices) - 1}")
        answer = " or ".join(question.choices[i].text for i in right)
        if question.right == "range":
            figures = [f"Measured: {self.value(key, question.fact).words}"]
        else:
            figures = [f"{c.text}: {self.value(key, c.fact).words}" for c in question.choices]
        told = None if given is None else given in right
        return {"right": told, "answer": answer, "measured": figures}

    def watch(self, key: object, number: object, posted: object) -> dict:
        """{"checks": [{"done", "says"}]} of a task, for a trail of recipes as plain values."""
        step = self.step(key, number)
        if step.task is None:
            raise LessonError("step: it has no task")
        trail = tuple(Recipe.from_dict(r) for r in as_tuple(posted, "trail", MOST_TRAIL))
        if not trail:
            raise LessonError("trail: is empty")
        found = [c.check.look(self.model, trail) for c in step.task.until]
        return {
            "checks": [
                {"done": progress.done, "says": progress.says}
                for c, progress in zip(step.task.until, found, strict=True)
                if not isinstance(c.check, See)
            ]
        }

    def explain(self, key: object, number: object, guess: object) -> dict:
        """What is told after the task: {"paragraphs", "verdict": of the guess or None}.

        guess: None if there was none; the verdict then is the answer alone.
        """
        step = self.step(key, number)
        verdict = None
        if step.predict and (guess is not None or self.right(key, step.predict) is not None):
            verdict = self.judge(key, step.predict, guess)
        return {"paragraphs": self.tell(key, step.explain), "verdict": verdict}

    def answer(self, key: object, number: object, given: object) -> dict:
        """The verdict on the closing question of a step."""
        step = self.step(key, number)
        if step.question is None:
            raise LessonError("step: it has no question")
        if given is None:
            raise LessonError("answer: is missing")
        return self.judge(key, step.question, given)


def _counted(model: Model, key: str) -> bool:
    """Whether a measurement has a value on a tenth of the model's brains, and varied."""
    column = model.library.population().table[:, model.library.ruler.keys.index(key)]
    found = column[column == column]  # without NaN
    return len(found) >= len(column) / 10 and found.std() > 0
