"""Basic and Full: how much the page shows, and the way into the lessons."""

import gradio as gr

from explorer.model import Model
from explorer.page.parts import part, script


def switch(model: Model) -> gr.HTML:
    """The switch of the header. Only what is shown changes, never the recipe."""
    return gr.HTML(
        elem_id="mode", groups=[list(span) for span in model.library.groups.values()],
        html_template=part("mode.html"), css_template="", js_on_load=script("mode.js"),
    )  # fmt: skip


def note() -> gr.HTML:
    """One line for pictures with settings that Basic does not show."""
    return gr.HTML(elem_id="mode-note", html_template=part("mode_note.html"), css_template="")
