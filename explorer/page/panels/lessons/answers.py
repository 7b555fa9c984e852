"""What a lesson asks the server."""

from collections.abc import Callable

from explorer.lessons.draft import Draft
from explorer.lessons.teacher import Teacher
from explorer.page.answers import answering, start_values
from explorer.picture.model import Model
from explorer.recipe.checks import as_table


def teaching(model: Model, lessons: dict[str, Draft]) -> list[Callable[[object], dict]]:
    """Steps, checks and verdicts. Nobody's answers or names are sent here, let alone kept."""
    teacher = Teacher(model, lessons)

    @answering
    def step(posted: object) -> dict:
        """A step of posted {"lesson", "step"}; see Teacher.show."""
        posted = as_table(posted, "posted")
        shown = teacher.show(posted.get("lesson"), posted.get("step"))
        recipe, task = shown["recipe"], shown["task"]
        if task:
            task = task | {"shown": [start_values(one) for one in task["shown"]]}
        return {**shown, "recipe": recipe and start_values(recipe), "task": task}

    @answering
    def watch(posted: object) -> dict:
        """Whether the task of posted {"lesson", "step", "trail": recipes} holds."""
        posted = as_table(posted, "posted")
        return teacher.watch(*(posted.get(k) for k in ("lesson", "step", "trail")))

    @answering
    def explain(posted: object) -> dict:
        """What comes after the task of posted {"lesson", "step", "guess": a choice or null}."""
        posted = as_table(posted, "posted")
        return teacher.explain(*(posted.get(k) for k in ("lesson", "step", "guess")))

    @answering
    def answer(posted: object) -> dict:
        """The verdict on posted {"lesson", "step", "given"}."""
        posted = as_table(posted, "posted")
        return teacher.answer(*(posted.get(k) for k in ("lesson", "step", "given")))

    return [step, watch, explain, answer]
