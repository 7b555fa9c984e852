"""The map: the model's own brains in a plane of two axes."""

import gradio as gr

from explorer.page.panels.map.answers import charting
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the panel; points come once it is open and the model's brains are measured."""
    reals = model.library.reals
    return gr.HTML(
        elem_id="map",
        reals=len(reals) if reals else 0,
        reals_problem=model.library.reals_problem,
        told=model.library.size_told,
        classes=list(model.classes),
        **parts("panels/map"),
        server_functions=charting(model),
    )
