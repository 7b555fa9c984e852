"""A field in which the hand moves two sliders at once, or between two brains."""

import gradio as gr

from explorer.page.answers import directing
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the group, shut at first; the browser fills it."""
    directions = next(f for f in directing(model) if f.__name__ == "directions")
    return gr.HTML(elem_id="pad", server_functions=[directions], **parts("panels/pad"))
