"""Basic and Full: how much the page shows, and the ways into lessons and lab."""

import gradio as gr

from explorer.page.parts import parts
from explorer.picture.model import Model

_NOTE = """<p class="tool md-note" role="status" hidden>
<span></span> <button>Show everything</button></p>"""


def switch(model: Model) -> gr.HTML:
    """The switch of the header. Only what is shown changes, never the recipe."""
    return gr.HTML(
        elem_id="mode", groups=[list(span) for span in model.library.groups.values()],
        **parts("panels/mode"),
    )  # fmt: skip


def note() -> gr.HTML:
    """One line for pictures with settings that Basic does not show."""
    return gr.HTML(elem_id="mode-note", html_template=_NOTE, css_template="")
