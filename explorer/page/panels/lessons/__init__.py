"""Lessons beside the picture: text, something to do, a guess, and what the model says to it."""

from dataclasses import asdict

import gradio as gr

from explorer.lessons.draft import Draft
from explorer.lessons.places import PLACES
from explorer.page.panels.lessons.answers import teaching
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model, lessons: dict[str, Draft]) -> gr.HTML:
    """Draw the panel, which is hidden until the header's button opens it."""
    listed = [
        {"key": key, "title": draft.lesson.title, "about": draft.lesson.about,
         "minutes": draft.lesson.minutes, "steps": draft.steps}
        for key, draft in lessons.items()
    ]  # fmt: skip
    return gr.HTML(
        elem_id="lessons", lessons=listed, model=model.name, told=model.library.told,
        places={name: asdict(place) for name, place in PLACES.items()},
        **parts("panels/lessons"),
        server_functions=teaching(model, lessons),
    )  # fmt: skip
