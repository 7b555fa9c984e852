"""A lesson as its file has it, with what it leaves to the model that is open."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.lessons.choices import CHOICES, Choice, Parts
from explorer.lessons.fields import LessonError, build, list_of, table_of, text_of, within
from explorer.lessons.lesson import Lesson, kind_of, named
from explorer.picture.model import Model

_PLACE = re.compile(r"\$(\w+)\.(\w+)")


@dataclass(frozen=True)
class Draft:
    """values: the file's fields without its choices. lesson: the same with stand-ins, for its
    title, its length, and to have been checked."""

    values: dict
    choices: dict[str, Choice]
    lesson: Lesson

    @classmethod
    def read(cls, values: object) -> "Draft":
        """From plain JSON; raises LessonError naming the field."""
        values = dict(table_of(values, ""))
        choices: dict[str, Choice] = {}
        for i, one in enumerate(list_of(values.pop("choices", []), "choices")):
            where = within("choices", i)
            one = dict(table_of(one, where))
            name = text_of(one.pop("name", None), within(where, "name"))
            choices[name] = build(kind_of(one, "choose", CHOICES, where), one, where)
        parts = {name: choice.stand_in for name, choice in choices.items()}
        return cls(values, choices, Lesson.read(_filled(values, parts, "")))

    def on(self, model: Model) -> tuple[Lesson, dict[int, str]]:
        """The lesson for a model; and by number, why steps cannot be given, as sentences' ends.

        Raises StillComputing.
        """
        parts, missing = {}, {}
        for name, choice in self.choices.items():
            found = choice.find(model)
            parts[name] = found or choice.stand_in
            if found is None:
                missing[name] = choice.lacking
        lesson = Lesson.read(_filled(self.values, parts, ""))
        return lesson, self._left_out(missing)

    def _left_out(self, missing: Mapping[str, str]) -> dict[int, str]:
        facts = {fact["name"]: json.dumps(fact) for fact in self.values.get("facts", [])}
        needed = [{name for _, name in named(self.lesson, i)} for i in range(self.steps)]
        found = {}
        for i, step in enumerate(self.values["steps"]):
            text = " ".join([json.dumps(step), *(facts[name] for name in needed[i])])
            for name, _ in _PLACE.findall(text):
                if name in missing:
                    found.setdefault(i, missing[name])
        return found

    @property
    def steps(self) -> int:
        return len(self.lesson.steps)


def _filled(value: object, parts: Mapping[str, Parts], where: str):
    """Plain JSON with the parts of choices in their places; raises LessonError on unknown ones."""
    if isinstance(value, dict):
        return {k: _filled(v, parts, within(where, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, parts, within(where, i)) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name, part in _PLACE.findall(value):
        if part not in parts.get(name, {}):
            raise LessonError(f"{where}: there is no choice ${name}.{part}")
    if alone := _PLACE.fullmatch(value):
        return parts[alone[1]][alone[2]]  # a number stays one
    return _PLACE.sub(lambda found: str(parts[found[1]][found[2]]), value)
