"""Lessons beside the picture: text, something to do, a guess, and what the model says to it."""

from dataclasses import asdict

import gradio as gr

from explorer.lessons.lesson import Lesson
from explorer.lessons.places import PLACES
from explorer.page.panels.lessons.answers import teaching
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model, lessons: dict[str, Lesson]) -> gr.HTML:
    """Draw the panel, which is hidden until the header's button opens it."""
    listed = [
        {"key": key, "title": lesson.title, "about": lesson.about, "minutes": lesson.minutes,
         "steps": len(lesson.steps)}
        for key, lesson in lessons.items()
    ]  # fmt: skip
    return gr.HTML(
        elem_id="lessons", lessons=listed, model=model.name,
        places={name: asdict(place) for name, place in PLACES.items()},
        **parts("panels/lessons"),
        server_functions=teaching(model, lessons),
    )  # fmt: skip
