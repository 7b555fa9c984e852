"""Dragging points: arrows on the picture, and the picture follows them."""

import gradio as gr

from explorer.drag import MOST_ARROWS
from explorer.export.nifti import voxel_mm
from explorer.model import Model
from explorer.page.drag_answers import pulling
from explorer.page.parts import part, script


def panel(model: Model) -> gr.HTML:
    """Draw the panel; while it is open, arrows are set on the picture."""
    return gr.HTML(
        elem_id="drag",
        most=MOST_ARROWS,
        mm=voxel_mm(model),
        html_template=part("drag.html"),
        css_template="",
        js_on_load=script("drag_arrows.js", "drag.js"),
        server_functions=pulling(model),
    )
