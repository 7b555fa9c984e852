"""What moves what: the measured effects of all directions at a glance."""

import gradio as gr

from explorer.knowledge.receipts import EFFECT
from explorer.page.panels.effects.answers import comparing
from explorer.page.panels.mix import layer_name
from explorer.page.parts import parts
from explorer.picture.model import Model


def panel(model: Model) -> gr.HTML:
    """Draw the matrix; the browser fills it when it is opened."""
    num_ws, ruler = model.config.num_ws, model.library.ruler
    return gr.HTML(
        elem_id="effects",
        measurements=[
            [m.key, m.name, ruler.meaning(m), m in ruler.usable] for m in ruler.measurements
        ],
        effect=EFFECT,
        told=model.library.told,
        groups=list(model.library.groups),
        maps=[layer_name(i, num_ws) for i in range(num_ws - 1)],
        **parts("panels/effects"),
        server_functions=comparing(model),
    )  # fmt: skip
