"""The list of directions: sliders, what each one does, and directions of one's own."""

import gradio as gr

from explorer.page.answers import directing
from explorer.page.panels.mix import layer_name
from explorer.page.parts import parts
from explorer.picture.model import Model
from explorer.recipe import MOST
from explorer.work.uploads import uploads_taken


def panel(model: Model) -> gr.HTML:
    """Draw the list. The browser fills it, since measured directions may come later."""
    num_ws = model.config.num_ws
    return gr.HTML(
        elem_id="directions",
        layers=[["all", None], *[[k, list(v)] for k, v in model.library.groups.items()]],
        maps=[layer_name(i, num_ws) for i in range(num_ws - 1)],
        measurements=[m.name for m in model.library.ruler.measurements],
        aims=[[m.key, m.name] for m in model.library.ruler.usable],
        told=model.library.size_told,
        takes_files=uploads_taken(),
        most_own=MOST["own"],
        **parts("panels/directions"),
        server_functions=directing(model),
    )
