"""Inside: what the network does while it makes the picture that is shown."""

import gradio as gr

from explorer.page.panels.inside.answers import looking_inside
from explorer.page.panels.mix import layer_name
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.tools.colours import css_colours, css_gradient, heat, signed


def panel(model: Model) -> gr.HTML:
    """Draw the views; the browser fills the one that is open."""
    num_ws = model.config.num_ws
    return gr.HTML(
        elem_id="inside", layers=[layer_name(i, num_ws) for i in range(num_ws - 1)],
        heat=css_colours(heat), signed=css_gradient(signed),
        **parts("panels/inside"),
        server_functions=looking_inside(model),
    )  # fmt: skip
