"""The list of directions: sliders, what each one does, and directions of one's own."""

import gradio as gr

from explorer.model import Model
from explorer.page.answers import directing
from explorer.page.live_view import part


def panel(model: Model) -> gr.HTML:
    """Draw the list. The browser fills it, since measured directions may come later."""
    return gr.HTML(
        elem_id="directions",
        layers=[["all", None], *[[k, list(v)] for k, v in model.library.groups.items()]],
        html_template=part("directions.html"),
        css_template="",
        js_on_load=part("directions.js"),
        server_functions=directing(model),
    )
