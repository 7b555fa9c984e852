"""The map: the model's own brains in a plane of two axes, drawn by the browser on a canvas."""

import gradio as gr

from explorer.model import Model
from explorer.page.map_answers import charting
from explorer.page.parts import part, script


def panel(model: Model) -> gr.HTML:
    """Draw the panel; points come once it is open and the model's brains are measured."""
    reals = model.library.reals
    return gr.HTML(
        elem_id="map",
        reals=len(reals) if reals else 0,
        reals_problem=model.library.reals_problem,
        classes=list(model.classes),
        html_template=part("map.html"),
        css_template="",
        js_on_load=script("map.js", "map_real.js", "map_groups.js"),
        server_functions=charting(model),
    )
