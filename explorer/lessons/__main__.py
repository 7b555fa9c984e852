"""Notes for the teacher: what every question of every lesson has for an answer on a model.

    python -m explorer.lessons [MODEL] [--lessons FOLDER] > notes.md

Markdown. The answers are measured, as they are for students.
"""

import argparse
import sys
from pathlib import Path

from explorer.lessons.fields import LessonError
from explorer.lessons.reading import bundled_lessons, read_lessons
from explorer.lessons.teacher import Teacher
from explorer.picture.model import Model, load
from gan.checkpoint import CheckpointError


def main(argv: list[str] | None = None) -> int:
    """0, or 2 where the model or the lessons cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m explorer.lessons",
        description="Print the answers of all lessons on a model, as Markdown.",
    )
    parser.add_argument(
        "model", nargs="?", metavar="MODEL",
        help=".safetensors file or folder (default: the bundled model)",
    )  # fmt: skip
    parser.add_argument("--lessons", type=Path, help="a folder of lessons of your own besides")
    args = parser.parse_args(argv)
    try:
        lessons = bundled_lessons() | (read_lessons(args.lessons) if args.lessons else {})
        model = load(args.model)
    except (CheckpointError, LessonError) as error:
        print(f"lessons: {error}", file=sys.stderr)
        return 2
    model.library.settled_receipts()
    print("\n".join(notes(Teacher(model, lessons), model)))
    return 0


def notes(teacher: Teacher, model: Model) -> list[str]:
    """Lines of Markdown; the population and the receipts must be there."""
    lines = [f"# Lessons on {model.name}: the answers", ""]
    for key in teacher.drafts:
        lesson = teacher.lesson(key)
        lines += [f"## {lesson.title} ({lesson.minutes} min)", "", lesson.about, ""]
        for number, step in enumerate(lesson.steps):
            lines += _step(teacher, key, number, step.title)
        lines.append("")
    return lines


def _step(teacher: Teacher, key: str, number: int, title: str) -> list[str]:
    """A step: its questions with their answers, and what is told in the end."""
    head = f"{number + 1}. **{title}**"
    if why := teacher.lacks(key, number):
        return [f"{head} {why}"]
    step, lines = teacher.step(key, number), [head]
    for name, question in (("Guess", step.predict), ("Question", step.question)):
        asked = question and teacher.ask(key, question)
        if asked:
            verdict = teacher.judge(key, question, None)
            measured = f" ({'; '.join(verdict['measured'])})" if verdict["measured"] else ""
            lines.append(f"   - {name}: {asked['ask']} *{verdict['answer']}*{measured}")
    told = teacher.tell(key, step.explain)
    return [*lines, f"   - Told: {' '.join(told)}"] if told else lines


if __name__ == "__main__":
    sys.exit(main())
