"""A field in which the hand moves two sliders at once, or between two brains."""

import gradio as gr

from explorer.page.answers import listing
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the group, shut at first; the browser fills it."""
    return gr.HTML(
        elem_id="two-sliders", server_functions=[listing(model)], **parts("panels/two_sliders")
    )
