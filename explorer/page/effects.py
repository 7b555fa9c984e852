"""What moves what: the measured effects of all directions at a glance."""

import gradio as gr

from explorer.model import Model
from explorer.page.effects_answers import comparing
from explorer.page.mix import layer_name
from explorer.page.parts import part, script


def panel(model: Model) -> gr.HTML:
    """Draw the matrix; the browser fills it when it is opened."""
    num_ws = model.config.num_ws
    return gr.HTML(
        elem_id="effects",
        measurements=[[m.key, m.name, m.meaning] for m in model.library.ruler.measurements],
        groups=list(model.library.groups),
        maps=[layer_name(i, num_ws) for i in range(num_ws - 1)],
        html_template=part("effects.html"), css_template="", js_on_load=script("effects.js"),
        server_functions=comparing(model),
    )  # fmt: skip
