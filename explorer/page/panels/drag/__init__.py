"""Dragging points: arrows on the picture, and the picture follows them."""

import gradio as gr

from explorer.export.nifti import voxel_mm
from explorer.page.panels.drag.answers import pulling
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.tools.drag import MOST_ARROWS


def panel(model: Model) -> gr.HTML:
    """Draw the panel; while it is open, arrows are set on the picture."""
    return gr.HTML(
        elem_id="drag",
        most=MOST_ARROWS,
        mm=voxel_mm(model),
        **parts("panels/drag"),
        server_functions=pulling(model),
    )
