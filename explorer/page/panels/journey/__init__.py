"""Journeys: through key frames, how fast the picture changes on the way, and films of it."""

import gradio as gr

from explorer.page.panels.journey.answers import travelling
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the panel; the browser fills it."""
    own = model.config.resolution
    return gr.HTML(
        elem_id="journey",
        sizes=sorted({own, max(own, 256), max(own, 512)}),
        **parts("panels/journey"),
        server_functions=travelling(model),
    )
