"""Single channels of the styles: turn one and see what it alone does."""

import gradio as gr

from explorer.model import Model
from explorer.page.channels_answers import trying_channels
from explorer.page.live_view import part
from explorer.page.mix import layer_name


def panel(model: Model) -> gr.HTML:
    """Draw the sliders; the browser makes one for each channel of the recipe."""
    layers = model.generator.synthesis.layers
    return gr.HTML(
        elem_id="channels",
        layers=[
            [layer_name(i, model.config.num_ws), layer.weight.shape[1]]
            for i, layer in enumerate(layers)
        ],
        html_template=part("channels.html"), css_template="", js_on_load=part("channels.js"),
        server_functions=trying_channels(model),
    )  # fmt: skip
